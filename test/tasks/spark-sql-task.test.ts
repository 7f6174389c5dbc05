import { describe, expect, it } from 'vitest';
import { CustomTask, FileFormat, SparkSqlTask, type SparkSqlTaskProps, Sql, WriteMode } from '../../lib';
import { file, innerStates, mistakes, pipeline, play, template } from './run-task';

const sql = Sql.fromString('SELECT * FROM orders WHERE day = :day');

function join(props: Partial<SparkSqlTaskProps> = {}) {
  const sales = pipeline();
  new SparkSqlTask(sales, 'Join', {
    sql,
    database: 'raw',
    target: `s3://lake/orders/day=${sales.run.date}/`,
    parameters: { day: sales.run.date },
    ...props,
  });
  return sales;
}

describe('a statement', () => {
  it('reaches the script with its parameters and its target', async () => {
    const run = await play(
      join({ format: FileFormat.ORC, mode: WriteMode.APPEND, partitionBy: ['a', 'b'] }),
      () => ({}),
      { logicalDate: '2026-03-29T01:00:00Z' },
    );
    expect(run.arguments[0]!['Arguments']).toEqual({
      '--headrace_sql_text': 'SELECT * FROM orders WHERE day = :day',
      '--headrace_database': 'raw',
      '--headrace_target': 's3://lake/orders/day=2026-03-29/',
      '--headrace_format': 'orc',
      '--headrace_mode': 'append',
      '--headrace_partition_by': 'a,b',
      '--headrace_param_day': '2026-03-29',
    });
  });

  it('of a file is deployed as a file', () => {
    const sales = join({ sql: Sql.fromFile(file('a.sql', 'SELECT :day')) });
    expect(innerStates(sales, 'Join')['Join run'].Arguments.Arguments['--headrace_sql']).toMatch(
      /^s3:\/\/cdk-.*\.sql$/,
    );
  });

  it('may read its database, and write below the part of the target that is known', () => {
    const policies = JSON.stringify(
      template(join({ sources: ['s3://raw/orders/'] })).findResources('AWS::IAM::Policy'),
    );
    expect(policies).toContain(':s3:::lake/orders/day=*"');
    expect(policies).toContain(':s3:::raw/orders/*"');
    expect(policies).toContain(':glue:eu-west-1:111122223333:table/raw/*"');
  });

  it('tells how many rows it wrote', async () => {
    const sales = join();
    const rows = (sales.node.findChild('Join') as SparkSqlTask).output('rows');
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { rows },
      permissions: [],
    });
    const run = await play(sales, (call) => (call.action === 'getObject' ? { Body: '{"rows":5}' } : {}));
    expect(run.arguments.at(-1)).toEqual({ rows: 5 });
  });
});

describe('fails', () => {
  it.each([
    [
      'with two statements',
      { sql: Sql.fromString('SELECT :day; SELECT 2') },
      'sql holds 2 statements: expected one SELECT',
    ],
    ['with a parameter that is not there', { parameters: { day: '1', hour: '2' } }, 'the parameter hour does nothing'],
    ['with a parameter that is missing', { parameters: {} }, 'sql has :day, which parameters do not give'],
    ['with a target that is no place', { target: 'lake' }, 'target is "lake": expected a place in S3'],
  ])('%s', (_, props, message) => {
    expect(mistakes(join(props))).toContain(`[Demo/Sales/Join] ${message}`);
  });

  it('with an output that there is not', () => {
    const sales = join();
    const bytes = (sales.node.findChild('Join') as SparkSqlTask).output('bytes');
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { bytes },
      permissions: [],
    });
    expect(mistakes(sales)).toContain('[Demo/Sales/Join] it has no output bytes: expected rows, jobName');
  });
});
