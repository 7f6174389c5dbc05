/**
 * Loads DuckDB lazily and opens connections. In: a file name or nothing (in memory). Out: a small promise-based
 * connection. Always: the process never needs DuckDB unless a local warehouse is opened, and every connection runs in UTC.
 */
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { DuckDBConnection, DuckDBInstance, DuckDBType, DuckDBValue } from '@duckdb/node-api';

type DuckDbModule = typeof import('@duckdb/node-api');

/** A result set as DuckDB returns it: values are DuckDB's own value objects. */
export interface DuckDbRows {
  readonly names: string[];
  readonly types: DuckDBType[];
  readonly rows: DuckDBValue[][];
  readonly changed: number;
}

export class DuckDbConnection {
  public constructor(
    public readonly api: DuckDbModule,
    private readonly instance: DuckDBInstance,
    public readonly connection: DuckDBConnection,
  ) {}

  /** Runs one or several statements and drops their results. */
  public async run(sql: string): Promise<void> {
    await this.connection.run(sql);
  }

  /** Runs one statement and returns all rows. */
  public async rows(sql: string, parameters?: DuckDBValue[]): Promise<DuckDbRows> {
    const reader = await this.connection.runAndReadAll(sql, parameters);
    return {
      names: reader.columnNames(),
      types: reader.columnTypes(),
      rows: reader.getRows(),
      changed: reader.rowsChanged,
    };
  }

  /** Runs one statement and returns rows of plain JSON values keyed by column. */
  public async objects(sql: string, parameters?: DuckDBValue[]): Promise<Record<string, unknown>[]> {
    const reader = await this.connection.runAndReadAll(sql, parameters);
    return reader.getRowObjectsJson() as Record<string, unknown>[];
  }

  /** Another connection to the same database, for work that must not disturb this one's transaction. */
  public async sibling(): Promise<DuckDbConnection> {
    const connection = await this.instance.connect();
    await connection.run("SET TimeZone = 'UTC'");
    return new DuckDbConnection(this.api, this.instance, connection);
  }

  /** Stops what this connection runs; it fails with an error. */
  public interrupt(): void {
    this.connection.interrupt();
  }

  /** Closes this connection only. */
  public disconnect(): void {
    this.connection.closeSync();
  }

  public close(): void {
    this.connection.closeSync();
    this.instance.closeSync();
  }
}

/** Opens a DuckDB database; in memory when no file is given. */
export async function openDuckDb(file?: string): Promise<DuckDbConnection> {
  const api = loadDuckDb();
  const instance = await api.DuckDBInstance.create(file ?? ':memory:');
  const connection = await instance.connect();
  await connection.run("SET TimeZone = 'UTC'");
  return new DuckDbConnection(api, instance, connection);
}

function loadDuckDb(): DuckDbModule {
  const places = [__filename, join(process.cwd(), 'package.json')];
  let cause: unknown;
  for (const place of places) {
    try {
      return createRequire(place)('@duckdb/node-api') as DuckDbModule;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'MODULE_NOT_FOUND') cause = error;
    }
  }
  const reason = cause instanceof Error ? ` (${cause.message})` : '';
  throw new Error(
    `the local warehouse needs DuckDB, which is not installed${reason}; run: npm install @duckdb/node-api`,
  );
}
