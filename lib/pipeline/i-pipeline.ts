import type { Duration, aws_ec2 as ec2, aws_ecs as ecs, aws_logs as logs } from 'aws-cdk-lib';
import type { Construct, IConstruct } from 'constructs';
import type { Retry } from './retry';
import type { RunContext } from './run-context';

/** What tasks, triggers and alerts know of their pipeline. */
export interface IPipeline extends IConstruct {
  /** Its construct path with `-` for `/`: its name for the command, the page and the alerts. */
  readonly pipelineName: string;
  /** What the names of everything it makes begin with; also the name of the state machine that is its root. */
  readonly prefix: string;
  /** ARN of the state machine to start for a run. */
  readonly stateMachineArn: string;
  /** What a run knows of itself, for the props of tasks. */
  readonly run: RunContext;
  /** Time limit of a task that says nothing else. */
  readonly taskTimeout: Duration;
  /** Repetitions of a task that says nothing else. */
  readonly retry: Retry;
  /** Params that a run has to be started with, because they have no default. */
  readonly requiredParams: string[];
  /** Names of all declared params. */
  readonly paramNames: string[];
  /** A run that takes longer is late. */
  readonly expectDuration?: Duration;
  /** A run should succeed at least so often. */
  readonly expectSuccessEvery?: Duration;
  /** Where its containers run. */
  readonly vpc?: ec2.IVpc;
  /** Where its containers run. */
  readonly cluster?: ecs.ICluster;
  /** How long logs are kept. */
  readonly logRetention: logs.RetentionDays;
  /** The log of its state machines: at least what fails in them, unless its level is OFF. */
  readonly machineLogs: logs.ILogGroup;
  /** Where tasks, triggers and alerts put resources that they share. */
  readonly shared: Construct;
  /** Whether the state machines have been made: nothing can be added any more. */
  readonly compiled: boolean;
  /** Reports a mistake of the author; all are told at once at synth. */
  addProblem(source: IConstruct, message: string): void;
}

const PIPELINE = Symbol.for('headrace.Pipeline');

/** Makes a construct known as a pipeline to what is built inside it. */
export function markPipeline(pipeline: IPipeline): void {
  Object.defineProperty(pipeline, PIPELINE, { value: true });
}

export function isPipeline(construct: IConstruct): construct is IPipeline {
  return PIPELINE in construct;
}

/** The pipeline that a scope lies in. */
export function pipelineOf(scope: IConstruct, id: string): IPipeline {
  const found = [...scope.node.scopes].reverse().find(isPipeline);
  if (found === undefined) {
    throw new Error(
      `[${scope.node.path}/${id}] this task lies in no pipeline: its scope, or one above it, should be a Pipeline`,
    );
  }
  return found;
}
