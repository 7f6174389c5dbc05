/** COPY from Parquet: columns by position, checked for their number and kind before anything is stored. */
import { type DataType, isInteger, isNumeric, isStamp, isText, storageOf } from './data-type';
import { RedshiftError, unsupported } from './redshift-error';
import type { Load } from './copy-load';
import { insertSql, loadError } from './copy-load';
import { quoteText } from './typed';

export async function copyParquet(load: Load): Promise<number> {
  const { files, columns, engine, relation, statement } = load;
  const probe = await engine.database.sibling();
  let count = 0;
  try {
    for (const file of files) {
      // Each file by itself, so that the broken one is named.
      const from = `read_parquet(${quoteText(file.path)}, hive_partitioning = false)`;
      const described = await probe.objects(`DESCRIBE SELECT * FROM ${from}`).catch((error: unknown) => {
        throw loadError(relation.name, { file: file.uri, reason: `not a readable Parquet file: ${reasonOf(error)}` });
      });
      if (described.length < columns.length && !statement.options.flags.has('fillrecord'))
        throw loadError(relation.name, {
          file: file.uri,
          reason: `Unmatched number of columns between table and file: ${columns.length} and ${described.length}`,
        });
      if (described.length > columns.length)
        throw loadError(relation.name, {
          file: file.uri,
          reason: `Unmatched number of columns between table and file: ${columns.length} and ${described.length}`,
        });
      const values = columns.map((column, index) => {
        const source = described[index] as { column_name: string; column_type: string } | undefined;
        if (!source) return `CAST(NULL AS ${storageOf(column.type)})`;
        return parquetValue(
          `"${source.column_name.replace(/"/g, '""')}"`,
          source.column_type,
          column.type,
          column.name,
        );
      });
      await probe
        .rows(`SELECT ${values.map((value, index) => `count(${value}) AS "n${index}"`).join(', ')} FROM ${from}`)
        .catch((error: unknown) => {
          throw loadError(relation.name, { file: file.uri, reason: reasonOf(error) });
        });
      if (!statement.options.flags.has('noload')) count += await engine.run(insertSql(load, values, from));
    }
  } finally {
    probe.disconnect();
  }
  return count;
}

function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (/ERROR: ([^\n]*)/.exec(text)?.[1] ?? text.split('\n')[0] ?? text).replace(/^[A-Z][A-Za-z ]*Error: /, '');
}

function parquetValue(sql: string, source: string, type: DataType, name: string): string {
  const storage = storageOf(type);
  const numeric = /^(U?(TINY|SMALL|BIG|HUGE)INT|U?INTEGER|DECIMAL|FLOAT|DOUBLE)/.test(source);
  if (type.name === 'super')
    return /^(STRUCT|MAP|.*\[\]|JSON)/.test(source)
      ? `CAST(to_json(${sql}) AS VARCHAR)`
      : `rs_super_parse(CAST(to_json(${sql}) AS VARCHAR))`;
  const fits = isText(type)
    ? source === 'VARCHAR' || source.startsWith('ENUM')
    : isInteger(type)
      ? /INT/.test(source)
      : isNumeric(type)
        ? numeric
        : type.name === 'boolean'
          ? source === 'BOOLEAN'
          : isStamp(type)
            ? /^(DATE|TIMESTAMP)/.test(source)
            : type.name === 'varbyte'
              ? source === 'BLOB'
              : type.name === 'time'
                ? source.startsWith('TIME') && !source.startsWith('TIMESTAMP')
                : false;
  if (!fits) throw new RedshiftError(`Parquet column "${name}" has an incompatible schema: ${source} for ${type.name}`);
  if (isText(type)) {
    const fitted = `rs_fit(CAST(${sql} AS VARCHAR), ${type.length ?? 1}, '${type.name}')`;
    return type.name === 'char' ? `rtrim(${fitted}, ' ')` : fitted;
  }
  if (type.name === 'timetz') throw unsupported('COPY of TIMETZ from Parquet');
  return `CAST(${sql} AS ${storage})`;
}
