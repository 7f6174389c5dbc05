// A history of the most events that an execution may have, and what it costs to read it. In: nothing. Out: CPU seconds from bytes to what
// every task did: of the answers of GetExecutionHistory, of a record of this machine, of a history kept on disk, each beside JSON.parse
// alone on the same bytes.

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Manifest } from '../../lib/compile/manifest';
import { readRun } from '../../lib/local/record';
import { HistoryCache } from '../../lib/ops/aws/history-cache';
import { earlierRun } from '../../lib/ops/earlier-run';
import { HiddenValues } from '../../lib/view/hidden-values';
import type { RunEvent } from '../../lib/view/run-event';
import { manifestWith } from '../ops/manifest';

export const EVENTS = 25_000;
const PAGE = 1000;
const EVENTS_OF_A_TASK = 6;
const ARN = 'arn:aws:states:eu-west-1:123456789012:execution:Demo-Sales:2026-11-01T02-30-00Z';

interface Read {
  readonly ours: number;
  readonly parse: number;
}

export interface HistoryFigures {
  readonly answers: Read;
  readonly record: Read;
  readonly kept: Read;
  readonly megabytes: number;
}

export function measureHistory(): HistoryFigures {
  const manifest = longManifest();
  const events = longHistory(manifest);
  const { answers, megabytes } = measureAnswers(manifest, events);
  return { answers, megabytes, record: measureRecord(manifest, events), kept: measureKept(manifest, events) };
}

function measureAnswers(
  manifest: Manifest,
  events: readonly RunEvent[],
): Pick<HistoryFigures, 'answers' | 'megabytes'> {
  const pages = Array.from({ length: Math.ceil(events.length / PAGE) }, (_, i) =>
    JSON.stringify({ events: events.slice(i * PAGE, (i + 1) * PAGE) }),
  );
  const read = () => {
    const found = pages.flatMap((page) => (JSON.parse(page) as { events: RunEvent[] }).events);
    return stateOf(manifest, found);
  };
  const answers = { ours: cpu(read), parse: cpu(() => pages.map((page) => JSON.parse(page))) };
  return { answers, megabytes: pages.join('').length / 1e6 };
}

function measureKept(manifest: Manifest, events: readonly RunEvent[]): Read {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
  const cache = new HistoryCache(folder);
  const kept = { manifest, events: events.map((event) => ({ executionArn: ARN, event })) };
  cache.write(ARN, '', kept, HiddenValues.ofRun(manifest, { params: { token: 'hunter2' } }));
  const text = JSON.stringify(kept);
  try {
    const read = () =>
      stateOf(
        manifest,
        cache.read(ARN, '')!.events.map(({ event }) => event),
      );
    return { ours: cpu(read), parse: cpu(() => JSON.parse(text)) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function measureRecord(manifest: Manifest, events: readonly RunEvent[]): Read {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
  const lines = events.map((event) => JSON.stringify({ executionArn: ARN, event }));
  const execution = {
    executionArn: ARN,
    name: 'r',
    status: 'SUCCEEDED',
    startDate: '2026-11-01T02:30:00Z',
    input: '{}',
  };
  writeFileSync(join(folder, 'history.jsonl'), lines.map((line) => `${line}\n`).join(''));
  writeFileSync(join(folder, 'execution.json'), JSON.stringify({ ...execution, manifest }));
  try {
    const read = () =>
      stateOf(
        manifest,
        readRun(folder).events.map(({ event }) => event as RunEvent),
      );
    return { ours: cpu(read), parse: cpu(() => lines.map((line) => JSON.parse(line))) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function stateOf(manifest: Manifest, events: readonly RunEvent[]): void {
  const run = earlierRun({
    runId: 'r',
    status: 'SUCCEEDED',
    manifest,
    input: {},
    startDate: '2026-11-01T02:30:00Z',
    events: events.map((event) => ({ executionArn: ARN, event })),
  });
  const last = manifest.tasks.at(-1)!;
  const facts = run.tasks.get(last.id);
  if (facts?.status !== 'succeeded' || facts.outputs?.['rows'] !== last.index)
    throw new Error(`the last task was read as ${JSON.stringify(facts)}`);
}

function longManifest(): Manifest {
  const params = [{ name: 'token', type: 'string', secret: true }] as const;
  const tasks = Math.floor((EVENTS - 2) / EVENTS_OF_A_TASK);
  return manifestWith(
    Array.from({ length: tasks }, (_, i) => ({
      id: `Task number ${i}`,
      outputs: ['rows'],
      upstream: i === 0 ? [] : [`Task number ${i - 1}`],
    })),
    { params },
  );
}

/** Each task with its call, an answer of a kilobyte, and the outputs that it leaves. */
function longHistory(manifest: Manifest): RunEvent[] {
  const events: RunEvent[] = [];
  const add = (type: string, more: object): void => {
    const timestamp = new Date(1_790_000_000_000 + events.length * 40).toISOString();
    events.push({ id: events.length + 1, previousEventId: events.length, timestamp, type, ...more });
  };
  const answer = JSON.stringify({
    StatusCode: 200,
    Payload: { files: Array.from({ length: 20 }, (_, i) => `part-${i}.parquet "quoted" ü`) },
  });
  add('ExecutionStarted', { executionStartedEventDetails: { input: '{}', roleArn: 'r' } });
  for (const { id, index } of manifest.tasks) {
    const call = { resourceType: 'lambda', resource: 'invoke' };
    add('ChoiceStateExited', { stateExitedEventDetails: { name: `${id}?`, output: '{}' } });
    add('TaskStateEntered', { stateEnteredEventDetails: { name: id, input: answer } });
    add('TaskScheduled', { taskScheduledEventDetails: { ...call, parameters: answer, region: 'eu-west-1' } });
    add('TaskStarted', { taskStartedEventDetails: call });
    add('TaskSucceeded', { taskSucceededEventDetails: { ...call, output: answer } });
    const left = JSON.stringify({ [`v${index}`]: { rows: index } });
    add('TaskStateExited', { stateExitedEventDetails: { name: id, output: answer, assignedVariables: { a: left } } });
  }
  add('ExecutionSucceeded', { executionSucceededEventDetails: { output: '{}' } });
  return events;
}

/** The first time, as in a command that reads one run and ends. */
function cpu(work: () => unknown): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1e6;
}
