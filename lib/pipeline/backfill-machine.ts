// The machine of a stack that does backfills, so that one goes on when the terminal is closed. In: a stack. Out: its name; made on first
// use. Always: it may start and stop runs of the stack's pipelines and nothing else; between two backfills it costs nothing.

import { ArnFormat, aws_iam as iam, Names, Stack } from 'aws-cdk-lib';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { backfillDefinition } from '../compile/backfill';
import { acknowledge, acknowledgeWildcards } from './acknowledge';
import { definitionProps } from './definition';
import type { IPipeline } from './i-pipeline';
import { machineRole, startAndWait } from './machine-role';

const ID = 'HeadraceBackfill';

/** Lets the stack's backfill machine run this pipeline. @returns the machine's name */
export function backfillMachine(pipeline: IPipeline): string {
  const stack = Stack.of(pipeline);
  const existing = stack.node.tryFindChild(ID) as Backfill | undefined;
  const made = existing ?? new Backfill(stack, ID);
  made.allow(pipeline.prefix);
  return made.machineName;
}

class Backfill extends Construct {
  readonly machineName: string;
  private readonly role: iam.Role;
  private readonly allowed = new Set<string>();

  constructor(stack: Stack, id: string) {
    super(stack, id);
    this.machineName = Names.uniqueResourceName(this, { maxLength: 70, separator: '-' });
    const { machineName } = this;
    this.role = machineRole(this, 'Role', `runs ${machineName}`, itself(stack, machineName));
    const machine = new CfnStateMachine(this, 'Resource', {
      stateMachineName: machineName,
      stateMachineType: 'STANDARD',
      roleArn: this.role.roleArn,
      ...definitionProps(this, backfillDefinition()),
      tracingConfiguration: { enabled: true },
    });
    machine.node.addDependency(this.role);
    acknowledge(machine, 'AwsSolutions-SF1', 'the history of a backfill tells every run that it started');
  }

  allow(root: string): void {
    if (this.allowed.has(root)) return;
    this.allowed.add(root);
    for (const statement of startAndWait(this, root)) {
      this.role.addToPrincipalPolicy(statement);
      acknowledgeWildcards(this.role, statement.resources, 'the names of runs are made of their dates');
    }
  }
}

/** A distributed map's items are executions of the machine itself. */
function itself(stack: Stack, machineName: string): iam.PolicyStatement[] {
  const arn = (resource: string, resourceName: string) =>
    stack.formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
  return [
    new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [arn('stateMachine', machineName)] }),
    new iam.PolicyStatement({
      actions: ['states:DescribeExecution', 'states:StopExecution'],
      resources: [arn('execution', `${machineName}:*`), arn('execution', `${machineName}/*`)],
    }),
  ];
}
