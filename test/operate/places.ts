// The two places that the same script runs on. In: the synthesized app. Out: how the command is called there, and how an object that
// tasks read comes to be. The deployed one is made by hand from the template: an emulator without Docker has no CloudFormation that
// would make all of it.

import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { CreateBucketCommand, DeleteObjectCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { CreateStateMachineCommand, DeleteStateMachineCommand, SFNClient } from '@aws-sdk/client-sfn';
import { Assembly } from '../../lib/local/assembly/assembly';
import { Machines } from '../../lib/local/assembly/machines';
import { faultsOf } from '../docs/json-shapes';

export interface Answer {
  readonly code: number;
  readonly out: string;
  readonly error: string;
  /** What was printed, as JSON of the published shape. */
  json<T>(): T;
}

export interface Place {
  readonly name: string;
  /** Runs `headrace WORDS`. */
  headrace(...words: readonly string[]): Promise<Answer>;
  put(key: string, text: string): Promise<void>;
  remove(key: string): Promise<void>;
}

export const BUCKET = 'operate-data';
const REGION = 'us-east-1';
export const COMMAND = resolve('dist/bin/headrace.js');

export function command(words: readonly string[], environment: NodeJS.ProcessEnv, cwd: string): Promise<Answer> {
  return new Promise((done) => {
    const options = { cwd, env: { PATH: process.env['PATH'], HOME: cwd, ...environment }, maxBuffer: 1e8 };
    const child = execFile(process.execPath, [COMMAND, ...words], options, (failure, out, error) => {
      const code = failure === null ? 0 : typeof failure.code === 'number' ? failure.code : -1;
      done({
        code,
        out,
        error,
        json: () => {
          const faults = faultsOf(words, out);
          if (faults.length > 0) throw new Error(faults.join('\n'));
          return JSON.parse(out);
        },
      });
    });
    child.stdin?.end();
  });
}

/** Environment of a shell that is signed in to the emulator. */
export function signedIn(url: string): NodeJS.ProcessEnv {
  return {
    AWS_ENDPOINT_URL: url,
    AWS_REGION: REGION,
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_EC2_METADATA_DISABLED: 'true',
    HEADRACE_AWS: '1',
  };
}

export async function deployed(url: string, folder: string): Promise<Place> {
  const config = { endpoint: url, region: REGION, credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
  const sfn = new SFNClient(config);
  const s3 = new S3Client({ ...config, forcePathStyle: true });
  await createMachines(sfn, folder);
  await s3.send(new CreateBucketCommand({ Bucket: BUCKET })).catch(() => undefined);
  const cwd = mkdtempSync(join(tmpdir(), 'headrace-operate-'));
  return {
    name: 'deployed',
    headrace: (...words) => command(words, signedIn(url), cwd),
    put: async (Key, Body) => void (await s3.send(new PutObjectCommand({ Bucket: BUCKET, Key, Body }))),
    remove: async (Key) => void (await s3.send(new DeleteObjectCommand({ Bucket: BUCKET, Key }))),
  };
}

/** Anew, whatever was there before. */
export async function createMachines(sfn: SFNClient, folder: string): Promise<void> {
  const machines = new Machines(Assembly.read(folder));
  for (const arn of machines.arns()) {
    const machine = machines.get(arn)!;
    await sfn.send(new DeleteStateMachineCommand({ stateMachineArn: arn })).catch(() => undefined);
    await sfn.send(
      new CreateStateMachineCommand({
        name: machine.name,
        definition: JSON.stringify(machine.definition),
        roleArn: 'arn:aws:iam::000000000000:role/any',
        tags: tagsOf(folder, machine.logicalId),
      }),
    );
  }
}

export function tagsOf(folder: string, logicalId: string): { key: string; value: string }[] {
  const [stack] = Assembly.read(folder).stacks;
  const tags = stack!.resources.get(logicalId)!.properties['Tags'] as { Key: string; Value: string }[] | undefined;
  return (tags ?? []).map(({ Key: key, Value: value }) => ({ key, value }));
}

export function here(folder: string): Place {
  const cwd = mkdtempSync(join(tmpdir(), 'headrace-operate-'));
  const file = (key: string) => join(cwd, '.headrace', REGION, 's3', BUCKET, key);
  return {
    name: 'on this machine',
    headrace: (...words) => command([...words, '--assembly', folder], {}, cwd),
    put: async (key, text) => {
      mkdirSync(dirname(file(key)), { recursive: true });
      writeFileSync(file(key), text);
    },
    remove: async (key) => rmSync(file(key), { force: true }),
  };
}
