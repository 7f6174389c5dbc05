import { describe, expect, it } from 'vitest';
import { compile } from '../../lib/compile/compile';
import { dagRequest, parseDagFile } from '../../lib/compile/dag-file';
import { describeDot, describeJson, describeMermaid, describeText } from '../../lib/compile/describe';
import type { CompileError } from '../../lib/compile/model';

const told = (value: unknown): string[] => {
  try {
    parseDagFile(typeof value === 'string' ? value : JSON.stringify(value), 'x.json');
  } catch (error) {
    return (error as CompileError).problems.map((problem) => `${problem.path}: ${problem.message}`);
  }
  return [];
};

describe('a DAG file', () => {
  it('fails with everything that is wrong with it', () => {
    expect(told('{')[0]).toContain('the file is not JSON');
    expect(told([])).toEqual(['x.json: expected an object with name, tasks and edges, not []']);
    const bad = {
      name: 'n',
      tasks: [{ id: 'a', seconds: -1, retries: 1.5 }, { id: 'b', trigger_rule: 'sometimes', outcome: 'maybe' }, 7],
      edges: [
        ['a', 'b', 'c'],
        ['a', 'q'],
      ],
    };
    expect(told(bad)).toEqual([
      'a: seconds must be a number from 0 to 31536000 (a year) or null, not -1',
      'a: retries must be a whole number from 0 on, not 1.5',
      expect.stringContaining('b: the trigger rule "sometimes" does not exist: expected one of all_success,'),
      'b: the outcome "maybe" does not exist: expected success, failed or skipped',
      'tasks[2]: a task must be an object with a text as id, not 7',
      'edges[0]: an edge must be a list of two task ids, not ["a","b","c"]',
      'q: the edge ["a","q"] ends at "q", which is not a task',
    ]);
  });

  it('becomes a plan that can be told in four ways', () => {
    const dag = parseDagFile(
      JSON.stringify({ name: 'n', tasks: [{ id: 'a' }, { id: 'b "x"' }], edges: [['a', 'b "x"']] }),
      'n.json',
    );
    const plan = compile(dagRequest(dag, (name) => name, 't'));
    expect(describeJson(plan)).toMatchObject({
      name: 'n',
      tasks: 2,
      edges: 1,
      reducedEdges: 1,
      rendezvous: 0,
      transitions: 7,
    });
    expect(describeText(plan)).toContain('b "x"  after a');
    expect(describeDot(plan)).toContain('"a" -> "b \\"x\\"";');
    expect(describeMermaid(plan)).toContain('t1["b #34;x#34;"]');
  });
});
