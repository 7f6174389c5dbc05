import { existsSync, statSync } from 'node:fs';
import { basename, dirname, extname } from 'node:path';
import {
  Duration,
  aws_iam as iam,
  aws_lambda as lambda,
  aws_logs as logs,
  IgnoreMode,
  RemovalPolicy,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledge } from '../pipeline/acknowledge';
import { holdsRunToken } from '../pipeline/run-token';
import { Retry } from '../pipeline/retry';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { mayCall, REPEATABLE_FAULTS } from './function-call';

/** What a Lambda task may say. */
export interface LambdaTaskProps extends TaskProps {
  /**
   * An existing function.
   * @default - a function is made from `code`
   */
  readonly function?: lambda.IFunction;
  /**
   * A .py, .js, .mjs or .cjs file, or a folder of them, deployed with the app.
   * @default - `function` says which function
   */
  readonly code?: string;
  /**
   * `file.function`.
   * @default - the function `handler` of the file that `code` names
   */
  readonly handler?: string;
  /** @default - Python 3.13 for .py, Node.js 22 for .js, .mjs and .cjs */
  readonly runtime?: lambda.Runtime;
  /**
   * What the function gets as its event; may hold run values and outputs.
   * @default - an empty object
   */
  readonly payload?: { [key: string]: any };
  /**
   * Environment of the function.
   * @default - none
   */
  readonly environment?: { [name: string]: string };
  /** @default 256 MB */
  readonly memorySize?: number;
}

/**
 * Calls a Lambda function and waits for its answer. Outputs: the fields of the object that it returns. A function may ask to
 * be skipped by throwing an error named `Headrace.Skip`.
 */
export class LambdaTask extends Task implements iam.IGrantable {
  public readonly grantPrincipal: iam.IPrincipal;
  private readonly called: lambda.IFunction | undefined;
  private readonly call: LambdaTaskProps;

  constructor(scope: Construct, id: string, props: LambdaTaskProps) {
    super(scope, id, { ...props, timeout: props.timeout ?? LONGEST });
    this.call = props;
    this.called = props.function ?? this.make(props);
    this.grantPrincipal = this.called?.grantPrincipal ?? new iam.UnknownPrincipal({ resource: this });
    if (props.function !== undefined) {
      for (const prop of ['code', 'handler', 'runtime', 'environment', 'memorySize'] as const) {
        if (props[prop] !== undefined)
          this.addProblem(
            `${prop} is given beside function: it would do nothing to a function that exists; set it there, or leave function out`,
          );
      }
    }
  }

  public toSpec(): TaskSpec {
    const arn = this.called?.functionArn ?? '';
    return {
      kind: 'LambdaTask',
      resource: 'arn:aws:states:::lambda:invoke',
      arguments: { FunctionName: arn, Payload: this.call.payload ?? {} },
      outputs: '$states.result.Payload',
      maySkip: true,
      permissions: [mayCall(arn)],
      serviceRetry: [
        Retry.times(6, { on: [...REPEATABLE_FAULTS], interval: Duration.seconds(2), maxDelay: Duration.minutes(1) }),
      ],
      ...(this.call.function === undefined && { log: { service: 'lambda', group: this.logName() } }),
    };
  }

  private logName(): string {
    return `/headrace/${this.pipeline.prefix}/${this.taskId}`;
  }

  private make(props: LambdaTaskProps): lambda.Function | undefined {
    const { code } = props;
    if (code === undefined || !existsSync(code)) {
      this.addProblem(
        code === undefined
          ? 'function and code are both missing: give an existing function, or a file with code'
          : `code is ${JSON.stringify(code)}: there is no such file or folder below ${process.cwd()}`,
      );
      return undefined;
    }
    if (holdsRunToken(props.environment))
      this.addProblem('environment holds a value that is known only when the pipeline runs: pass it in payload');
    if (this.timeout.toSeconds() > 900)
      this.addProblem(
        `timeout is ${this.timeout.toHumanString()}: a Lambda function runs for at most 15 minutes; take FargateTask for longer work`,
      );
    const folder = statSync(code).isDirectory();
    const file = basename(code, extname(code));
    const runtime = props.runtime ?? RUNTIMES[extname(code)];
    if (runtime === undefined)
      this.addProblem(
        `the runtime of ${code} is not told by its name: set runtime${extname(code) === '.ts' ? '; TypeScript has to be compiled before' : ''}`,
      );
    if (folder && props.handler === undefined)
      this.addProblem(
        `handler is missing: ${code} is a folder, say which function of which file, such as index.handler`,
      );
    if (runtime === undefined || (folder && props.handler === undefined)) return undefined;
    const logGroup = new logs.LogGroup(this, 'Logs', {
      logGroupName: this.logName(),
      retention: this.pipeline.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const role = new iam.Role(this, 'Role', { assumedBy: new iam.ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    const made = new lambda.Function(this, 'Function', {
      runtime,
      handler: props.handler ?? `${file}.handler`,
      code: folder
        ? lambda.Code.fromAsset(code)
        : lambda.Code.fromAsset(dirname(code), { exclude: ['*', `!${basename(code)}`], ignoreMode: IgnoreMode.GIT }),
      role,
      logGroup,
      timeout: Duration.seconds(Math.min(900, this.timeout.toSeconds())),
      memorySize: props.memorySize ?? 256,
      ...(props.environment !== undefined && !holdsRunToken(props.environment) && { environment: props.environment }),
    });
    acknowledge(made, 'AwsSolutions-L1', 'the author chooses the runtime by the file');
    return made;
  }
}

const LONGEST = Duration.minutes(15);

const RUNTIMES: { readonly [extension: string]: lambda.Runtime } = {
  '.py': lambda.Runtime.PYTHON_3_13,
  '.js': lambda.Runtime.NODEJS_22_X,
  '.mjs': lambda.Runtime.NODEJS_22_X,
  '.cjs': lambda.Runtime.NODEJS_22_X,
};
