// What a person reads of an alert. In: its facts. Out: a subject of one line for a phone, and a text. Always: plain words first, the
// command that repairs it last; everything from outside is escaped; the same facts give the same text.

import { type AlertFacts, TASKS_TOLD, type TaskFacts } from './alert-facts';
import { escapeText } from './escape-text';
import { duration } from './text';

export interface AlertMessage {
  /** At most 100 characters of ASCII, as SNS takes it. */
  readonly subject: string;
  readonly text: string;
}

const SUBJECT_CHARS = 100;
/** An event may have 256 KiB, and so may what a function is called with. */
const DETAIL_BYTES = 200_000;

export function alertMessage(facts: AlertFacts): AlertMessage {
  const lines = [
    summary(facts),
    '',
    ...runLines(facts),
    ...facts.failed.flatMap((task) => failure(task, isLocal(facts))),
    ...(facts.failedCount > facts.failed.length
      ? [`          and ${facts.failedCount - facts.failed.length} more`]
      : []),
    ...(facts.reason === undefined ? [] : ['Reason', ...indented(facts.reason)]),
    ...listed('Stopped', facts.stopped, facts.stopped.length),
    ...listed('Not run', facts.notRun, facts.notRunCount),
    ...(facts.lastSuccess === undefined ? [] : [`Success   the last one ended at ${facts.lastSuccess}`]),
    '',
    ...(facts.run === undefined || isLocal(facts) ? [] : [`Console   ${facts.run.link}`]),
    ...(facts.repair === undefined ? [] : [`${REPAIRS[facts.event] ?? 'Repeat    '}${facts.repair}`]),
  ];
  return { subject: ascii(title(facts)), text: lines.join('\n').trimEnd() };
}

/** No console knows what ran on a laptop or an emulator. */
function isLocal({ account }: AlertFacts): boolean {
  return account === '000000000000';
}

/** Facts and message as the detail of one event: what is too much for the bus is left out, causes first, then tasks. */
export function eventDetail(facts: AlertFacts): string {
  const withoutCauses = { ...facts, failed: facts.failed.map(({ cause: _cause, ...task }) => task) };
  const shorter = [
    facts,
    withoutCauses,
    ...[10, 3, 1].map((most) => ({ ...withoutCauses, failed: withoutCauses.failed.slice(0, most) })),
  ];
  const details = shorter.map((each) => JSON.stringify({ ...each, message: alertMessage(each) }));
  return details.find((detail) => new TextEncoder().encode(detail).length <= DETAIL_BYTES) ?? details.at(-1)!;
}

const REPAIRS: { readonly [event: string]: string } = { late: 'Look      ', missed: 'Look      ' };

/** `Sales: ToParquet failed` */
function title(facts: AlertFacts): string {
  const { pipeline, event } = facts;
  const ids = facts.failed.map((task) => task.id).join(', ');
  switch (event) {
    case 'task_failed':
      return `${pipeline}: task ${facts.task ?? ids} failed`;
    case 'retrying':
      return `${pipeline}: task ${facts.task ?? ids} is repeated`;
    case 'run_failed':
      return `${pipeline} ${ending(facts)}${ids === '' ? '' : `: ${ids}`}`;
    case 'recovered':
      return `${pipeline} works again`;
    case 'late':
      return `${pipeline} is late: running for ${seconds(facts.seconds)}, expected ${seconds(facts.expectedSeconds)}`;
    case 'missed':
      return `${pipeline} has no successful run since ${seconds(facts.seconds)}`;
    case 'succeeded':
      return `${pipeline} succeeded`;
    case 'test':
      return `${pipeline}: this is a test`;
  }
}

function ending(facts: AlertFacts): string {
  const status = facts.run?.status;
  return status === 'TIMED_OUT' ? 'timed out' : status === 'ABORTED' ? 'was stopped' : 'failed';
}

function summary(facts: AlertFacts): string {
  const pipeline = `Pipeline ${escapeText(facts.pipeline)}`;
  switch (facts.event) {
    case 'task_failed':
      return `${pipeline}: task ${escapeText(facts.task ?? '')} failed. Tasks that do not depend on it go on.`;
    case 'retrying':
      return `${pipeline}: an attempt of task ${escapeText(facts.task ?? '')} failed, it is repeated.`;
    case 'run_failed': {
      const count = facts.failedCount;
      return `${pipeline} ${ending(facts)}${count > 0 ? `: ${count} ${count === 1 ? 'task' : 'tasks'} failed` : ''}.`;
    }
    case 'recovered':
      return `${pipeline} works again: this run succeeded after one that did not.`;
    case 'late':
      return `${pipeline} is late: the run takes ${seconds(facts.seconds)} so far, expected are ${seconds(facts.expectedSeconds)}. It goes on.`;
    case 'missed':
      return `${pipeline} has had no successful run for ${seconds(facts.seconds)}, expected is one every ${seconds(facts.expectedSeconds)}.`;
    case 'succeeded':
      return `${pipeline} succeeded.`;
    case 'test':
      return `${pipeline}: this is a test. Alerts of this pipeline reach you this way.`;
  }
}

function runLines(facts: AlertFacts): string[] {
  const { run } = facts;
  const place = `Where     ${escapeText(facts.environment)}, account ${facts.account}, ${facts.region}`;
  if (run === undefined) return [place];
  const date = run.logicalDate === undefined ? '' : `, logical date ${escapeText(run.logicalDate)}`;
  return [`Run       ${escapeText(run.id)}${date}`, place];
}

function failure(task: TaskFacts, local: boolean): string[] {
  const attempts = (task.attempts ?? 1) > 1 ? `, after ${task.attempts} attempts` : '';
  return [
    `Failed    ${escapeText(task.id)} (${escapeText(task.error)}${attempts})`,
    ...indented(task.reason),
    ...(task.log === undefined || local ? [] : [`          log: ${task.log}`]),
  ];
}

function indented(text: string): string[] {
  return escapeText(text, { lines: true })
    .split('\n')
    .map((line) => `          ${line}`);
}

function listed(title_: string, ids: readonly string[], count: number): string[] {
  if (count === 0) return [];
  const told = ids.slice(0, TASKS_TOLD).map((id) => escapeText(id));
  const more = count > told.length ? ` and ${count - told.length} more` : '';
  return [`${title_.padEnd(10)}${told.join(', ')}${more}`];
}

function seconds(value: number | undefined): string {
  const days = (value ?? 0) / 86_400;
  return days >= 2 ? `${Math.round(days * 10) / 10} days` : duration((value ?? 0) * 1000);
}

function ascii(text: string): string {
  const line = escapeText(text).replace(/[^\x20-\x7e]/g, '?');
  return line.length <= SUBJECT_CHARS ? line : `${line.slice(0, SUBJECT_CHARS - 3)}...`;
}
