/** Parsed statements as tagged data. */
import type { DataType } from './data-type';
import type { Expr, FromItem, Query } from './syntax';

export interface ColumnDefinition {
  readonly name: string;
  readonly type: DataType;
  readonly notNull: boolean;
  readonly defaultSql?: string;
  readonly identity?: { readonly seed: number; readonly step: number; readonly byDefault: boolean };
  readonly encoding?: string;
  readonly distKey: boolean;
  readonly sortKey: boolean;
}

export interface TableAttributes {
  readonly distStyle?: 'auto' | 'even' | 'all' | 'key';
  readonly distKey?: string;
  readonly sortKeys: readonly string[];
  readonly interleaved: boolean;
}

export interface Constraint {
  readonly name?: string;
  readonly kind: string;
  readonly columns: readonly string[];
  /** A foreign key's table as written, and its columns where they are given. */
  readonly references?: { readonly table: readonly string[]; readonly columns?: readonly string[] };
}

/** A partition of an external table: a text for each key, and where its files are. */
export interface PartitionPlace {
  readonly values: Readonly<Record<string, string>>;
  readonly location: string;
}

export interface CreateTable {
  readonly kind: 'createTable';
  readonly name: string[];
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns: ColumnDefinition[];
  readonly like?: { readonly table: string[]; readonly defaults: boolean };
  readonly constraints: Constraint[];
  readonly attributes: TableAttributes;
}

export interface CreateTableAs {
  readonly kind: 'createTableAs';
  readonly name: string[];
  readonly temporary: boolean;
  readonly ifNotExists: boolean;
  readonly columns?: string[];
  readonly attributes: TableAttributes;
  readonly query: Query;
}

export interface CreateView {
  readonly kind: 'createView';
  readonly name: string[];
  readonly replace: boolean;
  readonly materialized: boolean;
  readonly columns?: string[];
  readonly sql: string;
  readonly lateBinding: boolean;
}

export interface ExternalTableDefinition {
  readonly kind: 'createExternalTable';
  readonly name: string[];
  readonly columns: { readonly name: string; readonly type: DataType }[];
  readonly partitionKeys: { readonly name: string; readonly type: DataType }[];
  readonly format: 'csv' | 'json' | 'parquet';
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly skip: number;
  readonly location: string;
}

export interface CopyOptions {
  readonly format: 'text' | 'csv' | 'fixedwidth' | 'json' | 'parquet' | 'orc' | 'avro' | 'shapefile';
  readonly delimiter?: string;
  readonly quote?: string;
  readonly fixedWidth?: string;
  /** `auto`, `auto ignorecase`, `noshred` or the place of a JSONPaths file. */
  readonly json?: string;
  readonly compression?: 'gzip' | 'bzip2' | 'lzop' | 'zstd';
  readonly flags: ReadonlySet<string>;
  readonly nullAs?: string;
  readonly ignoreHeader: number;
  readonly maxError: number;
  readonly dateFormat?: string;
  readonly timeFormat?: string;
  readonly acceptInvChars?: string;
  readonly encoding: string;
}

export interface Copy {
  readonly kind: 'copy';
  readonly table: string[];
  readonly columns?: string[];
  readonly source: string;
  readonly options: CopyOptions;
}

export interface Unload {
  readonly kind: 'unload';
  readonly query: string;
  readonly target: string;
  readonly format: 'text' | 'csv' | 'parquet' | 'json' | 'fixedwidth';
  readonly fixedWidth?: string;
  readonly delimiter?: string;
  readonly nullAs?: string;
  readonly compression?: 'gzip' | 'bzip2' | 'zstd';
  readonly flags: ReadonlySet<string>;
  readonly parallel: boolean;
  readonly extension?: string;
  readonly partitionBy?: { readonly columns: string[]; readonly include: boolean };
}

export interface MergeStatement {
  readonly kind: 'merge';
  readonly target: string[];
  readonly source: FromItem & { kind: 'table' };
  readonly on: Expr;
  readonly removeDuplicates: boolean;
  readonly matched?: { readonly delete: boolean; readonly set: { readonly column: string; readonly value: Expr }[] };
  readonly notMatched?: { readonly columns?: string[]; readonly values: Expr[] };
}

export interface CreateRoutine {
  readonly kind: 'createRoutine';
  readonly routine: 'function' | 'procedure';
  readonly name: string[];
  readonly replace: boolean;
  readonly parameters: {
    readonly name?: string;
    readonly type: DataType;
    readonly mode: 'in' | 'out' | 'inout';
    readonly cursor?: boolean;
  }[];
  readonly returns?: DataType;
  readonly language: string;
  readonly body: string;
  readonly nonatomic: boolean;
}

export type AlterAction =
  | { readonly action: 'renameTo'; readonly name: string }
  | { readonly action: 'renameColumn'; readonly from: string; readonly to: string }
  | { readonly action: 'addColumn'; readonly column: ColumnDefinition }
  | { readonly action: 'dropColumn'; readonly column: string; readonly cascade: boolean }
  | { readonly action: 'type'; readonly column: string; readonly type: DataType }
  | { readonly action: 'encode'; readonly encodings: { readonly column: string; readonly encoding: string }[] }
  | { readonly action: 'distribute'; readonly style?: TableAttributes['distStyle']; readonly key?: string }
  | { readonly action: 'sort'; readonly keys: string[]; readonly interleaved: boolean }
  | { readonly action: 'addConstraint'; readonly constraint: Constraint }
  | { readonly action: 'dropConstraint'; readonly name: string }
  | { readonly action: 'addPartition'; readonly ifNotExists: boolean; readonly partitions: readonly PartitionPlace[] }
  | { readonly action: 'dropPartition'; readonly values: PartitionPlace['values'] }
  | { readonly action: 'movePartition'; readonly partition: PartitionPlace }
  | { readonly action: 'location'; readonly location: string }
  | { readonly action: 'schema'; readonly schema: string }
  | { readonly action: 'append'; readonly from: string[]; readonly ignoreExtra: boolean; readonly fillTarget: boolean }
  | { readonly action: 'none' };

export type Statement =
  | { readonly kind: 'query'; readonly query: Query }
  | {
      readonly kind: 'insert';
      readonly table: string[];
      readonly columns?: string[];
      readonly rows?: Expr[][];
      readonly query?: Query;
    }
  | {
      readonly kind: 'update';
      readonly table: string[];
      readonly alias?: string;
      readonly set: { readonly column: string; readonly value: Expr }[];
      readonly from: FromItem[];
      readonly where?: Expr;
      readonly with: Query['with'];
    }
  | {
      readonly kind: 'delete';
      readonly table: string[];
      readonly alias?: string;
      readonly using: FromItem[];
      readonly where?: Expr;
      readonly with: Query['with'];
    }
  | { readonly kind: 'truncate'; readonly table: string[] }
  | MergeStatement
  | CreateTable
  | CreateTableAs
  | CreateView
  | ExternalTableDefinition
  | CreateRoutine
  | { readonly kind: 'createSchema'; readonly name: string; readonly ifNotExists: boolean }
  | {
      readonly kind: 'createExternalSchema';
      readonly name: string;
      readonly database: string;
      readonly ifNotExists: boolean;
    }
  | {
      readonly kind: 'drop';
      readonly object: string;
      readonly names: string[][];
      readonly ifExists: boolean;
      readonly cascade: boolean;
    }
  | { readonly kind: 'alterTable'; readonly table: string[]; readonly changes: AlterAction[] }
  | { readonly kind: 'alterSchema'; readonly name: string; readonly to?: string }
  | {
      readonly kind: 'principal';
      readonly verb: 'create' | 'alter' | 'drop';
      readonly type: 'user' | 'group' | 'role';
      readonly names: string[];
      readonly ifExists: boolean;
    }
  | { readonly kind: 'call'; readonly name: string[]; readonly args: Expr[] }
  | { readonly kind: 'transaction'; readonly verb: 'begin' | 'commit' | 'rollback' }
  | { readonly kind: 'set'; readonly name: string; readonly value: string }
  | { readonly kind: 'reset'; readonly name: string }
  | { readonly kind: 'show'; readonly name: string }
  | Copy
  | Unload
  | { readonly kind: 'prepare'; readonly name: string; readonly types: DataType[]; readonly sql: string }
  | { readonly kind: 'execute'; readonly name: string; readonly args: Expr[] }
  | { readonly kind: 'deallocate'; readonly name: string }
  | { readonly kind: 'declare'; readonly name: string; readonly query: Query }
  | { readonly kind: 'fetch'; readonly name: string; readonly count: number }
  | { readonly kind: 'closeCursor'; readonly name: string }
  | { readonly kind: 'explain'; readonly inner: Statement }
  | { readonly kind: 'refresh'; readonly name: string[] }
  /** Statements that change nothing a local run could show; the objects they name must exist. */
  | {
      readonly kind: 'maintenance';
      readonly tag: string;
      readonly relations: string[][];
      readonly needsIdle?: boolean;
    };
