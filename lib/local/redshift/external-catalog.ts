/** Puts the tables of the local data catalog into the external schemas that name its databases. */
import { type Column, type ExternalSource, keyOf, type Relation } from './catalog';
import type { DataType } from './data-type';
import { parseType } from './parse-type';
import { openCursor } from './parse-statement';
import { RedshiftError } from './redshift-error';
import type { ExternalTable, Session } from './session';

const GLUE_TYPES: Readonly<Record<string, string>> = {
  string: 'varchar(65535)',
  tinyint: 'smallint',
  binary: 'varbyte',
};

export function attachExternal(session: Session): void {
  const { externalCatalog } = session.options;
  if (!externalCatalog) return;
  for (const schema of session.catalog.schemas.values()) {
    if (schema.externalDatabase === undefined) continue;
    const tables = externalCatalog(schema.externalDatabase)?.tables ?? {};
    for (const [name, table] of Object.entries(tables)) {
      const relation = relationOf(schema.name, name.toLowerCase(), table);
      session.catalog.relations.set(keyOf(relation), relation);
    }
  }
}

function relationOf(schema: string, name: string, table: ExternalTable): Relation {
  const column = ({ name: one, type }: { name: string; type: string }): Column => ({
    name: one.toLowerCase(),
    type: readType(type, `${name}.${one}`),
    notNull: false,
    encoding: 'raw',
  });
  const partitionKeys = table.partitionKeys.map((key) => ({
    name: key.name.toLowerCase(),
    type: readType(key.type, `${name}.${key.name}`),
  }));
  const external: ExternalSource = {
    location: table.location,
    format: table.format,
    delimiter: table.csv?.delimiter ?? ',',
    quote: table.csv?.quote ?? '"',
    escape: table.csv?.escape ?? '"',
    nullText: table.csv?.nullText ?? '',
    skip: table.csv?.header ? 1 : 0,
    partitionKeys,
  };
  return {
    kind: 'external',
    schema,
    name,
    columns: [...table.columns, ...table.partitionKeys].map(column),
    temporary: true,
    distStyle: 'auto',
    sortKeys: [],
    constraints: [],
    external,
  };
}

/** A data catalog's type as Redshift's; nested types read as SUPER. */
function readType(type: string, where: string): DataType {
  const lower = type.trim().toLowerCase();
  if (/^(struct|array|map|uniontype)\b/.test(lower)) return { name: 'super' };
  try {
    return parseType(openCursor(Object.hasOwn(GLUE_TYPES, lower) ? (GLUE_TYPES[lower] as string) : lower, false));
  } catch {
    throw new RedshiftError(`external column ${where} has the unsupported type "${type}"`);
  }
}
