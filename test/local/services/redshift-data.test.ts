// The Redshift Data API's stand-in: numbering, parameters, results in pages, tokens, sessions, cancelling, and two at one
// warehouse.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/local/engine';
import type { Catalog } from '../../../lib/local/services/catalog';
import { RedshiftData } from '../../../lib/local/services/redshift-data';
import type { Fields } from '../../../lib/local/services/service';
import { Store } from '../../../lib/local/store';
import { World, type WorldOptions } from '../../../lib/local/world';

const REGION = 'eu-west-1';
let folder: string;
let data: RedshiftData;

function open(holder: string): RedshiftData {
  // No template and no catalog: warehouses exist by being named.
  const options = {
    assembly: { ofType: () => [], stacks: [] },
    store: new Store(folder),
    region: REGION,
    holder,
  } as unknown as WorldOptions;
  return new RedshiftData(new World(options), () => ({ hasDatabase: () => false }) as unknown as Catalog);
}

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'headrace-data-api-'));
  data = open('run 1 of Sales');
});
afterEach(() => data.close());

const ask = async (action: string, input: Fields): Promise<Fields> =>
  (await data.handle({ action, input, region: REGION })) as Fields;
const start = (sql: string, more: Fields = {}) =>
  ask('ExecuteStatement', { Sql: sql, WorkgroupName: 'w', Database: 'dev', ...more });
const describeId = (id: Json | undefined) => ask('DescribeStatement', { Id: id ?? null, WaitTimeSeconds: 30 });
const finish = async (sql: string, more: Fields = {}): Promise<Fields> => describeId((await start(sql, more))['Id']);
const rows = async (sql: string, more: Fields = {}): Promise<Json> => {
  const { Id } = await finish(sql, more);
  return (await ask('GetStatementResult', { Id: Id ?? null }))['Records'] ?? null;
};

describe('a batch', () => {
  it('tells each statement by its number, and which one failed', async () => {
    const sqls = ['create table t(a int)', '-- nothing but a comment', 'select nosuch from t', 'select 1'];
    const { Id } = await ask('BatchExecuteStatement', { Sqls: sqls, WorkgroupName: 'w' });
    const told = await describeId(Id);
    expect(told).toMatchObject({ Status: 'FAILED', Error: 'ERROR: column "nosuch" does not exist' });
    expect(told['SubStatements']).toMatchObject(
      ['ABORTED', 'ABORTED', 'FAILED', 'ABORTED'].map((Status, index) => ({
        Id: `${String(Id)}:${index + 1}`,
        QueryString: sqls[index],
        Status,
      })),
    );
    expect(await ask('DescribeStatement', { Id: `${String(Id)}:3` })).toMatchObject({
      Status: 'FAILED',
      Error: 'ERROR: column "nosuch" does not exist',
    });
    // All or nothing.
    expect(await finish('select * from t')).toMatchObject({ Status: 'FAILED' });
  });

  it('gives results by the number of the statement only', async () => {
    const { Id } = await ask('BatchExecuteStatement', { Sqls: ['select 1 as a', 'select 2 as b'], WorkgroupName: 'w' });
    await describeId(Id);
    expect((await ask('GetStatementResult', { Id: `${String(Id)}:2` }))['Records']).toEqual([[{ LongValue: 2 }]]);
    await expect(ask('GetStatementResult', { Id: Id ?? null })).rejects.toThrow(
      /only be retrieved with sub-statement id/,
    );
  });

  it('holds 1 to 40 statements', async () => {
    const many = Array.from({ length: 41 }, () => 'select 1');
    await expect(ask('BatchExecuteStatement', { Sqls: many, WorkgroupName: 'w' })).rejects.toThrow(/1 to 40/);
    await expect(ask('BatchExecuteStatement', { Sqls: [], WorkgroupName: 'w' })).rejects.toThrow(/1 to 40/);
  });
});

describe('a statement', () => {
  it('has its values bound as text, never pasted', async () => {
    const Parameters = [{ Name: 'who', Value: "x' or 'a'='a" }];
    expect(await rows('select :who as who, len(:who) as n', { Parameters })).toEqual([
      [{ StringValue: "x' or 'a'='a" }, { LongValue: 12 }],
    ]);
    expect(await finish('select :who', { Parameters })).toMatchObject({
      QueryString: 'select :who',
      QueryParameters: Parameters,
    });
    await expect(start('select 1', { Parameters })).rejects.toThrow(/unused parameters.*\[who\]/);
    expect(await finish('select :other')).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringMatching(/parameter :other has no value/) as never,
    });
  });

  it('gives each value the member of its type', async () => {
    const sql =
      "select 1::smallint, 2::bigint, 1.50, 2.5::float8, true, 'x', null::int, date '2024-01-02', json_parse('{\"a\":1}')";
    expect(await rows(sql)).toEqual([
      [
        { LongValue: 1 },
        { LongValue: 2 },
        { StringValue: '1.50' },
        { DoubleValue: 2.5 },
        { BooleanValue: true },
        { StringValue: 'x' },
        { IsNull: true },
        { StringValue: '2024-01-02' },
        { StringValue: '{"a":1}' },
      ],
    ]);
  });

  it('gives its rows in pages', async () => {
    const { Id } = await finish('select * from generate_series(1, 2500)');
    const sizes: number[] = [];
    let NextToken: Json | undefined;
    do {
      const page = await ask('GetStatementResult', { Id: Id ?? null, ...(NextToken !== undefined && { NextToken }) });
      sizes.push((page['Records'] as Json[]).length);
      expect(page['TotalNumRows']).toBe(2500);
      NextToken = page['NextToken'];
    } while (NextToken !== undefined);
    expect(sizes).toEqual([1000, 1000, 500]);
  });

  it('is the same one for the same client token', async () => {
    await finish('create table once(a int)');
    const ids = [];
    for (let time = 0; time < 2; time++) {
      const { Id } = await start('insert into once values (1)', { ClientToken: 'token' });
      await describeId(Id);
      ids.push(Id);
    }
    expect(ids[0]).toBe(ids[1]);
    expect(await rows('select count(*) from once')).toEqual([[{ LongValue: 1 }]]);
  });

  it('that is refused leaves nothing behind, also not its token', async () => {
    const ClientToken = 'token';
    await expect(ask('ExecuteStatement', { Sql: 'select 1', ClientToken })).rejects.toThrow(/Exactly one of/);
    expect((await ask('ListStatements', {}))['Statements']).toEqual([]);
    expect(await finish('select 1', { ClientToken })).toMatchObject({ Status: 'FINISHED' });
  });

  it('is listed, newest first', async () => {
    await finish('select 1', { StatementName: 'first' });
    await finish('select nosuch', { StatementName: 'second' });
    const { Statements } = await ask('ListStatements', {});
    expect(Statements).toMatchObject([
      { StatementName: 'second', Status: 'FAILED', IsBatchStatement: false },
      { StatementName: 'first', Status: 'FINISHED', QueryString: 'select 1' },
    ]);
    expect((await ask('ListStatements', { Status: 'FAILED' }))['Statements']).toHaveLength(1);
  });
});

describe('a session', () => {
  it('ends with its statement: temporary tables, settings and open transactions are gone', async () => {
    await finish('create temp table scratch as select 1 as a');
    expect(await finish('select * from scratch')).toMatchObject({ Status: 'FAILED' });
    await finish("set search_path to 'other'");
    expect(await rows('show search_path')).toEqual([[{ StringValue: '$user, public' }]]);
  });

  it('is kept when asked for, until another statement comes', async () => {
    const first = await finish('create temp table scratch as select 1 as a', { SessionKeepAliveSeconds: 60 });
    const SessionId = first['SessionId'] ?? null;
    expect(await rows('select a from scratch', { SessionId })).toEqual([[{ LongValue: 1 }]]);
    await finish('select 1');
    expect(await finish('select a from scratch', { SessionId })).toMatchObject({
      Status: 'FAILED',
      Error: expect.stringContaining('Session is not available') as never,
    });
  });
});

/** A statement that takes hours, at work. */
async function startLong(): Promise<Json | undefined> {
  await finish('create table big(a bigint)');
  await finish('insert into big select row_number() over () from (select 1 a union all select 2) x');
  for (let doubling = 0; doubling < 11; doubling++) await finish('insert into big select a from big');
  const { Id } = await start('create table huge as select x.a from big x, big y, big z where x.a + y.a + z.a > 3');
  while ((await ask('DescribeStatement', { Id: Id ?? null }))['Status'] === 'SUBMITTED')
    await new Promise((resolve) => setTimeout(resolve, 10));
  await new Promise((resolve) => setTimeout(resolve, 100));
  return Id;
}

describe('cancelling', () => {
  it('is what the end of a run does', async () => {
    const Id = await startLong();
    await data.close();
    expect(await describeId(Id)).toMatchObject({ Status: 'ABORTED', Error: 'the run has ended' });
  });

  it('stops a statement that runs and undoes it', async () => {
    const Id = await startLong();
    expect(await ask('CancelStatement', { Id: Id ?? null })).toEqual({ Status: true });
    expect(await describeId(Id)).toMatchObject({ Status: 'ABORTED' });
    expect(await finish('select count(*) from huge')).toMatchObject({ Status: 'FAILED' });
    await expect(ask('CancelStatement', { Id: Id ?? null })).rejects.toThrow(/already in ABORTED state/);
  });
});

describe('two runs at one warehouse', () => {
  it('the second is told who has it', async () => {
    await finish('select 1');
    const other = open('run 2 of Sales');
    const submitted = (await other.handle({
      action: 'ExecuteStatement',
      input: { Sql: 'select 1', WorkgroupName: 'w' },
      region: REGION,
    })) as Fields;
    const told = await other.handle({
      action: 'DescribeStatement',
      input: { Id: submitted['Id'] ?? null, WaitTimeSeconds: 30 },
      region: REGION,
    });
    await other.close();
    expect(told).toMatchObject({ Status: 'FAILED', Error: expect.stringMatching(/in use by run 1 of Sales/) as never });
    expect(await rows('select 1')).toEqual([[{ LongValue: 1 }]]);
  });
});
