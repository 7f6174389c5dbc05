// A crawled table as the Glue API describes one. In: what the crawler found and where. Out: TableInput and partitions. Always:
// the input and output formats, SerDes and parameters that Glue's own crawler writes for this format.

import type { Classified } from './classifier';
import { type CrawledFile, type CrawledPartition, type CrawledTable, partitionValue } from './crawl-groups';
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

export interface TablePlace {
  readonly name: string;
  /** Of the crawler's target, with a slash at its end. */
  readonly location: string;
  readonly crawler: string;
  readonly exclusions: readonly string[];
}

export function crawledTableInput(table: CrawledTable, place: TablePlace): Fields {
  const { classified } = table;
  const path = `${place.location}${table.parts.map((part) => `${part}/`).join('')}`;
  const parameters: Fields = {
    ...factsOf(classified, table.files),
    UPDATED_BY_CRAWLER: place.crawler,
    ...(place.exclusions.length > 0 && { exclusions: JSON.stringify(place.exclusions) }),
    ...(table.partitionKeys.length > 0 && { 'partition_filtering.enabled': 'true' }),
  };
  return {
    Name: place.name,
    Owner: 'owner',
    TableType: 'EXTERNAL_TABLE',
    Parameters: parameters,
    PartitionKeys: table.partitionKeys.map((key) => ({ Name: key, Type: 'string' })),
    StorageDescriptor: storageOf(classified, table.isFile ? path.replace(/\/$/, '') : path, parameters),
  };
}

function storageOf(classified: Classified, location: string, parameters: Fields): Fields {
  const { input, output } = FORMATS[classified.classification];
  return {
    Columns: classified.columns.map(({ name, type }) => ({ Name: name, Type: type })),
    Location: location,
    InputFormat: input,
    OutputFormat: output,
    Compressed: classified.compression !== 'none',
    NumberOfBuckets: -1,
    SerdeInfo: serdeOf(classified),
    BucketColumns: [],
    SortColumns: [],
    Parameters: parameters,
    StoredAsSubDirectories: false,
  };
}

/** What Glue counts and guesses: https://docs.aws.amazon.com/glue/latest/dg/table-properties-crawler.html */
function factsOf(classified: Classified, files: readonly CrawledFile[]): Fields {
  const size = files.reduce((sum, file) => sum + file.bytes, 0);
  const records = files.reduce((sum, file) => sum + recordsOf(file), 0);
  return {
    CrawlerSchemaDeserializerVersion: '1.0',
    CrawlerSchemaSerializerVersion: '1.0',
    averageRecordSize: String(records === 0 ? 0 : Math.max(1, Math.round(size / records))),
    classification: classified.classification,
    compressionType: classified.compression,
    objectCount: String(files.length),
    recordCount: String(records),
    sizeKey: String(size),
    typeOfData: 'file',
    ...(classified.classification === 'csv' && {
      areColumnsQuoted: String(classified.serde === 'OpenCSVSerDe'),
      columnsOrdered: 'true',
      delimiter: classified.delimiter ?? ',',
      ...(classified.headerLines ? { 'skip.header.line.count': String(classified.headerLines) } : {}),
    }),
  };
}

/** An estimate where only the beginning of the file was read. */
function recordsOf({ bytes, classified }: CrawledFile): number {
  const { records, sampledBytes } = classified;
  return sampledBytes === 0 || sampledBytes >= bytes ? records : Math.round((records / sampledBytes) * bytes);
}

/** Glue's own CSV classifier always names the LazySimpleSerDe, also for quoted values. */
function serdeOf(classified: Classified): Fields {
  if (classified.classification === 'csv') {
    const delimiter = classified.delimiter ?? ',';
    return classified.serde === 'OpenCSVSerDe'
      ? {
          SerializationLibrary: QUOTED_SERDE,
          Parameters: { separatorChar: delimiter, quoteChar: classified.quote ?? '"' },
        }
      : { SerializationLibrary: FORMATS.csv.serde, Parameters: { 'field.delim': delimiter } };
  }
  const parameters: Fields =
    classified.classification === 'json'
      ? { paths: classified.columns.map((column) => column.name).join(',') }
      : { 'serialization.format': '1' };
  return { SerializationLibrary: FORMATS[classified.classification].serde, Parameters: parameters };
}

export function crawledPartition(table: CrawledTable, partition: CrawledPartition, input: Fields): Fields {
  const place = String((input['StorageDescriptor'] as Fields)['Location']);
  const facts = factsOf(partition.classified, partition.files);
  const location = `${place}${partition.folders.map((folder) => `${folder}/`).join('')}`;
  // The table's shape of a value is the one that readers use: quotes and delimiters are one per table.
  const shape = {
    ...partition.classified,
    delimiter: table.classified.delimiter,
    headerLines: table.classified.headerLines,
  };
  return {
    Values: partition.folders.map(partitionValue),
    StorageDescriptor: storageOf(shape, location, facts),
    Parameters: facts,
  };
}
