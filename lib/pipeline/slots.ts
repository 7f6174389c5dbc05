// What gives out slots: one function and one table per stack, made on first use. In: a stack. Out: how states take and return a slot,
// and who has to be looked after. Always: the end of an execution frees what it held, by event; a look every five minutes stands behind
// the event, which is best effort.

import { Duration, aws_iam as iam, type aws_lambda as lambda, Lazy, Stack } from 'aws-cdk-lib';
import { CfnRule } from 'aws-cdk-lib/aws-events';
import { CfnPermission } from 'aws-cdk-lib/aws-lambda';
import { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { acknowledgeWildcards } from './acknowledge';
import { machineArn } from './machine-role';
import { shortLivedTable } from './short-lived-table';
import { stackFunction } from './stack-function';

const ID = 'HeadraceSlots';
const LAMBDA_FAULTS = {
  ErrorEquals: [
    'Lambda.ServiceException',
    'Lambda.AWSLambdaException',
    'Lambda.SdkClientException',
    'Lambda.TooManyRequestsException',
    'Lambda.Unknown',
    'ConditionalCheckFailedException',
  ],
  IntervalSeconds: 2,
  MaxAttempts: 8,
  BackoffRate: 2,
  MaxDelaySeconds: 60,
  JitterStrategy: 'FULL',
};

export interface SlotRequest {
  readonly pool: string;
  readonly limit: number;
  readonly weight: number;
  readonly priority: number;
}

type State = { readonly [field: string]: Json };

export class Slots extends Construct {
  /** The stack's one. */
  static of(scope: Construct): Slots {
    const stack = Stack.of(scope);
    return (stack.node.tryFindChild(ID) as Slots | undefined) ?? new Slots(stack);
  }

  private readonly handler: lambda.Function;
  private readonly pools = new Set<string>();
  private readonly machines = new Set<string>();

  private constructor(stack: Stack) {
    super(stack, ID);
    const table = shortLivedTable(this, 'Table');
    this.handler = stackFunction(
      stack,
      'slots',
      'gives out the slots of pools and of active runs',
      Duration.minutes(2),
    );
    this.handler.addEnvironment('TABLE', table.tableName);
    this.handler.addToRolePolicy(
      new iam.PolicyStatement({
        actions: ['dynamodb:GetItem', 'dynamodb:PutItem', 'dynamodb:UpdateItem', 'dynamodb:DeleteItem'],
        resources: [table.tableArn],
      }),
    );
    // Child machines are named after the root.
    const machines = Lazy.list({ produce: () => [...this.machines].sort().map((arn) => `${arn}*`) });
    const begins = Lazy.any({ produce: () => [...this.machines].sort().map((prefix) => ({ prefix })) });
    const executions = Lazy.list({ produce: () => [...this.machines].sort().map(executionsOf) });
    this.handler.addToRolePolicy(new iam.PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: machines }));
    this.handler.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['states:DescribeExecution'], resources: executions }),
    );
    this.rule('Ended', {
      eventPattern: {
        source: ['aws.states'],
        'detail-type': ['Step Functions Execution Status Change'],
        detail: { status: ['SUCCEEDED', 'FAILED', 'TIMED_OUT', 'ABORTED'], stateMachineArn: begins },
      },
    });
    this.rule(
      'Sweep',
      { scheduleExpression: 'rate(5 minutes)' },
      Lazy.string({ produce: () => JSON.stringify({ sweep: [...this.pools].sort() }) }),
    );
  }

  /** The machines of the pipeline of that prefix may take slots of that pool. @returns what their role has to be allowed */
  allow(pool: string, prefix: string): iam.PolicyStatement {
    this.pools.add(pool);
    const arn = machineArn(this, prefix);
    if (!this.machines.has(arn)) {
      this.machines.add(arn);
      acknowledgeWildcards(
        this.handler,
        [`${arn}*`, executionsOf(arn)],
        'child machines and runs, by the beginning of their names',
      );
    }
    return new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [this.handler.functionArn] });
  }

  /** Waits for a slot; its result is `{lease}`. */
  wait(request: SlotRequest): State {
    return {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke.waitForTaskToken',
      Arguments: { FunctionName: this.handler.functionArn, Payload: { acquire: this.asked(request, true) } },
      Retry: [LAMBDA_FAULTS],
    };
  }

  /** Takes a slot if there is one; its result is `{Payload: {granted, lease}}`. */
  attempt(request: SlotRequest): State {
    return {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: this.handler.functionArn, Payload: { acquire: this.asked(request, false) } },
      Retry: [LAMBDA_FAULTS],
    };
  }

  /** @param lease JSONata without a frame */
  giveBack(pool: string, lease: string): State {
    return {
      Type: 'Task',
      Resource: 'arn:aws:states:::lambda:invoke',
      Arguments: { FunctionName: this.handler.functionArn, Payload: { release: { pool, lease: `{% ${lease} %}` } } },
      Retry: [LAMBDA_FAULTS],
      Output: '{% $states.input %}',
    };
  }

  private asked({ pool, limit, weight, priority }: SlotRequest, token: boolean): State {
    return {
      pool,
      limit,
      weight,
      priority,
      execution: '{% $states.context.Execution.Id %}',
      ...(token && { token: '{% $states.context.Task.Token %}' }),
    };
  }

  private rule(id: string, props: { eventPattern?: object; scheduleExpression?: string }, input?: string): void {
    const rule = new CfnRule(this, id, {
      description:
        id === 'Ended' ? 'frees the slots of runs that have ended' : 'frees the slots of runs whose end nobody told',
      ...props,
      targets: [{ id: 'Slots', arn: this.handler.functionArn, ...(input !== undefined && { input }) }],
    });
    new CfnPermission(this, `May${id}`, {
      action: 'lambda:InvokeFunction',
      functionName: this.handler.functionArn,
      principal: 'events.amazonaws.com',
      sourceArn: rule.attrArn,
    });
  }
}

function executionsOf(machineArn: string): string {
  return `${machineArn.replace(':stateMachine:', ':execution:')}*:*`;
}
