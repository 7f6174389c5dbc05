/** What every binding function is handed: the session, the names in sight, and the way to bind a part of the tree. */
import type { Caster } from './cast';
import type { DataType } from './data-type';
import { commonType } from './data-type';
import { RedshiftError } from './redshift-error';
import type { Scope } from './scope';
import type { Session } from './session';
import type { CallExpr, Expr, Query } from './syntax';
import type { Typed } from './typed';

export interface BoundColumn {
  readonly name: string;
  readonly type: DataType;
  /** The column's name in the DuckDB query. */
  readonly physical: string;
}

export interface BoundQuery {
  readonly sql: string;
  readonly columns: readonly BoundColumn[];
}

/** A common table expression in sight. */
export interface CommonTable {
  readonly name: string;
  readonly physical: string;
  readonly columns: readonly BoundColumn[];
}

/** The recursive parts of binding, handed in so that the files need not import each other in a ring. */
export interface Grammar {
  readonly expression: (expr: Expr, binder: Binder) => Typed;
  readonly query: (query: Query, binder: Binder) => BoundQuery;
  readonly call: (call: CallExpr, binder: Binder) => Typed;
  /** Reads the text of a query: a view's, or a function's body. */
  readonly parse: (sql: string, session: Session) => Query;
}

export class Binder {
  public constructor(
    public readonly session: Session,
    private readonly grammar: Grammar,
    public readonly scope: Scope,
    public readonly commonTables: readonly CommonTable[] = [],
    /** Values of $1, $2 ... and of names: function arguments, EXECUTE and procedure variables. */
    public readonly parameters: ReadonlyMap<string, Typed> = new Map(),
    private readonly depth = 0,
  ) {
    if (depth > 200) throw new RedshiftError('the statement is nested too deeply');
  }

  public get caster(): Caster {
    return this.session.caster;
  }

  public within(change: {
    scope?: Scope;
    commonTables?: readonly CommonTable[];
    parameters?: ReadonlyMap<string, Typed>;
  }): Binder {
    return new Binder(
      this.session,
      this.grammar,
      change.scope ?? this.scope,
      change.commonTables ?? this.commonTables,
      change.parameters ?? this.parameters,
      this.depth + 1,
    );
  }

  public bind(expr: Expr): Typed {
    return this.grammar.expression(expr, this);
  }

  public bindCall(call: CallExpr): Typed {
    return this.grammar.call(call, this);
  }

  public bindQuery(query: Query): BoundQuery {
    return this.grammar.query(query, this.within({ scope: { relations: [], outer: this.scope } }));
  }

  /** A subquery that may not see the names around it. */
  public bindAlone(query: Query): BoundQuery {
    return this.grammar.query(query, this.within({ scope: { relations: [], outer: this.scope.outer } }));
  }

  public implicit(value: Typed, type: DataType): Typed {
    return this.caster.cast(value, type, 'implicit');
  }

  public parse(sql: string): Query {
    return this.grammar.parse(sql, this.session);
  }

  /** The query of a view or function: it sees nothing of the statement around it. */
  public bindText(sql: string, parameters: ReadonlyMap<string, Typed> = new Map()): BoundQuery {
    const binder = new Binder(this.session, this.grammar, { relations: [] }, [], parameters, this.depth + 1);
    return binder.grammar.query(this.parse(sql), binder);
  }

  /** Several values in the type they meet in. */
  public unify(values: readonly Typed[], where: string): { values: Typed[]; type: DataType } {
    const type = commonType(
      values.filter((value) => !value.isNull).map((value) => value.type),
      where,
    );
    return { type, values: values.map((value) => this.implicit(value, type)) };
  }
}
