import { ArnFormat, aws_iam as iam, type aws_stepfunctions as sfn, Duration, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { expression, quote } from '../compile/expression';
import type { IPipeline } from '../pipeline/i-pipeline';
import { startAndWait } from '../pipeline/machine-role';
import { Retry } from '../pipeline/retry';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';

/** What a run of another pipeline may say. */
export interface PipelineTaskProps extends TaskProps {
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
   * Values of the other pipeline's params; run values and outputs may stand in them.
   * @default - its defaults
   */
  readonly params?: { [name: string]: any };
  /**
   * Logical date of the other run, ISO 8601 in UTC.
   * @default - this run's, and the same interval
   */
  readonly logicalDate?: string;
  /**
   * Wait for the other run's end, and fail where it fails.
   * @default true
   */
  readonly waitForEnd?: boolean;
}

/**
 * Starts a run of another pipeline. Its failure is told with the other run's error and a link to it; a task that is stopped or
 * overtaken by its time limit stops the other run. Outputs: `executionArn`, `runId`, and where it waits `status`.
 */
export class PipelineTask extends Task {
  private readonly started: PipelineTaskProps;

  constructor(scope: Construct, id: string, props: PipelineTaskProps) {
    super(scope, id, props);
    this.started = props;
    const { target, stateMachine, params = {} } = props;
    if ((target === undefined) === (stateMachine === undefined)) {
      this.addProblem(
        `target and stateMachine are both ${target === undefined ? 'missing' : 'given'}: name the pipeline with one of them`,
      );
      return;
    }
    if (target === undefined) return;
    if (target === this.pipeline)
      this.addProblem('target is the pipeline of this task: a run would start itself without end');
    const [here, there] = [Stack.of(this), Stack.of(target)];
    for (const what of ['region', 'account'] as const) {
      if (!Token.isUnresolved(here[what]) && !Token.isUnresolved(there[what]) && here[what] !== there[what])
        this.addProblem(
          `target lies in the ${what} ${there[what]}, this pipeline in ${here[what]}: Step Functions starts and waits in its own ${what} only; send an event there with EventBridgePutEventsTask`,
        );
    }
    for (const name of Object.keys(params).filter((one) => !target.paramNames.includes(one)))
      this.addProblem(`params has ${name}, which ${target.node.path} does not declare: it would do nothing`);
    for (const name of target.requiredParams.filter((one) => !(one in params)))
      this.addProblem(`params lacks ${name}, for which ${target.node.path} has no default`);
  }

  public toSpec(): TaskSpec {
    const { waitForEnd = true } = this.started;
    const { run } = this.pipeline;
    const attempt = `$hash($states.context.Execution.Id&${quote(`/${this.taskId}/`)}&$states.context.State.EnteredTime,'SHA-256')`;
    const call = {
      StateMachineArn: this.started.target?.stateMachineArn ?? this.started.stateMachine?.stateMachineArn ?? '',
      // One name an attempt: a start that is repeated because its answer was lost finds its run there already.
      Name: expression(`$substring(${run.id},0,60)&'-'&$substring(${attempt},0,12)`),
      Input: this.input(),
    };
    const retry = Retry.times(6, { on: FAULTS, interval: Duration.seconds(2), maxDelay: Duration.minutes(1) });
    const ids = "'executionArn':$states.result.ExecutionArn,'runId':$split($states.result.ExecutionArn,':')[-1]";
    if (!waitForEnd) {
      return {
        kind: 'PipelineTask',
        resource: 'arn:aws:states:::states:startExecution',
        arguments: call,
        outputs: `{${ids}}`,
        permissions: this.permissions(waitForEnd),
        serviceRetry: [retry],
      };
    }
    return {
      kind: 'PipelineTask',
      states: {
        run: {
          Type: 'Task',
          Resource: 'arn:aws:states:::states:startExecution.sync:2',
          Arguments: call,
          TimeoutSeconds: this.timeout.toSeconds(),
          Retry: retry._retriers(),
          Catch: [
            { ErrorEquals: ['States.TaskFailed'], Assign: { x: '{% $states.errorOutput.Cause&"" %}' }, Next: 'failed' },
          ],
          Output: expression(`{${ids},'status':$states.result.Status}`),
          End: true,
        },
        failed: { Type: 'Fail', Error: 'Headrace.PipelineFailed', Cause: expression(TOLD) },
      },
      permissions: this.permissions(waitForEnd),
    };
  }

  private input(): object {
    const { params, logicalDate } = this.started;
    const { run } = this.pipeline;
    const own = { logicalDate: run.logicalDate, intervalStart: run.intervalStart, intervalEnd: run.intervalEnd };
    return {
      ...(logicalDate === undefined ? own : { logicalDate }),
      ...(params !== undefined && { params }),
      // The console shows by it which run has started which.
      AWS_STEP_FUNCTIONS_STARTED_BY_EXECUTION_ID: '{% $states.context.Execution.Id %}',
    };
  }

  private permissions(waits: boolean): iam.PolicyStatement[] {
    const { target, stateMachine } = this.started;
    const arn = target?.stateMachineArn ?? stateMachine?.stateMachineArn ?? '';
    if (waits && arn !== '') {
      const name = target?.prefix ?? Stack.of(this).splitArn(arn, ArnFormat.COLON_RESOURCE_NAME).resourceName!;
      return startAndWait(target ?? this, name);
    }
    return [new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [arn] })];
  }
}

const FAULTS = ['StepFunctions.SdkClientException', 'StepFunctions.ThrottlingException'];

/** The cause holds the other run as JSON, which Step Functions cuts where it is long: it is searched, not parsed. JSONata takes a `]` behind a backslash for a text. */
const found = (name: string) => `$match($x,/"${name}":"((?:[^\\\\"]|\\\\.)*)"/)[0].groups[0]`;
const TOLD =
  `($arn:=${found('ExecutionArn')};$p:=$split($arn&'',':');$e:=${found('Error')};$c:=$replace(${found('Cause')}&'','\\\\"','"');` +
  `$exists($arn)?$p[6]&' run '&$p[7]&' ended as '&${found('Status')}&($e?': '&$e)&($c!=''?': '&$c)&'; https://'&` +
  "($p[1]='aws-cn'?'console.amazonaws.cn':$p[1]='aws-us-gov'?'console.amazonaws-us-gov.com':$p[3]&'.console.aws.amazon.com')&" +
  "'/states/home?region='&$p[3]&'#/v2/executions/details/'&$arn:$x)";
