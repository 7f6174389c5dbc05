// What a pipeline adds to the synth of an app, in CPU seconds: the same app with the same Glue jobs, with and without it. Each
// measurement is a process of its own; the middle of several counts. Prints a table; judges nothing but the limits of IAM.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { CfnJob } from 'aws-cdk-lib/aws-glue';
import { GlueJobTask, Pipeline, type Task } from '../../lib';

const TARGETS: { readonly [tasks: number]: number } = { 10: 0.15, 100: 0.3, 1000: 1.5 };
const ROUNDS = 5;
/** A stack holds 500 resources: the jobs lie in stacks of their own, as a platform team would have them. */
const JOBS_A_STACK = 400;

function build(tasks: number, withPipeline: boolean): number {
  const outdir = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
  const app = new App({ outdir, analyticsReporting: false, treeMetadata: false });
  const names: string[] = [];
  let jobs: Stack | undefined;
  for (let i = 0; i < tasks; i++) {
    if (i % JOBS_A_STACK === 0) jobs = new Stack(app, `Jobs${i / JOBS_A_STACK}`);
    const name = `team-nightly-${i}`;
    new CfnJob(jobs!, `Job${i}`, {
      name,
      role: 'arn:aws:iam::111122223333:role/etl',
      command: { name: 'glueetl', scriptLocation: 's3://scripts/a.py' },
    });
    names.push(name);
  }
  const stack = new Stack(app, 'Demo');
  let policies = 0;
  if (withPipeline) {
    const sales = new Pipeline(stack, 'Nightly');
    const made: Task[] = [];
    // Layers of ten: every task follows two of the layer before, so that joins are not nested.
    names.forEach((jobName, i) => {
      const task = new GlueJobTask(sales, `load-${i}`, { jobName, arguments: { day: sales.run.date } });
      for (const before of [i - 10, i - 10 + (((i % 10) + 1) % 10) - (i % 10)])
        if (before >= 0) task.after(made[before]!);
      made.push(task);
    });
  }
  app.synth();
  const cpu = process.cpuUsage();
  if (withPipeline) policies = largestPolicyCount(stack);
  rmSync(outdir, { recursive: true, force: true });
  console.log(JSON.stringify({ seconds: (cpu.user + cpu.system) / 1e6, policies }));
  return policies;
}

/** Policies of the role that has most; IAM's limit is ten. */
function largestPolicyCount(stack: Stack): number {
  const counts = new Map<string, number>();
  for (const type of ['AWS::IAM::Policy', 'AWS::IAM::ManagedPolicy']) {
    for (const policy of Object.values(Template.fromStack(stack).findResources(type))) {
      for (const role of policy['Properties'].Roles ?? []) counts.set(role.Ref, (counts.get(role.Ref) ?? 0) + 1);
    }
  }
  return Math.max(...counts.values());
}

function measure(tasks: number, kind: 'with' | 'without'): { seconds: number; policies: number } {
  const rounds = Array.from({ length: ROUNDS }, () => {
    const text = execFileSync(process.execPath, ['--import', 'tsx', __filename, String(tasks), kind], {
      encoding: 'utf8',
      env: { ...process.env, CDK_VALIDATION: 'false' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return JSON.parse(text.trim().split('\n').pop()!) as { seconds: number; policies: number };
  });
  return rounds.sort((a, b) => a.seconds - b.seconds)[Math.floor(ROUNDS / 2)]!;
}

function table(): void {
  console.log(`CPU seconds of synth, middle of ${ROUNDS} processes, validator off\n`);
  console.log('tasks   without    with   added   target   policies of the largest role (limit 10)');
  for (const [key, target] of Object.entries(TARGETS)) {
    const tasks = Number(key);
    const [without, withIt] = [measure(tasks, 'without'), measure(tasks, 'with')];
    const added = withIt.seconds - without.seconds;
    console.log(
      `${String(tasks).padStart(5)}  ${without.seconds.toFixed(2).padStart(8)}  ${withIt.seconds.toFixed(2).padStart(6)}  ${added.toFixed(2).padStart(6)}  ${target.toFixed(2).padStart(7)}   ${withIt.policies}`,
    );
    if (withIt.policies > 10) process.exitCode = 1;
  }
}

const [tasks, kind] = process.argv.slice(2);
if (tasks === undefined) table();
else build(Number(tasks), kind === 'with');
