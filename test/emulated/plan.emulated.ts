// What `headrace plan --asl` writes for a DAG file, deployed as it lies in the folder and run by an interpreter that is not ours.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, it } from 'vitest';
import { Emulator, mockedArn } from './emulator';
import { type Answers, writeMocks } from './mocks';
import { readRun } from './outcomes';
import { ANSWERS, type CaseGraph, TABLE } from './pipeline-case';

interface Written {
  readonly root: string;
  readonly order: readonly string[];
  readonly rendezvousTable: string;
}

// Rules, a failure, a skip, and a join that does not nest.
const DAG = {
  name: 'written',
  tasks: [
    { id: 'left' },
    { id: 'right', outcome: 'failed' },
    { id: 'aside', outcome: 'skipped' },
    { id: 'narrow' },
    { id: 'wide', trigger_rule: 'none_skipped' },
    { id: 'alarm', trigger_rule: 'one_failed' },
    { id: 'never' },
  ],
  edges: [
    ['left', 'narrow'],
    ['left', 'wide'],
    ['right', 'wide'],
    ['right', 'alarm'],
    ['aside', 'alarm'],
    ['aside', 'never'],
  ],
} as const satisfies CaseGraph & { name: string };

describe('headrace plan --asl', () => {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-plan-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  it('writes machines that run as the DAG file says', async () => {
    const file = join(folder, 'dag.json');
    const out = join(folder, 'out');
    writeFileSync(file, JSON.stringify(DAG));
    execFileSync(process.execPath, ['--import', 'tsx', 'bin/headrace.ts', 'plan', '--asl', out, file]);

    const plan = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8')) as Written;
    const names = readdirSync(out).flatMap((name) => (name.endsWith('.asl.json') ? [name.slice(0, -9)] : []));
    const answers: Answers = Object.fromEntries(
      DAG.tasks.map((task) => [task.id, [ANSWERS['outcome' in task ? task.outcome : 'success']]]),
    );
    await writeMocks(inject('mockFile'), new Map(names.map((name) => [name, answers])));
    const emulator = new Emulator(inject('url'));
    for (const name of names) {
      const text = readFileSync(join(out, `${name}.asl.json`), 'utf8')
        .replace(/\$\{machine:([^}]*)\}/g, (_, child: string) => mockedArn(child))
        .replaceAll(plan.rendezvousTable, TABLE);
      await emulator.create(name, text);
    }
    const ended = await emulator.run(plan.root, {}, { mocked: true, limitSeconds: 60 });
    const run = await readRun(emulator, ended, plan.order);
    for (const name of names) await emulator.delete(name);

    // No last task failed: a failure that a rule took note of fails nothing more, as in Airflow.
    expect(run.status).toBe('SUCCEEDED');
    expect(Object.fromEntries([...run.tasks].map(([id, task]) => [id, task.outcome]))).toEqual({
      left: 'succeeded',
      right: 'failed',
      aside: 'skipped',
      narrow: 'succeeded',
      wide: 'succeeded',
      alarm: 'succeeded',
      never: 'skipped',
    });
  });
});
