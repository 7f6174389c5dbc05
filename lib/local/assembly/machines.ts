// The state machines of an assembly, as they would be deployed. In: the assembly. Out: ARN -> definition, for every machine of
// every stack, children included. Always: the text is the template's own; only CloudFormation's part of it is answered.

import { readFileSync } from 'node:fs';
import type { Manifest } from '../../compile/manifest';
import type { Json } from '../engine';
import type { Assembly, Resource, Stack } from './assembly';
import { AssemblyError } from './assembly-error';
import { Resolver } from './resolver';

export interface LocalMachine {
  readonly arn: string;
  readonly name: string;
  readonly definition: Json;
  readonly type: 'STANDARD' | 'EXPRESS';
  readonly roleArn: string;
  readonly logicalId: string;
  readonly region: string;
}

export class Machines {
  private readonly byArn = new Map<string, LocalMachine | { stack: Stack; resource: Resource }>();

  constructor(private readonly assembly: Assembly) {
    for (const { stack, resource } of assembly.ofType('AWS::StepFunctions::StateMachine')) {
      this.byArn.set(new Resolver(assembly, stack).ref(resource), { stack, resource });
    }
  }

  /** A machine by its ARN; read on first use. */
  get(arn: string): LocalMachine | undefined {
    const found = this.byArn.get(arn);
    if (found === undefined || 'arn' in found) return found;
    const machine = readMachine(this.assembly, found.stack, found.resource);
    this.byArn.set(arn, machine);
    return machine;
  }

  arns(): string[] {
    return [...this.byArn.keys()];
  }

  /** ARN of a machine that a manifest names. */
  arnOf(manifest: Manifest, logicalId: string): string {
    const stack = this.assembly.stackOf(manifest);
    const resource = stack.resources.get(logicalId);
    if (resource?.type !== 'AWS::StepFunctions::StateMachine') {
      throw new AssemblyError(
        `pipeline ${manifest.name} names the state machine ${logicalId}, which ${stack.templateFile} does not have: synthesize the app again`,
      );
    }
    return new Resolver(this.assembly, stack).ref(resource);
  }

  /** ARN of a pipeline's root machine. */
  rootOf(manifest: Manifest): string {
    const root = manifest.machines.find((machine) => machine.root);
    if (!root)
      throw new AssemblyError(
        `the manifest of pipeline ${manifest.name} names no root machine: synthesize the app again`,
      );
    return this.arnOf(manifest, root.logicalId);
  }
}

function readMachine(assembly: Assembly, stack: Stack, resource: Resource): LocalMachine {
  const resolver = new Resolver(assembly, stack);
  return {
    arn: resolver.ref(resource),
    name: String(resolver.attribute(resource, 'Name', resource.logicalId)),
    definition: readDefinition(resolver, stack, resource),
    type: resolver.property(resource, 'StateMachineType') === 'EXPRESS' ? 'EXPRESS' : 'STANDARD',
    roleArn: String(resolver.property(resource, 'RoleArn') ?? ''),
    logicalId: resource.logicalId,
    region: stack.region,
  };
}

function readDefinition(resolver: Resolver, stack: Stack, resource: Resource): Json {
  const substitutions = (resolver.property(resource, 'DefinitionSubstitutions') ?? {}) as { [name: string]: Json };
  const inline = resolver.property(resource, 'Definition');
  if (inline !== undefined) return JSON.parse(substituted(JSON.stringify(inline), substitutions)) as Json;
  const text = resolver.property(resource, 'DefinitionString') ?? readAsset(resolver, stack, resource);
  try {
    return JSON.parse(substituted(String(text), substitutions)) as Json;
  } catch (error) {
    throw new AssemblyError(
      `${stack.name}: the definition of ${resource.logicalId} is not JSON: ${(error as Error).message}`,
    );
  }
}

function readAsset(resolver: Resolver, stack: Stack, resource: Resource): string {
  const location = resolver.property(resource, 'DefinitionS3Location') as { Key?: string } | undefined;
  const asset = location?.Key === undefined ? undefined : stack.assets.file(location.Key);
  if (!asset) {
    throw new AssemblyError(
      `${stack.name}: ${resource.logicalId} has no DefinitionString, and its DefinitionS3Location ${JSON.stringify(location)} is not an asset of the assembly`,
    );
  }
  return stack.local(readFileSync(asset.path, 'utf8'));
}

/** `${name}` -> value, JSON-escaped, as CloudFormation puts DefinitionSubstitutions in. */
function substituted(text: string, values: { readonly [name: string]: Json }): string {
  return text.replace(/\$\{([A-Za-z0-9_.-]+)\}/g, (whole, name: string) => {
    if (!Object.hasOwn(values, name)) return whole;
    const value = values[name]!;
    return typeof value === 'string' ? JSON.stringify(value).slice(1, -1) : JSON.stringify(value);
  });
}
