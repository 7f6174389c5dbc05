// The function against a real PostgreSQL, and against a server that speaks MySQL's protocol.

import { createServer as createMysql } from 'mysql2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handler } from '../../lambda/sql';
import type { BoundStatement, SqlCall } from '../../lambda/sql/call';
import type { Json } from '../../lib/local/engine';
import { type Gateway, startGateway } from '../../lib/local/gateway/gateway';
import { type PostgresServer, postgresPrograms, startPostgres } from './postgres-server';

const programs = postgresPrograms();
let secret: object = {};
let gateway: Gateway;

beforeAll(async () => {
  gateway = await startGateway({ dispatch: async (): Promise<Json> => ({ SecretString: JSON.stringify(secret) }) });
  process.env['AWS_ENDPOINT_URL'] = gateway.url;
  process.env['AWS_ACCESS_KEY_ID'] = 'x';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'x';
  process.env['AWS_REGION'] = 'eu-west-1';
});
afterAll(() => gateway.close());

const statement = (sql: string, ...values: (string | number | null)[]): BoundStatement => ({ sql, values, shown: sql });
const call = (statements: BoundStatement[], more: Partial<SqlCall> = {}): SqlCall => ({
  engine: 'postgres',
  database: 'postgres',
  secretArn: 'arn:secret',
  statements,
  transaction: true,
  resultRows: 0,
  ...more,
});

describe.skipIf(programs === undefined)('PostgreSQL', () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await startPostgres(programs!, "p'w d");
    secret = { username: 'etl', password: "p'w d", host: '127.0.0.1', port: server.port };
  }, 60_000);
  afterAll(() => server.stop());

  it('binds values: none of them becomes SQL', async () => {
    const odd = "x'); drop table t; --";
    await handler(call([statement('create table t (id int, name text)')]));
    expect(await handler(call([statement('insert into t values ($1, $2), (2, null)', 1, odd)]))).toEqual({
      resultRows: 2,
      rowCounts: [2],
    });
    expect(await handler(call([statement('select * from t order by id')], { resultRows: 5 }))).toEqual({
      id: 1,
      name: odd,
      resultRows: 2,
      rowCounts: [2],
      rows: [
        { id: 1, name: odd },
        { id: 2, name: null },
      ],
    });
  });

  it('keeps what JavaScript would round or turn into something else', async () => {
    const sql =
      "select 9007199254740993::bigint as big, 0.1::numeric as n, date '2026-03-29' as day, true as ok, '{\"a\":[1]}'::jsonb as j";
    expect(await handler(call([statement(sql)], { resultRows: 1 }))).toMatchObject({
      big: '9007199254740993',
      n: '0.1',
      day: '2026-03-29',
      ok: true,
      j: { a: [1] },
    });
  });

  it('runs several statements all or not at all, and names the one that failed with its position', async () => {
    const made = [statement('create table all_or_none (a int)'), statement('insert into all_or_none values (1)')];
    await expect(handler(call([...made, statement('select nothing from all_or_none')]))).rejects.toMatchObject({
      name: 'Sql.StatementFailed',
      message:
        'statement 3 of 3: column "nothing" does not exist (SQLSTATE 42703; position 8); SQL: select nothing from all_or_none',
    });
    await expect(handler(call([statement('select * from all_or_none')]))).rejects.toThrow('does not exist');
  });

  it('commits each statement where it is told to', async () => {
    const list = [statement('create table one (a int)'), statement('select 1/0')];
    await expect(handler(call(list, { transaction: false }))).rejects.toThrow(
      'statement 2 of 2: division by zero (SQLSTATE 22012); SQL: select 1/0; the 1 before it are committed',
    );
    expect(await handler(call([statement('select count(*)::int as n from one')], { resultRows: 1 }))).toMatchObject({
      n: 0,
    });
    expect(await handler(call([statement('vacuum one')]))).toMatchObject({ resultRows: 0 });
  });

  it('is stopped by its time limit, in the database too', async () => {
    const short = { getRemainingTimeInMillis: () => 6_500 };
    await expect(handler(call([statement('select pg_sleep(20)')]), short)).rejects.toThrow('statement timeout');
  });

  it('fails with a wrong password, and does not show it', async () => {
    const right = secret;
    secret = { ...right, password: 'wrong-one' };
    const failing = handler(call([statement('select 1')]));
    await expect(failing).rejects.toMatchObject({ name: 'Sql.ConnectionFailed' });
    await expect(failing).rejects.not.toThrow('wrong-one');
    secret = right;
  });

  it('fails where a result is larger than a run can carry', async () => {
    await expect(
      handler(call([statement("select repeat('x', 300000) as x")], { resultRows: 1 })),
    ).rejects.toMatchObject({ name: 'Sql.ResultTooLarge' });
  });

  it('fails where rows are wanted and there are none', async () => {
    await expect(handler(call([statement('create table e ()')], { resultRows: 1 }))).rejects.toMatchObject({
      name: 'Sql.NoRows',
    });
  });
});

describe('a secret', () => {
  it.each([
    [{ password: 'x', host: 'h' }, 'holds no username and password'],
    [{ username: 'u', password: 'x' }, 'names no host'],
  ])('that is %j is refused', async (value, message) => {
    secret = value;
    await expect(handler(call([statement('select 1')]))).rejects.toThrow(message);
  });
});

describe('MySQL', () => {
  it('is spoken: values go beside the statement, counts and errors come back', async () => {
    const asked: string[] = [];
    const server = (createMysql as unknown as () => any)();
    server.on('connection', (connection: any) => {
      connection.serverHandshake({
        protocolVersion: 10,
        serverVersion: '8.0.0',
        connectionId: 1,
        statusFlags: 2,
        characterSet: 45,
        capabilityFlags: 0xffffff ^ 2048,
        authCallback: (_: unknown, done: (error: null) => void) => done(null),
      });
      connection.on('error', () => undefined);
      connection.on('query', (sql: string) => {
        asked.push(sql);
        if (sql.includes('bad')) connection.writeError({ code: 1146, message: "Table 'bad' doesn't exist" });
        else connection.writeOk({ affectedRows: 3 });
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));
    const { port } = server._server.address() as { port: number };
    secret = { username: 'u', password: 'p', host: '127.0.0.1', port };
    const two = [statement('update a set b = 1'), statement('update a set b = 2')];
    expect(await handler(call(two, { engine: 'mysql' }))).toEqual({ resultRows: 3, rowCounts: [3, 3] });
    expect(asked).toEqual(['BEGIN', 'update a set b = 1', 'update a set b = 2', 'COMMIT']);
    await expect(handler(call([...two, statement('select * from bad')], { engine: 'mysql' }))).rejects.toThrow(
      /statement 3 of 3: Table 'bad' doesn't exist \(ER_NO_SUCH_TABLE 1146\)/,
    );
    expect(asked.at(-1)).toBe('ROLLBACK');
    await new Promise<void>((resolve) => server.close(() => resolve()));
  });
});
