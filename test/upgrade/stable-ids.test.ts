// Logical ids are a contract: adding, removing and reordering tasks touches no resource of the others, whatever the pipeline.

import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FargateTask, GlueCrawlerTask, GlueJobTask, LambdaTask, Pipeline, S3DeleteTask, type Task } from '../../lib';
import { join } from 'node:path';

const code = join(__dirname, 'files', 'step.mjs');

interface Wanted {
  readonly id: string;
  readonly kind: number;
  /** Positions of earlier tasks of the list, modulo how many there are. */
  readonly after: readonly number[];
}

const KINDS: readonly ((pipeline: Pipeline, id: string) => Task)[] = [
  (pipeline, id) => new LambdaTask(pipeline, id, { code }),
  (pipeline, id) => new FargateTask(pipeline, id, { image: ContainerImage.fromRegistry('busybox') }),
  (pipeline, id) => new GlueCrawlerTask(pipeline, id, { database: 'raw', path: 's3://raw/x/' }),
  (pipeline, id) => new GlueJobTask(pipeline, id, { jobName: 'nightly' }),
  (pipeline, id) => new S3DeleteTask(pipeline, id, { path: 's3://raw/x/' }),
];

type Resources = { readonly [id: string]: { readonly Type: string } };

function synth(tasks: readonly Wanted[]): Resources {
  const stack = new Stack(new App({ analyticsReporting: false }), 'Team', {
    env: { account: '111122223333', region: 'eu-west-1' },
  });
  const pipeline = new Pipeline(stack, 'Sales');
  const made: Task[] = [];
  for (const { id, kind, after } of tasks) {
    const task = KINDS[kind]!(pipeline, id);
    for (const position of new Set(after.map((one) => one % Math.max(1, made.length))))
      if (made.length > 0) task.after(made[position]!);
    made.push(task);
  }
  return Template.fromStack(stack).toJSON()['Resources'] as Resources;
}

/** These are about all tasks: what runs, and what it may. */
const OF_ALL = [
  'AWS::StepFunctions::StateMachine',
  'AWS::IAM::Policy',
  'AWS::IAM::ManagedPolicy',
  'AWS::DynamoDB::Table',
];

const task = (id: string) =>
  fc
    .record({ kind: fc.nat(KINDS.length - 1), after: fc.array(fc.nat(9), { maxLength: 2 }) })
    .map((one) => ({ ...one, id }));
const ids = ['Ingest', 'Clean', 'Crawl', 'Load', 'Mail', 'Report'];
const pipelines = fc.tuple(...ids.map(task)).chain((tasks) => fc.subarray([...tasks], { minLength: 1 }));

describe('resources', () => {
  it('of a task are the same beside other tasks, in any order', () => {
    fc.assert(
      fc.property(pipelines, fc.nat(5), fc.boolean(), (tasks, which, reverse) => {
        const alone = tasks[which % tasks.length]!;
        const before = synth([{ ...alone, after: [] }]);
        const after = synth(reverse ? [...tasks].reverse() : tasks);
        for (const [id, resource] of Object.entries(before)) {
          if (OF_ALL.includes(resource.Type)) expect([id, after[id]?.Type]).toEqual([id, resource.Type]);
          else expect([id, after[id]]).toEqual([id, resource]);
        }
      }),
      { numRuns: 15 },
    );
  });

  it('after a task was taken away are the others’, unchanged', () => {
    fc.assert(
      fc.property(
        pipelines.filter((tasks) => tasks.length > 1),
        fc.nat(5),
        (tasks, which) => {
          const gone = tasks[which % tasks.length]!;
          const before = synth(tasks);
          const after = synth(tasks.filter((one) => one !== gone));
          for (const [id, resource] of Object.entries(after)) {
            if (OF_ALL.includes(resource.Type)) continue;
            expect([id, before[id]]).toEqual([id, resource]);
          }
        },
      ),
      { numRuns: 15 },
    );
  });
});
