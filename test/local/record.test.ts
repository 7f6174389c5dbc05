import { spawnSync } from 'node:child_process';
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Manifest } from '../../lib/compile/manifest';
import { listRuns, readRun, RunRecord } from '../../lib/local/record';
import { Store } from '../../lib/local/store';
import { HiddenValues } from '../../lib/view/hidden-values';
import { temporaryFolder } from './assembly-fixture';

const manifest: Manifest = {
  version: 1,
  name: 'P',
  path: 'P',
  stack: 'S',
  template: 't',
  machines: [],
  tasks: [],
  rendezvous: [],
  params: [],
  triggers: [],
  alerts: [],
};
const begin = (record: RunRecord, startDate = '2024-01-01T00:00:00.000Z') =>
  record.begin({
    executionArn: 'arn:e',
    stateMachineArn: 'arn:m',
    name: record.runId,
    startDate,
    input: '{}',
    manifest,
  });
const event = (id: number) => ({
  id,
  previousEventId: id - 1,
  timestamp: '2024-01-01T00:00:05.000Z',
  type: 'PassStateEntered',
});

it('is readable while the run goes on', () => {
  const record = RunRecord.create(new Store(temporaryFolder()), 'P', 'run');
  begin(record);
  record.add('arn:e', event(1));
  expect(readRun(record.folder)).toMatchObject({
    execution: { status: 'RUNNING' },
    events: [{ executionArn: 'arn:e', event: { id: 1 } }],
  });
});

it('of a process that was killed reads as aborted, without the line that was cut', () => {
  const record = RunRecord.create(new Store(temporaryFolder()), 'P', 'run');
  begin(record);
  record.add('arn:e', event(1));
  const dead = spawnSync(process.execPath, ['-e', '']).pid;
  const file = join(record.folder, 'execution.json');
  writeFileSync(file, readFileSync(file, 'utf8').replace(/"pid": \d+/, `"pid": ${dead}`));
  appendFileSync(join(record.folder, 'history.jsonl'), '{"executionArn":"arn:e","event":{"id":2,');
  const { execution, events } = readRun(record.folder);
  expect(execution).toMatchObject({
    status: 'ABORTED',
    stopDate: '2024-01-01T00:00:05.000Z',
    error: 'Headrace.ProcessEnded',
  });
  expect(events).toHaveLength(1);
});

it('keeps what comes after the end out', () => {
  const record = RunRecord.create(new Store(temporaryFolder()), 'P', 'run');
  begin(record);
  record.end({ status: 'SUCCEEDED', output: { a: 1 } });
  record.add('arn:e', event(9));
  expect(readRun(record.folder)).toMatchObject({ execution: { status: 'SUCCEEDED', output: '{"a":1}' }, events: [] });
});

it('gives every run a folder of its own, and none leaves the store', () => {
  const store = new Store(temporaryFolder());
  const names = [0, 1, 2].map(() => RunRecord.create(store, '../P', '../../run'));
  expect(names.map((record) => record.runId)).toEqual(['../../run', '../../run-2', '../../run-3']);
  for (const record of names) expect(record.folder.startsWith(join(store.folder, 'runs'))).toBe(true);
});

it('lists runs, newest first', () => {
  const store = new Store(temporaryFolder());
  for (const day of ['02', '03', '01']) begin(RunRecord.create(store, 'P', `r${day}`), `2024-01-${day}T00:00:00.000Z`);
  expect(listRuns(store, 'P').map((folder) => folder.slice(-3))).toEqual(['r03', 'r02', 'r01']);
});

/** Every text and number in it, those in JSON in JSON too. */
function leaves(value: unknown): string[] {
  if (typeof value === 'object' && value !== null)
    return [...Object.keys(value), ...Object.values(value).flatMap(leaves)];
  const text = String(value);
  try {
    const inner: unknown = JSON.parse(text);
    return typeof inner === 'object' && inner !== null ? leaves(inner) : [text];
  } catch {
    return [text];
  }
}

it('holds no secret, whatever it is made of, and is read back as the run went', () => {
  const hostile = fc
    .string({ unit: fc.constantFrom(...'"\\\n\r\t{}[]:,$&*+?.|^()%/é\u2028😀 <7'), minLength: 4, maxLength: 24 })
    .filter((text) => /[^\s\d.,:]/.test(text) && text.trim().length > 3);
  fc.assert(
    fc.property(hostile, fc.constantFrom('Load', 'true', '1234', 'FAILED', 'PassStateEntered'), (rare, plain) => {
      const params = [
        { name: 'rare', type: 'string' as const, secret: true, default: rare },
        { name: 'plain', type: 'string' as const, secret: true },
      ];
      const input = { run: '1234', logicalDate: '2026-11-01T00:00:00Z', params: { rare, plain, day: '2026-11-01' } };
      const hidden = HiddenValues.ofRun({ ...manifest, params }, input);
      const record = RunRecord.create(new Store(temporaryFolder()), 'P', 'run', hidden);
      const cause = JSON.stringify({ errorMessage: `login with ${rare} refused`, given: { rare, plain } });
      const manifestOfRun = { ...manifest, params };
      const execution = {
        executionArn: 'arn:e',
        stateMachineArn: 'arn:m',
        name: 'run',
        startDate: '2024-01-01T00:00:00Z',
      };
      record.begin({ ...execution, input: JSON.stringify(input), manifest: manifestOfRun });
      record.add('arn:e', {
        ...event(1),
        taskFailedEventDetails: { resourceType: 'x', resource: 'y', error: 'E', cause },
      });
      record.end({ status: 'FAILED', error: 'Headrace.TasksFailed', cause: `Load: ${rare}` });
      const read = readRun(record.folder);
      expect(read).toMatchObject({ execution: { status: 'FAILED' }, events: [{ masked: true, event: { id: 1 } }] });
      expect(JSON.parse(read.execution.input)).toEqual({
        ...input,
        params: { rare: '***', plain: '***', day: '2026-11-01' },
      });
      const all = leaves(read.execution).concat(leaves(read.events));
      expect(all.filter((text) => text.includes(rare))).toEqual([]);
      expect(JSON.parse(read.events[0]!.event.taskFailedEventDetails!.cause!)).toEqual({
        errorMessage: 'login with *** refused',
        given: { rare: '***', plain: '***' },
      });
    }),
  );
});
