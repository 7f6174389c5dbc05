// The manifest of a deployed pipeline, out of its definitions. In: the root's ARN, or executions of a run. Out: the manifest as it is
// deployed, or as it was when the run began. Always: asks only for definitions.

import {
  DescribeStateMachineCommand,
  DescribeStateMachineForExecutionCommand,
  type SFNClient,
} from '@aws-sdk/client-sfn';
import type { Manifest } from '../../compile/manifest';
import { machinesInComment, manifestOfComments } from '../../compile/manifest-comment';
import { OperatorError } from '../../compile/operator-error';
import { machineOfExecution, nameOfMachine, siblingMachine } from './arn';
import { inTurns } from './in-turns';

export async function currentManifest(client: SFNClient, rootArn: string): Promise<Manifest> {
  const { definition = '' } = await client.send(new DescribeStateMachineCommand({ stateMachineArn: rootArn }));
  return withChildren(client, rootArn, new Map([[nameOfMachine(rootArn), definition]]));
}

/** @param executions the root's ARN first; children tell their own machine's definition of that time */
export async function manifestOfRun(
  client: SFNClient,
  rootArn: string,
  executions: readonly string[],
): Promise<Manifest> {
  const definitions = new Map<string, string>();
  for (const executionArn of executions) {
    const machine = machineOfExecution(executionArn);
    if (definitions.has(machine)) continue;
    const { definition = '' } = await client.send(new DescribeStateMachineForExecutionCommand({ executionArn }));
    definitions.set(machine, definition);
  }
  return withChildren(client, rootArn, definitions);
}

/** Machines that no execution told of, in the version that the others call. */
async function withChildren(client: SFNClient, rootArn: string, definitions: Map<string, string>): Promise<Manifest> {
  const root = nameOfMachine(rootArn);
  const machines = machinesInComment(commentOf(definitions.get(root)));
  if (machines === undefined) {
    throw new OperatorError(
      `state machine ${root} says nothing of its tasks: it was deployed by an older headrace; deploy the pipeline again`,
    );
  }
  const missing = machines.filter((machine) => !definitions.has(machine));
  const callers = [...definitions.values()];
  await inTurns(missing, 4, async (machine) => {
    const arn = siblingMachine(rootArn, machine);
    const stateMachineArn = callers.flatMap((text) => calledVersion(text, arn) ?? [])[0] ?? arn;
    const { definition = '' } = await client.send(new DescribeStateMachineCommand({ stateMachineArn }));
    definitions.set(machine, definition);
  });
  return manifestOfComments(new Map([...definitions].map(([machine, text]) => [machine, commentOf(text)])));
}

/** `...:stateMachine:Sales-1A2B3C4D:7`, where a definition calls that. */
function calledVersion(definition: string, machineArn: string): string | undefined {
  const begins = definition.indexOf(`"${machineArn}:`) + 1;
  const arn = begins === 0 ? '' : definition.slice(begins, definition.indexOf('"', begins));
  return /:\d+$/.test(arn) ? arn : undefined;
}

function commentOf(definition: string | undefined): string {
  try {
    return (JSON.parse(definition ?? '{}') as { Comment?: string }).Comment ?? '';
  } catch {
    return '';
  }
}
