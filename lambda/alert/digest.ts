// What an alert says. In: the run's history, task by task. Out: subject and text of one message. Always: plain words first,
// the command that repairs it last; text from outside is escaped, shortened, and never more than a message may hold.

import { readableCause } from '../../lib/view/cause';
import { escapeText } from '../../lib/view/escape-text';
import type { RunState, TaskView } from '../../lib/view/run-state';

export interface AlertedRun {
  readonly pipeline: string;
  readonly executionArn: string;
  readonly status: string;
  readonly logicalDate?: string;
  readonly state: RunState;
}

export interface Message {
  readonly subject: string;
  readonly text: string;
}

const TASKS_TOLD = 25;
const LONGEST_REASON = 1_500;

export function digest(run: AlertedRun): Message {
  const tasks = run.state.tasks();
  const failed = tasks.filter((task) => task.status === 'failed');
  const stopped = tasks.filter((task) => task.status === 'aborted');
  const held = tasks.filter((task) => !task.kept && (task.status === 'upstream_failed' || task.status === 'waiting'));
  const name = run.executionArn.split(':')[7] ?? run.executionArn;
  const lines = [
    summary(run, tasks.length, failed.length),
    '',
    `Run       ${escapeText(name)}${run.logicalDate === undefined ? '' : `, logical date ${escapeText(run.logicalDate)}`}`,
    ...failed.slice(0, TASKS_TOLD).flatMap(failure),
    ...(failed.length > TASKS_TOLD ? [`          and ${failed.length - TASKS_TOLD} more`] : []),
    ...(failed.length === 0 ? wholeRun(run) : []),
    ...listed('Stopped', stopped),
    ...listed('Not run', held),
    '',
    `Console   ${consoleLink(run.executionArn)}`,
    `Repeat    npx headrace rerun ${run.pipeline} ${name} --failed`,
  ];
  const ending = ENDINGS[run.status] ?? 'did not succeed';
  return {
    subject: ascii(
      `${run.pipeline} ${ending}${failed.length > 0 ? `: ${failed.map((task) => task.id).join(', ')}` : ''}`,
    ),
    text: lines.join('\n'),
  };
}

const ENDINGS: { readonly [status: string]: string } = {
  FAILED: 'failed',
  TIMED_OUT: 'timed out',
  ABORTED: 'was stopped',
};

function summary(run: AlertedRun, count: number, failed: number): string {
  const ending = ENDINGS[run.status] ?? 'did not succeed';
  return `Pipeline ${run.pipeline} ${ending}${failed > 0 ? `: ${failed} of ${count} tasks failed` : ''}.`;
}

function failure(task: TaskView): string[] {
  const attempts = task.attempts > 1 ? `, after ${task.attempts} attempts` : '';
  const reason = task.reason ?? readableCause(task.error, task.cause);
  return [
    `Failed    ${escapeText(task.id)} (${escapeText(task.error ?? 'unknown error')}${attempts})`,
    ...indented(reason),
  ];
}

/** No task failed, the run itself did. */
function wholeRun(run: AlertedRun): string[] {
  const { error, cause } = run.state;
  if (error === undefined && cause === undefined) return [];
  return [`Reason    ${escapeText(error ?? '')}`.trimEnd(), ...indented(readableCause(error, cause))];
}

function indented(text: string): string[] {
  const short = text.length > LONGEST_REASON ? `${text.slice(0, LONGEST_REASON)} ...` : text;
  return escapeText(short, { lines: true })
    .split('\n')
    .map((line) => `          ${line}`);
}

function listed(title: string, tasks: readonly TaskView[]): string[] {
  if (tasks.length === 0) return [];
  const names = tasks.slice(0, TASKS_TOLD).map((task) => escapeText(task.id));
  const more = tasks.length > TASKS_TOLD ? ` and ${tasks.length - TASKS_TOLD} more` : '';
  return [`${title.padEnd(10)}${names.join(', ')}${more}`];
}

/** The execution's page; China and GovCloud have hosts of their own. */
export function consoleLink(executionArn: string): string {
  const [, partition, , region] = executionArn.split(':');
  const host =
    partition === 'aws-cn'
      ? 'console.amazonaws.cn'
      : partition === 'aws-us-gov'
        ? 'console.amazonaws-us-gov.com'
        : `${region}.console.aws.amazon.com`;
  return `https://${host}/states/home?region=${region}#/v2/executions/details/${executionArn}`;
}

/** What SNS takes as a subject: at most 100 characters of ASCII on one line. */
function ascii(text: string): string {
  const line = escapeText(text).replace(/[^\x20-\x7e]/g, '?');
  return line.length <= 100 ? line : `${line.slice(0, 97)}...`;
}
