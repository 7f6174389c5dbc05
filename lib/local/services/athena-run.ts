// Does one statement of Athena. In: the parsed statement. Out: a table of texts, or lines, as Athena's result file has them. Always: the
// catalog changes only after the files are whole.

import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { ServiceError } from '../engine';
import { parseStatement, type Statement, type TableName } from './athena-ddl';
import { AthenaError, NotFollowed } from './athena-error';
import { type QueryRequest, withQuery } from './athena-query';
import { createTableText, tableInputOf } from './athena-table';
import { athenaText } from './athena-values';
import { type Written, writeQuery } from './athena-write';
import { dataFiles } from './catalog-database';
import { columnsOf, readCatalogTable } from './catalog-table';
import { type Fields, fieldsOf, listOf } from './service';

export interface Outcome {
  /** A query's rows have a first one with the names; lines of SHOW have none. */
  readonly kind: 'query' | 'lines' | 'done';
  /** `DDL`, `DML`, `UTILITY` */
  readonly statementType: string;
  readonly substatementType: string;
  /** Types are DuckDB's. */
  readonly columns: readonly { readonly name: string; readonly type: string }[];
  readonly rows: readonly (readonly (string | undefined)[])[];
  readonly files?: readonly string[];
  readonly changed?: number;
}

export interface StatementRequest extends QueryRequest {
  /** `s3://…/` under which a CTAS without a place of its own writes. */
  readonly tablesLocation: string;
}

export async function runStatement(request: StatementRequest): Promise<Outcome> {
  const statement = parseStatement(request.text, request.current);
  if (statement === undefined) return select(request);
  try {
    return await new StatementRun(request).run(statement);
  } catch (error) {
    if (!(error instanceof ServiceError)) throw error;
    throw new AthenaError(
      'FAILED',
      `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. ${error.causeText ?? error.error}`,
    );
  }
}

async function select(request: StatementRequest): Promise<Outcome> {
  return withQuery(request, async (database, sql, columns) => {
    const reader = await database.connection.runAndReadAll(sql);
    const rows = reader.getRowsJson().map((row) => row.map((value, i) => athenaText(value, columns[i]!.type)));
    return { kind: 'query', statementType: 'DML', substatementType: 'SELECT', columns, rows };
  });
}

class StatementRun {
  constructor(private readonly request: StatementRequest) {}

  async run(statement: Statement): Promise<Outcome> {
    const { catalog } = this.request;
    switch (statement.kind) {
      case 'create database':
        if (!statement.ifNotExists || !catalog.hasDatabase(statement.name))
          await catalog.createDatabase({
            Name: statement.name,
            ...(statement.location && { LocationUri: statement.location }),
            ...(statement.comment && { Description: statement.comment }),
          });
        return done('CREATE_DATABASE');
      case 'drop database':
        return this.dropDatabase(statement);
      case 'create table':
        if (!statement.ifNotExists || !this.has(statement.table))
          await catalog.createTable(statement.table.database, tableInputOf(statement.table.name, statement.definition));
        return done('CREATE_TABLE');
      case 'create table as':
        return this.createTableAs(statement);
      case 'insert':
        return this.insert(statement);
      case 'drop table':
        if (!statement.ifExists || this.has(statement.table)) {
          this.need(statement.table);
          await catalog.deleteTable(statement.table.database, statement.table.name);
        }
        return done('DROP_TABLE');
      case 'add partitions':
        return this.addPartitions(statement);
      case 'drop partitions':
        return this.dropPartitions(statement);
      case 'repair':
        return this.repair(statement.table);
      case 'show databases':
        return lines(
          'SHOW_DATABASES',
          'database_name',
          matching(
            catalog.databases().map((each) => String(each['Name'])),
            statement.like,
          ),
        );
      case 'show tables': {
        const database = statement.database ?? this.request.current;
        return lines(
          'SHOW_TABLES',
          'tab_name',
          matching(
            catalog.tables(database).map((each) => String(each['Name'])),
            statement.like,
          ),
        );
      }
      case 'show partitions': {
        const table = this.need(statement.table);
        const keys = columnsOf(table['PartitionKeys']);
        if (keys.length === 0)
          throw new AthenaError('FAILED', `SemanticException Table ${statement.table.name} is not a partitioned table`);
        const found = catalog.partitions(statement.table.database, statement.table.name);
        return lines(
          'SHOW_PARTITIONS',
          'partition',
          found.map((each) => keys.map((key, i) => `${key.name}=${String(listOf(each['Values'])[i])}`).join('/')),
        );
      }
      case 'show columns': {
        const table = this.need(statement.table);
        const columns = [
          ...columnsOf(fieldsOf(table['StorageDescriptor'])['Columns']),
          ...columnsOf(table['PartitionKeys']),
        ];
        return lines(
          'SHOW_COLUMNS',
          'field',
          columns.map((column) => column.name.padEnd(20)),
        );
      }
      case 'show create table':
        return lines('SHOW_CREATE_TABLE', 'createtab_stmt', createTableText(this.need(statement.table)).split('\n'));
      case 'describe':
        return this.describe(statement.table);
    }
  }

  private has({ database, name }: TableName): boolean {
    const { catalog } = this.request;
    return catalog.hasDatabase(database) && catalog.tables(database).some((each) => each['Name'] === name);
  }

  private need(table: TableName): Fields {
    if (this.has(table)) return this.request.catalog.table(table.database, table.name);
    throw new AthenaError('FAILED', `SemanticException Table not found: ${table.database}.${table.name}`);
  }

  private async dropDatabase(statement: Statement & { kind: 'drop database' }): Promise<Outcome> {
    const { catalog } = this.request;
    if (statement.ifExists && !catalog.hasDatabase(statement.name)) return done('DROP_DATABASE');
    if (!statement.cascade && catalog.hasDatabase(statement.name) && catalog.tables(statement.name).length > 0)
      throw new AthenaError(
        'FAILED',
        `Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. InvalidOperationException(message:Database ${statement.name} is not empty. One or more tables exist.)`,
      );
    await catalog.deleteDatabase(statement.name);
    return done('DROP_DATABASE');
  }

  private async createTableAs(statement: Statement & { kind: 'create table as' }): Promise<Outcome> {
    const { world, catalog } = this.request;
    const { table, properties } = statement;
    const full = `${table.database}.${table.name}`;
    if (this.has(table)) {
      if (statement.ifNotExists) return done('CREATE_TABLE_AS_SELECT', 'DDL');
      throw new AthenaError('TABLE_ALREADY_EXISTS', `line 1:1: Table 'awsdatacatalog.${full}' already exists`);
    }
    if (!catalog.hasDatabase(table.database))
      throw new AthenaError('SCHEMA_NOT_FOUND', `Schema ${table.database} not found`);
    const formats: { readonly [name: string]: 'parquet' | 'json' | 'csv' } = {
      PARQUET: 'parquet',
      JSON: 'json',
      TEXTFILE: 'csv',
    };
    if (!Object.hasOwn(formats, properties.format))
      throw new NotFollowed(`CREATE TABLE AS with the format ${properties.format}`);
    const location = (properties.location ?? this.request.tablesLocation).replace(/\/?$/, '/');
    if (dataFiles(world.s3Path(location.replace(/\/$/, ''))).length > 0)
      throw new AthenaError(
        'HIVE_PATH_ALREADY_EXISTS',
        `Target directory for table '${full}' already exists: ${location}. You may need to manually clean the data at location '${location}' before retrying. Athena will not delete data in your account.`,
      );
    const format = formats[properties.format]!;
    const written = await writeQuery({
      query: this.inner(statement),
      location,
      format,
      partitionedBy: properties.partitionedBy,
      withData: statement.withData,
      ...(properties.compression && { compression: properties.compression }),
      ...(properties.delimiter && { delimiter: properties.delimiter }),
    });
    const keys = properties.partitionedBy;
    const storedAs = { parquet: 'PARQUET', json: 'JSON', csv: 'TEXTFILE' }[format];
    const input = tableInputOf(table.name, {
      columns: written.columns.filter((column) => !keys.includes(column.name)),
      partitionKeys: written.columns.filter((column) => keys.includes(column.name)),
      location,
      storedAs,
      serdeProperties: format === 'csv' ? { 'field.delim': properties.delimiter ?? '\u0001' } : {},
      properties: { has_encrypted_data: 'false' },
    });
    await catalog.createTable(table.database, input);
    await this.register(table, written, location);
    return { ...done('CREATE_TABLE_AS_SELECT', 'DDL'), files: written.files, changed: written.rows };
  }

  private async insert(statement: Statement & { kind: 'insert' }): Promise<Outcome> {
    const { catalog } = this.request;
    if (!this.has(statement.table)) {
      const { database, name } = statement.table;
      throw new AthenaError('TABLE_NOT_FOUND', `line 1:1: Table 'awsdatacatalog.${database}.${name}' does not exist`);
    }
    const table = this.need(statement.table);
    const read = readCatalogTable(table, []);
    if (!read)
      throw new NotFollowed(`INSERT INTO ${statement.table.name}, whose format is none of CSV, JSON and Parquet,`);
    if (read.quote !== undefined) throw new NotFollowed('INSERT INTO a table with the OpenCSVSerDe');
    const columns = [...read.columns, ...read.partitionKeys];
    const chosen = statement.columns.length > 0 ? statement.columns : columns.map((column) => column.name);
    if (chosen.join() !== columns.map((column) => column.name).join())
      throw new NotFollowed('INSERT INTO with only some of the columns, or in another order');
    const written = await writeQuery({
      query: this.inner(statement),
      location: read.location,
      format: read.format,
      delimiter: read.delimiter,
      columns,
      partitionedBy: read.partitionKeys.map((key) => key.name),
      withData: true,
    });
    if (read.headerLines > 0) throw new NotFollowed('INSERT INTO a table whose files have header lines');
    await this.register(statement.table, written, read.location);
    void catalog;
    return { ...done('INSERT', 'DML'), files: written.files, changed: written.rows };
  }

  private inner(statement: { readonly query: string; readonly queryStart: number }): QueryRequest {
    return { ...this.request, text: statement.query, offset: { text: this.request.text, start: statement.queryStart } };
  }

  private async register(table: TableName, written: Written, location: string): Promise<void> {
    if (written.partitions.length === 0) return;
    const keys = columnsOf(this.need(table)['PartitionKeys']);
    await this.add(
      table,
      written.partitions.map((values) => ({
        values,
        location: `${location.replace(/\/?$/, '/')}${keys.map((key, i) => `${key.name}=${encodeValue(values[i]!)}/`).join('')}`,
      })),
    );
  }

  /** Adds partitions with the table's own storage; those that exist are passed over. */
  private async add(
    table: TableName,
    partitions: readonly { values: readonly string[]; location: string }[],
  ): Promise<ServiceError[]> {
    const storage = fieldsOf(this.need(table)['StorageDescriptor']);
    const problems = await this.request.catalog.createPartitions(
      table.database,
      table.name,
      partitions.map(({ values, location }) => ({
        Values: [...values],
        StorageDescriptor: { ...storage, Location: location },
      })),
    );
    return problems.map((each) => each.error);
  }

  private async addPartitions(statement: Statement & { kind: 'add partitions' }): Promise<Outcome> {
    const table = this.need(statement.table);
    const keys = columnsOf(table['PartitionKeys']).map((key) => key.name);
    const place = String(fieldsOf(table['StorageDescriptor'])['Location']).replace(/\/?$/, '/');
    const wanted = statement.partitions.map(({ values, location }) => ({
      values: keys.map((key) => this.valueOf(values, key, statement.table)),
      location: location ?? `${place}${keys.map((key) => `${key}=${encodeValue(values[key]!)}/`).join('')}`,
    }));
    const [problem] = await this.add(statement.table, wanted);
    if (problem && !(statement.ifNotExists && problem.error.includes('AlreadyExists'))) throw problem;
    return done('ALTER_TABLE_ADD_PARTITION');
  }

  private async dropPartitions(statement: Statement & { kind: 'drop partitions' }): Promise<Outcome> {
    const keys = columnsOf(this.need(statement.table)['PartitionKeys']).map((key) => key.name);
    for (const { values } of statement.partitions) {
      const wanted = keys.map((key) => this.valueOf(values, key, statement.table));
      try {
        await this.request.catalog.deletePartition(statement.table.database, statement.table.name, wanted);
      } catch (error) {
        if (!(statement.ifExists && error instanceof ServiceError && /NotFound/.test(error.error))) throw error;
      }
    }
    return done('ALTER_TABLE_DROP_PARTITION');
  }

  private valueOf(values: { readonly [key: string]: string }, key: string, table: TableName): string {
    if (!Object.hasOwn(values, key))
      throw new AthenaError(
        'FAILED',
        `SemanticException partition spec ${JSON.stringify(values)} doesn't contain all partition columns of ${table.name}: ${key} is missing`,
      );
    return values[key]!;
  }

  /** Folders `key=value` that the catalog does not know become partitions. */
  private async repair(table: TableName): Promise<Outcome> {
    const known = this.need(table);
    const keys = columnsOf(known['PartitionKeys']).map((key) => key.name);
    if (keys.length === 0) return lines('MSCK_REPAIR_TABLE', 'result', []);
    const place = String(fieldsOf(known['StorageDescriptor'])['Location']).replace(/\/?$/, '/');
    const have = new Set(
      this.request.catalog.partitions(table.database, table.name).map((each) => JSON.stringify(each['Values'])),
    );
    const found = hiveFolders(this.request.world.s3Path(place.replace(/\/$/, '')), keys).map((folders) => ({
      values: folders.map((folder) => decodeURIComponent(folder.slice(folder.indexOf('=') + 1))),
      folder: folders.join('/'),
    }));
    const added = found.filter((each) => !have.has(JSON.stringify(each.values)));
    await this.add(
      table,
      added.map(({ values, folder }) => ({ values, location: `${place}${folder}/` })),
    );
    const told = added.map(({ folder }) => `${table.name}:${folder}`);
    return lines('MSCK_REPAIR_TABLE', 'result', [
      ...(told.length > 0 ? [`Partitions not in metastore:\t${told.join('\t')}`] : []),
      ...told.map((name) => `Repair: Added partition to metastore ${name}`),
    ]);
  }

  private describe(name: TableName): Outcome {
    const table = this.need(name);
    const keys = columnsOf(table['PartitionKeys']);
    const line = (column: { name: string; type: string }) =>
      `${column.name.padEnd(20)}\t${column.type.padEnd(20)}\t${''.padEnd(20)}`;
    const columns = columnsOf(fieldsOf(table['StorageDescriptor'])['Columns']);
    return lines('DESCRIBE_TABLE', 'col_name', [
      ...[...columns, ...keys].map(line),
      ...(keys.length > 0
        ? [
            '\t \t ',
            '# Partition Information\t \t ',
            `${'# col_name'.padEnd(20)}\t${'data_type'.padEnd(20)}\t${'comment'.padEnd(20)}`,
            '\t \t ',
            ...keys.map(line),
          ]
        : []),
    ]);
  }
}

function done(substatementType: string, statementType = 'DDL'): Outcome {
  return { kind: 'done', statementType, substatementType, columns: [], rows: [] };
}

function lines(substatementType: string, name: string, found: readonly string[]): Outcome {
  return {
    kind: 'lines',
    statementType: substatementType.startsWith('MSCK') ? 'DDL' : 'UTILITY',
    substatementType,
    columns: [{ name, type: 'VARCHAR' }],
    rows: found.map((line) => [line]),
  };
}

/** Hive's own pattern: `*` is any text, `|` is or. */
function matching(names: readonly string[], like: string | undefined): string[] {
  if (like === undefined) return [...names].sort();
  const pattern = new RegExp(`^(?:${like.replace(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '.*')})$`, 'i');
  return names.filter((name) => pattern.test(name)).sort();
}

function encodeValue(value: string): string {
  return value.replace(
    /["#%'*/:=?\\{[\]^\u0000-\u001f\u007f]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`,
  );
}

function hiveFolders(folder: string, keys: readonly string[]): string[][] {
  const [key, ...rest] = keys;
  if (key === undefined) return [[]];
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name.toLowerCase().startsWith(`${key}=`))
    .map((entry) => entry.name)
    .sort()
    .flatMap((name) => hiveFolders(join(folder, name), rest).map((inner) => [name, ...inner]));
}
