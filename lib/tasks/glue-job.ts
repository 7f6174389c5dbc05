// A Glue job that the library makes. In: script, sizes, settings. Out: the job with its script as an asset, in the region
// of its task. Always: named after pipeline and task, so that one resource with a wildcard covers all of them in a policy.

import { type Duration, aws_iam as iam, aws_s3_assets as assets, Stack } from 'aws-cdk-lib';
import { CfnJob } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { acknowledge } from '../pipeline/acknowledge';
import { allow, connectionStatements, sharedGlueRole } from './glue-role';

export interface GlueJobSettings {
  readonly name: string;
  readonly scriptFile: string;
  /** What Glue calls the kind of job: glueetl, pythonshell or glueray. */
  readonly command: string;
  readonly version?: string;
  readonly worker?: string;
  readonly workers?: number;
  readonly executionClass?: string;
  readonly timeout: Duration;
  readonly defaultArguments: { readonly [name: string]: string };
  readonly securityConfiguration?: string;
  readonly role?: iam.IRole;
  readonly connections?: string[];
  readonly maxConcurrentRuns?: number;
}

export interface GlueJob {
  readonly job: CfnJob;
  readonly role: iam.IRole;
}

interface Kind {
  readonly version: string;
  readonly python: string;
  readonly runtime?: string;
  /** Its usual size; none where there is only one machine. */
  readonly worker?: string;
}

/** What a job of a kind gets that says nothing else. */
const KINDS: { readonly [command: string]: Kind } = {
  glueetl: { version: '5.0', python: '3', worker: 'G.1X' },
  pythonshell: { version: '3.0', python: '3.9' },
  glueray: { version: '4.0', python: '3.9', runtime: 'Ray2.4', worker: 'Z.2X' },
};

export function glueJob(scope: Construct, id: string, home: Construct, settings: GlueJobSettings): GlueJob {
  const script = fileAsset(home, settings.scriptFile);
  const role = settings.role ?? sharedGlueRole(home);
  if (settings.role === undefined)
    allow(role, [readAsset(script), ...connectionStatements(home, settings.connections ?? [])]);
  const kind = KINDS[settings.command]!;
  const minutes = Math.max(1, Math.ceil(settings.timeout.toMinutes({ integral: false })));
  const job = new CfnJob(scope, id, {
    name: settings.name,
    role: role.roleArn,
    command: {
      name: settings.command,
      pythonVersion: kind.python,
      ...(kind.runtime !== undefined && { runtime: kind.runtime }),
      scriptLocation: script.s3ObjectUrl,
    },
    glueVersion: settings.version ?? kind.version,
    ...(kind.worker === undefined
      ? { maxCapacity: 0.0625 }
      : { workerType: settings.worker ?? kind.worker, numberOfWorkers: settings.workers ?? 2 }),
    ...(settings.executionClass !== undefined && { executionClass: settings.executionClass }),
    timeout: Math.min(minutes, 7 * 24 * 60),
    // Backfills and re-runs overlap; the service's own limit of 1 would queue them behind one another.
    executionProperty: { maxConcurrentRuns: settings.maxConcurrentRuns ?? 10 },
    maxRetries: 0,
    defaultArguments: settings.defaultArguments,
    ...(settings.connections !== undefined && { connections: { connections: settings.connections } }),
    ...(settings.securityConfiguration !== undefined && { securityConfiguration: settings.securityConfiguration }),
  });
  job.node.addDependency(role);
  if (settings.securityConfiguration === undefined) {
    acknowledge(
      job,
      'AwsSolutions-GL1',
      'CloudWatch encrypts logs with a key of its own; securityConfiguration sets another one',
    );
    acknowledge(
      job,
      'AwsSolutions-GL3',
      'the job keeps no bookmark; securityConfiguration encrypts the one of a job that does',
    );
  }
  return { job, role };
}

/** A file as an asset, one per place however many tasks use it. */
export function fileAsset(home: Construct, file: string): assets.Asset {
  const path = resolve(file);
  const id = `File${createHash('sha256').update(file).digest('hex').slice(0, 12)}`;
  return (home.node.tryFindChild(id) as assets.Asset | undefined) ?? new assets.Asset(home, id, { path });
}

export function readAsset(asset: assets.Asset): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['s3:GetObject'],
    resources: [asset.bucket.arnForObjects(asset.s3ObjectKey)],
  });
}

export function jobArn(scope: Construct, region: string, name: string): string {
  return Stack.of(scope).formatArn({ service: 'glue', region, resource: 'job', resourceName: name });
}
