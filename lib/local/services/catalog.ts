// The local Glue Data Catalog of one region: databases, tables, partitions in the Glue API's own shapes, kept as one JSON file.
// In: API structures. Out: the same. Always: every change is read, made and renamed into place under a lock, so two runs on
// one store do not lose each other's tables; databases and tables that the templates define are always there.

import { type Json, ServiceError } from '../engine';
import { acquireLock } from '../file-lock';
import { readJsonFile, writeAside } from '../store';
import { LOCAL_ACCOUNT } from '../assembly/assembly';
import type { World } from '../world';
import { type Fields, fieldsOf, listOf, present } from './service';

interface Content {
  readonly databases: { [name: string]: { database: Fields; tables: { [name: string]: StoredTable } } };
}

interface StoredTable {
  readonly table: Fields;
  readonly partitions: Fields[];
}

export class Catalog {
  private readonly file: string;

  constructor(
    private readonly world: World,
    readonly region: string,
  ) {
    this.file = world.options.store.catalog(region);
  }

  databases(): Fields[] {
    return Object.values(this.read().databases).map((each) => each.database);
  }

  database(name: string): Fields {
    return this.entry(this.read(), name).database;
  }

  hasDatabase(name: string): boolean {
    return Object.hasOwn(this.read().databases, name.toLowerCase());
  }

  tables(database: string): Fields[] {
    return Object.values(this.entry(this.read(), database).tables).map((each) => each.table);
  }

  /** @throws ServiceError Glue.EntityNotFoundException */
  table(database: string, name: string): Fields {
    return this.stored(this.read(), database, name).table;
  }

  partitions(database: string, name: string): Fields[] {
    return this.stored(this.read(), database, name).partitions;
  }

  async createDatabase(input: Fields): Promise<void> {
    await this.change((content) => {
      const name = String(input['Name']).toLowerCase();
      if (Object.hasOwn(content.databases, name))
        throw new ServiceError('Glue.AlreadyExistsException', `Database already exists: ${name}`);
      content.databases[name] = { database: databaseOf(input), tables: {} };
    });
  }

  async deleteDatabase(name: string): Promise<void> {
    await this.change((content) => {
      this.entry(content, name);
      delete content.databases[name.toLowerCase()];
    });
  }

  async createTable(database: string, input: Fields): Promise<void> {
    await this.change((content) => {
      const { tables } = this.entry(content, database);
      const name = String(input['Name']).toLowerCase();
      if (Object.hasOwn(tables, name))
        throw new ServiceError('Glue.AlreadyExistsException', `Table already exists: ${name}`);
      tables[name] = { table: this.tableOf(database, input), partitions: [] };
    });
  }

  async updateTable(database: string, input: Fields): Promise<void> {
    await this.change((content) => {
      const stored = this.stored(content, database, String(input['Name']));
      const entry = this.entry(content, database);
      const table = { ...this.tableOf(database, input), CreateTime: stored.table['CreateTime'] ?? null };
      entry.tables[String(input['Name']).toLowerCase()] = { table, partitions: stored.partitions };
    });
  }

  async deleteTable(database: string, name: string): Promise<void> {
    await this.change((content) => {
      this.stored(content, database, name);
      delete this.entry(content, database).tables[name.toLowerCase()];
    });
  }

  /** What a crawler found: table and partitions in one step. Tells whether the table is new. */
  async putTable(database: string, input: Fields, partitions: Fields[]): Promise<'created' | 'updated'> {
    return this.change((content) => {
      const name = String(input['Name']).toLowerCase();
      content.databases[database.toLowerCase()] ??= {
        database: databaseOf({ Name: database.toLowerCase() }),
        tables: {},
      };
      const { tables } = this.entry(content, database);
      const earlier = Object.hasOwn(tables, name) ? tables[name] : undefined;
      const table = this.tableOf(database, input);
      tables[name] = {
        table: earlier ? { ...table, CreateTime: earlier.table['CreateTime'] ?? null } : table,
        partitions,
      };
      return earlier ? 'updated' : 'created';
    });
  }

  private tableOf(database: string, input: Fields): Fields {
    const now = new Date().toISOString();
    return {
      ...input,
      Name: String(input['Name']).toLowerCase(),
      DatabaseName: database.toLowerCase(),
      CreateTime: now,
      UpdateTime: now,
      Retention: input['Retention'] ?? 0,
      PartitionKeys: input['PartitionKeys'] ?? [],
      CreatedBy: `arn:aws:sts::${LOCAL_ACCOUNT}:assumed-role/local/headrace`,
      IsRegisteredWithLakeFormation: false,
      CatalogId: LOCAL_ACCOUNT,
      VersionId: '0',
    };
  }

  private entry(content: Content, name: string): Content['databases'][string] {
    const key = name.toLowerCase();
    if (!Object.hasOwn(content.databases, key))
      throw new ServiceError('Glue.EntityNotFoundException', `Database ${name} not found.`);
    return content.databases[key]!;
  }

  private stored(content: Content, database: string, name: string): StoredTable {
    const { tables } = this.entry(content, database);
    const key = name.toLowerCase();
    if (!Object.hasOwn(tables, key))
      throw new ServiceError('Glue.EntityNotFoundException', `Entity Not Found: table ${database}.${name}`);
    return tables[key]!;
  }

  private read(): Content {
    const content: Content = readJsonFile<Content>(this.file) ?? { databases: {} };
    for (const found of this.world.all('AWS::Glue::Database')) {
      if (found.stack.region !== this.region) continue;
      const input = fieldsOf(found.properties['DatabaseInput']);
      const name = found.resolver.ref(found.resource).toLowerCase();
      content.databases[name] ??= { database: databaseOf({ ...input, Name: name }), tables: {} };
    }
    for (const found of this.world.all('AWS::Glue::Table')) {
      if (found.stack.region !== this.region) continue;
      const database = String(found.properties['DatabaseName']).toLowerCase();
      const name = found.resolver.ref(found.resource).toLowerCase();
      const entry = content.databases[database];
      if (entry)
        entry.tables[name] ??= {
          table: this.tableOf(database, { ...fieldsOf(found.properties['TableInput']), Name: name }),
          partitions: [],
        };
    }
    return content;
  }

  private async change<T>(edit: (content: Content) => T): Promise<T> {
    const release = await acquireLock({
      file: `${this.file}.lock`,
      subject: `the Data Catalog of ${this.region}`,
      holder: this.world.options.holder,
      waitMilliseconds: 10_000,
    });
    try {
      const content = this.read();
      const result = edit(content);
      writeAside(this.file, JSON.stringify(content, null, 1));
      return result;
    } finally {
      release();
    }
  }
}

function databaseOf(input: Fields): Fields {
  return present({
    Name: input['Name'],
    Description: input['Description'],
    LocationUri: input['LocationUri'],
    Parameters: input['Parameters'],
    CreateTime: new Date().toISOString(),
    CatalogId: LOCAL_ACCOUNT,
  });
}

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
  const columns = (value: Json | undefined) =>
    listOf(value).map((each) => ({
      name: String(fieldsOf(each)['Name']),
      type: String(fieldsOf(each)['Type'] ?? 'string'),
    }));
  return {
    name: String(table['Name']),
    columns: columns(storage['Columns']),
    partitionKeys: columns(table['PartitionKeys']),
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
