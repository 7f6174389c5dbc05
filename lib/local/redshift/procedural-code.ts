/** The statements of a PL/pgSQL body as tagged data. Expressions and SQL stay text, to be parsed when their variables are known. */
export interface Declaration {
  readonly name: string;
  /** The type as written; `record` and `refcursor` have no SQL type. */
  readonly type: string;
  readonly constant: boolean;
  readonly notNull: boolean;
  readonly initial?: string;
  /** `CURSOR FOR query`. */
  readonly query?: string;
  readonly aliasFor?: string;
}

export interface Block {
  readonly kind: 'block';
  readonly label?: string;
  readonly declarations: Declaration[];
  readonly body: Code[];
  readonly handler?: Code[];
}

export type Code =
  | Block
  | { readonly kind: 'assign'; readonly target: string; readonly value: string }
  | {
      readonly kind: 'if';
      readonly branches: { readonly test: string; readonly body: Code[] }[];
      readonly otherwise: Code[];
    }
  | { readonly kind: 'loop'; readonly label?: string; readonly test?: string; readonly body: Code[] }
  | {
      readonly kind: 'count';
      readonly label?: string;
      readonly name: string;
      readonly from: string;
      readonly to: string;
      readonly by?: string;
      readonly reverse: boolean;
      readonly body: Code[];
    }
  | {
      readonly kind: 'each';
      readonly label?: string;
      readonly target: string[];
      readonly query?: string;
      readonly dynamic?: string;
      readonly body: Code[];
    }
  | { readonly kind: 'exit'; readonly next: boolean; readonly label?: string; readonly test?: string }
  | { readonly kind: 'return' }
  | { readonly kind: 'raise'; readonly level: string; readonly format: string; readonly args: string[] }
  | { readonly kind: 'execute'; readonly sql: string; readonly into: string[] }
  | { readonly kind: 'select'; readonly sql: string; readonly into: string[] }
  | { readonly kind: 'sql'; readonly sql: string }
  | { readonly kind: 'commit' | 'rollback' | 'null' }
  | { readonly kind: 'rowCount'; readonly target: string }
  | { readonly kind: 'open'; readonly cursor: string; readonly query?: string; readonly dynamic?: string }
  | { readonly kind: 'fetchInto'; readonly cursor: string; readonly into: string[] }
  | { readonly kind: 'close'; readonly cursor: string };
