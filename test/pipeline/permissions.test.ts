import { aws_iam as iam } from 'aws-cdk-lib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeStatements } from '../../lib/pipeline/permissions';

const allow = (actions: string[], resources: string[], conditions?: object) =>
  new iam.PolicyStatement({ actions, resources, ...(conditions && { conditions: { StringEquals: conditions } }) });
const merged = (...statements: iam.PolicyStatement[]) =>
  mergeStatements(statements).map(({ actions, resources }) => [actions.join(), resources.join()]);

describe('statements', () => {
  it('of the same actions become one, whatever the order', () => {
    expect(merged(allow(['b:B', 'a:A'], ['2']), allow(['a:A', 'b:B'], ['1', '2']))).toEqual([['a:A,b:B', '1,2']]);
  });

  it('of different actions or conditions stay apart', () => {
    expect(merged(allow(['a:A'], ['1']), allow(['a:A'], ['2'], { x: 'y' }), allow(['a:B'], ['1']))).toHaveLength(3);
  });

  it('leave out what a wildcard beside them allows', () => {
    expect(merged(allow(['a:A'], ['job/x-*', 'job/x-1', 'job/y']))).toEqual([['a:A', 'job/x-*,job/y']]);
    expect(merged(allow(['a:A'], ['*', 'job/y']))).toEqual([['a:A', '*']]);
  });

  it('with very many resources of one kind name what they begin with', () => {
    const jobs = Array.from({ length: 1_000 }, (_, i) => `arn:aws:glue:eu-west-1:1:job/team-etl-${i}`);
    expect(merged(allow(['glue:StartJobRun'], [...jobs, 'arn:aws:glue:eu-west-1:1:crawler/x']))).toEqual([
      ['glue:StartJobRun', 'arn:aws:glue:eu-west-1:1:crawler/x,arn:aws:glue:eu-west-1:1:job/team-etl-*'],
    ]);
  });

  it('never allow less, nor anything of another kind', () => {
    const resource = fc
      .tuple(fc.constantFrom('job', 'crawler'), fc.stringMatching(/^[a-c]{1,3}$/))
      .map(([kind, name]) => `arn:x:${kind}/${name}`);
    fc.assert(
      fc.property(fc.array(fc.array(resource, { minLength: 1 }), { minLength: 1 }), (lists) => {
        const [one] = mergeStatements(lists.map((list) => allow(['a:A'], list)));
        const covers = (pattern: string, text: string) =>
          pattern.endsWith('*') ? text.startsWith(pattern.slice(0, -1)) : pattern === text;
        for (const each of lists.flat()) expect(one!.resources.some((pattern) => covers(pattern, each))).toBe(true);
        for (const pattern of one!.resources) expect(lists.flat().some((each) => covers(pattern, each))).toBe(true);
      }),
    );
  });
});
