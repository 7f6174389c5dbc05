import { describe, expect, it } from 'vitest';
import type { Manifest, ManifestParam } from '../../lib/compile/manifest';
import { runInput } from '../../lib/local/run-request';

const task = (id: string, index: number, ...upstream: string[]) => ({
  id,
  index,
  kind: 'K',
  path: id,
  upstream,
  triggerRule: 'all_success' as const,
  machine: 'P',
  outputs: [],
});
const manifest = (...params: ManifestParam[]): Manifest => ({
  version: 1,
  name: 'P',
  path: 'P',
  stack: 'S',
  template: 't',
  machines: [],
  rendezvous: [],
  params,
  triggers: [],
  alerts: [],
  tasks: [task('A', 0), task('B', 1, 'A'), task('C', 2, 'A'), task('D', 3, 'B')],
});

describe('runInput', () => {
  it('is empty without words', () => {
    expect(runInput(manifest(), {})).toEqual({});
  });
  it.each([
    ['2024-01-31', '2024-01-31T00:00:00Z'],
    ['2024-01-31T02:30+01:00', '2024-01-31T01:30:00Z'],
    ['2024-02-29', '2024-02-29T00:00:00Z'],
  ])('takes the date %s', (date, logicalDate) => {
    expect(runInput(manifest(), { date })).toEqual({ logicalDate });
  });
  it.each(['2024-02-30', '2023-02-29', '2024-1-1', 'today', '2024-01-01T10:00', '2024-01-01T25:00Z'])(
    'refuses the date %s',
    (date) => {
      expect(() => runInput(manifest(), { date })).toThrow(/is no date: expected 2024-01-31/);
    },
  );
  it('gives params their types and defaults', () => {
    const params: ManifestParam[] = [
      { name: 'n', type: 'number' },
      { name: 'b', type: 'boolean', default: false },
      { name: 's', type: 'string', default: 'x' },
    ];
    expect(runInput(manifest(...params), { params: ['n=1.5', 's=a=b'] })).toEqual({
      params: { n: 1.5, b: false, s: 'a=b' },
    });
  });
  it.each([
    [['n=abc'], /--param n=abc: expected a number/],
    [['m=1'], /no such param \(n\)/],
    [['n'], /expected name=value/],
    [[], /param n has no default: give it with --param n=value/],
  ])('refuses params %j', (params, message) => {
    expect(() => runInput(manifest({ name: 'n', type: 'number' }), { params })).toThrow(message);
  });
  it('does not show the value of a secret param', () => {
    expect(() => runInput(manifest({ name: 'n', type: 'number', secret: true }), { params: ['n=hunter2'] })).toThrow(
      /n=\*\*\*/,
    );
  });
  it('chooses tasks', () => {
    expect(runInput(manifest(), { only: ['B', 'C'] })).toEqual({ run: '0110' });
    expect(runInput(manifest(), { from: ['B'] })).toEqual({ run: '0101' });
    expect(() => runInput(manifest(), { from: ['X'] })).toThrow(/task X is not in pipeline P: it has A, B, C, D/);
  });
});
