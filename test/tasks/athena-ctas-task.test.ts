import { describe, expect, it } from 'vitest';
import { AthenaCtasTask, type AthenaCtasTaskProps, CustomTask, FileFormat, Sql } from '../../lib';
import { allowed, fails, innerStates, mistakes, pipeline, play } from './run-task';

const done = { QueryExecution: { QueryExecutionId: 'q-1', Status: { State: 'SUCCEEDED' } } };
const failed = JSON.stringify({
  QueryExecution: { QueryExecutionId: 'q-1', Status: { State: 'FAILED', StateChangeReason: 'out of resources' } },
});

function ctas(props: Partial<AthenaCtasTaskProps> = {}) {
  const sales = pipeline();
  new AthenaCtasTask(sales, 'Daily', {
    sql: Sql.fromString('SELECT * FROM raw'),
    database: 'lake',
    table: 'daily',
    target: 's3://lake/daily/',
    ...props,
  });
  return sales;
}

/** A bucket with this many objects under the target; a query leaves `written` more. */
function bucket(objects: number, written: number, failure?: string) {
  let keys = Array.from({ length: objects }, (_, n) => `daily/${n}`);
  const deleted: string[] = [];
  const answer = ({ action, arguments: given }: { action: string; arguments: any }) => {
    if (action === 'listObjectsV2') return { Contents: keys.slice(0, 1000).map((Key) => ({ Key, Size: 1 })) };
    if (action === 'deleteObjects') {
      const gone: string[] = given.Delete.Objects.map((one: { Key: string }) => one.Key);
      expect(gone.length).toBeLessThanOrEqual(1000);
      deleted.push(...gone);
      keys = keys.filter((key) => !gone.includes(key));
      return {};
    }
    if (action === 'startQueryExecution') {
      expect(keys).toEqual([]);
      keys.push(...Array.from({ length: written }, (_, n) => `daily/new-${n}`));
      return failure === undefined ? done : fails('States.TaskFailed', failure);
    }
    return {};
  };
  return { answer, deleted, keys: () => keys };
}

describe('a table made from a query', () => {
  it('takes the place of the one before: the table first, then its files, however many', async () => {
    const s3 = bucket(2500, 3);
    const run = await play(ctas(), s3.answer);
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls[0]).toBe('glue:deleteTable');
    expect(run.calls.filter((call) => call === 's3:deleteObjects')).toHaveLength(3);
    expect(run.calls.at(-1)).toBe('athena:startQueryExecution');
    expect(s3.keys()).toHaveLength(3);
  });

  it('that is not there yet is no error', async () => {
    const run = await play(ctas(), (call) =>
      call.action === 'deleteTable'
        ? fails('Glue.EntityNotFoundException')
        : call.action === 'listObjectsV2'
          ? {}
          : done,
    );
    expect(run.status).toBe('SUCCEEDED');
  });

  it('whose query failed half-way leaves no file, and the error is that of the query', async () => {
    const s3 = bucket(1, 1500, failed);
    const run = await play(ctas(), s3.answer);
    expect(run.failure).toEqual({ Error: 'Athena.QueryFailed', Cause: 'query q-1 ended as FAILED: out of resources' });
    expect(s3.keys()).toEqual([]);
    expect(run.calls.at(-1)).toBe('s3:listObjectsV2');
  });

  it('is not mistaken for a failed one because a task before it failed', async () => {
    const sales = pipeline();
    const before = new CustomTask(sales, 'Before', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
    new AthenaCtasTask(sales, 'Daily', {
      sql: Sql.fromString('SELECT 1'),
      database: 'lake',
      table: 'daily',
      target: 's3://lake/daily/',
      triggerRule: 'all_done' as never,
    }).after(before);
    const run = await play(sales, (call) =>
      call.action === 'sendMessage' ? fails('Sqs.Broken', '{}') : call.action === 'listObjectsV2' ? {} : done,
    );
    expect(run.calls.at(-1)).toBe('athena:startQueryExecution');
    expect(run.status).toBe('SUCCEEDED');
  });

  it('is said in the words of Athena', () => {
    const sales = ctas({ format: FileFormat.ORC, partitionBy: ['day'], writeCompression: 'ZSTD' });
    expect(innerStates(sales, 'Daily')['Daily run'].Arguments.QueryString).toBe(
      'CREATE TABLE "lake"."daily" WITH (format = \'ORC\', external_location = \'s3://lake/daily/\', ' +
        "partitioned_by = ARRAY['day'], write_compression = 'ZSTD') AS\nSELECT * FROM raw",
    );
  });

  it('keeps a place of the run inside its quotes', async () => {
    const sales = pipeline();
    const first = new CustomTask(sales, 'First', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      permissions: [],
      outputs: `{'tenant':"o'brien"}`,
    });
    new AthenaCtasTask(sales, 'Daily', {
      sql: Sql.fromString('SELECT * FROM raw WHERE day = :day'),
      database: 'lake',
      table: 'daily',
      target: `s3://lake/${first.output('tenant')}/`,
      parameters: { day: sales.run.date },
    });
    const run = await play(sales, (call) => (call.action === 'listObjectsV2' ? {} : done));
    expect(run.arguments.at(-1)!['QueryString']).toContain("external_location = 's3://lake/o''brien/') AS");
    expect(run.arguments.at(-1)!['QueryString']).toMatch(/WHERE day = \?$/);
    expect(run.arguments[2]).toEqual({ Bucket: 'lake', Prefix: "o'brien/" });
  });

  it('may write its target and nothing beside it', () => {
    const rights = allowed(ctas({ sources: ['s3://raw/orders/'] }));
    const lake = rights['s3:DeleteObject']!.filter((resource) => !resource.includes('Outputs'));
    expect(lake).toEqual(['arn:<AWS::Partition>:s3:::lake/daily/*']);
    expect(rights['glue:DeleteTable']).toContain('arn:<AWS::Partition>:glue:eu-west-1:111122223333:table/lake/*');
  });
});

describe('fails', () => {
  it.each([
    ['with a whole bucket to empty', { target: 's3://lake/' }, 'target is s3://lake/, a whole bucket'],
    ['with a statement that is no SELECT', { sql: Sql.fromString('DROP TABLE x') }, 'sql begins with "DROP TABLE x"'],
    ['with a name that Athena would change', { table: 'Daily' }, 'table is "Daily": expected lower case'],
    [
      'with a target inside its source',
      { sources: ['s3://lake/'] },
      'target s3://lake/daily/ lies in the source s3://lake/',
    ],
  ])('%s', (_, props, message) => {
    expect(mistakes(ctas(props))).toContain(`[Demo/Sales/Daily] ${message}`);
  });
});
