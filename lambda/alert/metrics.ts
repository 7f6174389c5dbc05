// A run's figures as metrics, by one line of log in CloudWatch's embedded metric format. In: an ended run. Out: lines on standard
// output: one for the run, one for each task that ran. Always: nothing is called; at most TASKS tasks are told.
// https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html

import { METRIC_NAMESPACE, type PipelineFacts } from '../../lib/compile/alert-request';

import type { ReadRun } from './runs';

/** Metrics cost by the name: a pipeline of thousands of tasks keeps those of the slowest. */
const TASKS = 100;

type Metric = { readonly Name: string; readonly Unit: 'Count' | 'Seconds' };

export function runMetrics(source: PipelineFacts, status: string, run: ReadRun): void {
  for (const line of metricLines(source, status, run, Date.now())) console.log(JSON.stringify(line));
}

/** How old the last success is: measured with each look for one. */
export function freshnessMetric(source: PipelineFacts, seconds: number): void {
  const metrics = [{ Name: 'SecondsSinceSuccess', Unit: 'Seconds' }] as const;
  const values = { Pipeline: source.pipeline, SecondsSinceSuccess: Math.round(seconds) };
  console.log(JSON.stringify(line(Date.now(), ['Pipeline'], [...metrics], values)));
}

export function metricLines(source: PipelineFacts, status: string, run: ReadRun, now: number): object[] {
  const { pipeline } = source;
  const seconds = ((run.stop?.getTime() ?? now) - (run.start?.getTime() ?? now)) / 1000;
  const transitions = run.events.filter(({ event }) => event.type?.endsWith('StateEntered')).length;
  const outcome = status === 'SUCCEEDED' ? 'RunsSucceeded' : 'RunsFailed';
  const whole = line(
    now,
    ['Pipeline'],
    [
      { Name: outcome, Unit: 'Count' },
      { Name: 'RunDuration', Unit: 'Seconds' },
      { Name: 'Transitions', Unit: 'Count' },
    ],
    { Pipeline: pipeline, [outcome]: 1, RunDuration: seconds, Transitions: transitions },
  );
  const ran = run.state
    .tasks()
    .flatMap((task) =>
      task.kept || task.start === undefined || task.end === undefined
        ? []
        : [{ task, seconds: (task.end - task.start) / 1000 }],
    )
    .sort((a, b) => Number(b.task.status === 'failed') - Number(a.task.status === 'failed') || b.seconds - a.seconds)
    .slice(0, TASKS);
  return [
    whole,
    ...ran.map(({ task, seconds: took }) => {
      const failed = task.status === 'failed' ? 1 : 0;
      return line(
        now,
        ['Pipeline', 'Task'],
        [
          { Name: 'TaskDuration', Unit: 'Seconds' },
          { Name: 'TaskFailures', Unit: 'Count' },
        ],
        { Pipeline: pipeline, Task: task.id, TaskDuration: took, TaskFailures: failed },
      );
    }),
  ];
}

function line(now: number, dimensions: string[], metrics: Metric[], values: object): object {
  return {
    _aws: {
      Timestamp: now,
      CloudWatchMetrics: [{ Namespace: METRIC_NAMESPACE, Dimensions: [dimensions], Metrics: metrics }],
    },
    ...values,
  };
}
