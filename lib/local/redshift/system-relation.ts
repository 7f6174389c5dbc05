/** Redshift's catalog tables and system views, as far as a local warehouse has something true to say. Others do not exist. */
import type { BoundColumn } from './binder';
import { type Column, type Relation, TEMPORARY_SCHEMA } from './catalog';
import { BOOLEAN, type DataType, describeType, INTEGER, SMALLINT, storageOf, varchar } from './data-type';
import { unsupported } from './redshift-error';
import type { Session } from './session';
import { LOAD_ERROR_TABLES } from './system-load-errors';
import { CONSTRAINT_TABLES, PG_CATALOG, type SystemRelation, type SystemValue } from './system-catalog';
import { quoteName, quoteText } from './typed';

const NAME = varchar(128);
const tables = (session: Session): Relation[] => [...session.catalog.relations.values()];
const own = (session: Session, kind: Relation['kind']): Relation[] =>
  tables(session).filter((relation) => relation.kind === kind);

function sortPlace(relation: Relation, column: Column): number {
  const place = relation.sortKeys.indexOf(column.name);
  return place < 0 ? 0 : relation.interleaved && place % 2 === 1 ? -(place + 1) : place + 1;
}

const shownEncoding = (column: Column): string => (column.encoding === 'raw' ? 'none' : column.encoding);

/** PG_TABLE_DEF shows the tables of the schemas in the search path only. */
function tableDef(session: Session): SystemValue[][] {
  const path = new Set([...session.searchPath(), TEMPORARY_SCHEMA]);
  return own(session, 'table')
    .filter((relation) => path.has(relation.schema))
    .flatMap((relation) =>
      relation.columns.map((column) => [
        relation.schema,
        relation.name,
        column.name,
        describeType(column.type),
        shownEncoding(column),
        relation.distKey === column.name,
        sortPlace(relation, column),
        column.notNull,
      ]),
    );
}

const columnRows = (session: Session): SystemValue[][] =>
  tables(session).flatMap((relation) =>
    relation.columns.map((column, index) => {
      const { type } = column;
      const text = type.name === 'char' || type.name === 'varchar';
      return [
        session.options.database,
        relation.schema,
        relation.name,
        column.name,
        index + 1,
        column.defaultSql ?? null,
        column.notNull ? 'NO' : 'YES',
        describeType(type).replace(/\(.*/, ''),
        text ? (type.length ?? null) : null,
        type.name === 'decimal' ? (type.precision ?? 18) : null,
        type.name === 'decimal' ? (type.scale ?? 0) : null,
      ];
    }),
  );

const COLUMN_COLUMNS: [string, DataType][] = [
  ['table_catalog', NAME],
  ['table_schema', NAME],
  ['table_name', NAME],
  ['column_name', NAME],
  ['ordinal_position', INTEGER],
  ['column_default', varchar(4000)],
  ['is_nullable', varchar(3)],
  ['data_type', NAME],
  ['character_maximum_length', INTEGER],
  ['numeric_precision', INTEGER],
  ['numeric_scale', INTEGER],
];

const tableRows = (session: Session): SystemValue[][] =>
  tables(session).map((relation) => [
    session.options.database,
    relation.schema,
    relation.name,
    relation.kind === 'view'
      ? 'VIEW'
      : relation.kind === 'external'
        ? 'EXTERNAL TABLE'
        : relation.temporary
          ? 'LOCAL TEMPORARY'
          : 'BASE TABLE',
    null,
  ]);

const TABLE_COLUMNS: [string, DataType][] = [
  ['table_catalog', NAME],
  ['table_schema', NAME],
  ['table_name', NAME],
  ['table_type', NAME],
  ['remarks', varchar(256)],
];

const SYSTEM: Readonly<Record<string, SystemRelation>> = {
  pg_table_def: {
    columns: [
      ['schemaname', NAME],
      ['tablename', NAME],
      ['column', NAME],
      ['type', NAME],
      ['encoding', varchar(32)],
      ['distkey', BOOLEAN],
      ['sortkey', INTEGER],
      ['notnull', BOOLEAN],
    ],
    rows: tableDef,
    catalogOnly: true,
  },
  pg_tables: {
    columns: [
      ['schemaname', NAME],
      ['tablename', NAME],
      ['tableowner', NAME],
    ],
    rows: (session) => own(session, 'table').map((relation) => [relation.schema, relation.name, session.user]),
    catalogOnly: true,
  },
  pg_views: {
    columns: [
      ['schemaname', NAME],
      ['viewname', NAME],
      ['viewowner', NAME],
      ['definition', varchar()],
    ],
    rows: (session) =>
      own(session, 'view').map((relation) => [relation.schema, relation.name, session.user, relation.query ?? '']),
    catalogOnly: true,
  },
  pg_user: {
    columns: [
      ['usename', NAME],
      ['usesysid', INTEGER],
    ],
    rows: (session) =>
      [...session.catalog.principals].filter(([, type]) => type === 'user').map(([name], index) => [name, 100 + index]),
    catalogOnly: true,
  },
  pg_group: {
    columns: [
      ['groname', NAME],
      ['grosysid', INTEGER],
    ],
    rows: (session) =>
      [...session.catalog.principals]
        .filter(([, type]) => type === 'group')
        .map(([name], index) => [name, 100 + index]),
    catalogOnly: true,
  },
  pg_database: {
    columns: [
      ['oid', INTEGER],
      ['datname', NAME],
    ],
    rows: (session) => [[1, session.options.database]],
    catalogOnly: true,
  },
  svv_tables: { columns: TABLE_COLUMNS, rows: tableRows, catalogOnly: false },
  svv_columns: { columns: COLUMN_COLUMNS, rows: columnRows, catalogOnly: false },
  svv_all_tables: {
    columns: [
      ['database_name', NAME],
      ...TABLE_COLUMNS.slice(1).map(([name, type]): [string, DataType] => [
        name.replace('table_schema', 'schema_name'),
        type,
      ]),
    ],
    rows: tableRows,
    catalogOnly: false,
  },
  svv_external_schemas: {
    columns: [
      ['schemaname', NAME],
      ['databasename', NAME],
    ],
    rows: (session) =>
      [...session.catalog.schemas.values()]
        .filter((schema) => schema.externalDatabase !== undefined)
        .map((schema) => [schema.name, schema.externalDatabase ?? '']),
    catalogOnly: false,
  },
  svv_external_tables: {
    columns: [
      ['schemaname', NAME],
      ['tablename', NAME],
      ['location', varchar(1024)],
    ],
    rows: (session) =>
      own(session, 'external').map((relation) => [relation.schema, relation.name, relation.external?.location ?? '']),
    catalogOnly: false,
  },
  svv_external_columns: {
    columns: [
      ['schemaname', NAME],
      ['tablename', NAME],
      ['columnname', NAME],
      ['external_type', NAME],
      ['columnnum', INTEGER],
      ['part_key', SMALLINT],
    ],
    rows: (session) =>
      own(session, 'external').flatMap((relation) => {
        const keys = relation.external?.partitionKeys.map((key) => key.name) ?? [];
        return relation.columns.map((column, index) => [
          relation.schema,
          relation.name,
          column.name,
          describeType(column.type),
          index + 1,
          keys.indexOf(column.name) + 1,
        ]);
      }),
    catalogOnly: false,
  },
  ...LOAD_ERROR_TABLES,
  ...PG_CATALOG,
};

const INFORMATION_SCHEMA: Readonly<Record<string, SystemRelation>> = {
  ...CONSTRAINT_TABLES,
  tables: {
    columns: TABLE_COLUMNS.slice(0, 4),
    rows: (session) => tableRows(session).map((row) => row.slice(0, 4)),
    catalogOnly: true,
  },
  columns: { columns: COLUMN_COLUMNS, rows: columnRows, catalogOnly: true },
  schemata: {
    columns: [
      ['catalog_name', NAME],
      ['schema_name', NAME],
    ],
    rows: (session) => [...session.catalog.schemas.keys()].map((name) => [session.options.database, name]),
    catalogOnly: true,
  },
};

export function systemRelation(
  parts: readonly string[],
  session: Session,
): { sql: string; columns: BoundColumn[]; catalogOnly: boolean } | undefined {
  const names = session.withoutDatabase(parts);
  const name = names[names.length - 1] as string;
  const schema = names.length > 1 ? names[0] : undefined;
  if (schema !== undefined && schema !== 'pg_catalog' && schema !== 'information_schema') return undefined;
  const source = schema === 'information_schema' ? INFORMATION_SCHEMA : SYSTEM;
  const relation = Object.hasOwn(source, name) ? source[name] : undefined;
  if (!relation) {
    if (schema !== undefined || /^(pg|stl|stv|svl|svv|svcs|sys)_/.test(name))
      throw unsupported(`the system table ${name}`);
    return undefined;
  }
  const rows = relation.rows(session);
  const columns = relation.columns.map(([column, type]) => ({ name: column, physical: column, type }));
  const select = (row: readonly SystemValue[]) =>
    `SELECT ${columns.map(({ physical, type }, index) => `CAST(${literal(row[index] ?? null)} AS ${storageOf(type)}) AS ${quoteName(physical)}`).join(', ')}`;
  const sql = rows.length > 0 ? rows.map(select).join(' UNION ALL ') : `${select([])} WHERE false`;
  return { sql, columns, catalogOnly: relation.catalogOnly };
}

function literal(value: SystemValue): string {
  if (value === null) return 'NULL';
  return typeof value === 'string' ? quoteText(value) : String(value);
}
