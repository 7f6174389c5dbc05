// How large things are, from the templates of a cloud assembly. In: the assembly. Out: sizes, and what a service would answer to a call that
// starts something of the templates. Always: what the templates do not hold is absent; nothing fails for a part that cannot be read.

import type { Assembly, Resource, Stack } from '../../lib/local/assembly/assembly';
import { Resolver } from '../../lib/local/assembly/resolver';
import type { Fields } from '../../lib/ops/aws/started-work';
import { type FunctionSize, functionName, type Sizes } from '../../lib/ops/cost/sizes';

const LEAST_MEMORY_MB = 128;
/** https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-capacity.html */
const DEFAULT_RPU = 128;

export function assemblySizes(assembly: Assembly): Sizes {
  const functions = new Map<string, FunctionSize>();
  for (const { name, fields } of resourcesOf(assembly, 'AWS::Lambda::Function')) {
    const architectures = fields['Architectures'];
    functions.set(functionName(name), {
      memoryMb: Number(fields['MemorySize'] ?? LEAST_MEMORY_MB),
      arm: Array.isArray(architectures) && architectures.includes('arm64'),
    });
  }
  const workgroups = new Map(
    resourcesOf(assembly, 'AWS::RedshiftServerless::Workgroup').map(({ name, fields }): [string, number] => [
      String(fields['WorkgroupName'] ?? name),
      Number(fields['BaseCapacity'] ?? DEFAULT_RPU),
    ]),
  );
  return { functions, workgroups, crawls: [] };
}

/** What a service would tell of the size of what a call starts. */
export function wouldTell(assembly: Assembly, call: string, parameters: Fields): Fields {
  if (call === 'ecs:runTask') return containerOf(assembly, parameters);
  if (call === 'glue:startJobRun') return { ...jobOf(assembly, parameters), ...sizeIn(parameters) };
  if (call === 'batch:submitJob') return batchOf(assembly, parameters);
  return {};
}

function containerOf(assembly: Assembly, { TaskDefinition, LaunchType, CapacityProviderStrategy }: Fields): Fields {
  const found = named(assembly, 'AWS::ECS::TaskDefinition', TaskDefinition);
  if (found === undefined) return {};
  const arm = (found['RuntimePlatform'] as Fields | undefined)?.['CpuArchitecture'] === 'ARM64';
  const disk = found['EphemeralStorage'] as Fields | undefined;
  return {
    Cpu: found['Cpu'],
    Memory: found['Memory'],
    ...(LaunchType !== undefined && { LaunchType }),
    ...(/FARGATE_SPOT/.test(JSON.stringify(CapacityProviderStrategy ?? '')) && {
      CapacityProviderName: 'FARGATE_SPOT',
    }),
    ...(disk !== undefined && { EphemeralStorage: disk }),
    ...(arm && { Attributes: [{ Name: 'ecs.cpu-architecture', Value: 'arm64' }] }),
  };
}

function jobOf(assembly: Assembly, { JobName }: Fields): Fields {
  const found = named(assembly, 'AWS::Glue::Job', JobName) ?? {};
  const { MaxCapacity, WorkerType, NumberOfWorkers, ExecutionClass, GlueVersion } = found;
  return defined({ MaxCapacity, WorkerType, NumberOfWorkers, ExecutionClass, GlueVersion });
}

function sizeIn({ MaxCapacity, WorkerType, NumberOfWorkers, ExecutionClass }: Fields): Fields {
  return defined({ MaxCapacity, WorkerType, NumberOfWorkers, ExecutionClass });
}

function batchOf(assembly: Assembly, { JobDefinition, ContainerOverrides, ArrayProperties }: Fields): Fields {
  const found = named(assembly, 'AWS::Batch::JobDefinition', JobDefinition);
  if (found === undefined) return {};
  const part = (found['ContainerProperties'] ?? {}) as Fields;
  const needs = (ContainerOverrides as Fields | undefined)?.['ResourceRequirements'];
  return {
    PlatformCapabilities: found['PlatformCapabilities'],
    Container: { ...part, ...(Array.isArray(needs) && { ResourceRequirements: needs }) },
    ...(ArrayProperties !== undefined && { ArrayProperties }),
  };
}

function named(assembly: Assembly, type: string, asked: unknown): Fields | undefined {
  return resourcesOf(assembly, type).find(({ ref, name }) => asked === ref || asked === name)?.fields;
}

interface Known {
  readonly name: string;
  readonly ref: string;
  readonly fields: Fields;
}

/** A thousand jobs are looked for a thousand times. */
const read = new WeakMap<Assembly, Map<string, readonly Known[]>>();

function resourcesOf(assembly: Assembly, type: string): readonly Known[] {
  const types = read.get(assembly) ?? new Map<string, readonly Known[]>();
  read.set(assembly, types);
  const all =
    types.get(type) ?? assembly.ofType(type).flatMap(({ stack, resource }) => known(assembly, stack, resource));
  types.set(type, all);
  return all;
}

function known(assembly: Assembly, stack: Stack, resource: Resource): Known[] {
  const resolver = new Resolver(assembly, stack);
  const names = ['name', 'ref'] as const;
  const [name, ref] = names.map((which) => orElse(() => resolver[which](resource), resource.logicalId));
  // One property that cannot be resolved leaves the others.
  const fields = Object.keys(resource.properties).map((key): [string, unknown] => [
    key,
    orElse(() => resolver.property(resource, key), undefined),
  ]);
  return [{ name: name!, ref: ref!, fields: Object.fromEntries(fields) }];
}

function orElse<T>(ask: () => T, instead: T): T {
  try {
    return ask();
  } catch {
    return instead;
  }
}

function defined(fields: Fields): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined && value !== null));
}
