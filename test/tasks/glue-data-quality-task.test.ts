import { Duration, type Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { CustomTask, GlueDataQualityTask, type GlueDataQualityTaskProps } from '../../lib';
import { allowed, definition, mistakes, pipeline, play, template } from './run-task';

const rules = ['IsComplete "id"', 'ColumnValues "price" >= 0'];

function quality(props: Partial<GlueDataQualityTaskProps> = {}, reads: string[] = []) {
  const sales = pipeline();
  const check = new GlueDataQualityTask(sales, 'Check', { database: 'lake', table: 'orders', rules, ...props });
  if (reads.length > 0) {
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: Object.fromEntries(reads.map((name) => [name, check.output(name)])),
      permissions: [],
    });
  }
  return sales;
}

const rule = (Description: string, Result: string, EvaluationMessage?: string) => ({
  Description,
  Result,
  ...(EvaluationMessage !== undefined && { EvaluationMessage }),
});

const answer =
  (results: object[], status = 'SUCCEEDED') =>
  ({ action }: { action: string }, nth: number) =>
    action === 'startDataQualityRulesetEvaluationRun'
      ? { RunId: 'dqrun-1' }
      : action === 'getDataQualityRulesetEvaluationRun'
        ? nth < 2
          ? { Status: 'RUNNING' }
          : { Status: status, ResultIds: ['dqresult-1'], ErrorString: 'no access to s3://lake' }
        : { Results: [{ RuleResults: results }] };

describe('a check of data quality', () => {
  it('whose rules hold succeeds and tells its score', async () => {
    const run = await play(
      quality({}, ['score', 'passed', 'failed', 'runId']),
      answer(rules.map((text) => rule(text, 'PASS'))),
    );
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments.at(-1)).toEqual({ score: 1, passed: 2, failed: 0, runId: 'dqrun-1' });
  });

  it('fails with the rules that do not hold, though its run has succeeded', async () => {
    const run = await play(
      quality(),
      answer([
        rule(rules[0]!, 'PASS'),
        rule(rules[1]!, 'FAIL', 'Value: -3 does not meet the constraint'),
        rule('RowCount > 9', 'ERROR', 'table is gone'),
      ]),
    );
    expect(run.failure).toEqual({
      Error: 'Glue.DataQualityFailed',
      Cause:
        '2 of 3 rules do not hold for lake.orders: ColumnValues "price" >= 0 (Value: -3 does not meet the constraint); ' +
        'RowCount > 9 (table is gone)',
    });
  });

  it('of one rule alone fails with it', async () => {
    const run = await play(quality(), answer([rule('RowCount > 0', 'FAIL')]));
    expect(run.failure?.Cause).toBe('1 of 1 rules do not hold for lake.orders: RowCount > 0');
  });

  it('that evaluated nothing has not succeeded', async () => {
    const run = await play(quality(), answer([]));
    expect(run.failure).toEqual({ Error: 'Glue.DataQualityFailed', Cause: 'no rule was evaluated' });
  });

  it('may be content with a share of its rules', async () => {
    const results = [rule('a', 'PASS'), rule('b', 'PASS'), rule('c', 'FAIL')];
    expect((await play(quality({ minimumScore: 0.5 }), answer(results))).status).toBe('SUCCEEDED');
    expect((await play(quality({ minimumScore: 0.9 }), answer(results))).status).toBe('FAILED');
  });

  it.each(['FAILED', 'STOPPED'])('whose run ended as %s tells the reason of Glue', async (status) => {
    const run = await play(quality(), answer([], status));
    expect(run.failure).toEqual({
      Error: 'Glue.DataQualityRunFailed',
      Cause: `run dqrun-1 of the rules ended as ${status}: no access to s3://lake`,
    });
  });

  it('is cancelled at the time limit', async () => {
    const run = await play(quality({ timeout: Duration.minutes(5) }), ({ action }) =>
      action.startsWith('start') ? { RunId: 'r' } : { Status: 'RUNNING' },
    );
    expect(run.calls.at(-1)).toBe('glue:cancelDataQualityRulesetEvaluationRun');
    expect(run.failure?.Error).toBe('Headrace.Timeout');
  });

  it('looks at a table and at partitions that the run names', async () => {
    const sales = pipeline();
    new GlueDataQualityTask(sales, 'Check', {
      database: 'lake',
      table: `orders_${sales.run.date}`,
      partitionPredicate: `day = '${sales.run.date}'`,
      rulesetName: 'nightly',
    });
    const run = await play(sales, answer([rule('x', 'FAIL')]), { logicalDate: '2026-03-29T01:00:00Z' });
    expect(run.arguments[0]).toMatchObject({
      DataSource: {
        GlueTable: {
          DatabaseName: 'lake',
          TableName: 'orders_2026-03-29',
          AdditionalOptions: { catalogPartitionPredicate: "day = '2026-03-29'" },
        },
      },
      RulesetNames: ['nightly'],
    });
    expect(run.failure?.Cause).toContain('for lake.orders_2026-03-29: x');
  });
});

describe('what is deployed', () => {
  it('is a ruleset, a role that reads the table, and rights on the rulesets of the pipeline', () => {
    const sales = quality({ sources: ['s3://lake/orders/'] });
    template(sales).hasResourceProperties('AWS::Glue::DataQualityRuleset', {
      Name: 'Demo-Sales-C8F38FD9-Check',
      Ruleset: 'Rules = [\n  IsComplete "id",\n  ColumnValues "price" >= 0\n]',
    });
    const rights = allowed(sales);
    expect(rights['glue:StartDataQualityRulesetEvaluationRun']).toEqual([
      'arn:<AWS::Partition>:glue:eu-west-1:111122223333:dataQualityRuleset/Demo-Sales-C8F38FD9-*',
    ]);
    expect(rights['iam:PassRole']).toEqual([expect.stringContaining('GlueRole')]);
  });

  it('lies in the region of the table, and is called through a function there', () => {
    const sales = quality({ region: 'us-west-2' });
    const { Arguments } = definition(sales)['States'].Check.Branches[0].States['Check start'];
    expect(Arguments.Payload).toMatchObject({ region: 'us-west-2', action: 'startDataQualityRulesetEvaluationRun' });
    template(sales).resourceCountIs('AWS::Glue::DataQualityRuleset', 0);
    const support = sales.node.root.node.findChild('Demo-headrace-us-west-2') as Stack;
    Template.fromStack(support).resourceCountIs('AWS::Glue::DataQualityRuleset', 1);
  });
});

describe('fails', () => {
  it.each([
    ['without rules', { rules: undefined }, 'rules are missing: write them in DQDL'],
    ['with no rule', { rules: [] }, 'rules is empty'],
    ['with rules for a ruleset that exists', { rulesetName: 'x' }, 'rules and rulesetName are both given'],
    ['with a whole ruleset as a rule', { rules: ['Rules = [ RowCount > 0 ]'] }, 'a rule is "Rules = [ RowCount > 0 ]"'],
    ['with a score of no share', { minimumScore: 80 }, 'minimumScore is 80: expected a share from 0 to 1'],
  ])('%s', (_, props, message) => {
    expect(mistakes(quality(props))).toContain(`[Demo/Sales/Check] ${message}`);
  });
});
