import {
  ArnFormat,
  Duration,
  aws_iam as iam,
  aws_kms as kms,
  aws_lambda as lambda,
  aws_sns as sns,
  RemovalPolicy,
  Stack,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { quote } from '../compile/expression';
import { acknowledgeWildcards } from '../pipeline/acknowledge';
import { stackFunction } from '../pipeline/stack-function';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { faultRetry, mayCall, REPEATABLE_FAULTS } from './function-call';

/** What becomes of a task that nobody has said yes to. */
export enum ApprovalOutcome {
  /** The task has failed. */
  FAIL = 'fail',
  /** The task is skipped, and by their trigger rules what depends on it. */
  SKIP = 'skip',
  /** The task has succeeded, with `approved` false in its outputs where somebody said no. */
  CONTINUE = 'continue',
}

/** What an approval may say. */
export interface ApprovalTaskProps extends TaskProps {
  /** What people are asked; run values and outputs may stand in it. */
  readonly question: string;
  /**
   * What they should know to answer, by name; run values and outputs may stand in it.
   * @default - nothing more
   */
  readonly details?: { [name: string]: any };
  /**
   * Who is asked: everybody who subscribes to this topic.
   * @default - a topic of its own, to which nobody subscribes yet; see `topic` of the task
   */
  readonly topic?: sns.ITopic;
  /**
   * What a no does.
   * @default ApprovalOutcome.FAIL
   */
  readonly onRejection?: ApprovalOutcome;
  /**
   * What it does that nobody answers within `timeout`.
   * @default ApprovalOutcome.FAIL
   */
  readonly onTimeout?: ApprovalOutcome;
}

/**
 * Waits until a person says yes or no: by the link in the message that subscribers of the topic get, or with `headrace approve`. The
 * link is signed with a key of the account (a KMS HMAC key, about $1 a month for each stack that has approvals), ends with the task's time limit and works once;
 * opening it only asks, so that programs that check mail answer nothing. It says who by the name that is typed: whoever gets the
 * message can answer. Outputs: `approved`, `by`, `reason`, `at`, `via` (`link`, `command` or `timeout`).
 */
export class ApprovalTask extends Task {
  /** Where the question is published: subscribe people to it. */
  public readonly topic: sns.ITopic;
  private readonly approval: ApprovalTaskProps;

  constructor(scope: Construct, id: string, props: ApprovalTaskProps) {
    super(scope, id, { ...props, timeout: props.timeout ?? Duration.days(1) });
    this.approval = props;
    this.topic =
      props.topic ??
      new sns.Topic(this, 'Topic', {
        displayName: `headrace ${this.pipeline.pipelineName}`.slice(0, 100),
        enforceSSL: true,
        masterKey: kms.Alias.fromAliasName(this, 'TopicKey', 'alias/aws/sns'),
      });
    if (props.question.trim() === '') this.addProblem('question is empty: say what people are asked');
    if (!this.timeout.isUnresolved() && this.timeout.toDays({ integral: false }) > 365)
      this.addProblem(`timeout is ${this.timeout.toHumanString()}: a run ends after a year at most`);
  }

  public toSpec(): TaskSpec {
    const { question, details, onRejection = ApprovalOutcome.FAIL, onTimeout = ApprovalOutcome.FAIL } = this.approval;
    const asking = askingFunction(Stack.of(this), this.topic);
    const late = `nobody answered ${this.taskId} within ${this.timeout.toHumanString()}`;
    const answer = "$x.by&' said no'&($x.reason?': '&$x.reason:'')&' ('&$x.via&', '&$x.at&')'";
    return {
      kind: 'ApprovalTask',
      maySkip: [onRejection, onTimeout].includes(ApprovalOutcome.SKIP),
      states: {
        ask: {
          Type: 'Task',
          Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
          Arguments: {
            FunctionName: asking.functionArn,
            Payload: {
              token: '{% $states.context.Task.Token %}',
              pipeline: this.pipeline.pipelineName,
              run: asText(this.pipeline.run.id),
              task: this.taskId,
              question: asText(question),
              expires: `{% $fromMillis($toMillis($states.context.State.EnteredTime)+${this.timeout.toMilliseconds()}) %}`,
              topicArn: this.topic.topicArn,
              ...(details !== undefined && { details }),
            },
          },
          TimeoutSeconds: this.timeout.toSeconds(),
          Retry: faultRetry(REPEATABLE_FAULTS),
          Catch: [{ ErrorEquals: ['States.Timeout'], Next: 'unanswered' }],
          Assign: { x: '{% $states.result %}' },
          Next: 'answer',
        },
        answer: {
          Type: 'Choice',
          Choices: [{ Condition: '{% $x.approved=true %}', Next: 'answered' }],
          Default: onRejection === ApprovalOutcome.CONTINUE ? 'answered' : 'rejected',
        },
        answered: { Type: 'Succeed', Output: '{% $x %}' },
        ...(onRejection !== ApprovalOutcome.CONTINUE && {
          rejected: { Type: 'Fail', Error: ERRORS[onRejection], Cause: `{% ${answer} %}` },
        }),
        unanswered:
          onTimeout === ApprovalOutcome.CONTINUE
            ? { Type: 'Succeed', Output: { approved: false, by: '', reason: late, at: '{% $now() %}', via: 'timeout' } }
            : {
                Type: 'Fail',
                Error: onTimeout === ApprovalOutcome.SKIP ? ERRORS[onTimeout] : 'Headrace.ApprovalTimeout',
                Cause: `{% ${quote(late)} %}`,
              },
      },
      permissions: [mayCall(asking.functionArn)],
    };
  }
}

const ERRORS = { [ApprovalOutcome.FAIL]: 'Headrace.Rejected', [ApprovalOutcome.SKIP]: 'Headrace.Skip' };

/** One pair of functions and one key for all approvals of a stack. */
function askingFunction(stack: Stack, topic: sns.ITopic): lambda.Function {
  const asking = stackFunction(stack, 'approval-ask', 'asks people for approvals', Duration.seconds(30));
  asking.addToRolePolicy(new iam.PolicyStatement({ actions: ['sns:Publish'], resources: [topic.topicArn] }));
  if (stack.node.tryFindChild('HeadraceApprovalKey') !== undefined) return asking;
  const key = new kms.Key(stack, 'HeadraceApprovalKey', {
    description: 'signs the links of approvals',
    keySpec: kms.KeySpec.HMAC_256,
    keyUsage: kms.KeyUsage.GENERATE_VERIFY_MAC,
    // Links of a stack that is gone work no more, and the key costs money.
    removalPolicy: RemovalPolicy.DESTROY,
    pendingWindow: Duration.days(7),
  });
  const machines = stack.formatArn({
    service: 'states',
    resource: 'stateMachine',
    resourceName: '*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  const page = stackFunction(stack, 'approval-page', 'the page behind the links of approvals', Duration.seconds(15));
  page.addEnvironment('HEADRACE_KEY', key.keyArn);
  page.addToRolePolicy(new iam.PolicyStatement({ actions: ['kms:VerifyMac'], resources: [key.keyArn] }));
  page.addToRolePolicy(
    new iam.PolicyStatement({
      actions: ['states:SendTaskSuccess'],
      resources: [machines],
    }),
  );
  acknowledgeWildcards(
    page.role!,
    [machines],
    'answers for every pipeline of the stack; a token opens one waiting task',
  );
  const url = page.addFunctionUrl({ authType: lambda.FunctionUrlAuthType.NONE });
  asking.addEnvironment('HEADRACE_KEY', key.keyArn);
  asking.addEnvironment('HEADRACE_PAGE', url.url);
  asking.addToRolePolicy(new iam.PolicyStatement({ actions: ['kms:GenerateMac'], resources: [key.keyArn] }));
  return asking;
}
