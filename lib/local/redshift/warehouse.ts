/**
 * A local warehouse that answers as Amazon Redshift documents it, on DuckDB. In: statements as text. Out: results, or a
 * `RedshiftError` that names what was wrong. Always: one connection, UTC, and nothing half done.
 */
import { type DuckDbConnection, openDuckDb } from '../duckdb';
import { Engine } from './engine';
import { executeText } from './execute';
import { attachExternal } from './external-catalog';
import { library } from './functions/library';
import { registerUdfs } from './functions/udf';
import type { StatementResult } from './result';
import { type ExternalTable, Session } from './session';
import { splitStatements } from './tokenizer';
import { quoteText, type Typed } from './typed';

export interface WarehouseOptions {
  /** The DuckDB file, kept between runs. @default in memory */
  readonly file?: string;
  /** @default dev */
  readonly database?: string;
  /** Maps `s3://bucket/key` or a prefix to a path; throws for what lies outside. */
  readonly resolveS3: (uri: string) => { path: string };
  /** The local data catalog, for external schemas. @default external schemas are empty */
  readonly externalCatalog?: (database: string) => { tables: Record<string, ExternalTable> } | undefined;
  /** @default the clock */
  readonly now?: () => Date;
}

export class Warehouse {
  public static async open(options: WarehouseOptions): Promise<Warehouse> {
    const database = await openDuckDb(options.file);
    const { database: name = 'dev', now = () => new Date(), resolveS3, externalCatalog } = options;
    const session = new Session({ database: name, now, resolveS3, externalCatalog });
    const warehouse = new Warehouse(database, new Engine(session, database));
    try {
      await warehouse.prepare();
    } catch (error) {
      database.close();
      throw error;
    }
    return warehouse;
  }

  private constructor(
    private readonly database: DuckDbConnection,
    private readonly engine: Engine,
  ) {}

  /** Runs one or several statements; `:name` parameters are bound as the Redshift Data API binds them, as text. */
  public async execute(sql: string, parameters: Record<string, string> = {}): Promise<StatementResult[]> {
    const bound = new Map<string, Typed>();
    for (const [name, value] of Object.entries(parameters))
      bound.set(name, { sql: quoteText(value), type: { name: 'unknown' }, literal: value });
    const results: StatementResult[] = [];
    for (const statement of splitStatements(sql)) {
      this.engine.notices.length = 0;
      attachExternal(this.engine.session);
      const result = await executeText(statement, this.engine, bound);
      results.push(this.engine.notices.length > 0 ? { ...result, notices: [...this.engine.notices] } : result);
    }
    return results;
  }

  /** A new session on the same connection: temporary tables, settings, cursors and an open transaction are gone. */
  public async startSession(): Promise<void> {
    await this.engine.startSession();
  }

  /** Stops the statement that runs; what it did is undone. */
  public interrupt(): void {
    this.database.interrupt();
  }

  public close(): void {
    this.database.close();
  }

  private async prepare(): Promise<void> {
    const { database, engine } = this;
    registerUdfs(
      database,
      library(() => engine.session.moment),
    );
    await database.run(
      'SET preserve_insertion_order = true; CREATE SCHEMA IF NOT EXISTS headrace; CREATE SCHEMA IF NOT EXISTS public; CREATE TABLE IF NOT EXISTS headrace.catalog (body VARCHAR)',
    );
    const { rows } = await database.rows('SELECT body FROM headrace.catalog');
    const body = rows[0]?.[0];
    if (typeof body === 'string') engine.session.catalog.load(body);
  }
}
