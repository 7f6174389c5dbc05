// A Glue job that the library makes. In: script, sizes, settings. Out: the job with its script as an asset, in the region
// of its task. Always: named after pipeline and task, so that one resource with a wildcard covers all of them in a policy.

import { type Duration, aws_iam as iam, aws_s3_assets as assets, Stack } from 'aws-cdk-lib';
import { CfnJob } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { acknowledge } from '../pipeline/acknowledge';
import { allow, sharedGlueRole } from './glue-role';

export interface GlueJobSettings {
  readonly name: string;
  readonly scriptFile: string;
  readonly spark: boolean;
  readonly version?: string;
  readonly worker?: string;
  readonly workers?: number;
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

export function glueJob(scope: Construct, id: string, home: Construct, settings: GlueJobSettings): GlueJob {
  const script = fileAsset(home, settings.scriptFile);
  const role = settings.role ?? sharedGlueRole(home);
  if (settings.role === undefined) allow(role, [readAsset(script)]);
  const minutes = Math.max(1, Math.ceil(settings.timeout.toMinutes({ integral: false })));
  const job = new CfnJob(scope, id, {
    name: settings.name,
    role: role.roleArn,
    command: {
      name: settings.spark ? 'glueetl' : 'pythonshell',
      pythonVersion: settings.spark ? '3' : '3.9',
      scriptLocation: script.s3ObjectUrl,
    },
    glueVersion: settings.version ?? (settings.spark ? '5.0' : '3.0'),
    ...(settings.spark
      ? { workerType: settings.worker ?? 'G.1X', numberOfWorkers: settings.workers ?? 2 }
      : { maxCapacity: 0.0625 }),
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
