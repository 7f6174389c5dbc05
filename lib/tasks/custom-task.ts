import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Retry } from '../pipeline/retry';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';

/** What a custom task may say. */
export interface CustomTaskProps extends TaskProps {
  /** Resource of a Step Functions Task state: `arn:aws:states:::sqs:sendMessage`, `arn:aws:states:::aws-sdk:s3:copyObject`. */
  readonly resource: string;
  /**
   * Arguments of the call, as Step Functions spells them. Texts may hold run values and outputs, or be one JSONata expression `{% ... %}`.
   * @default - none
   */
  readonly arguments?: { [key: string]: any };
  /** What the state machine's role has to be allowed for the call; an empty list where it needs nothing. */
  readonly permissions: iam.PolicyStatement[];
  /**
   * JSONata without `{% %}` that yields an object with the task's outputs, from `$states.result`.
   * @default - the result itself
   */
  readonly outputs?: string;
  /**
   * Repetitions for throttles and faults of the service, apart from `retry`.
   * @default - none
   */
  readonly serviceRetry?: Retry[];
}

/** Any call that Step Functions can make. Outputs: the fields of the result, or what `outputs` yields. */
export class CustomTask extends Task {
  private readonly call: CustomTaskProps;

  constructor(scope: Construct, id: string, props: CustomTaskProps) {
    super(scope, id, props);
    this.call = props;
    const { resource } = props;
    if (!/^arn:[^:]+:states:[^:]*:[^:]*:/.test(resource) && !/^arn:[^:]+:lambda:/.test(resource)) {
      this.addProblem(
        `resource is ${JSON.stringify(resource)}: expected one of Step Functions' integrations such as arn:aws:states:::sqs:sendMessage`,
      );
    }
    if (/:aws-sdk:.*\.sync(:\d)?$/.test(resource)) {
      this.addProblem(
        `resource is ${JSON.stringify(resource)}: calls of the AWS SDK never wait, .sync exists for optimised integrations only; leave .sync out, or write a kind of task that waits`,
      );
    }
    if (props.outputs?.startsWith('{%'))
      this.addProblem(`outputs is ${JSON.stringify(props.outputs)}: write the expression without {% %}`);
  }

  public toSpec(): TaskSpec {
    const { resource, arguments: given, permissions, outputs, serviceRetry } = this.call;
    return {
      kind: 'CustomTask',
      resource,
      permissions,
      ...(given !== undefined && { arguments: given }),
      ...(outputs !== undefined && { outputs }),
      ...(serviceRetry !== undefined && { serviceRetry }),
    };
  }
}
