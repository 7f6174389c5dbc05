/**
 * What the warehouse knows of its objects beyond DuckDB's own catalog: Redshift's types, keys, encodings, identities,
 * views and functions as written. Entries never change once made, so a transaction is undone by putting back the map.
 */
import type { DataType } from './data-type';
import { quoteName } from './typed';

export interface Column {
  readonly name: string;
  readonly type: DataType;
  readonly notNull: boolean;
  /** The default as written. */
  readonly defaultSql?: string;
  readonly identity?: { readonly seed: number; readonly step: number; readonly byDefault: boolean };
  readonly encoding: string;
}

export interface ExternalSource {
  readonly location: string;
  readonly format: 'csv' | 'json' | 'parquet';
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly nullText: string;
  readonly skip: number;
  readonly partitionKeys: readonly { readonly name: string; readonly type: DataType }[];
  /** The partitions that were added by hand; without it they are read off the names of the folders. */
  readonly partitions?: readonly { readonly values: Readonly<Record<string, string>>; readonly location: string }[];
}

export interface Relation {
  readonly kind: 'table' | 'view' | 'external';
  readonly schema: string;
  readonly name: string;
  readonly columns: readonly Column[];
  readonly temporary: boolean;
  readonly distStyle: 'auto' | 'even' | 'all' | 'key';
  readonly distKey?: string;
  readonly sortKeys: readonly string[];
  readonly interleaved?: boolean;
  readonly constraints: readonly {
    readonly name?: string;
    readonly kind: string;
    readonly columns: readonly string[];
    readonly references?: { readonly table: readonly string[]; readonly columns?: readonly string[] };
  }[];
  /** Views: the query as written, and the relations it reads. */
  readonly query?: string;
  readonly lateBinding?: boolean;
  readonly materialized?: boolean;
  readonly dependsOn?: readonly string[];
  readonly external?: ExternalSource;
}

export interface Routine {
  readonly kind: 'function' | 'procedure';
  readonly schema: string;
  readonly name: string;
  readonly parameters: readonly {
    readonly name?: string;
    readonly type: DataType;
    readonly mode: 'in' | 'out' | 'inout';
    /** A REFCURSOR: its value is the name of the cursor that the procedure opens. */
    readonly cursor?: boolean;
  }[];
  readonly returns?: DataType;
  readonly language: string;
  readonly body: string;
  /** A procedure whose statements are committed one by one. */
  readonly nonatomic?: boolean;
}

export interface Schema {
  readonly name: string;
  /** External schemas: the database of the data catalog. */
  readonly externalDatabase?: string;
}

export const TEMPORARY_SCHEMA = 'pg_temp';

export class Catalog {
  public relations = new Map<string, Relation>();
  public routines = new Map<string, Routine[]>();
  public schemas = new Map<string, Schema>([['public', { name: 'public' }]]);
  public principals = new Map<string, 'user' | 'group' | 'role'>([['awsuser', 'user']]);

  public snapshot(): () => void {
    const { relations, routines, schemas, principals } = this;
    const copies = [new Map(relations), new Map(routines), new Map(schemas), new Map(principals)] as const;
    return () => {
      [this.relations, this.routines, this.schemas, this.principals] = copies as unknown as [
        typeof relations,
        typeof routines,
        typeof schemas,
        typeof principals,
      ];
    };
  }

  public toJson(): string {
    return JSON.stringify({
      relations: [...this.relations.values()].filter((relation) => !relation.temporary),
      routines: [...this.routines.values()].flat(),
      schemas: [...this.schemas.values()],
      principals: [...this.principals],
    });
  }

  public load(json: string): void {
    const saved = JSON.parse(json) as {
      relations: Relation[];
      routines: Routine[];
      schemas: Schema[];
      principals: [string, 'user'][];
    };
    this.relations = new Map(saved.relations.map((relation) => [keyOf(relation), relation]));
    this.routines = new Map();
    for (const routine of saved.routines) this.addRoutine(routine);
    this.schemas = new Map(saved.schemas.map((schema) => [schema.name, schema]));
    this.principals = new Map(saved.principals);
  }

  public addRoutine(routine: Routine): void {
    const key = keyOf(routine);
    const others = (this.routines.get(key) ?? []).filter((other) => signature(other) !== signature(routine));
    this.routines.set(key, [...others, routine]);
  }

  /** The views that read a relation. */
  public dependents(relation: Relation): Relation[] {
    const key = keyOf(relation);
    return [...this.relations.values()].filter((other) => !other.lateBinding && other.dependsOn?.includes(key));
  }
}

export function keyOf(object: { readonly schema: string; readonly name: string }): string {
  return `${object.schema}\u0000${object.name}`;
}

export function signature(routine: Routine): string {
  return routine.parameters
    .filter((parameter) => parameter.mode !== 'out')
    .map((parameter) => parameter.type.name)
    .join(',');
}

/** Where DuckDB keeps the rows. */
export function physicalName(relation: {
  readonly schema: string;
  readonly name: string;
  readonly temporary?: boolean;
}): string {
  return relation.temporary
    ? `temp.main.${quoteName(relation.name)}`
    : `${quoteName(relation.schema)}.${quoteName(relation.name)}`;
}

export function sequenceName(relation: { readonly schema: string; readonly name: string }, column: string): string {
  return `headrace.${quoteName(`${relation.schema}.${relation.name}.${column}`)}`;
}

/** A constraint's name, as Redshift makes one up where none is given. */
export function constraintName(relation: Relation, constraint: Relation['constraints'][number]): string {
  if (constraint.name !== undefined) return constraint.name;
  if (constraint.kind === 'primary key') return `${relation.name}_pkey`;
  return `${relation.name}_${constraint.columns[0]}_${constraint.kind === 'unique' ? 'key' : 'fkey'}`;
}
