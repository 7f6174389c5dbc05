// Runs statements on a database that has no Data API, from inside its network. In: where the database is, the statements, their
// values. Out: row counts and rows. Always: values are bound by the database's own protocol; several statements are one transaction;
// the password comes from Secrets Manager, is kept for this process only and stands in no error.

import type { Session, SqlCall, StatementResult } from './call';
import { mysqlSession } from './mysql';
import { postgresSession } from './postgres';
import { secretOf } from './secret';

interface Context {
  getRemainingTimeInMillis?(): number;
}

/** What a run carries from one state to the next. */
const LONGEST_ANSWER = 250_000;

export async function handler(call: SqlCall, context: Context = {}): Promise<object> {
  const login = await secretOf(call);
  const milliseconds = Math.max(1_000, (context.getRemainingTimeInMillis?.() ?? 300_000) - 5_000);
  const open = call.engine === 'postgres' ? postgresSession : mysqlSession;
  const session = await open(login, milliseconds).catch((error: Error) => {
    throw named(
      'Sql.ConnectionFailed',
      `${call.engine} at ${login.host}:${login.port}: ${hidden(error.message, login.password)}`,
    );
  });
  try {
    return answer(call, await runAll(session, call));
  } finally {
    await session.close().catch(() => undefined);
  }
}

async function runAll(session: Session, { statements, transaction }: SqlCall): Promise<StatementResult[]> {
  const together = transaction && statements.length > 1;
  const results: StatementResult[] = [];
  if (together) await session.run('BEGIN', []);
  for (const [index, { sql, values, shown }] of statements.entries()) {
    try {
      results.push(await session.run(sql, values));
    } catch (error) {
      if (together) await session.run('ROLLBACK', []).catch(() => undefined);
      const which = statements.length > 1 ? `statement ${index + 1} of ${statements.length}: ` : '';
      const committed = !together && index > 0 ? `; the ${index} before it are committed` : '';
      throw named('Sql.StatementFailed', `${which}${session.explain(error)}; SQL: ${shown.slice(0, 300)}${committed}`);
    }
  }
  if (together) await session.run('COMMIT', []);
  return results;
}

function answer({ resultRows }: SqlCall, results: readonly StatementResult[]): object {
  const rowCounts = results.map((result) => result.rowCount);
  const told = { resultRows: rowCounts.at(-1) ?? 0, rowCounts };
  if (resultRows === 0) return told;
  const last = [...results].reverse().find((result) => result.rows !== undefined);
  if (last === undefined)
    throw named(
      'Sql.NoRows',
      `no statement returned rows, but resultRows asks for ${resultRows}: end the SQL with a SELECT`,
    );
  const rows = last.rows!.slice(0, resultRows);
  const text = JSON.stringify({ ...rows[0], ...told, rows });
  if (text.length > LONGEST_ANSWER)
    throw named(
      'Sql.ResultTooLarge',
      `the ${rows.length} rows have ${text.length} characters, a run carries ${LONGEST_ANSWER}: select less, or write them to S3`,
    );
  return JSON.parse(text) as object;
}

function named(name: string, message: string): Error {
  const error = new Error(message);
  error.name = name;
  return error;
}

function hidden(text: string, secret: string): string {
  return secret === '' ? text : text.replaceAll(secret, '***');
}
