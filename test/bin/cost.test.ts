// The verb as a person types it, on a real run of this machine and before any.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { register as cost } from '../../bin/verbs/cost';
import { runLocal } from '../../lib/local/local-run';
import type { RunCost } from '../../lib/ops/cost/cost';
import { temporaryFolder } from '../local/assembly-fixture';
import { CompiledAssembly } from '../ops/compiled-assembly';
import { runVerb } from './verb';

interface Told {
  readonly run?: string;
  readonly bill: RunCost;
  readonly atLeast: boolean;
  readonly runsPerMonth: number;
  readonly month: number;
  readonly mwaa: number;
  readonly notes: readonly string[];
}

const TRIGGERS = [{ kind: 'schedule', expression: 'rate(1 hour)' }];
const assembly = new CompiledAssembly(
  [{ id: 'Ingest' }, { id: 'Clean', after: ['Ingest'] }, { id: 'Other', after: ['Ingest'] }],
  [],
  TRIGGERS,
);
const place = ['--store', assembly.store, '--assembly', assembly.folder];
const ask = (...words: string[]) => runVerb(cost, 'cost', 'Sales', ...words, ...place);
const told = async (...words: string[]) => JSON.parse((await ask(...words, '--json')).out) as Told;
const transitions = ({ bill }: Told) => bill.lines[0]!.arithmetic;

describe('headrace cost', () => {
  it('before any run has no durations, and says so', async () => {
    const { out, code } = await ask('--plan');
    expect(code).toBe(0);
    expect(out).toContain('a run in which every task succeeds at once');
    expect(out).toMatch(
      /note +no duration is known of Ingest, Clean, Other: at its shortest bill; say --duration Ingest=10m/,
    );
  });

  describe('of a run', () => {
    beforeAll(async () => {
      const run = await runLocal({
        assembly: assembly.folder,
        store: assembly.store,
        input: { logicalDate: '2026-11-01T00:00:00Z' },
      });
      expect(run.status).toBe('SUCCEEDED');
    });

    it('tells each line with its arithmetic, the month, and what stands beside it', async () => {
      const { out } = await ask();
      expect(out).toContain("Demo-Sales  run 2026-11-01, as if its times were AWS's, prices of ");
      expect(out).toMatch(/^Step Functions +\$[\d.]+ +\d+ transitions x \$0.000025$/m);
      // The template gives the function no memory: that is 128 MB.
      expect(out).toMatch(/^Ingest \(Lambda\) +\$[\d.]+ +1 request x .*, 0.125 GB$/m);
      expect(out).toMatch(/^a month +>= \$[\d.]+ = 730.0 runs by schedule x \$[\d.]+$/m);
      expect(out).toMatch(/^beside it +\$357.70 = the smallest managed Airflow environment/m);
      const json = await told();
      expect(json).toMatchObject({ run: '2026-11-01', atLeast: true, mwaa: 0.49 * 730 });
      expect(json.month).toBeCloseTo(json.bill.dollars * json.runsPerMonth, 12);
    });

    it('has the transitions that the plan foretold', async () => {
      const [planned, real] = [await told('--plan'), await told()];
      expect(transitions(planned)).toBe(transitions(real));
      expect(planned.run).toBeUndefined();
      expect(planned.notes).toEqual(['durations are those of run 2026-11-01 where none are given']);
    });

    it('counts a duration that is given, and prices that differ', async () => {
      const prices = join(temporaryFolder(), 'prices.json');
      writeFileSync(prices, '{"lambdaGbSecond": 1, "lambdaRequest": 0}');
      const { bill } = await told('--plan', '--duration', 'Clean=1.5m', '--prices', prices);
      expect(bill.lines.find(({ what }) => what === 'Clean (Lambda)')!.dollars).toBeCloseTo(90 * 0.125, 9);
    });
  });

  it.each([
    [['--plan', 'latest'], '--plan is about a run that has not been: leave out latest'],
    [['--duration', 'Clean=1m'], '--duration and --items are for --plan'],
    [['--prices', 'nowhere.json'], '--prices nowhere.json: there is no such file'],
    [['--plan', '--duration', 'Claen=1m'], 'did you mean Clean?'],
    [['2026-11-02'], 'no run 2026-11-02'],
  ])('%j is refused', async (words, message) => {
    expect((await ask(...words)).error).toContain(message);
  });
});
