/** External tables as DuckDB scans over their files; columns are read as text and converted leniently, as Spectrum does. */
import { statSync } from 'node:fs';
import type { ExternalSource, Relation } from './catalog';
import { type DataType, isText, storageOf } from './data-type';
import { listPrefix, readManifest } from './object-store';
import type { Session } from './session';
import { quoteName, quoteText } from './typed';

export function externalSql(relation: Relation, session: Session): string {
  const source = relation.external;
  if (!source) throw new Error(`${relation.name} is not an external table`);
  if (!source.partitions) return placeSql(relation, source, session);
  if (source.partitions.length === 0) return emptySql(relation);
  return source.partitions
    .map(({ values, location }) => placeSql(relation, { ...source, location }, session, values))
    .join(' UNION ALL ');
}

function emptySql(relation: Relation): string {
  return `SELECT ${relation.columns.map((column) => `CAST(NULL AS ${storageOf(column.type)}) AS ${quoteName(column.name)}`).join(', ')} WHERE false`;
}

/** The rows of the files in one place; the partition's values are given, or read off the names of the folders. */
function placeSql(
  relation: Relation,
  source: ExternalSource,
  session: Session,
  values?: Readonly<Record<string, string>>,
): string {
  const folder =
    source.location.endsWith('/') || source.location.endsWith('.manifest') ? source.location : `${source.location}/`;
  const listed = source.location.endsWith('.manifest')
    ? readManifest(source.location, session)
    : listPrefix(folder, session);
  const exact =
    listed.length === 0 ? listPrefix(source.location, session).filter((file) => file.uri === source.location) : [];
  const files = [...listed, ...exact].filter(
    ({ uri, path }) => !/(^|\/)[_.][^/]*$/.test(uri) && statSync(path).size > 0,
  );
  const keys = new Set(source.partitionKeys.map((key) => key.name));
  if (files.length === 0) return emptySql(relation);
  const data = relation.columns.filter((column) => !keys.has(column.name));
  const list = `[${files.map((file) => quoteText(file.path)).join(', ')}]`;
  const partition = (name: string) =>
    values
      ? quoteText(values[name] ?? '')
      : `url_decode(nullif(regexp_extract(filename, ${quoteText(`/${name}=([^/]*)/`)}, 1), ''))`;
  const items = relation.columns.map((column) => {
    const sql = keys.has(column.name)
      ? lenient(partition(column.name), column.type)
      : source.format === 'parquet'
        ? typed(`"${column.name}"`, column.type)
        : lenient(`"${column.name}"`, column.type);
    return `${sql} AS ${quoteName(column.name)}`;
  });
  return `SELECT ${items.join(', ')} FROM ${scan(
    source.format,
    list,
    data.map((column) => column.name),
    source,
  )}`;
}

function scan(
  format: 'csv' | 'json' | 'parquet',
  list: string,
  columns: readonly string[],
  source: NonNullable<Relation['external']>,
): string {
  const shape = `{${columns.map((name) => `${quoteText(name)}: 'VARCHAR'`).join(', ')}}`;
  if (format === 'parquet')
    return `read_parquet(${list}, union_by_name = true, filename = true, hive_partitioning = false)`;
  if (format === 'json') return `read_json(${list}, columns = ${shape}, filename = true, hive_partitioning = false)`;
  const options = [
    `columns = ${shape}`,
    'auto_detect = false',
    `delim = ${quoteText(source.delimiter)}`,
    `quote = ${quoteText(source.quote)}`,
    `escape = ${quoteText(source.escape)}`,
    `skip = ${source.skip}`,
    'header = false',
    'null_padding = true',
    'strict_mode = false',
    `nullstr = ${quoteText(source.nullText)}`,
    'filename = true',
    'hive_partitioning = false',
  ];
  return `read_csv(${list}, ${options.join(', ')})`;
}

/** A field that does not fit its column reads as NULL. */
function lenient(sql: string, type: DataType): string {
  if (isText(type))
    return type.name === 'char'
      ? `rtrim(rs_clip(${sql}, ${type.length ?? 1}), ' ')`
      : `rs_clip(${sql}, ${type.length ?? 256})`;
  if (type.name === 'super')
    return `CASE WHEN rs_super_valid(${sql}) THEN rs_super_parse(${sql}) ELSE rs_super_string(${sql}) END`;
  return `TRY_CAST(nullif(${sql}, '') AS ${storageOf(type)})`;
}

function typed(sql: string, type: DataType): string {
  return isText(type) ? lenient(`CAST(${sql} AS VARCHAR)`, type) : `CAST(${sql} AS ${storageOf(type)})`;
}
