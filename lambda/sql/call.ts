// What the function is asked and what a connection can do. Types only.

export interface SqlCall {
  readonly engine: 'postgres' | 'mysql';
  readonly host?: string;
  readonly port?: number;
  readonly database: string;
  readonly secretArn: string;
  readonly statements: readonly BoundStatement[];
  readonly transaction: boolean;
  /** Rows of the last result that are handed back. */
  readonly resultRows: number;
}

/** A statement with the engine's own placeholders, and the values in their order. */
export interface BoundStatement {
  readonly sql: string;
  readonly values: readonly (string | number | boolean | null)[];
  /** As the author wrote it, for errors. */
  readonly shown: string;
}

export interface StatementResult {
  readonly rowCount: number;
  /** Absent where the statement returns none. */
  readonly rows?: readonly { readonly [column: string]: unknown }[];
}

export interface Session {
  run(sql: string, values: readonly unknown[]): Promise<StatementResult>;
  /** The database's own words, with code, position and hint. */
  explain(error: unknown): string;
  close(): Promise<void>;
}
