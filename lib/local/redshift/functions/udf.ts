/**
 * Registers our scalar functions with a DuckDB connection. In: a signature such as `VV:I` (parameters, result) and a
 * JavaScript function. Always: NULL in any argument gives NULL unless the function is marked to see it; a thrown error
 * fails the statement with its message.
 */
import type { DuckDBValue } from '@duckdb/node-api';
import type { DuckDbConnection } from '../../duckdb';

// V text, I integer, L bigint, D double, B boolean, X bytes.
type Code = 'V' | 'I' | 'L' | 'D' | 'B' | 'X';
type Plain = string | number | bigint | boolean | Buffer | null;

export interface Udf {
  readonly name: string;
  readonly signature: `${string}:${Code}`;
  readonly run: (...args: any[]) => Plain;
  readonly seesNull?: boolean;
  readonly volatile?: boolean;
}

export function registerUdfs(database: DuckDbConnection, udfs: readonly Udf[]): void {
  const { api, connection } = database;
  const types = { V: api.VARCHAR, I: api.INTEGER, L: api.BIGINT, D: api.DOUBLE, B: api.BOOLEAN, X: api.BLOB };
  for (const udf of udfs) {
    const [parameters = '', result = 'V'] = udf.signature.split(':') as [string, Code];
    const codes = [...parameters] as Code[];
    connection.registerScalarFunction(
      api.DuckDBScalarFunction.create({
        name: udf.name,
        parameterTypes: codes.map((code) => types[code]),
        returnType: types[result],
        specialHandling: true,
        volatile: udf.volatile ?? false,
        mainFunction: (_info, chunk, output) => {
          const vectors = codes.map((_, index) => chunk.getColumnVector(index));
          const count = chunk.rowCount;
          const args: Plain[] = new Array(codes.length);
          for (let row = 0; row < count; row++) {
            let missing = false;
            for (let index = 0; index < codes.length; index++) {
              const value = vectors[index]?.getItem(row) ?? null;
              if (value === null) missing = true;
              args[index] =
                codes[index] === 'X' && value !== null
                  ? Buffer.from((value as unknown as { bytes: Uint8Array }).bytes)
                  : (value as Plain);
            }
            const answer = missing && !udf.seesNull ? null : udf.run(...args);
            output.setItem(row, wrap(answer, api));
          }
          output.flush();
        },
      }),
    );
  }
}

function wrap(value: Plain, api: DuckDbConnection['api']): DuckDBValue {
  return Buffer.isBuffer(value) ? new api.DuckDBBlobValue(value) : value;
}
