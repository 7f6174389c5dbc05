// A connection to PostgreSQL. In: a login. Out: a session. Always: the server's certificate is checked where TLS is on; numbers
// that JavaScript cannot hold exactly stay texts, dates and times are the database's own texts.

import { Client, type DatabaseError, types } from 'pg';
import type { Session } from './call';
import type { Login } from './secret';

const INT2 = 21;
const INT4 = 23;
const FLOAT4 = 700;
const FLOAT8 = 701;
const BOOL = 16;
const JSONS = [114, 3802];
const KEPT = new Set([INT2, INT4, FLOAT4, FLOAT8, BOOL, ...JSONS]);

const asTexts = {
  getTypeParser: (oid: number, format?: 'text' | 'binary') =>
    KEPT.has(oid) ? types.getTypeParser(oid, format as 'text') : (value: string) => value,
};

export async function postgresSession(login: Login, milliseconds: number): Promise<Session> {
  const { tls, ...where } = login;
  const client = new Client({
    ...where,
    ssl: tls ? { rejectUnauthorized: true } : false,
    statement_timeout: milliseconds,
    connectionTimeoutMillis: Math.min(milliseconds, 15_000),
    application_name: 'headrace',
    types: asTexts as never,
  });
  // A connection that breaks tells the query that waits; without a listener it would end the process.
  client.on('error', () => undefined);
  await client.connect();
  return {
    run: async (sql, values) => {
      const result = await client.query({ text: sql, values: [...values] });
      return {
        rowCount: result.rowCount ?? 0,
        ...(result.fields?.length > 0 && { rows: result.rows as { [column: string]: unknown }[] }),
      };
    },
    explain: (error) => {
      const { message, code, position, hint, detail } = error as DatabaseError;
      const more = [
        ...(code === undefined ? [] : [`SQLSTATE ${code}`]),
        ...(position === undefined ? [] : [`position ${position}`]),
        ...(detail === undefined ? [] : [detail]),
        ...(hint === undefined ? [] : [hint]),
      ];
      return more.length === 0 ? message : `${message} (${more.join('; ')})`;
    },
    close: () => client.end(),
  };
}
