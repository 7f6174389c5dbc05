// ItemReader of a distributed Map: where the items come from (an object, or a listing) and how an object is parsed. In: the
// state's reader fields, evaluated. Out: items in order, at most MaxItems. Failures carry States.ItemReaderFailed.
// https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html

import type { Json } from '../engine';
import { csvRows, DELIMITERS } from './csv';
import { StateFailure } from './failure';
import { get, isObject, type JsonObject, put } from './json-value';
import { MAX_READ_ITEMS } from './limits';
import { FieldSet } from './machine';
import { mapNumber } from './map-items';
import { readParquet } from './parquet';
import { evaluatePlainPath } from './payload-template';
import { parseResource } from './resource';
import { inputAfterPath } from './data-flow';
import type { Visit } from './visit';

export interface ReadItem {
  readonly value: Json;
  /** The key, when the items are the fields of an object. */
  readonly key?: string;
  /** Where the item was read, as the context object's Map.Item.Source tells. */
  readonly source?: string;
}

interface Reader {
  readonly visit: Visit;
  readonly config: FieldSet;
  readonly bucket: string;
}

export async function readItems(visit: Visit): Promise<ReadItem[]> {
  const { state } = visit;
  const spec = state.fields['ItemReader'] as JsonObject;
  const fields = new FieldSet(spec, state.jsonata, 'ItemReader/');
  const config = new FieldSet(
    isObject(spec['ReaderConfig']) ? spec['ReaderConfig'] : {},
    state.jsonata,
    'ItemReader/ReaderConfig/',
  );
  const args = await readerArguments(visit, fields);
  const limit = await maxItems(visit, config);
  const reader: Reader = { visit, config, bucket: String(args['Bucket'] ?? '') };
  const resource = parseResource(fields.text('Resource') ?? '');
  let items: Iterable<ReadItem>;
  switch (resource?.action) {
    case 'getObject':
      items = await readObject(reader, String(args['Key'] ?? ''));
      break;
    case 'listObjectsV2':
      items = await listObjects(reader, String(args['Prefix'] ?? ''));
      break;
    default:
      throw failed(`The resource '${fields.text('Resource') ?? ''}' of the ItemReader is not supported.`);
  }
  const read: ReadItem[] = [];
  for (const item of items) {
    if (read.length >= limit) {
      break;
    }
    read.push(item);
  }
  return read;
}

async function readerArguments(visit: Visit, fields: FieldSet): Promise<JsonObject> {
  const value = fields.jsonata
    ? fields.has('Arguments')
      ? await fields.query('Arguments').evaluate(visit.queries())
      : {}
    : fields.has('Parameters')
      ? fields.template('Parameters')(visit.paths(inputAfterPath(visit)))
      : {};
  return isObject(value) ? value : {};
}

async function maxItems(visit: Visit, config: FieldSet): Promise<number> {
  const limit = (await mapNumber(visit, config, 'MaxItems')) ?? 0;
  if (limit < 0) {
    throw failed('field MaxItems must be positive');
  }
  return limit === 0 ? MAX_READ_ITEMS : Math.min(limit, MAX_READ_ITEMS);
}

async function readObject(reader: Reader, key: string): Promise<Iterable<ReadItem>> {
  const { visit, config, bucket } = reader;
  const { objects } = visit.flow.run.host;
  if (!objects.read) {
    throw failed('No object store was given to read items from.');
  }
  let body: Uint8Array;
  try {
    body = await visit.flow.run.host.hold(objects.read(bucket, key));
  } catch (error) {
    throw failed((error as Error).message);
  }
  const type = config.text('InputType') ?? 'JSON';
  if (type === 'PARQUET') {
    return tagged(await readParquet(body).catch((error: Error) => Promise.reject(failed(error.message))), bucket, key);
  }
  const text = Buffer.from(body).toString('utf8');
  switch (type) {
    case 'CSV':
      return tagged(readCsv(text, config), bucket, key);
    case 'JSONL':
      return tagged(readJsonLines(text), bucket, key);
    case 'JSON':
      return readJson(reader, text, key);
    case 'MANIFEST':
      return readManifest(reader, text);
    default:
      throw failed(`The InputType ${type} is not supported.`);
  }
}

function* tagged(values: Iterable<Json>, bucket: string, key: string): Generator<ReadItem> {
  const source = `S3://${bucket}/${key}`;
  for (const value of values) {
    yield { value, source };
  }
}

function readJson(reader: Reader, text: string, key: string): ReadItem[] {
  const { visit, config, bucket } = reader;
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    throw failed('Attempting to map over non-iterable node.');
  }
  const pointer = config.text('ItemsPointer');
  if (pointer !== undefined) {
    value = at(value, pointer);
  }
  const itemsPath = visit.state.jsonata ? undefined : visit.state.text('ItemsPath');
  if (itemsPath !== undefined && isObject(value)) {
    value = evaluatePlainPath(itemsPath, visit.paths(value));
  }
  const source = `S3://${bucket}/${key}`;
  if (Array.isArray(value)) {
    return value.map((item) => ({ value: item, source }));
  }
  if (isObject(value)) {
    return Object.entries(value).map(([name, item]) => ({ value: item, key: name, source }));
  }
  throw failed('Attempting to map over non-iterable node.');
}

/** A JSON pointer (RFC 6901). */
function at(root: Json, pointer: string): Json {
  let value: Json | undefined = root;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    value = Array.isArray(value) ? value[Number(name)] : isObject(value) ? get(value, name) : undefined;
  }
  if (value === undefined) {
    throw failed(`The ItemsPointer ${pointer} finds nothing in the object.`);
  }
  return value;
}

function* readJsonLines(text: string): Generator<Json> {
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    if (line.trim() === '') {
      continue;
    }
    try {
      yield JSON.parse(line) as Json;
    } catch {
      throw failed(`Line ${number} of the object is not JSON.`);
    }
  }
}

function* readCsv(text: string, config: FieldSet): Generator<Json> {
  const delimiter = DELIMITERS[config.text('CSVDelimiter') ?? 'COMMA'] ?? ',';
  const rows = csvRows(text, delimiter);
  let headers: string[];
  if (config.text('CSVHeaderLocation') === 'GIVEN') {
    const given = config.fields['CSVHeaders'];
    headers = Array.isArray(given) ? given.map(String) : [];
  } else {
    headers = (rows.next().value as string[] | undefined) ?? [];
  }
  if (new Set(headers).size !== headers.length) {
    throw failed('CSV headers cannot contain duplicates.');
  }
  for (const row of rows) {
    const item: JsonObject = {};
    for (const [index, header] of headers.entries()) {
      put(item, header, row[index] ?? '');
    }
    yield item;
  }
}

/** An S3 inventory manifest: the items are the rows of the CSV files that it lists. */
async function readManifest(reader: Reader, text: string): Promise<ReadItem[]> {
  let manifest: { fileSchema?: string; files?: { key: string }[] };
  try {
    manifest = JSON.parse(text) as typeof manifest;
  } catch {
    throw failed('The manifest is not JSON.');
  }
  const columns = (manifest.fileSchema ?? '').split(',').map((column) => column.trim());
  const items: ReadItem[] = [];
  const { host } = reader.visit.flow.run;
  for (const file of manifest.files ?? []) {
    const body = await host.hold(host.objects.read!(reader.bucket, file.key));
    for (const row of csvRows(Buffer.from(body).toString('utf8'), ',')) {
      const value: JsonObject = {};
      for (const [index, column] of columns.entries()) {
        put(value, column, row[index] ?? '');
      }
      items.push({ value, source: `S3://${reader.bucket}/${file.key}` });
    }
  }
  return items;
}

async function listObjects(reader: Reader, prefix: string): Promise<ReadItem[]> {
  const { host } = reader.visit.flow.run;
  if (!host.objects.list) {
    throw failed('No object store was given to list items from.');
  }
  let listed: Awaited<ReturnType<NonNullable<typeof host.objects.list>>>;
  try {
    listed = await host.hold(host.objects.list(reader.bucket, prefix));
  } catch (error) {
    throw failed((error as Error).message);
  }
  const source = `S3://${reader.bucket}`;
  return listed.map((object) => ({
    value: {
      Etag: object.etag,
      Key: object.key,
      LastModified: object.lastModified,
      Size: object.size,
      StorageClass: object.storageClass ?? 'STANDARD',
    },
    source,
  }));
}

function failed(cause: string): StateFailure {
  return new StateFailure('States.ItemReaderFailed', cause);
}
