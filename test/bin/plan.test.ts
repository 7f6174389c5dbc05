import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { register as registerPlan } from '../../bin/verbs/plan';
import { register as registerSimulate } from '../../bin/verbs/simulate';
import { CustomTask, Pipeline, TriggerRule } from '../../lib';
import { runVerb } from './verb';

const folder = mkdtempSync(join(tmpdir(), 'headrace-plan-'));
let told = '';

beforeEach(() => {
  told = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((chunk) => {
    told += String(chunk);
    return true;
  });
});
afterEach(() => void vi.restoreAllMocks());

function dag(name: string, content: unknown): string {
  const file = join(folder, `${name}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const plan = (...words: string[]) => runVerb(registerPlan, ...['plan', ...words]);
const simulate = (...words: string[]) => runVerb(registerSimulate, ...['simulate', ...words]);
const lines = (out: string): { [field: string]: any }[] =>
  out
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { [field: string]: any });

// The smallest graph that does not nest, and a task that fails.
const N = {
  name: 'n',
  tasks: [
    { id: 'a', seconds: 3 },
    { id: 'b', seconds: null },
    { id: 'c', outcome: 'failed', retries: 2 },
    { id: 'd', seconds: 5, trigger_rule: 'all_done' },
  ],
  edges: [
    ['a', 'c'],
    ['a', 'd'],
    ['b', 'd'],
  ],
};
const good = dag('good', N);
const cycle = dag('cycle', {
  name: 'round',
  tasks: [{ id: 'x' }, { id: 'y' }],
  edges: [
    ['x', 'y'],
    ['y', 'x'],
  ],
});
const fine = dag('fine', { name: 'fine', tasks: [{ id: 'a' }], edges: [] });

describe('plan', () => {
  it('prints one object with the plan', async () => {
    const { out, code } = await plan('--json', good);
    expect(code).toBe(0);
    const [object] = lines(out);
    expect(object).toEqual({
      name: 'n',
      tasks: 4,
      edges: 3,
      reducedEdges: 3,
      rendezvous: 1,
      machines: [
        {
          name: 'n',
          definitionChars: expect.any(Number),
          historyEvents: expect.any(Number),
          states: expect.any(Number),
        },
      ],
      transitions: expect.any(Number),
    });
  });

  it('writes machines that say as much as the plan, and names the root', async () => {
    const out = join(folder, 'asl');
    expect((await plan('--asl', out, good)).code).toBe(0);
    expect(readdirSync(out).sort()).toEqual(['n.asl.json', 'plan.json']);
    const about = JSON.parse(readFileSync(join(out, 'plan.json'), 'utf8')) as { root: string; machines: object[] };
    expect(about.root).toBe('n');
    const text = readFileSync(join(out, 'n.asl.json'), 'utf8').trim();
    expect(about.machines[0]).toMatchObject({ name: 'n', definitionChars: text.length });
    const { States } = (JSON.parse(text) as { States: { [name: string]: any } }) ?? {};
    const bodies = [
      ...text.matchAll(/"Resource":"arn:aws:states:::lambda:invoke","Arguments":\{"FunctionName":"(.)"\}/g),
    ];
    expect(bodies.map(([, id]) => id).sort()).toEqual(['a', 'b', 'c', 'd']);
    expect(States['{']).toMatchObject({ Type: 'Pass' });
  });

  it('draws and tells', async () => {
    expect((await plan('--dot', good)).out).toContain('"a" -> "c"');
    expect((await plan('--mermaid', good)).out).toContain('graph LR');
    expect((await plan(good)).out).toContain('4 tasks, 3 edges');
  });
});

describe('simulate', () => {
  it('tells how every task ended, and when', async () => {
    const { out, code } = await simulate('--json', good);
    expect(code).toBe(0);
    expect(lines(out)).toEqual([
      {
        name: 'n',
        outcome: 'failed',
        makespanSeconds: 8,
        criticalPathSeconds: 8,
        transitions: expect.any(Number),
        historyEvents: expect.any(Number),
        tasks: {
          a: { outcome: 'succeeded', startSeconds: 0, endSeconds: 3 },
          b: { outcome: 'succeeded', startSeconds: 0, endSeconds: 1 },
          // Three attempts of a second each, a second between them.
          c: { outcome: 'failed', startSeconds: 3, endSeconds: 8 },
          d: { outcome: 'succeeded', startSeconds: 3, endSeconds: 8 },
        },
      },
    ]);
  });

  it('adds the time of every transition', async () => {
    const [none] = lines((await simulate('--json', fine)).out);
    const [some] = lines((await simulate('--json', '--transition-ms', '50', fine)).out);
    expect([none!['makespanSeconds'], none!['transitions']]).toEqual([1, 5]);
    expect(some!['makespanSeconds']).toBeCloseTo(1 + 5 * 0.05, 6);
    expect(some!['transitions']).toBe(5);
  });

  it('ends with 1 when a run fails, unless JSON was asked for', async () => {
    expect((await simulate(good)).code).toBe(1);
    expect((await simulate(fine)).code).toBe(0);
    expect((await simulate(fine, good, cycle)).code).toBe(2);
    expect((await simulate('--fail', 'a', fine)).code).toBe(1);
    expect((await simulate('--json', '--fail', 'a', fine)).code).toBe(0);
  });

  it('refuses a transition time and a task that do not exist', async () => {
    expect((await simulate('--transition-ms', '-1', fine)).error).toContain('from 0 to 3600000, not "-1"');
    expect((await simulate('--fail', 'zz', fine)).code).toBe(2);
    expect(told).toContain('there is no task "zz"');
  });
});

describe('files that are bad', () => {
  it.each([
    ['a cycle, with its path', cycle, 'x => y => x'],
    ['no JSON', dag('half', '{"name": "half"'), 'the file is not JSON'],
    ['no file', join(folder, 'none.json'), 'there is no such file'],
    ['a list', dag('list', []), 'expected an object with name, tasks and edges, not []'],
    ['no tasks', dag('empty', { name: 'e', tasks: [], edges: [] }), 'the pipeline has no tasks'],
    [
      'an unknown rule',
      dag('rule', { tasks: [{ id: 'a', trigger_rule: 'all_sucess' }] }),
      'did you mean "all_success"?',
    ],
    [
      'edges from and to nowhere',
      dag('ends', {
        tasks: [{ id: 'a' }],
        edges: [
          ['a', 'z'],
          ['y', 'a'],
        ],
      }),
      'starts at "y"',
    ],
    ['two tasks of one id', dag('twice', { tasks: [{ id: 'a' }, { id: 'a' }] }), 'two tasks have the id "a"'],
    ['look-alikes', dag('alike', { tasks: [{ id: 'caf\u00e9' }, { id: 'cafe\u0301' }] }), 'look the same'],
    ['a long id', dag('long', { tasks: [{ id: 'x'.repeat(81) }] }), 'has 81 characters'],
  ])('%s', async (_, file, message) => {
    for (const verb of [plan, simulate]) {
      const { out, code } = await verb('--json', file);
      expect(code).toBe(2);
      expect(told).toContain(message);
      const [object, ...more] = lines(out);
      expect(more).toEqual([]);
      expect(object!['error']).toContain(message);
      expect(typeof object!['name']).toBe('string');
    }
  });

  it('stop none of the others', async () => {
    for (const verb of [plan, simulate]) {
      const { out, code } = await verb('--json', fine, cycle, good);
      expect(code).toBe(2);
      expect(lines(out).map(({ name }) => name as string)).toEqual(['fine', 'round', 'n']);
    }
  });
});

describe('ids', () => {
  it('of any printable characters are kept', async () => {
    const ids = [
      '__proto__',
      'a b/c?*<>{}[]"\'\\%$#|',
      '日本語',
      '{% 1 %}',
      'a?',
      'a',
      '=',
      '😀'.repeat(40),
      'x'.repeat(80),
    ];
    const edges = ids.slice(1).map((id, i) => [ids[i], id]);
    const file = dag('ids', { name: 'ids', tasks: ids.map((id) => ({ id })), edges });
    const [object] = lines((await simulate('--json', file)).out);
    expect(Object.keys(object!['tasks'] as object).sort()).toEqual([...ids].sort());
    expect(object!['makespanSeconds']).toBe(ids.length);
  });
});

describe('a synthesized pipeline', () => {
  it('is planned and simulated as it would be deployed', async () => {
    const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-out-')), analyticsReporting: false });
    const stack = new Stack(app, 'Demo', { env: { account: '111122223333', region: 'eu-west-1' } });
    const sales = new Pipeline(stack, 'Sales');
    const call = (id: string, seconds: number, triggerRule?: TriggerRule) =>
      new CustomTask(sales, id, {
        resource: 'arn:aws:states:::sqs:sendMessage',
        permissions: [],
        expectedDuration: Duration.seconds(seconds),
        ...(triggerRule !== undefined && { triggerRule }),
      });
    const [a, b, c, d] = [call('a', 3), call('b', 9), call('c', 4), call('d', 2, TriggerRule.ALL_DONE)];
    a.next(c, d);
    b.next(d);
    const { directory } = app.synth();
    const planned = lines((await plan('--json', directory, 'Demo-Sales')).out)[0]!;
    expect(planned).toMatchObject({ name: 'Demo-Sales', tasks: 4, edges: 3, rendezvous: 1 });
    const run = lines((await simulate('--json', directory)).out)[0]!;
    expect(run).toMatchObject({ outcome: 'succeeded', makespanSeconds: 11, criticalPathSeconds: 11 });
    expect(run['transitions']).toBe(planned['transitions']);
    const failed = lines((await simulate('--json', '--fail', 'a', directory)).out)[0]!;
    expect(failed['tasks']).toMatchObject({
      a: { outcome: 'failed' },
      c: { outcome: 'upstream_failed' },
      d: { outcome: 'succeeded' },
    });
    expect((await plan('--json', directory, 'Demo-Sale')).code).toBe(2);
    expect(told).toContain('Demo-Sales');
  });
});
