/** The shapes of parsed statements: plain tagged data, made by the parsers and read by the binder. Nothing is resolved yet. */
import type { DataType } from './data-type';

/** `raw` is the name as written, before folding: what SUPER attributes are looked up by in case-sensitive mode. */
export type Step = { readonly name: string; readonly raw?: string } | { readonly index: Expr };

export interface OrderItem {
  readonly expr: Expr;
  readonly descending: boolean;
  readonly nulls?: 'first' | 'last';
}

export interface Window {
  readonly partitionBy: Expr[];
  readonly orderBy: OrderItem[];
  /** The frame clause as SQL words, already checked. */
  readonly frame?: string;
}

export interface CallExpr {
  readonly kind: 'call';
  readonly name: string;
  readonly args: Expr[];
  readonly star?: boolean;
  readonly distinct?: boolean;
  readonly approximate?: boolean;
  readonly ignoreNulls?: boolean;
  readonly withinGroup?: OrderItem[];
  readonly over?: Window;
  readonly position: number;
}

export interface StarExpr {
  readonly kind: 'star';
  readonly table?: string[];
  readonly exclude?: string[];
}

export type Expr =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'null' }
  | { readonly kind: 'default' }
  | { readonly kind: 'typed'; readonly type: DataType; readonly text: string }
  | { readonly kind: 'interval'; readonly text: string; readonly field?: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly position: number }
  /** `outer`: marked with (+). */
  | { readonly kind: 'column'; readonly path: Step[]; readonly position: number; readonly outer?: boolean }
  | { readonly kind: 'navigate'; readonly base: Expr; readonly path: Step[] }
  | StarExpr
  | { readonly kind: 'unary'; readonly operator: string; readonly operand: Expr }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expr; readonly right: Expr }
  | {
      readonly kind: 'is';
      readonly operand: Expr;
      readonly what: 'null' | 'true' | 'false' | 'unknown';
      readonly not: boolean;
    }
  | { readonly kind: 'between'; readonly operand: Expr; readonly low: Expr; readonly high: Expr; readonly not: boolean }
  | { readonly kind: 'in'; readonly operand: Expr; readonly list: Expr[]; readonly not: boolean }
  | { readonly kind: 'inQuery'; readonly operand: Expr; readonly query: Query; readonly not: boolean }
  | {
      readonly kind: 'like';
      readonly form: 'like' | 'ilike' | 'similar';
      readonly operand: Expr;
      readonly pattern: Expr;
      readonly escape?: Expr;
      readonly not: boolean;
    }
  | { readonly kind: 'exists'; readonly query: Query }
  | { readonly kind: 'subquery'; readonly query: Query }
  | {
      readonly kind: 'quantified';
      readonly operator: string;
      readonly all: boolean;
      readonly left: Expr;
      readonly query: Query;
    }
  | {
      readonly kind: 'case';
      readonly subject?: Expr;
      readonly branches: { readonly when: Expr; readonly then: Expr }[];
      readonly otherwise?: Expr;
    }
  | { readonly kind: 'cast'; readonly operand: Expr; readonly type: DataType }
  | { readonly kind: 'row'; readonly items: Expr[] }
  | { readonly kind: 'prior'; readonly operand: Expr }
  | { readonly kind: 'collate'; readonly operand: Expr; readonly insensitive: boolean }
  | CallExpr;

export interface Alias {
  readonly name?: string;
  readonly columns?: string[];
  /** The name of the position column of an unnested array. */
  readonly at?: string;
}

export interface PivotSpec {
  readonly aggregates: { readonly call: CallExpr; readonly alias?: string }[];
  readonly column: Expr;
  readonly values: { readonly value: Expr; readonly alias?: string }[];
}

export interface UnpivotSpec {
  readonly includeNulls: boolean;
  readonly valueColumn: string;
  readonly nameColumn: string;
  readonly columns: { readonly column: string; readonly alias?: string }[];
}

export type FromItem =
  | { readonly kind: 'table'; readonly path: Step[]; readonly alias: Alias; readonly position: number }
  | { readonly kind: 'derived'; readonly query: Query; readonly alias: Alias }
  | { readonly kind: 'unpivotObject'; readonly operand: Expr; readonly alias: Alias }
  | { readonly kind: 'function'; readonly call: CallExpr; readonly alias: Alias }
  | { readonly kind: 'pivot'; readonly source: FromItem; readonly pivot: PivotSpec; readonly alias: Alias }
  | { readonly kind: 'unpivot'; readonly source: FromItem; readonly unpivot: UnpivotSpec; readonly alias: Alias }
  | {
      readonly kind: 'join';
      readonly type: 'inner' | 'left' | 'right' | 'full' | 'cross';
      readonly natural: boolean;
      readonly left: FromItem;
      readonly right: FromItem;
      readonly on?: Expr;
      readonly using?: string[];
    };

export type GroupItem =
  | { readonly kind: 'expr'; readonly expr: Expr }
  | { readonly kind: 'rollup' | 'cube'; readonly items: Expr[][] }
  | { readonly kind: 'sets'; readonly items: GroupItem[] }
  | { readonly kind: 'tuple'; readonly items: Expr[] };

export interface Select {
  readonly kind: 'select';
  readonly distinct: boolean;
  readonly top?: number;
  readonly items: { readonly expr: Expr; readonly alias?: string }[];
  readonly exclude?: string[];
  readonly into?: { readonly name: string[]; readonly temporary: boolean };
  readonly from: FromItem[];
  readonly where?: Expr;
  readonly startWith?: Expr;
  readonly connectBy?: Expr;
  readonly groupBy?: GroupItem[] | 'all';
  readonly having?: Expr;
  readonly qualify?: Expr;
}

export type SetExpr =
  | Select
  | { readonly kind: 'values'; readonly rows: Expr[][] }
  | { readonly kind: 'nested'; readonly query: Query }
  | {
      readonly kind: 'set';
      readonly operator: 'union' | 'intersect' | 'except';
      readonly all: boolean;
      readonly left: SetExpr;
      readonly right: SetExpr;
    };

export interface Query {
  readonly with: { readonly name: string; readonly columns?: string[]; readonly query: Query }[];
  readonly recursive: boolean;
  readonly body: SetExpr;
  readonly orderBy: OrderItem[];
  readonly limit?: Expr;
  readonly offset?: Expr;
}
