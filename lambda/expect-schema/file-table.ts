// The table that shows a file set to Athena while it is checked. In: the set and its columns. Out: the Glue API's TableInput, and what
// stands behind FROM. Always: values of text files are texts, so that one that does not fit can be seen; an empty field of a CSV
// file is NULL.

import type { FileSet, FoundColumn } from './expectation';
import { identifier } from './measure';

const TEXT = {
  InputFormat: 'org.apache.hadoop.mapred.TextInputFormat',
  OutputFormat: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
};

export function tableInput(set: FileSet, found: readonly FoundColumn[]): object {
  const formats = {
    csv: {
      ...TEXT,
      SerdeInfo: {
        SerializationLibrary: 'org.apache.hadoop.hive.serde2.OpenCSVSerde',
        Parameters: { separatorChar: set.delimiter, quoteChar: '"', escapeChar: '\\' },
      },
    },
    json: {
      ...TEXT,
      SerdeInfo: {
        SerializationLibrary: 'org.openx.data.jsonserde.JsonSerDe',
        Parameters: { 'ignore.malformed.json': 'false' },
      },
    },
    parquet: {
      InputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
      OutputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
      SerdeInfo: {
        SerializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
        Parameters: { 'serialization.format': '1' },
      },
    },
  };
  return {
    Name: set.table,
    Description: 'made for one check of files, and taken away after it',
    TableType: 'EXTERNAL_TABLE',
    Parameters: {
      EXTERNAL: 'TRUE',
      classification: set.format,
      ...(set.format === 'csv' && set.header && { 'skip.header.line.count': '1' }),
    },
    StorageDescriptor: {
      Columns: found.map(({ name, type }) => ({ Name: name, Type: type === 'text' ? 'string' : type })),
      Location: `s3://${set.bucket}/${set.prefix}`,
      ...formats[set.format],
    },
  };
}

export function fileSource(set: FileSet, found: readonly FoundColumn[]): string {
  const table = `${identifier(set.database)}.${identifier(set.table)}`;
  if (set.format !== 'csv') return table;
  const columns = found.map(({ name }) => `NULLIF(${identifier(name)}, '') AS ${identifier(name)}`);
  return `(SELECT ${columns.join(', ')} FROM ${table})`;
}
