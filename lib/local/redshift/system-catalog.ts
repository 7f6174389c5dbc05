/**
 * PostgreSQL's catalog tables and the constraints of INFORMATION_SCHEMA, told from the warehouse's own catalog. Always: an
 * oid is the same in every table of one statement; it is not kept from one statement to the next when objects come and go.
 */
import { type Column, constraintName, type Relation, TEMPORARY_SCHEMA } from './catalog';
import { BOOLEAN, type DataType, INTEGER, SMALLINT, varchar } from './data-type';
import type { Session } from './session';

export type SystemValue = string | number | boolean | null;

export interface SystemRelation {
  readonly columns: readonly [name: string, type: DataType][];
  readonly rows: (session: Session) => SystemValue[][];
  /** PG tables live on the leader node only. */
  readonly catalogOnly: boolean;
}

const NAME = varchar(128);
const FIRST_OID = 100_000;
const OWNER = 100;
/** PostgreSQL's numbers for the types, which scripts ask for by number. */
const TYPE_OIDS: Readonly<Record<string, [oid: number, name: string, length: number]>> = {
  boolean: [16, 'bool', 1],
  smallint: [21, 'int2', 2],
  integer: [23, 'int4', 4],
  bigint: [20, 'int8', 8],
  real: [700, 'float4', 4],
  double: [701, 'float8', 8],
  decimal: [1700, 'numeric', -1],
  char: [1042, 'bpchar', -1],
  varchar: [1043, 'varchar', -1],
  date: [1082, 'date', 4],
  time: [1083, 'time', 8],
  timetz: [1266, 'timetz', 12],
  timestamp: [1114, 'timestamp', 8],
  timestamptz: [1184, 'timestamptz', 8],
  super: [4000, 'super', -1],
  varbyte: [6551, 'varbyte', -1],
};

const relations = (session: Session): Relation[] => [...session.catalog.relations.values()];
const relationOid = (session: Session, relation: Relation): number => FIRST_OID + relations(session).indexOf(relation);

function schemaOids(session: Session): Map<string, number> {
  const names = ['pg_catalog', 'public', TEMPORARY_SCHEMA, ...session.catalog.schemas.keys()];
  return new Map([...new Set(names)].map((name, index) => [name, name === 'pg_catalog' ? 11 : 2200 + index]));
}

function modifier({ type }: Column): number {
  if (type.name === 'char' || type.name === 'varchar') return (type.length ?? 1) + 4;
  return type.name === 'decimal' ? (((type.precision ?? 18) << 16) | (type.scale ?? 0)) + 4 : -1;
}

const attributes = (session: Session): SystemValue[][] =>
  relations(session).flatMap((relation) =>
    relation.columns.map((column, index) => {
      const [type, , length] = TYPE_OIDS[column.type.name] ?? [0, '', -1];
      const sorted = relation.sortKeys.indexOf(column.name) + 1;
      return [
        relationOid(session, relation),
        column.name,
        type,
        index + 1,
        length,
        modifier(column),
        column.notNull,
        column.defaultSql !== undefined || column.identity !== undefined,
        false,
        relation.distKey === column.name,
        relation.interleaved && sorted > 0 && sorted % 2 === 0 ? -sorted : sorted,
      ];
    }),
  );

const constrained = (session: Session): { relation: Relation; constraint: Relation['constraints'][number] }[] =>
  relations(session).flatMap((relation) => relation.constraints.map((constraint) => ({ relation, constraint })));

/** The key that a foreign key points at. */
function target(session: Session, references: { readonly table: readonly string[] }): string[] {
  const relation = session.findRelation(references.table);
  const key = relation?.constraints.find((constraint) => constraint.kind === 'primary key');
  return [relation?.schema ?? '', relation && key ? constraintName(relation, key) : ''];
}

export const PG_CATALOG: Readonly<Record<string, SystemRelation>> = {
  pg_namespace: {
    columns: [
      ['oid', INTEGER],
      ['nspname', NAME],
      ['nspowner', INTEGER],
    ],
    rows: (session) => [...schemaOids(session)].map(([name, oid]) => [oid, name, OWNER]),
    catalogOnly: true,
  },
  pg_class: {
    columns: [
      ['oid', INTEGER],
      ['relname', NAME],
      ['relnamespace', INTEGER],
      ['relowner', INTEGER],
      ['relkind', varchar(1)],
      ['relnatts', SMALLINT],
      ['reldiststyle', SMALLINT],
    ],
    rows: (session) => {
      const schemas = schemaOids(session);
      const styles = { auto: 10, even: 0, key: 1, all: 8 };
      return relations(session)
        .filter((relation) => relation.kind !== 'external')
        .map((relation) => [
          relationOid(session, relation),
          relation.name,
          schemas.get(relation.schema) ?? 0,
          OWNER,
          relation.kind === 'view' ? 'v' : 'r',
          relation.columns.length,
          styles[relation.distStyle],
        ]);
    },
    catalogOnly: true,
  },
  pg_attribute: {
    columns: [
      ['attrelid', INTEGER],
      ['attname', NAME],
      ['atttypid', INTEGER],
      ['attnum', SMALLINT],
      ['attlen', SMALLINT],
      ['atttypmod', INTEGER],
      ['attnotnull', BOOLEAN],
      ['atthasdef', BOOLEAN],
      ['attisdropped', BOOLEAN],
      ['attisdistkey', BOOLEAN],
      ['attsortkeyord', INTEGER],
    ],
    rows: attributes,
    catalogOnly: true,
  },
  // Nobody else is here to hold a lock or a transaction.
  pg_locks: {
    columns: [
      ['relation', INTEGER],
      ['database', INTEGER],
      ['transaction', INTEGER],
      ['pid', INTEGER],
      ['mode', NAME],
      ['granted', BOOLEAN],
    ],
    rows: () => [],
    catalogOnly: true,
  },
  svv_transactions: {
    columns: [
      ['txn_owner', NAME],
      ['txn_db', NAME],
      ['xid', INTEGER],
      ['pid', INTEGER],
      ['txn_start', { name: 'timestamp' }],
      ['lock_mode', NAME],
      ['lockable_object_type', NAME],
      ['relation', INTEGER],
      ['granted', BOOLEAN],
    ],
    rows: () => [],
    catalogOnly: true,
  },
  pg_type: {
    columns: [
      ['oid', INTEGER],
      ['typname', NAME],
      ['typlen', SMALLINT],
    ],
    rows: () => Object.values(TYPE_OIDS).map(([oid, name, length]) => [oid, name, length]),
    catalogOnly: true,
  },
};

const CATALOG: [string, DataType] = ['constraint_catalog', NAME];

export const CONSTRAINT_TABLES: Readonly<Record<string, SystemRelation>> = {
  table_constraints: {
    columns: [
      CATALOG,
      ['constraint_schema', NAME],
      ['constraint_name', NAME],
      ['table_catalog', NAME],
      ['table_schema', NAME],
      ['table_name', NAME],
      ['constraint_type', NAME],
    ],
    rows: (session) =>
      constrained(session).map(({ relation, constraint }) => [
        session.options.database,
        relation.schema,
        constraintName(relation, constraint),
        session.options.database,
        relation.schema,
        relation.name,
        constraint.kind.toUpperCase(),
      ]),
    catalogOnly: true,
  },
  key_column_usage: {
    columns: [
      CATALOG,
      ['constraint_schema', NAME],
      ['constraint_name', NAME],
      ['table_catalog', NAME],
      ['table_schema', NAME],
      ['table_name', NAME],
      ['column_name', NAME],
      ['ordinal_position', INTEGER],
    ],
    rows: (session) =>
      constrained(session).flatMap(({ relation, constraint }) =>
        constraint.columns.map((column, index) => [
          session.options.database,
          relation.schema,
          constraintName(relation, constraint),
          session.options.database,
          relation.schema,
          relation.name,
          column,
          index + 1,
        ]),
      ),
    catalogOnly: true,
  },
  referential_constraints: {
    columns: [
      CATALOG,
      ['constraint_schema', NAME],
      ['constraint_name', NAME],
      ['unique_constraint_catalog', NAME],
      ['unique_constraint_schema', NAME],
      ['unique_constraint_name', NAME],
    ],
    rows: (session) =>
      constrained(session).flatMap(({ relation, constraint }) => {
        if (!constraint.references) return [];
        const [schema, name] = target(session, constraint.references) as [string, string];
        const { database } = session.options;
        return [[database, relation.schema, constraintName(relation, constraint), database, schema, name]];
      }),
    catalogOnly: true,
  },
};
