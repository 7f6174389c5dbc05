import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Retry } from './retry';

/**
 * What a task does, as plain data. Either one call of a service (`resource` and `arguments`), or a small state machine of its
 * own (`states` and `startAt`) where one call is not enough.
 */
export interface TaskSpec {
  /**
   * Resource of a Step Functions Task state: `arn:aws:states:::sqs:sendMessage`, `arn:aws:states:::glue:startJobRun.sync`.
   * @default - `states` says what to do
   */
  readonly resource?: string;
  /**
   * Arguments of that call. Texts may hold run values, outputs, CloudFormation tokens, or be one JSONata expression `{% ... %}`.
   * @default - none
   */
  readonly arguments?: any;
  /**
   * Name of the first of `states`.
   * @default - the first key
   */
  readonly startAt?: string;
  /**
   * States in Amazon States Language with JSONata, by a short name that is put behind the task's id. It ends in Succeed states or
   * `End: true`, fails by Fail states or errors, and may assign variables whose names begin with `x`. It keeps the time limit by itself.
   * @default - `resource` says what to do
   */
  readonly states?: { [name: string]: any };
  /**
   * JSONata without `{% %}` that yields an object with the task's outputs, from `$states.result`. With `states` that is what the last state put out.
   * @default - the result itself
   */
  readonly outputs?: string;
  /**
   * What the state machine's role has to be allowed for this task. Statements with the same actions are merged.
   * @default - nothing
   */
  readonly permissions?: iam.PolicyStatement[];
  /**
   * Repetitions for faults of the service that have nothing to do with the task, apart from the author's own `retry`.
   * @default - none
   */
  readonly serviceRetry?: Retry[];
  /**
   * The task may ask to be skipped, by failing with the error `Headrace.Skip`.
   * @default false
   */
  readonly maySkip?: boolean;
  /**
   * The task chooses which of the tasks directly downstream of it run: its output `branch` is an id or a list of ids. The others are skipped.
   * @default false
   */
  readonly branch?: boolean;
  /**
   * What the kind is called on the page and in the command.
   * @default - name of the class
   */
  readonly kind?: string;
  /**
   * Region where the work is done.
   * @default - the stack's
   */
  readonly region?: string;
  /**
   * Where the log is: `group`, and what is known of the stream's name (`stream`, `streamPrefix`).
   * @default - the task has no log
   */
  readonly log?: { [key: string]: string };
}
