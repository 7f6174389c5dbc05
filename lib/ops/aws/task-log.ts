// The log of one task of a deployed run: from the history which job, container or function it was, from the service where that writes,
// from CloudWatch (or S3) the last lines. In: the run, the task. Out: the lines and the place. Always: a log that cannot be found is
// told with the place where it should be.

import { OperatorError } from '../operator-error';
import type { LogPiece, LogRequest, SiteRun } from '../site';
import { unreachable } from '../unreachable-error';
import { logLink } from '../../view/console-link';
import type { Aws } from './aws';
import { type LogPlace, logPlaces } from './log-places';
import { type StartedWork, startedWork } from './started-work';

/** Lines of one stream asked for at most, where all are wanted. */
const MOST_LINES = 100_000;
const PAGE = 10_000;

export async function taskLog(aws: Aws, { head, run, events }: SiteRun, request: LogRequest): Promise<LogPiece> {
  const { task } = request;
  const work = startedWork(run.manifest, events).filter((each) => each.task === task);
  const attempts = [...new Set(work.map((each) => each.attempt))].sort((a, b) => a - b);
  const attempt = request.attempt ?? attempts.at(-1);
  if (request.attempt !== undefined && !attempts.includes(request.attempt)) {
    throw new OperatorError(
      `task ${task} has no attempt ${request.attempt} in run ${head.run}: there is ${attempts.join(', ') || 'none'}`,
    );
  }
  const base = { run: head.run, task };
  if (attempt === undefined) return { ...base, lines: [], note: 'it started nothing that writes a log' };
  const places = (
    await Promise.all(work.filter((each) => each.attempt === attempt).map((each) => logPlaces(aws, each)))
  ).flat();
  const notes: string[] = [];
  for (const place of places) {
    const lines = await linesOf(aws, place, request.lines, notes);
    if (lines.length === 0) continue;
    return { ...base, attempt, lines, ...placeOf(place, await aws.region()) };
  }
  const looked = places.map(nameOf).join(', ');
  const note = notes[0] ?? (looked === '' ? whyNone(work) : `nothing in ${looked}`);
  const [first] = places;
  return { ...base, attempt, lines: [], note, ...(first && placeOf(first, await aws.region())) };
}

function placeOf(place: LogPlace, region: string): { place: string; link?: string } {
  if (place.kind === 's3') return { place: nameOf(place) };
  const link = place.stream === undefined ? undefined : logLink(place.region ?? region, place.group, place.stream);
  return { place: nameOf(place), ...(link !== undefined && { link }) };
}

function nameOf(place: LogPlace): string {
  if (place.kind === 's3') return `s3://${place.bucket}/${place.key}`;
  return `${place.group}${place.stream === undefined ? '' : ` ${place.stream}`}`;
}

function whyNone(work: readonly StartedWork[]): string {
  const services = [...new Set(work.map((each) => `${each.service}:${each.action}`))].join(', ');
  return `${services} writes no log of its own`;
}

async function linesOf(aws: Aws, place: LogPlace, count: number, notes: string[]): Promise<string[]> {
  try {
    if (place.kind === 's3') return await fromS3(aws, place.bucket, place.key, count);
    return place.stream === undefined ? await fromGroup(aws, place, count) : await fromStream(aws, place, count);
  } catch (error) {
    const { name } = error as Error;
    if (name === 'ResourceNotFoundException' || name === 'NoSuchKey' || name === 'NoSuchBucket') return [];
    const refused = unreachable(error);
    if (refused === undefined) throw error;
    notes.push(`${nameOf(place)}: ${refused.message}`);
    return [];
  }
}

type Logs = Extract<LogPlace, { kind: 'logs' }>;

async function fromStream(aws: Aws, place: Logs, count: number): Promise<string[]> {
  const { GetLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await aws.logs(place.region);
  const wanted = Math.min(count, MOST_LINES);
  let lines: string[] = [];
  let nextToken: string | undefined;
  for (;;) {
    const page = await client.send(
      new GetLogEventsCommand({
        logGroupName: place.group,
        logStreamName: place.stream,
        startFromHead: false,
        limit: Math.min(PAGE, wanted),
        ...(place.from !== undefined && { startTime: place.from.getTime() }),
        ...(place.to !== undefined && { endTime: place.to.getTime() }),
        ...(nextToken !== undefined && { nextToken }),
      }),
    );
    const messages = (page.events ?? []).map((event) => (event.message ?? '').replace(/\n$/, ''));
    lines = [...messages, ...lines];
    // At the beginning of the stream the service answers with the token that it was given.
    if (lines.length >= wanted || messages.length === 0 || page.nextBackwardToken === nextToken) break;
    nextToken = page.nextBackwardToken;
  }
  return lines.slice(-wanted);
}

/** Where the stream is not known, by time and by a word that all its lines have. */
async function fromGroup(aws: Aws, place: Logs, count: number): Promise<string[]> {
  const { FilterLogEventsCommand } = await import('@aws-sdk/client-cloudwatch-logs');
  const client = await aws.logs(place.region);
  const lines: string[] = [];
  let nextToken: string | undefined;
  do {
    const page = await client.send(
      new FilterLogEventsCommand({
        logGroupName: place.group,
        ...(place.streamPrefix !== undefined && { logStreamNamePrefix: place.streamPrefix }),
        ...(place.from !== undefined && { startTime: place.from.getTime() }),
        ...(place.to !== undefined && { endTime: place.to.getTime() }),
        ...(nextToken !== undefined && { nextToken }),
      }),
    );
    for (const event of page.events ?? []) lines.push((event.message ?? '').replace(/\n$/, ''));
    nextToken = page.nextToken;
  } while (nextToken !== undefined && lines.length < MOST_LINES);
  const own = place.word === undefined ? lines : lines.filter((line) => line.includes(place.word!));
  return (own.length > 0 ? own : lines).slice(Number.isFinite(count) ? -count : 0);
}

async function fromS3(aws: Aws, bucket: string, key: string, count: number): Promise<string[]> {
  const { GetObjectCommand } = await import('@aws-sdk/client-s3');
  const { gunzipSync } = await import('node:zlib');
  const object = await (await aws.s3()).send(new GetObjectCommand({ Bucket: bucket, Key: key }));
  const bytes = Buffer.from(await object.Body!.transformToByteArray());
  const text = (key.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  return text
    .trimEnd()
    .split('\n')
    .slice(Number.isFinite(count) ? -count : 0);
}
