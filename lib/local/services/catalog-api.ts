// The Data Catalog's part of the Glue API. In: an action with its input. Out: the answer in the API's shape, or undefined for an
// action of another part. Always: lists come in pages when the caller asks for pages; batches answer with the errors of single
// entries, as Glue does.
// https://docs.aws.amazon.com/glue/latest/webapi/API_Operations.html

import { type Json, ServiceError } from '../engine';
import { notLocal } from '../world';
import type { Catalog } from './catalog';
import { partitionTest } from './partition-expression';
import { type Fields, fieldsOf, listOf, optionalText, present, type ServiceRequest, textOf } from './service';

type Action = (catalog: Catalog, input: Fields) => Promise<Json> | Json;

export async function handleCatalog(catalog: Catalog, { action, input }: ServiceRequest): Promise<Json | undefined> {
  return Object.hasOwn(ACTIONS, action) ? ACTIONS[action]!(catalog, input) : undefined;
}

const database = (input: Fields) => textOf('Glue', input, 'DatabaseName');
const tableName = (input: Fields) => textOf('Glue', input, 'TableName');
const valuesOf = (value: Json | undefined) => listOf(value).map(String);

const ACTIONS: { readonly [action: string]: Action } = {
  GetDatabases: (catalog, input) => page(input, 'DatabaseList', catalog.databases()),
  GetDatabase: (catalog, input) => ({ Database: catalog.database(textOf('Glue', input, 'Name')) }),
  CreateDatabase: (catalog, input) => done(catalog.createDatabase(inputOf(input, 'DatabaseInput'))),
  UpdateDatabase: (catalog, input) =>
    done(catalog.updateDatabase(textOf('Glue', input, 'Name'), inputOf(input, 'DatabaseInput'))),
  DeleteDatabase: (catalog, input) => done(catalog.deleteDatabase(textOf('Glue', input, 'Name'))),

  GetTables: (catalog, input) => {
    const wanted = namePattern(optionalText(input, 'Expression'));
    return page(
      input,
      'TableList',
      catalog.tables(database(input)).filter((table) => wanted(String(table['Name']))),
    );
  },
  GetTable: (catalog, input) => ({ Table: catalog.table(database(input), textOf('Glue', input, 'Name')) }),
  CreateTable: (catalog, input) => done(catalog.createTable(database(input), inputOf(input, 'TableInput'))),
  UpdateTable: (catalog, input) => done(catalog.updateTable(database(input), inputOf(input, 'TableInput'))),
  DeleteTable: (catalog, input) => done(catalog.deleteTable(database(input), textOf('Glue', input, 'Name'))),
  BatchDeleteTable: async (catalog, input) => ({
    Errors: await each(
      valuesOf(input['TablesToDelete']),
      (name) => catalog.deleteTable(database(input), name),
      (name) => ({
        TableName: name,
      }),
    ),
  }),

  GetPartitions: (catalog, input) => {
    if (Number(fieldsOf(input['Segment'])['TotalSegments'] ?? 1) > 1)
      throw notLocal('glue:GetPartitions with a Segment');
    const expression = optionalText(input, 'Expression');
    const keys = catalog.partitionKeys(database(input), tableName(input));
    const test = expression === undefined ? () => true : partitionTest(expression, keys);
    const found = catalog.partitions(database(input), tableName(input)).filter((one) => test(valuesOf(one['Values'])));
    return page(input, 'Partitions', input['ExcludeColumnSchema'] === true ? found.map(withoutColumns) : found);
  },
  GetPartition: (catalog, input) => ({
    Partition: catalog.partition(database(input), tableName(input), valuesOf(input['PartitionValues'])),
  }),
  BatchGetPartition: (catalog, input) => {
    const wanted = listOf(input['PartitionsToGet']).map((one) => valuesOf(fieldsOf(one)['Values']));
    const known = new Map(
      catalog.partitions(database(input), tableName(input)).map((one) => [key(valuesOf(one['Values'])), one]),
    );
    return {
      Partitions: wanted.flatMap((values) => known.get(key(values)) ?? []),
      UnprocessedKeys: [],
    };
  },
  CreatePartition: async (catalog, input) => {
    const [problem] = await catalog.createPartitions(database(input), tableName(input), [
      inputOf(input, 'PartitionInput'),
    ]);
    if (problem) throw problem.error;
    return {};
  },
  BatchCreatePartition: async (catalog, input) => {
    const partitions = listOf(input['PartitionInputList']).map(fieldsOf);
    if (partitions.length > 100) throw tooMany('PartitionInputList', partitions.length, 100);
    const problems = await catalog.createPartitions(database(input), tableName(input), partitions);
    return { Errors: problems.map(({ values, error }) => ({ PartitionValues: values, ErrorDetail: detail(error) })) };
  },
  UpdatePartition: (catalog, input) =>
    done(
      catalog.updatePartition(
        database(input),
        tableName(input),
        valuesOf(input['PartitionValueList']),
        inputOf(input, 'PartitionInput'),
      ),
    ),
  DeletePartition: (catalog, input) =>
    done(catalog.deletePartition(database(input), tableName(input), valuesOf(input['PartitionValues']))),
  BatchDeletePartition: async (catalog, input) => {
    const partitions = listOf(input['PartitionsToDelete']).map((one) => valuesOf(fieldsOf(one)['Values']));
    if (partitions.length > 25) throw tooMany('PartitionsToDelete', partitions.length, 25);
    return {
      Errors: await each(
        partitions,
        (values) => catalog.deletePartition(database(input), tableName(input), values),
        (values) => ({ PartitionValues: [...values] }),
      ),
    };
  },
  GetPartitionIndexes: () => ({ PartitionIndexDescriptorList: [] }),
  GetUserDefinedFunctions: () => ({ UserDefinedFunctions: [] }),
};

async function done(work: Promise<void>): Promise<Json> {
  await work;
  return {};
}

/** Does something for each entry; what Glue itself refuses becomes an entry of Errors. */
async function each<T>(
  entries: readonly T[],
  work: (entry: T) => Promise<void>,
  named: (entry: T) => Fields,
): Promise<Fields[]> {
  const errors: Fields[] = [];
  for (const entry of entries) {
    try {
      await work(entry);
    } catch (error) {
      if (!(error instanceof ServiceError)) throw error;
      errors.push({ ...named(entry), ErrorDetail: detail(error) });
    }
  }
  return errors;
}

function detail(error: ServiceError): Fields {
  return { ErrorCode: error.error.replace(/^Glue\./, ''), ErrorMessage: error.causeText ?? '' };
}

function inputOf(input: Fields, name: string): Fields {
  const value = input[name];
  if (value === null || typeof value !== 'object' || Array.isArray(value))
    throw new ServiceError('Glue.InvalidInputException', `${name} is required`);
  return value;
}

function tooMany(name: string, count: number, most: number): ServiceError {
  return new ServiceError(
    'Glue.ValidationException',
    `1 validation error detected: Value at '${name}' failed to satisfy constraint: Member must have length less than or equal to ${most} (it has ${count})`,
  );
}

/** One page: the token is the place where the next one begins. */
function page(input: Fields, name: string, all: readonly Fields[]): Json {
  const size = input['MaxResults'] === undefined ? all.length : Number(input['MaxResults']);
  const from = Number(optionalText(input, 'NextToken') ?? 0);
  if (!Number.isInteger(from) || from < 0)
    throw new ServiceError(
      'Glue.InvalidInputException',
      `NextToken ${String(input['NextToken'])} is none of this service`,
    );
  const next = from + size < all.length ? String(from + size) : undefined;
  return present({ [name]: all.slice(from, from + size), NextToken: next });
}

function key(values: readonly string[]): string {
  return JSON.stringify(values);
}

function withoutColumns(partition: Fields): Fields {
  return { ...partition, StorageDescriptor: { ...fieldsOf(partition['StorageDescriptor']), Columns: [] } };
}

/** `*` is any text, `|` is or, as in Hive. */
function namePattern(expression: string | undefined): (name: string) => boolean {
  if (expression === undefined || expression === '') return () => true;
  const source = expression.replace(/[.+?^${}()[\]\\]/g, '\\$&').replaceAll('*', '.*');
  const pattern = new RegExp(`^(?:${source})$`, 'i');
  return (name) => pattern.test(name);
}
