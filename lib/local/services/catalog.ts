// The local Glue Data Catalog of one region: databases, tables, partitions in the Glue API's own shapes, kept as one JSON file.
// In: API structures. Out: the same. Always: every change is read, made and renamed into place under a lock, so two runs on
// one store do not lose each other's tables; databases and tables that the templates define are always there.

import { ServiceError } from '../engine';
import { acquireLock } from '../file-lock';
import { readJsonFile, writeAside } from '../store';
import { LOCAL_ACCOUNT } from '../assembly/assembly';
import type { World } from '../world';
import { type CatalogColumn, columnsOf } from './catalog-table';
import { type Fields, fieldsOf, listOf, present } from './service';

interface Content {
  readonly databases: { [name: string]: { database: Fields; tables: { [name: string]: StoredTable } } };
}

export { type CatalogColumn, type CatalogTable, readCatalogTable } from './catalog-table';

export interface StoredTable {
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

  /** @throws ServiceError Glue.EntityNotFoundException */
  partition(database: string, name: string, values: readonly string[]): Fields {
    return found(this.partitions(database, name), values);
  }

  partitionKeys(database: string, name: string): CatalogColumn[] {
    return columnsOf(this.table(database, name)['PartitionKeys']);
  }

  async createDatabase(input: Fields): Promise<void> {
    await this.change((content) => {
      const name = String(input['Name']).toLowerCase();
      if (Object.hasOwn(content.databases, name))
        throw new ServiceError('Glue.AlreadyExistsException', `Database already exists: ${name}`);
      content.databases[name] = { database: databaseOf(input), tables: {} };
    });
  }

  async updateDatabase(name: string, input: Fields): Promise<void> {
    await this.change((content) => {
      const entry = this.entry(content, name);
      const { CreateTime, Name } = entry.database;
      content.databases[name.toLowerCase()] = {
        ...entry,
        database: present({ ...databaseOf(input), Name, CreateTime }),
      };
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
      const table = {
        ...this.tableOf(database, input),
        CreateTime: stored.table['CreateTime'] ?? null,
        VersionId: String(Number(stored.table['VersionId'] ?? 0) + 1),
      };
      entry.tables[String(input['Name']).toLowerCase()] = { table, partitions: stored.partitions };
    });
  }

  async deleteTable(database: string, name: string): Promise<void> {
    await this.change((content) => {
      this.stored(content, database, name);
      delete this.entry(content, database).tables[name.toLowerCase()];
    });
  }

  /** Adds partitions; what cannot be added is told for each one. */
  async createPartitions(
    database: string,
    name: string,
    inputs: readonly Fields[],
  ): Promise<{ values: string[]; error: ServiceError }[]> {
    return this.change((content) => {
      const stored = this.stored(content, database, name);
      const width = listOf(stored.table['PartitionKeys']).length;
      const known = new Set(stored.partitions.map((one) => JSON.stringify(listOf(one['Values']).map(String))));
      return inputs.flatMap((input) => {
        const values = listOf(input['Values']).map(String);
        const problem =
          values.length !== width
            ? new ServiceError(
                'Glue.InvalidInputException',
                'The number of partition keys do not match the number of partition values',
              )
            : known.has(JSON.stringify(values))
              ? new ServiceError('Glue.AlreadyExistsException', 'Partition already exists.')
              : undefined;
        if (problem) return [{ values, error: problem }];
        known.add(JSON.stringify(values));
        stored.partitions.push(this.partitionOf(database, name, input));
        return [];
      });
    });
  }

  async updatePartition(database: string, name: string, values: readonly string[], input: Fields): Promise<void> {
    await this.change((content) => {
      const { partitions } = this.stored(content, database, name);
      partitions[partitions.indexOf(found(partitions, values))] = this.partitionOf(database, name, input);
    });
  }

  async deletePartition(database: string, name: string, values: readonly string[]): Promise<void> {
    await this.change((content) => {
      const { partitions } = this.stored(content, database, name);
      partitions.splice(partitions.indexOf(found(partitions, values)), 1);
    });
  }

  /** Any change of one database's tables, in one step: `edit` gets them by name and alters them. */
  async changeTables<T>(database: string, edit: (tables: { [name: string]: StoredTable }) => T): Promise<T> {
    return this.change((content) => {
      content.databases[database.toLowerCase()] ??= {
        database: databaseOf({ Name: database.toLowerCase() }),
        tables: {},
      };
      return edit(this.entry(content, database).tables);
    });
  }

  partitionOf(database: string, table: string, input: Fields): Fields {
    return {
      ...input,
      Values: listOf(input['Values']).map(String),
      DatabaseName: database.toLowerCase(),
      TableName: table.toLowerCase(),
      CreationTime: new Date().toISOString(),
      CatalogId: LOCAL_ACCOUNT,
    };
  }

  tableOf(database: string, input: Fields): Fields {
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

function found(partitions: readonly Fields[], values: readonly string[]): Fields {
  const wanted = JSON.stringify(values);
  const match = partitions.find((one) => JSON.stringify(listOf(one['Values']).map(String)) === wanted);
  if (!match) throw new ServiceError('Glue.EntityNotFoundException', 'Cannot find partition.');
  return match;
}

function databaseOf(input: Fields): Fields {
  return present({
    Name: String(input['Name']).toLowerCase(),
    Description: input['Description'],
    LocationUri: input['LocationUri'],
    Parameters: input['Parameters'],
    CreateTime: new Date().toISOString(),
    CatalogId: LOCAL_ACCOUNT,
  });
}
