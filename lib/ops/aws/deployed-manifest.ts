// The manifest of a deployed pipeline, out of its definitions. In: the root's ARN, or executions of a run. Out: the manifest as it is
// deployed, or as it was when the run began. Always: asks only for definitions.

import {
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { Manifest } from '../../compile/manifest';
import { machinesInComment, manifestOfComments } from '../../compile/manifest-comment';
import { OperatorError } from '../operator-error';
import { machineOfExecution, nameOfMachine, siblingMachine } from './arn';
import { inTurns } from './in-turns';

export async function currentManifest(client: SFNClient, rootArn: string): Promise<Manifest> {
  const root = nameOfMachine(rootArn);
  const { definition } = await client.send(new DescribeStateMachineCommand({ stateMachineArn: rootArn }));
  return withChildren(client, rootArn, new Map([[root, commentOf(definition)]]));
}

/** @param executions the root's ARN first; children tell their own machine's definition of that time */
export async function manifestOfRun(
  client: SFNClient,
  rootArn: string,
  executions: readonly string[],
): Promise<Manifest> {
  const comments = new Map<string, string>();
  for (const executionArn of executions) {
    const machine = machineOfExecution(executionArn);
    if (comments.has(machine)) continue;
    const { definition } = await client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    comments.set(machine, commentOf(definition));
  }
  return withChildren(client, rootArn, comments);
}

/** Machines that no execution told of, as they are now. */
async function withChildren(client: SFNClient, rootArn: string, comments: Map<string, string>): Promise<Manifest> {
  const root = nameOfMachine(rootArn);
  const machines = machinesInComment(comments.get(root));
  if (machines === undefined) {
    throw new OperatorError(
      `state machine ${root} says nothing of its tasks: it was deployed by an older headrace; deploy the pipeline again`,
    );
  }
  const missing = machines.filter((machine) => !comments.has(machine));
  await inTurns(missing, 4, async (machine) => {
    const { definition } = await client.send(
      new DescribeStateMachineCommand({ stateMachineArn: siblingMachine(rootArn, machine) }),
    );
    comments.set(machine, commentOf(definition));
  });
  return manifestOfComments(comments);
}

function commentOf(definition: string | undefined): string {
  try {
    return (JSON.parse(definition ?? '{}') as { Comment?: string }).Comment ?? '';
  } catch {
    return '';
  }
}
