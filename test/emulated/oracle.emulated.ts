// Trigger rules against two witnesses: Airflow said what becomes of every task, an interpreter that is not ours runs what
// we emit for the same pipeline, and both have to agree.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { Emulator } from './emulator';
import { writeMocks } from './mocks';
import { answersOf, type CaseGraph, type PipelineCase, pipelineCase, runCase } from './pipeline-case';

interface OracleCase extends CaseGraph {
  readonly name: string;
  readonly expected: { readonly run: 'success' | 'failed'; readonly states: Readonly<Record<string, string>> };
}

/** Of the random cases every fourth: with the truth tables more than 60, in a few minutes. */
const STRIDE = 4;

const all = JSON.parse(
  readFileSync(join(__dirname, '../corpus/airflow-oracle/cases.json'), 'utf8'),
) as readonly OracleCase[];
const tables = all.filter((entry) => entry.name.startsWith('table-'));
const random = all.filter((entry) => !entry.name.startsWith('table-')).filter((_, i) => i % STRIDE === 0);
const chosen = [...tables, ...random];

describe('the outcomes that Airflow gives', () => {
  const emulator = new Emulator(inject('url'));
  const cases = new Map<string, PipelineCase>();

  beforeAll(async () => {
    for (const [i, entry] of chosen.entries()) cases.set(entry.name, pipelineCase(`oracle-${i}`, entry));
    await writeMocks(inject('mockFile'), answersOf(cases.values()));
  });

  it.concurrent.for(chosen)('$name', async ({ name, expected }, { expect }) => {
    const run = await runCase(emulator, cases.get(name)!);
    const states = Object.entries(expected.states).map(([id, state]) => [
      id,
      state === 'success' ? 'succeeded' : state,
    ]);
    expect(Object.fromEntries([...run.tasks].map(([id, task]) => [id, task.outcome]))).toEqual(
      Object.fromEntries(states),
    );
    expect(run.status).toBe(expected.run === 'success' ? 'SUCCEEDED' : 'FAILED');
  });

  it('are enough cases, some with a rendezvous', () => {
    expect(chosen.length).toBeGreaterThanOrEqual(60);
    expect([...cases.values()].filter(({ compiled }) => compiled.rendezvous.length > 0).length).toBeGreaterThan(10);
  });
});
