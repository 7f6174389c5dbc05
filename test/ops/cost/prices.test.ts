import { describe, expect, it } from 'vitest';
import { PRICES, pricesWith } from '../../../lib/ops/cost/prices';

describe('prices that differ from the table', () => {
  it('take the place of the table’s', () => {
    expect(pricesWith('{"glueDpuHour": 0.4, "date": "2027-01-01"}', 'p.json')).toEqual({
      ...PRICES,
      glueDpuHour: 0.4,
      date: '2027-01-01',
    });
  });

  it.each([
    ['{"glueDpuHours": 1}', 'p.json: glueDpuHours is no price: expected date, perTransition, '],
    ['{"glueDpuHour": "0.4"}', 'p.json: glueDpuHour is "0.4": expected a number of dollars'],
    ['{"glueDpuHour": -1}', 'p.json: glueDpuHour is -1: expected a number of dollars'],
    ['{"glueDpuHour": 1e999}', 'p.json: glueDpuHour is null: expected a number of dollars'],
    ['{"date": 5}', 'p.json: date is 5: expected a date'],
    ['[1]', 'p.json is [1]: expected prices by name'],
    ['null', 'p.json is null: expected prices by name'],
    ['glue: 1', 'p.json is not JSON ('],
  ])('are refused where they are wrong: %s', (text, message) => {
    expect(() => pricesWith(text, 'p.json')).toThrow(message);
  });
});
