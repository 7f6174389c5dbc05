import { type aws_stepfunctions as sfn, aws_iam as iam, type Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { IPipeline } from '../pipeline/i-pipeline';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { metOrNot, type SensorProps, sensorProblems, sensorStates } from './sensor';

/** What a sensor of another pipeline's run may say. */
export interface PipelineRunSensorProps extends SensorProps {
  /**
   * The pipeline, of this app.
   * @default - `stateMachine` says which
   */
  readonly target?: IPipeline;
  /**
   * The root state machine of a pipeline that another app deploys.
   * @default - `target` says which
   */
  readonly stateMachine?: sfn.IStateMachine;
  /**
   * How much earlier the other run's logical date is than this run's (Airflow's `execution_delta`).
   * @default - the same logical date
   */
  readonly executionDelta?: Duration;
  /**
   * Logical date of the other run, ISO 8601 in UTC.
   * @default - this run's, less `executionDelta`
   */
  readonly logicalDate?: string;
}

/**
 * Waits until a run of another pipeline for the same logical date has succeeded. Runs are known by their names, which begin
 * with the logical date; a repetition that succeeds counts as well as the first run. It looks at the other pipeline's newest 400
 * successful runs. Outputs: `runId`, `executionArn`.
 */
export class PipelineRunSensor extends Task {
  private readonly sensor: PipelineRunSensorProps;

  constructor(scope: Construct, id: string, props: PipelineRunSensorProps) {
    super(scope, id, props);
    this.sensor = props;
    const { target, stateMachine, executionDelta, logicalDate } = props;
    if ((target === undefined) === (stateMachine === undefined))
      this.addProblem(
        `target and stateMachine are both ${target === undefined ? 'missing' : 'given'}: name the pipeline with one of them`,
      );
    if (target === this.pipeline && executionDelta === undefined && logicalDate === undefined)
      this.addProblem('target is the pipeline of this task: a run would wait for its own end; set executionDelta');
    if (executionDelta !== undefined && logicalDate !== undefined)
      this.addProblem('executionDelta and logicalDate are both given: use one of them');
    for (const problem of sensorProblems(props)) this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { target, stateMachine, executionDelta, softFail = false } = this.sensor;
    const arn = target?.stateMachineArn ?? stateMachine?.stateMachineArn ?? '';
    const date = this.sensor.logicalDate ?? this.pipeline.run.logicalDate;
    const earlier = executionDelta?.toMilliseconds() ?? 0;
    return {
      kind: 'PipelineRunSensor',
      maySkip: softFail,
      states: sensorStates({
        task: this,
        props: this.sensor,
        wanted: `a successful run of ${target?.pipelineName ?? arn}`,
        // The name of a run is its logical date without colons; a run on this computer leaves midnight out.
        begin: {
          xDate: `${date}`,
        },
        look: {
          Resource: 'arn:aws:states:::aws-sdk:sfn:listExecutions',
          Arguments: { StateMachineArn: arn, StatusFilter: 'SUCCEEDED', MaxResults: NEWEST },
          Retry: [
            {
              ErrorEquals: ['Sfn.SdkClientException', 'Sfn.SfnException'],
              IntervalSeconds: 5,
              MaxAttempts: 8,
              BackoffRate: 2,
              MaxDelaySeconds: 60,
              JitterStrategy: 'FULL',
            },
          ],
          meaning: metOrNot({
            setup:
              `$d:=$replace($replace($fromMillis($toMillis($xDate)-${earlier}),'.000Z','Z'),/[:.]/,'-');` +
              "$s:=$replace($d,'T00-00-00Z','');" +
              '$f:=$states.result.Executions[Name=$d or Name=$s or $substring(Name,0,$length($d)+1)=$d&"-" or ' +
              '$substring(Name,0,$length($s)+1)=$s&"-"][0]',
            met: '$exists($f)',
            seen: "'none is there yet for '&$d",
            out: "{'runId':$f.Name,'executionArn':$f.ExecutionArn}",
          }),
        },
      }),
      permissions: [new iam.PolicyStatement({ actions: ['states:ListExecutions'], resources: [arn] })],
    };
  }
}

/** As many as surely fit into one answer of 256 KiB. */
const NEWEST = 400;
