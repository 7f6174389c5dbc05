// A table of Athena's DDL as the Glue API describes it, and back. In: columns, format, place. Out: a TableInput; or the text of SHOW CREATE
// TABLE. Always: the SerDes and formats that Athena itself writes.

import type { TableDefinition } from './athena-ddl';
import { NotFollowed } from './athena-error';
import { columnsOf } from './catalog-table';
import { type Fields, fieldsOf } from './service';

const TEXT = {
  input: 'org.apache.hadoop.mapred.TextInputFormat',
  output: 'org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat',
  serde: 'org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe',
};
const FORMATS: {
  readonly [storedAs: string]: { readonly input: string; readonly output: string; readonly serde: string };
} = {
  TEXTFILE: TEXT,
  JSON: { ...TEXT, serde: 'org.openx.data.jsonserde.JsonSerDe' },
  PARQUET: {
    input: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
    serde: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
  ORC: {
    input: 'org.apache.hadoop.hive.ql.io.orc.OrcInputFormat',
    output: 'org.apache.hadoop.hive.ql.io.orc.OrcOutputFormat',
    serde: 'org.apache.hadoop.hive.ql.io.orc.OrcSerde',
  },
};

export function tableInputOf(name: string, definition: TableDefinition): Fields {
  const storedAs = definition.storedAs ?? 'TEXTFILE';
  const format = FORMATS[storedAs];
  if (format === undefined) throw new NotFollowed(`STORED AS ${storedAs}`);
  const column = (each: TableDefinition['columns'][number]) => ({
    Name: each.name,
    Type: each.type,
    ...(each.comment !== undefined && { Comment: each.comment }),
  });
  const classification = { TEXTFILE: undefined, JSON: 'json', PARQUET: 'parquet', ORC: 'orc' }[storedAs];
  return {
    Name: name,
    TableType: 'EXTERNAL_TABLE',
    ...(definition.comment !== undefined && { Description: definition.comment }),
    Parameters: { EXTERNAL: 'TRUE', ...(classification && { classification }), ...definition.properties },
    PartitionKeys: definition.partitionKeys.map(column),
    StorageDescriptor: {
      Columns: definition.columns.map(column),
      Location: definition.location,
      InputFormat: definition.inputFormat ?? format.input,
      OutputFormat: definition.outputFormat ?? format.output,
      SerdeInfo: {
        SerializationLibrary: definition.serde ?? format.serde,
        Parameters: { 'serialization.format': '1', ...definition.serdeProperties },
      },
    },
  };
}

export function createTableText(table: Fields): string {
  const storage = fieldsOf(table['StorageDescriptor']);
  const serde = fieldsOf(storage['SerdeInfo']);
  const columns = (value: Fields[string] | undefined) =>
    columnsOf(value)
      .map(({ name, type }) => `  \`${name}\` ${type}`)
      .join(', \n');
  const pairs = (value: Fields) =>
    Object.entries(value)
      .map(([name, text]) => `  '${name}'='${String(text)}'`)
      .join(', \n');
  const keys = columns(table['PartitionKeys']);
  return [
    `CREATE EXTERNAL TABLE \`${String(table['DatabaseName'])}.${String(table['Name'])}\`(`,
    `${columns(storage['Columns'])})`,
    ...(keys === '' ? [] : [`PARTITIONED BY ( \n${keys})`]),
    `ROW FORMAT SERDE \n  '${String(serde['SerializationLibrary'])}' `,
    `WITH SERDEPROPERTIES ( \n${pairs(fieldsOf(serde['Parameters']))}) `,
    `STORED AS INPUTFORMAT \n  '${String(storage['InputFormat'])}' \nOUTPUTFORMAT \n  '${String(storage['OutputFormat'])}'`,
    `LOCATION\n  '${String(storage['Location'])}'`,
    `TBLPROPERTIES (\n${pairs(fieldsOf(table['Parameters']))})`,
  ].join('\n');
}
