// A connection to MySQL. In: a login. Out: a session. Always: the server's certificate is checked where TLS is on; values go
// beside the statement, several statements in one text are not taken; dates and large numbers stay texts.

import { createConnection, type QueryError, type ResultSetHeader } from 'mysql2/promise';
import type { Session } from './call';
import type { Login } from './secret';

export async function mysqlSession(login: Login, milliseconds: number): Promise<Session> {
  const { tls, ...where } = login;
  const connection = await createConnection({
    ...where,
    ...(tls && { ssl: { rejectUnauthorized: true } }),
    connectTimeout: Math.min(milliseconds, 15_000),
    multipleStatements: false,
    dateStrings: true,
    supportBigNumbers: true,
    charset: 'utf8mb4',
  });
  return {
    run: async (sql, values) => {
      // A statement without values need not be prepared, and some, such as BEGIN and LOAD DATA, cannot be.
      const options = { sql, timeout: milliseconds };
      const [result] =
        values.length === 0
          ? await connection.query(options)
          : await connection.execute({ ...options, values: [...values] as never });
      if (Array.isArray(result)) return { rowCount: result.length, rows: result as { [column: string]: unknown }[] };
      return { rowCount: (result as ResultSetHeader).affectedRows };
    },
    explain: (error) => {
      const { message, code, errno } = error as QueryError;
      return `${message} (${code}${errno === undefined ? '' : ` ${errno}`})`;
    },
    close: () => connection.end(),
  };
}
