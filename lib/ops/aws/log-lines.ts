// Lines of a log. In: a place, how many lines from its end, or a mark behind which to go on. Out: the lines, and the mark behind them.
// Always: reading goes from the end backwards and stops at what was asked for, so that the last lines of a stream of millions cost one
// request; an object in S3 is read through, with only its end kept.

import type { FilteredLogEvent, OutputLogEvent } from '@aws-sdk/client-cloudwatch-logs';
import type { Aws } from './aws';
import type { LogPlace } from './log-place';

type Stream = Extract<LogPlace, { kind: 'stream' }>;
type Stored = Extract<LogPlace, { kind: 'object' }>;
type Invocation = Extract<LogPlace, { kind: 'invocation' }>;

/** A place that can be read. */
export type Readable = (Stream & { readonly request?: string }) | Stored;

export interface Lines {
  readonly lines: readonly string[];
  /** What `after` takes to go on behind them. */
  readonly mark?: string;
  /** There are earlier lines that were asked for and not read. */
  readonly cut?: boolean;
}

/** Lines of one place at most, where all are wanted. */
export const MOST_LINES = 100_000;
/** Pages without a line that the service may answer with before it is taken at its word. */
const MOST_EMPTY = 20;
/** Pages of a search for an invocation. */
const MOST_PAGES = 50;
const PAGE = 10_000;

export function readLines(aws: Aws, place: Readable, count: number, after?: string): Promise<Lines> {
  const wanted = Math.min(count, MOST_LINES);
  if (place.kind === 'object') return fromObject(aws, place, wanted, Number(after ?? 0));
  return after === undefined ? fromEnd(aws, place, wanted, count) : goOn(aws, place, after);
}

/** The places that stand behind one that has to be looked up; none if nothing was written yet. */
export async function lookUp(aws: Aws, place: Exclude<LogPlace, { kind: 'none' }>): Promise<Readable[]> {
  if (place.kind === 'stream' || place.kind === 'object') return [place];
  if (place.kind === 'invocation') return invocation(aws, place);
  return place.kind === 'streams' ? matchingStreams(aws, place) : matchingObjects(aws, place);
}

async function fromEnd(aws: Aws, place: Extract<Readable, { kind: 'stream' }>, wanted: number, asked: number) {
  const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await aws.logs(place.region);
  const pages: string[][] = [];
  let nextToken: string | undefined;
  let mark: string | undefined;
  for (let have = 0, empty = 0; have < wanted && empty < MOST_EMPTY; ) {
    const page = await client.send(
      new GetLogEventsCommand({ ...window(place), limit: Math.min(PAGE, wanted - have), nextToken }),
    );
    mark ??= page.nextForwardToken;
    const lines = (page.events ?? []).flatMap(messageLines);
    pages.unshift(lines);
    have += lines.length;
    empty = lines.length === 0 ? empty + 1 : 0;
    // At the beginning of the stream the service answers with the token that it was given.
    if (page.nextBackwardToken === undefined || page.nextBackwardToken === nextToken) break;
    nextToken = page.nextBackwardToken;
  }
  const lines = ofInvocation(pages.flat(), place.request).slice(-wanted);
  return { lines, ...(mark !== undefined && { mark }), cut: asked > wanted && lines.length >= wanted };
}

async function goOn(aws: Aws, place: Stream, after: string): Promise<Lines> {
  const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await aws.logs(place.region);
  const lines: string[] = [];
  for (let nextToken = after; ; ) {
    const page = await client.send(new GetLogEventsCommand({ ...window(place), startFromHead: true, nextToken }));
    lines.push(...(page.events ?? []).flatMap(messageLines));
    const mark = page.nextForwardToken ?? nextToken;
    if (mark === nextToken || lines.length >= MOST_LINES) return { lines, mark };
    nextToken = mark;
  }
}

function window({ group, stream, from, to }: Stream) {
  return {
    logGroupName: group,
    logStreamName: stream,
    startFromHead: false,
    ...(from !== undefined && { startTime: from.getTime() }),
    ...(to !== undefined && { endTime: to.getTime() }),
  };
}

function messageLines({ message = '' }: OutputLogEvent): string[] {
  return message.replace(/\r?\n$/, '').split('\n');
}

/** Other invocations may have ended or begun in the same millisecond of the stream; one that goes on, or died, has no last line. */
export function ofInvocation(lines: string[], request: string | undefined): string[] {
  if (request === undefined) return lines;
  const first = lines.findIndex((line) => isStart(line) && line.includes(request));
  const ends = lines.flatMap((line, at) => (isEnd(line) && line.includes(request) ? [at + 1] : []));
  const other = lines.findIndex((line, at) => at > first && isStart(line) && !line.includes(request));
  return lines.slice(Math.max(0, first), ends.at(-1) ?? (other === -1 ? undefined : other));
}

function isStart(line: string): boolean {
  return /^START RequestId: |"type":\s*"platform\.start"/.test(line);
}

function isEnd(line: string): boolean {
  return /^(END|REPORT) RequestId: |"type":\s*"platform\.(report|runtimeDone)"/.test(line);
}

async function invocation(aws: Aws, place: Invocation): Promise<Readable[]> {
  const request = place.request ?? (await firstRequest(aws, place));
  if (request === undefined) return [];
  // The first and the last line of an invocation have its id; those between them need not.
  const marks = await search(aws, place, `"${request}"`);
  const [first] = marks;
  const last = marks.at(-1);
  if (first?.logStreamName === undefined || last === undefined) return [];
  const { group, region } = place;
  return [
    {
      kind: 'stream',
      group,
      stream: first.logStreamName,
      request,
      from: new Date(first.timestamp!),
      ...(isEnd(last.message ?? '') && { to: new Date(last.timestamp! + 1) }),
      ...(region !== undefined && { region }),
    },
  ];
}

/** The id of the first invocation that began in the time of the call, where the call does not tell its own. */
async function firstRequest(aws: Aws, place: Invocation): Promise<string | undefined> {
  const starts = (await search(aws, place, '?"START RequestId" ?"platform.start"')).filter((event) =>
    isStart(event.message ?? ''),
  );
  return /(?:RequestId: |"requestId":\s*")([-0-9a-f]+)/.exec(starts[0]?.message ?? '')?.[1];
}

async function search(aws: Aws, { group, from, to, region }: Invocation, filterPattern: string) {
  const { paginateFilterLogEvents } = await import('@aws-sdk/client-cloudwatch-logs');
  const request = {
    logGroupName: group,
    filterPattern,
    startTime: from?.getTime(),
    endTime: to?.getTime(),
  };
  const found: FilteredLogEvent[] = [];
  let pages = 0;
  for await (const page of paginateFilterLogEvents({ client: await aws.logs(region) }, request)) {
    found.push(...(page.events ?? []));
    pages += 1;
    if (pages >= MOST_PAGES || found.length >= PAGE) break;
  }
  return found.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0));
}

async function matchingStreams(aws: Aws, place: Extract<LogPlace, { kind: 'streams' }>): Promise<Readable[]> {
  const { DescribeLogStreamsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const { group, prefix, match, region } = place;
  const page = await (await aws.logs(region)).send(
    new DescribeLogStreamsCommand({ logGroupName: group, logStreamNamePrefix: prefix }),
  );
  return newest(page.logStreams ?? [], ({ logStreamName = '' }) => match.test(logStreamName)).map((stream) => ({
    kind: 'stream',
    group,
    stream: stream.logStreamName!,
    ...(region !== undefined && { region }),
  }));
}

async function matchingObjects(aws: Aws, place: Extract<LogPlace, { kind: 'objects' }>): Promise<Readable[]> {
  const { ListObjectsV2Command } = await import('@aws-sdk/client-s3');
  const { bucket, prefix, match } = place;
  const page = await (await aws.s3()).send(new ListObjectsV2Command({ Bucket: bucket, Prefix: prefix }));
  return newest(page.Contents ?? [], ({ Key = '' }) => match.test(Key)).map(({ Key }) => ({
    kind: 'object',
    bucket,
    key: Key!,
  }));
}

/** The service's own attempts stand in the order of their numbers: the last one counts. */
function newest<T>(all: readonly T[], matches: (one: T) => boolean): T[] {
  return all.filter(matches).slice(-1);
}

async function fromObject(aws: Aws, { bucket, key }: Stored, wanted: number, skip: number): Promise<Lines> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { createGunzip } = await import('node:zlib');
  const { createInterface } = await import('node:readline');
  const { pipeline } = await import('node:stream');
  const object = await (await aws.s3()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const body = object.Body as NodeJS.ReadableStream;
  const text = key.endsWith('.gz') ? pipeline(body, createGunzip(), () => undefined) : body;
  const kept: string[] = [];
  let count = 0;
  for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    count += 1;
    if (count > skip) kept.push(line);
    if (kept.length > 2 * wanted) kept.splice(0, kept.length - wanted);
  }
  return { lines: kept.slice(-wanted), mark: String(count) };
}
