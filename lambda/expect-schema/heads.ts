// What the files of a set are, from their beginnings or ends. In: the set. Out: its columns, the table that shows it to Athena, files
// that are unlike the others. Always: files are only read here, unless they shall go aside: then one that does not fit is copied
// whole before it is deleted; the columns are those of the kind of files that fits best to what is expected.

import { CopyObjectCommand, DeleteObjectCommand, GetObjectCommand } from '@aws-sdk/client-s3';
import { client, copySource, eachOf, type Listed, named, page } from '../s3-prefix/place';
import { isNested, plainType, sameType } from './column-type';
import type { Expectation, FileSet, FoundColumn, Heads } from './expectation';
import { shown } from './judge';
import { parquetColumns } from './parquet-columns';
import { csvHeader, GZIP_HEAD, jsonKeys } from './text-columns';

const HEAD = 256 * 1024;
const WIDTH = 16;
const MOST_TOLD = 3;

interface Kind {
  readonly columns: readonly FoundColumn[];
  readonly files: Listed[];
  /** Instead of columns. */
  readonly problem?: string;
}

export async function readHeads(
  expect: Expectation,
  set: FileSet,
  aside: string | undefined,
): Promise<{ heads: Heads; found: readonly FoundColumn[] }> {
  const files = await listed(set);
  const kinds = new Map<string, Kind>();
  await eachOf(files, WIDTH, async (file) => {
    const kind = await kindOf(expect, set, file);
    // Only the columns of a CSV file are known by their places.
    const columns = set.format === 'csv' ? kind.columns : [...kind.columns].sort((a, b) => (a.name < b.name ? -1 : 1));
    const id = JSON.stringify([kind.problem ?? '', columns]);
    const known = kinds.get(id) ?? { ...kind, files: [] };
    known.files.push(file);
    kinds.set(id, known);
  });
  const [best, ...others] = [...kinds.values()].sort(
    (a, b) => unlike(expect, a) - unlike(expect, b) || b.files.length - a.files.length,
  );
  const readable = best !== undefined && best.problem === undefined;
  const strange = readable ? others : [...kinds.values()];
  const found =
    set.format === 'json'
      ? jsonColumns(expect, files, readable ? [best, ...others] : [])
      : readable
        ? best.columns
        : [];
  // Lines of JSON are read by their keys: only a file that cannot be read at all is unlike the others.
  const outside = set.format === 'json' ? strange.filter((kind) => kind.problem !== undefined) : strange;
  const problems = outside.map((kind) => toldOf(set, kind, best, files.length)).sort();
  if (aside !== undefined)
    await eachOf(
      outside.flatMap((kind) => kind.files),
      WIDTH,
      (file) => move(set, file, aside),
    );
  const newest = files.reduce((last, { modified }) => Math.max(last, modified), 0);
  return {
    found,
    heads: {
      files: files.length,
      bytes: files.reduce((sum, { size }) => sum + size, 0),
      newest: newest === 0 ? '' : new Date(newest).toISOString(),
      problems,
      moved: aside === undefined ? 0 : outside.reduce((sum, kind) => sum + kind.files.length, 0),
    },
  };
}

async function listed(set: FileSet): Promise<Listed[]> {
  const files: Listed[] = [];
  let after: string | undefined;
  for (let more = true; more; ) {
    const next = await page(set, after);
    after = next.listed.at(-1)?.key;
    more = next.more;
    // As Athena does, which passes over files whose names begin so.
    files.push(
      ...next.listed.filter(({ key, size }) => size > 0 && !/(^|\/)[._][^/]*$/.test(key.slice(set.prefix.length))),
    );
  }
  return files;
}

/** Differences from what is expected. */
function unlike(expect: Expectation, { columns, problem }: Kind): number {
  if (problem !== undefined) return Number.MAX_SAFE_INTEGER;
  const fitting = expect.columns.filter(({ name, type }) =>
    columns.some((column) => column.name === name && (column.type === 'text' || sameType(type, column.type))),
  ).length;
  return expect.columns.length - fitting + Math.max(0, columns.length - expect.columns.length);
}

async function kindOf(expect: Expectation, set: FileSet, file: Listed): Promise<Kind> {
  const texts = (names: readonly string[]) => names.map((name) => ({ name: name.toLowerCase(), type: 'text' }));
  try {
    if (set.format === 'parquet') return { columns: (await footer(set, file)).columns, files: [] };
    const head = await bytesOf(set, file, `bytes=0-${HEAD - 1}`);
    if (set.format === 'json') return { columns: texts(jsonKeys(head, head.length >= file.size)), files: [] };
    const names = csvHeader(head, set.delimiter);
    if (set.header) return { columns: texts(names), files: [] };
    // Without names the places tell them.
    return { columns: texts(names.map((_, i) => expect.columns[i]?.name ?? `column${i + 1}`)), files: [] };
  } catch (error) {
    if ((error as { $metadata?: object }).$metadata !== undefined) throw error;
    return { columns: [], files: [], problem: `cannot be read as ${set.format}: ${(error as Error).message}` };
  }
}

/** Every key that any file has; one that is expected and was not seen may come behind the beginning of a large file. */
function jsonColumns(expect: Expectation, files: readonly Listed[], kinds: readonly Kind[]): FoundColumn[] {
  const names = new Set(kinds.flatMap(({ columns }) => columns.map(({ name }) => name)));
  const large = names.size > 0 && files.some(({ size }) => size > GZIP_HEAD);
  const unseen = large ? expect.columns.map(({ name }) => name).filter((name) => !names.has(name)) : [];
  const typed = (name: string) => {
    const expected = expect.columns.find((column) => column.name === name)?.type;
    return { name, type: expected !== undefined && isNested(expected) ? plainType(expected) : 'text' };
  };
  return [...[...names].map(typed), ...unseen.map((name) => ({ ...typed(name), unseen: true as const }))];
}

async function footer(set: FileSet, file: Listed) {
  const tail = await bytesOf(set, file, `bytes=${Math.max(0, file.size - HEAD)}-${file.size - 1}`);
  if (tail.length < 12 || tail.subarray(-4).toString('latin1') !== 'PAR1')
    throw new Error('it does not end as Parquet does');
  const length = tail.readUInt32LE(tail.length - 8);
  if (length + 8 <= tail.length) return parquetColumns(tail.subarray(tail.length - 8 - length, tail.length - 8));
  if (length + 12 > file.size) throw new Error('its footer is longer than itself');
  return parquetColumns(await bytesOf(set, file, `bytes=${file.size - 8 - length}-${file.size - 9}`));
}

async function bytesOf(set: FileSet, file: Listed, Range: string): Promise<Buffer> {
  const answer = await client.send(
    new GetObjectCommand({ Bucket: set.bucket, Key: file.key, Range, IfMatch: file.etag }),
  );
  return Buffer.from(await answer.Body!.transformToByteArray());
}

function toldOf(set: FileSet, kind: Kind, best: Kind | undefined, all: number): string {
  const keys = kind.files.map(({ key }) => key).sort();
  const names = keys.slice(0, MOST_TOLD).map((key) => shown(`s3://${set.bucket}/${key}`));
  const rest = keys.length > MOST_TOLD ? ' and others' : '';
  const which = `${keys.length} of ${all} files (${names.join(', ')}${rest})`;
  if (kind.problem !== undefined) return `${which}: ${kind.problem}`;
  const differences = (best?.columns ?? []).flatMap(({ name, type }) => {
    const other = kind.columns.find((column) => column.name === name);
    if (other === undefined) return [`have no column ${shown(name)}`];
    return sameType(type, other.type) ? [] : [`have column ${shown(name)} as ${other.type}, the others as ${type}`];
  });
  const more = kind.columns.filter(({ name }) => best?.columns.every((column) => column.name !== name));
  const told = [...differences, ...more.map(({ name }) => `have a column ${shown(name)}`)];
  return `${which} ${told.length === 0 ? 'have their columns in another order' : told.slice(0, 5).join(' and ')}`;
}

async function move(set: FileSet, file: Listed, aside: string): Promise<void> {
  const [, bucket = '', prefix = ''] = /^s3:\/\/([^/]+)\/?(.*)$/.exec(aside) ?? [];
  const target = `${prefix.replace(/([^/])$/, '$1/')}${file.key.slice(set.prefix.length).replace(/^\//, '')}`;
  try {
    await client.send(
      new CopyObjectCommand({
        Bucket: bucket,
        Key: target,
        CopySource: copySource(set, file.key),
        CopySourceIfMatch: file.etag,
      }),
    );
    await client.send(new DeleteObjectCommand({ Bucket: set.bucket, Key: file.key }));
  } catch (error) {
    throw named(
      'Headrace.QuarantineFailed',
      `s3://${set.bucket}/${file.key} could not be moved to s3://${bucket}/${target}: ${(error as Error).name}: ${(error as Error).message}`,
    );
  }
}
