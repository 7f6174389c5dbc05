// Where the log of a failed task is, as a link to the console. In: the run and the task as history tells it. Out: a link to the group,
// and to the stream where the cause tells which. Always: made of names only, as the library and the services give them.

import { logLink } from '../../lib/view/console-link';
import type { TaskView } from '../../lib/view/run-state';

type Fields = { readonly [key: string]: unknown };
interface Place {
  readonly group: string;
  readonly stream?: string;
}

export function taskLog(executionArn: string, task: TaskView): string | undefined {
  const [, , , region = '', , , machine = ''] = executionArn.split(':');
  const place = placeOf(machine, task, fields(task.cause));
  return place && logLink(region, place.group, place.stream);
}

function placeOf(machine: string, task: TaskView, cause: Fields): Place | undefined {
  const text = (key: string) => (typeof cause[key] === 'string' ? (cause[key] as string) : undefined);
  if (text('JobRunState') !== undefined) {
    // What a job prints to stderr, its trace included, has a group of its own.
    const stream = text('Id');
    return { group: `${text('LogGroupName') ?? '/aws-glue/jobs'}/error`, ...(stream !== undefined && { stream }) };
  }
  const job = /\brun (jr_\w+) of job /.exec(task.cause ?? '')?.[1];
  if (job !== undefined) return { group: '/aws-glue/jobs/error', stream: job };
  const containers = cause['Containers'];
  if (Array.isArray(containers)) {
    const [first] = containers as Fields[];
    const id = (text('TaskArn') ?? '').split('/').at(-1);
    const stream = id === '' || id === undefined ? undefined : `${task.id}/${String(first?.['Name'])}/${id}`;
    return { group: `/headrace/${machine}`, ...(stream !== undefined && { stream }) };
  }
  if (task.kind === 'LambdaTask') return { group: `/headrace/${machine}/${task.id}` };
  return task.kind === 'GlueCrawlerTask' ? { group: '/aws-glue/crawlers' } : undefined;
}

function fields(cause: string | undefined): Fields {
  try {
    const value: unknown = JSON.parse(cause ?? '');
    return typeof value === 'object' && value !== null ? (value as Fields) : {};
  } catch {
    return {};
  }
}
