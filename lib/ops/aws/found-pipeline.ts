// What the doctor has to know of a deployed pipeline. In: the ARN of its root. Out: its machines with their definitions and roles. Always: one
// request a machine.

import { DescribeStateMachineCommand, type SFNClient } from '@aws-sdk/client-sfn';
import { machinesInComment } from '../../compile/manifest-comment';
import { nameOfMachine, siblingMachine } from './arn';
import { inTurns } from './in-turns';

export interface FoundMachine {
  readonly arn: string;
  readonly role: string;
  readonly definition: Definition;
  /** The definition as it is deployed. */
  readonly text: string;
}

export interface FoundPipeline {
  readonly name: string;
  /** The root first. */
  readonly machines: readonly FoundMachine[];
  /** ARN of the machine that does its backfills. */
  readonly backfill?: string;
  /** Of the manifest in it; undefined if it has none that can be read. */
  readonly version: number | undefined;
}

export interface Definition {
  readonly Comment?: string;
  readonly States?: { readonly [name: string]: State };
}

export interface State {
  readonly Type?: string;
  readonly Resource?: string;
  readonly Arguments?: unknown;
  readonly Branches?: readonly Definition[];
  readonly ItemProcessor?: Definition;
}

export async function foundPipeline(client: SFNClient, name: string, rootArn: string): Promise<FoundPipeline> {
  const root = await machineAt(client, rootArn);
  const comment = root.definition.Comment ?? '';
  const names = machinesInComment(comment) ?? [];
  const children = names.filter((machine) => machine !== nameOfMachine(rootArn));
  const others = await inTurns(children, 4, (machine) => machineAt(client, siblingMachine(rootArn, machine)));
  const { headrace, backfill } = factsIn(comment);
  return {
    name,
    machines: [root, ...others],
    ...(backfill !== undefined && { backfill: siblingMachine(rootArn, backfill) }),
    version: headrace,
  };
}

/** Every state, the nested ones too. */
export function statesOf(definition: Definition): readonly State[] {
  return Object.values(definition.States ?? {}).flatMap((state) => [
    state,
    ...(state.Branches ?? []).flatMap(statesOf),
    ...(state.ItemProcessor === undefined ? [] : statesOf(state.ItemProcessor)),
  ]);
}

async function machineAt(client: SFNClient, arn: string): Promise<FoundMachine> {
  const { definition: text = '{}', roleArn: role = '' } = await client.send(
    new DescribeStateMachineCommand({ stateMachineArn: arn }),
  );
  return { arn, role, definition: parsed(text) as Definition, text };
}

function factsIn(comment: string): { readonly headrace?: number; readonly backfill?: string } {
  const { headrace, backfill } = parsed(comment) as { headrace?: unknown; backfill?: unknown };
  return {
    ...(typeof headrace === 'number' && { headrace }),
    ...(typeof backfill === 'string' && { backfill }),
  };
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : {};
  } catch {
    return {};
  }
}
