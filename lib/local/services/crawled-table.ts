// A crawled table as the Glue API describes one. In: what the crawler found and where. Out: TableInput and partitions. Always:
// the input and output formats, SerDes and parameters that Glue's own crawler writes for this format.

import type { CrawledTable } from './crawl-groups';
import { partitionValue } from './crawl-groups';
import type { Fields } from './service';

const FORMATS = {
  csv: {
    input: 'org.apache.hadoop.mapred.TextInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    serde: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
  },
  json: {
    input: 'org.apache.hadoop.mapred.TextInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
    serde: 'org.openx.data.jsonserde.JsonSerDe',
  },
  parquet: {
    input: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
};
const QUOTED_SERDE = 'org.apache.hadoop.hive.serde2.OpenCSVSerde';

export function crawledTableInput(table: CrawledTable, name: string, location: string, crawler: string): Fields {
  const { classified } = table;
  const size = table.files.reduce((sum, file) => sum + file.bytes, 0);
  const parameters: Fields = {
    CrawlerSchemaDeserializerVersion: '1.0',
    CrawlerSchemaSerializerVersion: '1.0',
    UPDATED_BY_CRAWLER: crawler,
    classification: classified.classification,
    compressionType: classified.compression,
    objectCount: String(table.files.length),
    sizeKey: String(size),
    typeOfData: 'file',
    ...(classified.classification === 'csv' && {
      areColumnsQuoted: String(classified.quoted ?? false),
      columnsOrdered: 'true',
      delimiter: classified.delimiter ?? ',',
      ...(classified.headerLines ? { 'skip.header.line.count': String(classified.headerLines) } : {}),
    }),
  };
  return {
    Name: name,
    Owner: 'owner',
    TableType: 'EXTERNAL_TABLE',
    Parameters: parameters,
    PartitionKeys: table.partitionKeys.map((key) => ({ Name: key, Type: 'string' })),
    StorageDescriptor: {
      Columns: classified.columns.map(({ name: column, type }) => ({ Name: column, Type: type })),
      Location: `${location}${table.parts.map((part) => `${part}/`).join('')}`.replace(/\/$/, table.isFile ? '' : '/'),
      InputFormat: FORMATS[classified.classification].input,
      OutputFormat: FORMATS[classified.classification].output,
      Compressed: classified.compression !== 'none',
      NumberOfBuckets: -1,
      SerdeInfo: serdeOf(table),
      BucketColumns: [],
      SortColumns: [],
      Parameters: parameters,
      StoredAsSubDirectories: false,
    },
  };
}

function serdeOf({ classified }: CrawledTable): Fields {
  if (classified.classification === 'csv') {
    const delimiter = classified.delimiter ?? ',';
    return classified.quoted
      ? { SerializationLibrary: QUOTED_SERDE, Parameters: { separatorChar: delimiter, quoteChar: '"' } }
      : { SerializationLibrary: FORMATS.csv.serde, Parameters: { 'field.delim': delimiter } };
  }
  const parameters: Fields =
    classified.classification === 'json'
      ? { paths: classified.columns.map((column) => column.name).join(',') }
      : { 'serialization.format': '1' };
  return { SerializationLibrary: FORMATS[classified.classification].serde, Parameters: parameters };
}

export function crawledPartition(table: CrawledTable, folders: readonly string[], input: Fields): Fields {
  const storage = input['StorageDescriptor'] as Fields;
  return {
    Values: folders.map(partitionValue),
    StorageDescriptor: {
      ...storage,
      Location: `${String(storage['Location'])}${folders.map((folder) => `${folder}/`).join('')}`,
    },
    Parameters: { classification: table.classified.classification },
  };
}
