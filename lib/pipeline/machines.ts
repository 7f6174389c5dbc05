// The state machines of a compiled pipeline. In: what the compiler made and what each task needs. Out: machines, their role,
// rendezvous table where one is needed. Always: ids come from the machines' names, which adding a task does not change.

import {
  type aws_dynamodb as dynamodb,
  aws_iam as iam,
  type aws_logs as logs,
  CfnDeletionPolicy,
  Stack,
} from 'aws-cdk-lib';
import { CfnStateMachine, CfnStateMachineVersion } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct } from 'constructs';
import { TASK_SOURCE } from '../compile/alert-request';
import { ROOT_TAG } from '../compile/manifest-comment';
import type { Compiled, CompiledMachine } from '../compile/model';
import { acknowledge } from './acknowledge';
import { definitionProps } from './definition';
import type { PlannedTask } from './graph';
import type { Turns } from './max-active-runs';
import { machineArn, machineRole, startAndWait } from './machine-role';
import { shortLivedTable } from './short-lived-table';

export interface MachineSettings {
  readonly logGroup: logs.ILogGroup;
  readonly logLevel: string;
  readonly tracing: boolean;
  readonly rendezvousTable: string;
  /** Is filled: the version of each child machine. */
  readonly versions: Map<string, string>;
  /** Machines tell the event bus of failed tasks. */
  readonly failureEvents: boolean;
  /** What a machine's definition says of the tasks in it, for whoever operates it. */
  readonly comment: (machine: string) => string;
  /** What comes before and after the tasks of the root. @default nothing */
  readonly turns?: Turns;
}

/** The machines by name. */
export function makeMachines(
  scope: Construct,
  compiled: Compiled,
  tasks: ReadonlyMap<string, PlannedTask>,
  settings: MachineSettings,
): Map<string, CfnStateMachine> {
  const table = compiled.machines.some((machine) => machine.usesRendezvous)
    ? shortLivedTable(scope, 'Rendezvous', settings.rendezvousTable)
    : undefined;
  const homes = new Map(compiled.machines.map((machine) => [machine.name, homeOf(scope, compiled, machine)]));
  const root = homes.get(compiled.root)!;
  // One for all: where the compiler cuts may move with the next task, and runs that go on keep the definitions they began with.
  const role = machineRole(root, 'Role', `runs ${compiled.root}`, [
    ...[...tasks.values()].flatMap((task) => task.permissions),
    ...compiled.machines.flatMap((machine) => machine.children).flatMap((child) => startAndWait(root, child)),
    ...(settings.turns?.permissions ?? []),
    ...(table ? rendezvous(root, table, compiled) : []),
    ...(settings.failureEvents ? [failureEvents(root)] : []),
  ]);
  const made = new Map<string, CfnStateMachine>();
  for (const machine of childrenFirst(compiled)) {
    const home = homes.get(machine.name)!;
    const resource = new CfnStateMachine(home, 'Resource', {
      stateMachineName: machine.name,
      stateMachineType: 'STANDARD',
      roleArn: role.roleArn,
      ...definitionProps(home, {
        ...(machine.root && settings.turns ? settings.turns.around(machine.definition) : machine.definition),
        Comment: settings.comment(machine.name),
      }),
      loggingConfiguration: {
        level: settings.logLevel,
        includeExecutionData: false,
        ...(settings.logLevel !== 'OFF' && {
          destinations: [{ cloudWatchLogsLogGroup: { logGroupArn: settings.logGroup.logGroupArn } }],
        }),
      },
      tracingConfiguration: { enabled: settings.tracing },
    });
    resource.node.addDependency(role);
    acknowledge(
      resource,
      'AwsSolutions-SF1',
      'the history of a run holds every event for 90 days; logging them a second time would only cost',
    );
    if (!settings.tracing) acknowledge(resource, 'AwsSolutions-SF2', 'the author switched tracing off');
    if (machine.root) resource.tags.setTag(ROOT_TAG, machine.name);
    else settings.versions.set(machine.name, version(home, resource).ref);
    made.set(machine.name, resource);
  }
  return made;
}

/** Whoever calls a machine refers to its version. */
function childrenFirst({ machines, root }: Compiled): CompiledMachine[] {
  const byName = new Map(machines.map((machine) => [machine.name, machine]));
  const below = (name: string): CompiledMachine[] => [...byName.get(name)!.children.flatMap(below), byName.get(name)!];
  return below(root);
}

/**
 * What a run that goes on will call, however often the pipeline is deployed meanwhile: versions that are not called any more stay,
 * and go with their machine. https://docs.aws.amazon.com/step-functions/latest/dg/concepts-state-machine-version.html
 */
function version(scope: Construct, machine: CfnStateMachine): CfnStateMachineVersion {
  const made = new CfnStateMachineVersion(scope, 'Version', {
    stateMachineArn: machine.ref,
    stateMachineRevisionId: machine.attrStateMachineRevisionId,
  });
  made.cfnOptions.updateReplacePolicy = CfnDeletionPolicy.RETAIN;
  made.cfnOptions.deletionPolicy = CfnDeletionPolicy.DELETE;
  return made;
}

function homeOf(scope: Construct, { root }: Compiled, machine: CompiledMachine): Construct {
  return new Construct(scope, machine.root ? 'Machine' : `Machine${machine.name.slice(root.length)}`);
}

function failureEvents(scope: Construct): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['events:PutEvents'],
    resources: [Stack.of(scope).formatArn({ service: 'events', resource: 'event-bus', resourceName: 'default' })],
    conditions: { StringEquals: { 'events:source': TASK_SOURCE } },
  });
}

function rendezvous(scope: Construct, table: dynamodb.Table, compiled: Compiled): iam.PolicyStatement[] {
  const machines = compiled.machines.map((machine: CompiledMachine) => machineArn(scope, machine.name));
  return [
    new iam.PolicyStatement({ actions: ['dynamodb:GetItem', 'dynamodb:UpdateItem'], resources: [table.tableArn] }),
    new iam.PolicyStatement({ actions: ['states:SendTaskSuccess'], resources: machines }),
  ];
}
