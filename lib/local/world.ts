// What every stand-in of one local run shares: the assembly, the store, secrets, addresses, and where to tell what happened.
// In: the parts. Out: lookups by ARN or name, S3 paths, log files. Always: plain functions; the stand-ins hold the state.

import { mkdirSync } from 'node:fs';
import { dirname, join, sep } from 'node:path';
import type { Manifest } from '../compile/manifest';
import type { HiddenValues } from '../view/hidden-values';
import { Activity } from './activity';
import { type Assembly, LOCAL_ACCOUNT, type Resource, type Stack } from './assembly/assembly';
import { Resolver } from './assembly/resolver';
import { type Json, ServiceError, type TaskCall } from './engine';
import type { S3Store } from './s3/store';
import type { Secrets } from './secrets';
import { pathPart, type Store } from './store';

export interface Found {
  readonly stack: Stack;
  readonly resource: Resource;
  readonly resolver: Resolver;
  readonly properties: { readonly [name: string]: Json };
}

/** Something a person should hear of while the run goes on. */
export interface Notice {
  readonly kind: 'note' | 'alert';
  readonly task?: string;
  readonly text: string;
}

export interface Addresses {
  /** Gateway for every service but S3. */
  readonly gateway: string;
  readonly s3: string;
}

export interface WorldOptions {
  readonly assembly: Assembly;
  readonly manifest: Manifest;
  readonly store: Store;
  readonly secrets: Secrets;
  /** What nothing that is written or printed may hold. */
  readonly hidden: HiddenValues;
  readonly region: string;
  /** Folder of this run's logs. */
  readonly logs: string;
  /** Who holds a lock, for messages: `run X of pipeline Y`. */
  readonly holder: string;
  readonly notice: (notice: Notice) => void;
  /** How often that task was begun so far. */
  readonly attempts?: (task: string) => number | undefined;
  /** Containers run in Docker or Podman. @default as processes */
  readonly docker?: boolean;
}

export class World {
  addresses: Addresses = { gateway: '', s3: '' };
  readonly activity = new Activity();
  /** The objects of all buckets; set when the endpoint starts. */
  objects: S3Store | undefined;
  private readonly index = new Map<string, Map<string, Found>>();
  private readonly bucketRegions = new Map<string, string>();

  constructor(readonly options: WorldOptions) {
    for (const { stack, resource } of options.assembly.ofType('AWS::S3::Bucket')) {
      this.bucketRegions.set(new Resolver(options.assembly, stack).ref(resource), stack.region);
    }
  }

  get region(): string {
    return this.options.region;
  }

  /** A resource by its ARN, name or Ref; the one of the given region if several regions have that name. */
  find(type: string, id: string, region?: string): Found | undefined {
    const known = this.ofType(type);
    return (region === undefined ? undefined : known.get(`${region}/${id}`)) ?? known.get(id);
  }

  /** Every resource of a type by ARN, name, Ref, and each of them with its region before it. */
  private ofType(type: string): Map<string, Found> {
    const known = this.index.get(type);
    if (known) return known;
    const made = new Map<string, Found>();
    this.index.set(type, made);
    for (const found of this.all(type)) {
      const { stack, resource, resolver } = found;
      const ref = resolver.ref(resource);
      const arn = String(resolver.attribute(resource, 'Arn', resource.logicalId));
      // `family:revision` of a task definition, the last part of any other ARN.
      const tail = arn.slice(arn.lastIndexOf('/') + 1);
      for (const key of new Set([ref, arn, resolver.name(resource), tail])) {
        if (!made.has(key)) made.set(key, found);
        made.set(`${stack.region}/${key}`, found);
      }
    }
    return made;
  }

  all(type: string): Found[] {
    const { assembly } = this.options;
    return assembly.ofType(type).map(({ stack, resource }) => {
      const resolver = new Resolver(assembly, stack);
      return {
        stack,
        resource,
        resolver,
        // Resolved when read: a property that nobody needs cannot fail the run.
        get properties() {
          return resolver.properties(resource);
        },
      };
    });
  }

  bucketRegion(bucket: string): string {
    return this.bucketRegions.get(bucket) ?? this.region;
  }

  /** Buckets that the templates make, with their region. */
  buckets(): [string, string][] {
    return [...this.bucketRegions];
  }

  bucketFolder(bucket: string): string {
    return join(this.options.store.buckets(this.bucketRegion(bucket)), pathPart(bucket));
  }

  /** The local path of `s3://bucket/key` or of a prefix. */
  s3Path(uri: string): string {
    const match = /^s3:\/\/([^/]+)(?:\/(.*))?$/s.exec(uri);
    if (!match) throw new Error(`${uri} is not s3://bucket/key`);
    const folder = this.bucketFolder(match[1]!);
    const path = join(folder, match[2] ?? '');
    if (path !== folder && !path.startsWith(folder + sep)) throw new Error(`${uri} leads outside its bucket`);
    return path;
  }

  /** What a program needs to reach the stand-ins instead of AWS. The user's own credentials are never handed on. */
  awsEnvironment(region: string): { [name: string]: string } {
    return {
      AWS_ENDPOINT_URL: this.addresses.gateway,
      AWS_ENDPOINT_URL_S3: this.addresses.s3,
      AWS_ACCESS_KEY_ID: 'headrace',
      AWS_SECRET_ACCESS_KEY: 'headrace-local-secret',
      AWS_REGION: region,
      AWS_DEFAULT_REGION: region,
      AWS_EC2_METADATA_DISABLED: 'true',
      AWS_CONFIG_FILE: '/dev/null',
      AWS_SHARED_CREDENTIALS_FILE: '/dev/null',
      AWS_MAX_ATTEMPTS: '2',
    };
  }

  /** The task that a state belongs to: the state of its name, or one of its inner states (`<id> <suffix>`). */
  taskOf(stateName: string): string {
    const ids = this.options.manifest.tasks.map((task) => task.id);
    if (ids.includes(stateName)) return stateName;
    const longest = ids.filter((id) => stateName.startsWith(`${id} `)).sort((a, b) => b.length - a.length)[0];
    return longest ?? stateName;
  }

  /** `<run>/logs/<task>/<attempt>.log` of the call's task; calls without a state share `other`. */
  logFile(call: TaskCall | undefined): string {
    const file =
      call === undefined
        ? join(this.options.logs, 'other.log')
        : join(this.options.logs, pathPart(this.taskOf(call.stateName)), `${this.attemptOf(call)}.log`);
    mkdirSync(dirname(file), { recursive: true });
    return file;
  }

  /** Counted from 1. A task of several states is retried as a whole, which its inner states do not know. */
  private attemptOf({ stateName, attempt }: TaskCall): number {
    const whole = this.options.attempts?.(this.taskOf(stateName)) ?? 0;
    return Math.max(whole, attempt + 1);
  }

  note(call: TaskCall | undefined, text: string): void {
    this.options.notice({ kind: 'note', task: call && this.taskOf(call.stateName), text });
  }

  arn(service: string, region: string, rest: string): string {
    return `arn:aws:${service}:${region}:${LOCAL_ACCOUNT}:${rest}`;
  }
}

/** The laptop has no stand-in for this; the error says what was asked. */
export function notLocal(
  what: string,
  advice = 'run it on AWS, or leave the task out with --from or --only',
): ServiceError {
  return new ServiceError('Headrace.NotLocal', `${what} has no stand-in on the laptop; ${advice}`);
}
