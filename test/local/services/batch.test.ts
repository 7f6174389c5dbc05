// Jobs of AWS Batch on the laptop: the definition that is deployed, real processes.

import { existsSync, mkdtempSync, readdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_batch as batch, aws_ec2 as ec2, aws_ecs as ecs, Size, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { BatchTask, type BatchTaskProps, Pipeline } from '../../../lib';
import { runLocal } from '../../../lib/local/local-run';

async function run(code: string, props: Partial<BatchTaskProps> = {}) {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-batch-'));
  const out = mkdtempSync(join(folder, 'out-'));
  const app = new App({ outdir: join(folder, 'cdk.out'), analyticsReporting: false });
  const stack = new Stack(app, 'Demo', { env: { account: '111122223333', region: 'eu-west-1' } });
  const image = mkdtempSync(join(folder, 'image-'));
  writeFileSync(join(image, 'job.mjs'), code);
  writeFileSync(
    join(image, 'Dockerfile'),
    'FROM node:20\nWORKDIR /app\nCOPY job.mjs .\nENTRYPOINT ["node", "job.mjs"]\n',
  );
  const jobDefinition = new batch.EcsJobDefinition(stack, 'Definition', {
    container: new batch.EcsFargateContainerDefinition(stack, 'Container', {
      image: ecs.ContainerImage.fromAsset(image),
      cpu: 1,
      memory: Size.gibibytes(2),
      command: ['Ref::word', out],
    }),
    parameters: { word: 'hello' },
  });
  const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Vpc', {
    vpcId: 'vpc-1',
    availabilityZones: ['a'],
    privateSubnetIds: ['subnet-1'],
  });
  const jobQueue = new batch.JobQueue(stack, 'Queue', {
    computeEnvironments: [
      { computeEnvironment: new batch.FargateComputeEnvironment(stack, 'Where', { vpc }), order: 1 },
    ],
  });
  new BatchTask(new Pipeline(stack, 'Sales'), 'Render', { jobDefinition, jobQueue, ...props });
  app.synth();
  const result = await runLocal({ assembly: join(folder, 'cdk.out'), store: join(folder, '.headrace') });
  return { task: result.tasks[0]!, files: existsSync(out) ? readdirSync(out).sort() : [] };
}

const WRITES = `
  import { writeFileSync } from 'node:fs';
  const [word, folder] = process.argv.slice(2);
  const copy = process.env.AWS_BATCH_JOB_ARRAY_INDEX ?? 'one';
  writeFileSync(folder + '/' + word + '-' + copy + '-' + process.env.HEADRACE_TASK + '-' + process.env.AWS_BATCH_JOB_ATTEMPT, '');`;

describe('a job of Batch', () => {
  it('is a process with parameters, overrides and its own variables', async () => {
    const { task, files } = await run(WRITES, { parameters: { word: 'bye' } });
    expect([task.reason, task.status]).toEqual([undefined, 'succeeded']);
    expect(files).toEqual(['bye-one-Render-1']);
  });

  it('of many copies runs each with its number', async () => {
    const { task, files } = await run(WRITES, { arraySize: 7 });
    expect([task.status, files.length]).toEqual(['succeeded', 7]);
    expect(files).toContain('hello-6-Render-1');
  });

  it('is tried as often as it says', async () => {
    const { task, files } = await run(`${WRITES}\nprocess.exit(process.env.AWS_BATCH_JOB_ATTEMPT === '3' ? 0 : 1);`, {
      attempts: 3,
    });
    expect(task.status).toBe('succeeded');
    expect(files).toHaveLength(3);
  });

  it('that fails tells its exit code, and of many copies how many failed', async () => {
    expect((await run('process.exit(4)')).task.reason).toMatch(
      /^job \S+ ended as FAILED: Essential container in task exited; exit code 4$/,
    );
    const { task } = await run('process.exit(process.env.AWS_BATCH_JOB_ARRAY_INDEX % 2)', { arraySize: 4 });
    expect(task).toMatchObject({ status: 'failed', error: 'Batch.JobFailed' });
    expect(task.reason).toContain('2 of 4 copies failed');
  });
});
