// A table of the Data Catalog as programs that read its files need it. In: the Glue API's structure. Out: columns, place and format;
// nothing where the format is none that the laptop reads. Always: the SerDe's own parameters go before the table's.

import type { Json } from '../engine';
import { type Fields, fieldsOf, listOf } from './service';

export interface CatalogColumn {
  readonly name: string;
  readonly type: string;
}

/** A table as programs that read its files need it. */
export interface CatalogTable {
  readonly name: string;
  readonly columns: readonly CatalogColumn[];
  readonly partitionKeys: readonly CatalogColumn[];
  readonly location: string;
  readonly format: 'csv' | 'json' | 'parquet';
  readonly delimiter: string;
  readonly quote?: string;
  /** Lines at the top of each file that hold no data. */
  readonly headerLines: number;
  readonly partitions: readonly { readonly values: readonly string[]; readonly location: string }[];
}

/** Reads a Glue table; undefined where its format is none the laptop reads. */
export function readCatalogTable(table: Fields, partitions: readonly Fields[]): CatalogTable | undefined {
  const storage = fieldsOf(table['StorageDescriptor']);
  const serde = fieldsOf(storage['SerdeInfo']);
  const serdeParameters = fieldsOf(serde['Parameters']);
  const parameters = { ...fieldsOf(storage['Parameters']), ...fieldsOf(table['Parameters']) };
  const format = formatOf(String(parameters['classification'] ?? ''), String(serde['SerializationLibrary'] ?? ''));
  if (format === undefined) return undefined;
  return {
    name: String(table['Name']),
    columns: columnsOf(storage['Columns']),
    partitionKeys: columnsOf(table['PartitionKeys']),
    location: String(storage['Location'] ?? ''),
    format,
    delimiter: String(
      serdeParameters['field.delim'] ?? serdeParameters['separatorChar'] ?? parameters['delimiter'] ?? ',',
    ),
    quote: serdeParameters['quoteChar'] === undefined ? undefined : String(serdeParameters['quoteChar']),
    headerLines: Number(parameters['skip.header.line.count'] ?? 0),
    partitions: partitions.map((each) => ({
      values: listOf(each['Values']).map(String),
      location: String(fieldsOf(each['StorageDescriptor'])['Location'] ?? ''),
    })),
  };
}

function formatOf(classification: string, serde: string): CatalogTable['format'] | undefined {
  if (/parquet/i.test(classification + serde)) return 'parquet';
  if (/json/i.test(classification + serde)) return 'json';
  if (/csv|LazySimpleSerDe/i.test(classification + serde)) return 'csv';
  return undefined;
}

export function columnsOf(value: Json | undefined): CatalogColumn[] {
  return listOf(value).map((each) => ({
    name: String(fieldsOf(each)['Name']),
    type: String(fieldsOf(each)['Type'] ?? 'string'),
  }));
}
