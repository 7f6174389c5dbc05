import { aws_cloudwatch as cloudwatch, Duration } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { METRIC_NAMESPACE } from '../compile/alert-request';
import type { IPipeline } from '../pipeline/i-pipeline';
import type { Pipeline } from '../pipeline/pipeline';
import { watchPipeline } from './pipeline-watch';

/** What a dashboard may say. */
export interface PipelineDashboardProps {
  /** The pipelines that it shows. One of them is shown in detail, several beside each other. */
  readonly pipelines: Pipeline[];
  /**
   * Name in CloudWatch.
   * @default - made by CloudFormation
   */
  readonly dashboardName?: string;
  /**
   * Dollars for 1,000 state transitions, for the line that shows what they cost.
   * @default 0.025 - the price of standard workflows in most regions
   * @see https://aws.amazon.com/step-functions/pricing/
   */
  readonly pricePerThousandTransitions?: number;
}

const WIDTH = 24;
const HEIGHT = 6;

/**
 * A CloudWatch dashboard: runs by outcome, how long they take, the slowest tasks, failures by task, how old the last success is, state
 * transitions and what they cost. Runs and transitions are Step Functions' own metrics; those of tasks are written when a run ends, by
 * the function that alerts go through, as log lines that CloudWatch turns into metrics. A dashboard costs some $3 a month.
 */
export class PipelineDashboard extends Construct {
  /** The dashboard itself, for widgets of your own. */
  public readonly dashboard: cloudwatch.Dashboard;

  constructor(scope: Construct, id: string, props: PipelineDashboardProps) {
    super(scope, id);
    const { pipelines, dashboardName, pricePerThousandTransitions = 0.025 } = props;
    if (pipelines.length === 0)
      throw new Error(`[${this.node.path}] pipelines is empty: the dashboard would show nothing`);
    for (const pipeline of pipelines) watchPipeline(pipeline, []);
    this.dashboard = new cloudwatch.Dashboard(this, 'Dashboard', {
      defaultInterval: Duration.days(14),
      ...(dashboardName !== undefined && { dashboardName }),
    });
    const [only] = pipelines;
    for (const row of pipelines.length === 1 ? detail(only!, pricePerThousandTransitions) : overview(pipelines))
      this.dashboard.addWidgets(...row);
  }
}

/** One pipeline: what happened, how long it took, which task. */
function detail(pipeline: IPipeline, price: number): cloudwatch.IWidget[][] {
  const transitions = own(pipeline, 'Transitions', 'Sum');
  return [
    [
      new cloudwatch.TextWidget({
        width: WIDTH,
        height: 2,
        markdown: `# ${pipeline.pipelineName}\n\`npx headrace status ${pipeline.pipelineName}\``,
      }),
    ],
    [
      outcomes(pipeline, WIDTH / 3),
      graph(
        'Duration of runs',
        WIDTH / 3,
        ['p50', 'p90', 'Maximum'].map((statistic) => runs(pipeline, 'ExecutionTime', statistic, statistic)),
      ),
      freshness(pipeline, WIDTH / 3),
    ],
    [
      search('Slowest tasks, seconds', pipeline, 'TaskDuration', 'Maximum'),
      search('Failures by task', pipeline, 'TaskFailures', 'Sum'),
    ],
    [
      graph('State transitions', WIDTH / 2, [transitions]),
      graph('Cost of state transitions, dollars', WIDTH / 2, [
        new cloudwatch.MathExpression({
          expression: `m * ${price} / 1000`,
          usingMetrics: { m: transitions },
          label: `transitions x $${price} / 1000`,
          period: Duration.days(1),
        }),
      ]),
    ],
  ];
}

/** Many pipelines: a row each. */
function overview(pipelines: readonly IPipeline[]): cloudwatch.IWidget[][] {
  return pipelines.map((pipeline) => [
    outcomes(pipeline, WIDTH / 3),
    graph(`${pipeline.pipelineName}: duration`, WIDTH / 3, [runs(pipeline, 'ExecutionTime', 'p90', 'p90')]),
    freshness(pipeline, WIDTH / 3),
  ]);
}

function outcomes(pipeline: IPipeline, width: number): cloudwatch.IWidget {
  const colours = [
    ['ExecutionsSucceeded', 'succeeded', cloudwatch.Color.GREEN],
    ['ExecutionsFailed', 'failed', cloudwatch.Color.RED],
    ['ExecutionsTimedOut', 'timed out', cloudwatch.Color.ORANGE],
    ['ExecutionsAborted', 'stopped', cloudwatch.Color.PURPLE],
  ] as const;
  const metrics = colours.map(([name, label, color]) => runs(pipeline, name, 'Sum', label).with({ color }));
  return graph(`${pipeline.pipelineName}: runs`, width, metrics, { stacked: true });
}

/** Measured with each look for a success, so only where the pipeline says how often it is to succeed. */
function freshness(pipeline: IPipeline, width: number): cloudwatch.IWidget {
  const title = `${pipeline.pipelineName}: hours since the last success`;
  if (pipeline.expectSuccessEvery === undefined)
    return new cloudwatch.TextWidget({
      width,
      height: HEIGHT,
      markdown: `**${title}**\n\nSet \`expectSuccessEvery\` on the pipeline to see it, and to hear of runs that are missing.`,
    });
  return graph(title, width, [
    new cloudwatch.MathExpression({
      expression: 'FILL(m, REPEAT) / 3600',
      usingMetrics: { m: own(pipeline, 'SecondsSinceSuccess', 'Maximum') },
      label: 'hours',
      period: Duration.hours(1),
    }),
  ]);
}

function graph(
  title: string,
  width: number,
  left: cloudwatch.IMetric[],
  more: Partial<cloudwatch.GraphWidgetProps> = {},
): cloudwatch.GraphWidget {
  return new cloudwatch.GraphWidget({ title, width, height: HEIGHT, left, leftYAxis: { min: 0 }, ...more });
}

/** One line a task, the largest first. */
function search(title: string, pipeline: IPipeline, metric: string, statistic: string): cloudwatch.IWidget {
  const found = `Namespace="${METRIC_NAMESPACE}" Pipeline="${pipeline.pipelineName}" MetricName="${metric}"`;
  const expression = `SLICE(SORT(SEARCH('{${METRIC_NAMESPACE},Pipeline,Task} ${found}', '${statistic}', 3600), MAX, DESC), 0, 10)`;
  return graph(title, WIDTH / 2, [new cloudwatch.MathExpression({ expression, label: '', period: Duration.hours(1) })]);
}

/** A metric of Step Functions. */
function runs(pipeline: IPipeline, metricName: string, statistic: string, label: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: 'AWS/States',
    metricName,
    dimensionsMap: { StateMachineArn: pipeline.stateMachineArn },
    statistic,
    label,
    period: Duration.hours(1),
  });
}

/** A metric that the function of alerts writes when a run ends. */
function own(pipeline: IPipeline, metricName: string, statistic: string): cloudwatch.Metric {
  return new cloudwatch.Metric({
    namespace: METRIC_NAMESPACE,
    metricName,
    dimensionsMap: { Pipeline: pipeline.pipelineName },
    statistic,
    period: Duration.days(1),
  });
}
