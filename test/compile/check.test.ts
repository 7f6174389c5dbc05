import { describe, expect, it } from 'vitest';
import { compile } from '../../lib/compile/compile';
import { CompileError, type CompileRequest, type GraphTask, type Problem } from '../../lib/compile/model';
import { marker } from '../../lib/compile/reference';
import { request, task } from './graphs';

function problems(tasks: readonly GraphTask[], more: Partial<CompileRequest> = {}): readonly Problem[] {
  try {
    compile(request(tasks, more));
  } catch (error) {
    if (error instanceof CompileError) return error.problems;
    throw error;
  }
  return [];
}
const told = (tasks: readonly GraphTask[], more?: Partial<CompileRequest>): string[] =>
  problems(tasks, more).map(({ code, path, message }) => `${code} ${path}: ${message}`);

describe('fails, naming all problems at once', () => {
  it('an empty pipeline', () => {
    expect(told([])).toEqual(['empty-pipeline p: the pipeline has no tasks: add at least one']);
  });

  it('cycles, by their path, one per knot', () => {
    const cyclic = [
      task('c', ['b']),
      task('a', ['c']),
      task('b', ['a']),
      task('x', ['y']),
      task('y', ['x']),
      task('self', ['self']),
    ];
    expect(told(cyclic)).toEqual([
      'cycle a: the tasks wait for each other: a => b => c => a; remove one of these edges',
      'cycle self: the tasks wait for each other: self => self; remove one of these edges',
      'cycle x: the tasks wait for each other: x => y => x; remove one of these edges',
    ]);
  });

  it('a cycle of a thousand tasks, without recursion', () => {
    const ring = Array.from({ length: 20_000 }, (_, i) => task(`t${i}`, [`t${(i + 1) % 20_000}`]));
    expect(problems(ring)).toHaveLength(1);
  });

  it('a cycle through an output', () => {
    const tasks = [task('a', ['b']), task('b', [], { args: marker({ kind: 'output', task: 'a', name: 'x' }) })];
    expect(told(tasks)[0]).toContain('a => b => a');
  });

  it('unknown tasks, params and run fields, with the nearest name', () => {
    const tasks = [
      task('load'),
      task('report', ['laod'], {
        path: 'app/report',
        args: [
          marker({ kind: 'run', field: 'param', param: 'regoin' }),
          marker({ kind: 'run', field: 'now' }),
          marker({ kind: 'output', task: 'lod', name: 'x' }),
        ],
      }),
    ];
    expect(told(tasks, { params: ['region'] })).toEqual([
      'unknown-task app/report: the upstream task "laod" does not exist: did you mean "load"?',
      'unknown-param app/report: it uses the run param "regoin", which is not declared: did you mean "region"?',
      'unknown-run-field app/report: it uses run.now, which does not exist: a run has date, logicalDate, intervalStart, intervalEnd, id, rerunOf and params',
      'unknown-task app/report: it uses the output "x" of the task "lod", which does not exist: did you mean "load"?',
    ]);
  });

  it('duplicate, look-alike and unprintable ids', () => {
    const codes = (...ids: string[]): string[] => problems(ids.map((id) => task(id))).map((p) => p.code);
    expect(codes('a', 'a')).toEqual(['duplicate-id']);
    expect(codes('\u00e9', 'e\u0301')).toEqual(['colliding-id']);
    for (const id of ['', 'a\nb', 'a\u200bb', ' a', 'x'.repeat(81), '\u27e6x\u27e7'])
      expect(codes(id), JSON.stringify(id)).toContain('bad-id');
  });

  it("bodies that set what is the pipeline's, or lead nowhere", () => {
    const state = {
      type: 'state',
      state: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true },
    } as const;
    const states = { type: 'states', startAt: 'go', states: { stop: { Type: 'Pass', Next: 'gone' } } } as const;
    expect(told([task('a', [], { body: state }), task('b', [], { body: states })])).toEqual([
      'bad-body a: its state sets End, which the pipeline sets itself: leave it out',
      'bad-body b: in its body the start leads to "go", which does not exist: the states are "stop"',
      'bad-body b: in its body the state "stop" leads to "gone", which does not exist: the states are "stop"',
    ]);
  });

  it('references where AWS evaluates nothing, and tasks that never wait', () => {
    const run = marker({ kind: 'run', field: 'date' });
    const body = { type: 'state', state: { Type: 'Task', Resource: `arn:${run}` } } as const;
    const tasks = [
      task('a', [], { body }),
      task('b', [], { branch: true }),
      task('c', ['b'], { triggerRule: 'always' }),
      task('d', [], { branch: true }),
    ];
    expect(problems(tasks).map((p) => `${p.code} ${p.path}`)).toEqual([
      'bad-reference a',
      'never-waits c',
      'empty-branch d',
    ]);
  });

  it('waits that no integration offers', () => {
    const body = (resource: string): GraphTask['body'] => ({
      type: 'state',
      state: { Type: 'Task', Resource: resource },
    });
    const faults = problems([
      task('a', [], { body: body('arn:aws:states:::aws-sdk:glue:startCrawler.sync') }),
      task('b', [], { body: body('arn:aws:states:::lambda:invoke.sync') }),
      task('c', [], { body: body('arn:aws:states:::dynamodb:updateItem.waitForTaskToken') }),
      task('d', [], { body: body('arn:aws:states:::glue:startJobRun.sync') }),
    ]);
    expect(faults.map((p) => `${p.code} ${p.message.slice(0, 3)}`).sort()).toEqual([
      'lint "a"',
      'lint "b"',
      'lint "c"',
    ]);
  });

  it('a task too large for any machine, by how much', () => {
    const [problem] = problems([task('a', [], { args: 'x'.repeat(1_200_000) })]);
    expect(problem!.code).toBe('too-large');
    expect(problem!.message).toMatch(/1\d+ bytes of definition, 1\d % over the limit of 1048576/);
  });
});

describe('keeps', () => {
  it('any printable id of 80 characters, and names that collide with helper states', () => {
    const odd = [
      'a',
      'a?',
      'a~',
      'a.',
      'Done',
      'Failed',
      '=',
      '{',
      '__proto__',
      'constructor',
      '{% x %}',
      "it's",
      'back\\slash',
      '"q"',
      '數據',
      'x'.repeat(80),
      `${'y'.repeat(78)} z`,
    ];
    const plan = compile(request(odd.map((id, i) => task(id, i === 0 ? [] : ['a']))));
    expect([...plan.order].sort()).toEqual([...odd].sort());
  });
});
