/**
 * Runs parsed statements on DuckDB. Always: a statement is whole or leaves nothing; inside a transaction a failure aborts
 * the transaction, as on Redshift; the catalog changes with the rows or not at all.
 */
import type { DuckDBValue } from '@duckdb/node-api';
import type { DuckDbConnection, DuckDbRows } from '../duckdb';
import { bindCall } from './bind-call';
import { bindExpression } from './bind-expression';
import { bindQuery } from './bind-query';
import { Binder, type BoundQuery } from './binder';
import { parseQueryText } from './parse-statement';
import { physicalName } from './catalog';
import { RedshiftError } from './redshift-error';
import { resultColumn, type StatementResult, toJson } from './result';
import { EMPTY_SCOPE } from './scope';
import type { Session } from './session';
import type { Query } from './syntax';
import type { Typed } from './typed';

export class Engine {
  public readonly notices: string[] = [];
  public readonly prepared = new Map<string, { types: Typed['type'][]; sql: string }>();
  public readonly cursors = new Map<string, { result: StatementResult; at: number }>();
  public inTransaction = false;
  /** The transaction was opened by the user, not around a single statement. */
  public explicit = false;
  public aborted = false;
  /** The statement's own transaction already holds a change that must not be lost by beginning again. */
  public written = false;
  private restore: (() => void) | undefined;
  private dirty = false;

  public constructor(
    public readonly session: Session,
    public readonly database: DuckDbConnection,
  ) {}

  public binder(parameters: ReadonlyMap<string, Typed> = new Map()): Binder {
    return new Binder(
      this.session,
      {
        expression: bindExpression,
        query: bindQuery,
        call: bindCall,
        parse: (sql, session) => parseQueryText(sql, session.isOn('enable_case_sensitive_identifier')),
      },
      EMPTY_SCOPE,
      [],
      parameters,
    );
  }

  /** Binds a query and checks where its functions may run. */
  public bind(query: Query, parameters?: ReadonlyMap<string, Typed>): BoundQuery {
    const bound = this.binder(parameters).bindQuery(query);
    this.checkUsage();
    return bound;
  }

  public checkUsage(): void {
    const { leaderOnly, computeOnly, userTable } = this.session.usage;
    if (leaderOnly && userTable) {
      throw new RedshiftError(
        `Specified types or functions (one per INFO message) not supported on Redshift tables: function "${leaderOnly}" runs on the leader node only`,
      );
    }
    if (computeOnly && !userTable) {
      throw new RedshiftError(
        `One or more of the used functions must be applied on at least one user created tables: ${computeOnly}`,
      );
    }
  }

  public async query(query: Query, parameters?: ReadonlyMap<string, Typed>): Promise<StatementResult> {
    const bound = this.bind(query, parameters);
    const { rows } = await this.rows(bound.sql);
    return {
      kind: 'SELECT',
      columns: bound.columns.map((column) => resultColumn(column.name, column.type)),
      rows: rows.map((row) =>
        row.map((value, index) => toJson(value, (bound.columns[index] as { type: Typed['type'] }).type)),
      ),
      rowCount: rows.length,
    };
  }

  public async rows(sql: string, values?: DuckDBValue[]): Promise<DuckDbRows> {
    try {
      return await this.database.rows(sql, values);
    } catch (error) {
      throw asRedshiftError(error);
    }
  }

  public async run(sql: string): Promise<number> {
    return (await this.rows(sql)).changed;
  }

  public async begin(): Promise<void> {
    await this.run('BEGIN TRANSACTION');
    this.restore = this.session.catalog.snapshot();
    this.inTransaction = true;
  }

  public async commit(): Promise<void> {
    if (this.dirty) {
      await this.run('DELETE FROM headrace.catalog');
      await this.rows('INSERT INTO headrace.catalog VALUES ($1)', [this.session.catalog.toJson()]);
    }
    await this.run('COMMIT');
    this.leave();
  }

  public async rollback(): Promise<void> {
    await this.database.run('ROLLBACK').catch(() => undefined);
    this.restore?.();
    this.leave();
  }

  /** Begins the transaction around a single statement again, with nothing done. */
  public async restart(): Promise<void> {
    await this.rollback();
    await this.begin();
  }

  public async startSession(): Promise<void> {
    if (this.inTransaction) await this.rollback();
    const { catalog, settings } = this.session;
    for (const [key, relation] of catalog.relations) {
      if (!relation.temporary) continue;
      await this.run(`DROP TABLE IF EXISTS ${physicalName(relation)}`);
      catalog.relations.delete(key);
    }
    for (const name of [...settings.keys()])
      this.session.knowsSetting(name) ? this.session.resetSetting(name) : settings.delete(name);
    this.prepared.clear();
    this.cursors.clear();
  }

  private leave(): void {
    this.restore = undefined;
    this.dirty = false;
    this.inTransaction = false;
    this.explicit = false;
    this.aborted = false;
    this.written = false;
    this.cursors.clear();
  }

  public openCursor(name: string, result: StatementResult): void {
    const [open] = this.cursors.keys();
    if (open === name) throw new RedshiftError(`cursor "${name}" already in use`);
    if (open !== undefined)
      throw new RedshiftError(`cursor "${open}" is open already: only one cursor at a time can be open per session`);
    this.cursors.set(name, { result, at: 0 });
  }

  /** The catalog has changed and is written when the transaction commits. */
  public changed(): void {
    this.dirty = true;
  }

  public done(kind: string, rowCount = 0): StatementResult {
    return { kind, columns: [], rows: [], rowCount };
  }
}

/** DuckDB's wording as Redshift would put it; messages of our own functions come through as they are. */
export function asRedshiftError(error: unknown): RedshiftError {
  if (error instanceof RedshiftError) return error;
  const text = error instanceof Error ? error.message : String(error);
  const ours = /ERROR: [^\n]*/.exec(text);
  if (ours) return new RedshiftError(ours[0]);
  const first = (text.split('\n')[0] ?? text).replace(/^[A-Z][A-Za-z ]*Error: /, '');
  if (/Scalar Function|scalar subquery|more than one row returned by a subquery/i.test(text) && /subquery/i.test(text))
    return new RedshiftError('more than one row returned by a subquery used as an expression');
  const group = /column "?([^"]+)"? must appear in the GROUP BY clause/i.exec(text);
  if (group)
    return new RedshiftError(
      `column "${group[1]}" must appear in the GROUP BY clause or be used in an aggregate function`,
    );
  if (/NOT NULL constraint failed/i.test(text))
    return new RedshiftError(`Cannot insert a NULL value into column ${/\.([^.\s]+)$/.exec(first)?.[1] ?? ''}`.trim());
  if (/out of range for the destination type|Overflow|Could not cast value .* to DECIMAL|overflow/i.test(text))
    return new RedshiftError(`Numeric data overflow: ${first}`);
  return new RedshiftError(first);
}
