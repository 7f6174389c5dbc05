// The bill of a deployed run: items of a distributed Map are executions of their own, of which some are read for all,
// where the server lists them; one task reads after them.

import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { RunCost } from '../../lib/ops/cost/cost';
import { synthesize } from '../assembly';
import { deployed, here, type Place } from './places';

const ITEMS = 14;
const stack = `Cost${process.pid}`;
const folder = synthesize('test/operate/cost-app.ts', { OPERATE_STACK: stack });
const pipeline = `${stack}-Daily`;

async function billAt(at: Place, ...words: string[]): Promise<RunCost> {
  const { code, error, json } = await at.headrace('cost', pipeline, '--json', ...words);
  expect([code, error]).toEqual([0, '']);
  return json<{ bill: RunCost }>().bill;
}

const transitions = ({ lines }: RunCost) => Number(lines[0]!.arithmetic.split(' ')[0]);

describe('headrace cost', () => {
  const bills = new Map<string, RunCost>();

  beforeAll(async () => {
    for (const at of [await deployed(inject('operateUrl'), folder), here(folder)]) {
      for (let i = 0; i < ITEMS; i++) await at.put(`items/${i}.json`, '{}');
      const ran = await at.headrace('run', pipeline, '--date', '2026-11-01T02:30:00Z', '--wait', '--json');
      expect([ran.code, ran.error]).toEqual([0, '']);
      bills.set(at.name, await billAt(at));
      bills.set('planned', await billAt(at, '--plan', '--items', `PerItem=${ITEMS}`, '--assembly', folder));
    }
  });

  it.each(['on this machine', 'planned'])('counts the transitions of every item: %s', (where) => {
    const { lines, unpriced } = bills.get(where)!;
    expect(transitions(bills.get(where)!)).toBeGreaterThan(4 * ITEMS);
    expect(lines[0]!.arithmetic).toBe(bills.get('on this machine')!.lines[0]!.arithmetic);
    expect(unpriced).toEqual([]);
  });

  it('names the items where they cannot be read, and how many: this server does not list executions of a Map run', () => {
    const bill = bills.get('deployed')!;
    expect(bill.unpriced).toEqual([`what the items did, which was not read: PerItem (${ITEMS} items)`]);
    expect(transitions(bill)).toBeGreaterThan(0);
    expect(bill.lines[1]).toMatchObject({ what: 'S3', arithmetic: '1 GET request x $0.0000004' });
  });
});
