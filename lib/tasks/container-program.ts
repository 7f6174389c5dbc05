// What every task that runs a container on ECS has in common: its props, their checks, the container's definition. In: the
// props. Out: problems, a container in a task definition, overrides of a run. Always: what is the same in every run stands in
// the definition, where it can be read; what only a run knows comes with the run.

import { type Duration, aws_ecs as ecs, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { acknowledge } from '../pipeline/acknowledge';
import type { IPipeline } from '../pipeline/i-pipeline';
import { hasRunToken, holdsRunToken } from '../pipeline/run-token';
import type { TaskProps } from '../pipeline/task';
import { asText } from './as-text';
import { containerLogs, containerRolePath } from './container-network';

/** What every task that runs a container may say. */
export interface ContainerTaskProps extends TaskProps {
  /**
   * The image: from a folder with a Dockerfile, a registry, a repository.
   * @default - `taskDefinition` says what runs
   */
  readonly image?: ecs.ContainerImage;
  /**
   * Name of the container of an existing task definition that `command` and `environment` are laid over.
   * @default - its essential container; has to be told for a definition of another app
   */
  readonly containerName?: string;
  /**
   * Command of the container; may hold run values and outputs.
   * @default - the image's own
   */
  readonly command?: string[];
  /**
   * Environment of the container; may hold run values and outputs. `HEADRACE_RUN_ID`, `HEADRACE_TASK` and `HEADRACE_LOGICAL_DATE` are always set.
   * @default - nothing else
   */
  readonly environment?: { [name: string]: string };
  /**
   * Environment from Secrets Manager or the parameter store; the values stand in no definition.
   * @default - none
   */
  readonly secrets?: { [name: string]: ecs.Secret };
  /**
   * Where it runs.
   * @default - the pipeline's cluster
   */
  readonly cluster?: ecs.ICluster;
  /**
   * The role that the program works with.
   * @default - one of its own, allowed nothing; `bucket.grantRead(task)` adds to it
   */
  readonly taskRole?: iam.IRole;
  /**
   * The role that pulls the image and reads secrets.
   * @default - one shared by the pipeline's containers
   */
  readonly executionRole?: iam.IRole;
  /**
   * The program reports through a task token: signs of life, values, a failure or a wish to be skipped in its own words. The scripts in
   * `dist/lambda/report` of this package do that in Python, Node.js and shell. A program that ends without a report has failed.
   * @default false: the exit code alone tells
   */
  readonly reports?: boolean;
  /**
   * Region of cluster and task definition, which both have to exist there.
   * @default - the stack's region
   */
  readonly region?: string;
  /**
   * The longest time without a sign of life, the start of the container included; then it is stopped and has failed. Needs `reports`.
   * @default - it may be silent until `timeout`
   */
  readonly heartbeat?: Duration;
}

/** Name of the container in definitions that are made here: a part of the log stream's name. */
export const CONTAINER = 'Main';

/** @param existing a task definition was given @param settings names of props that belong to a definition of our own */
export function containerProblems(props: ContainerTaskProps, existing: boolean, settings: readonly string[]): string[] {
  const problems: string[] = [];
  if (!existing && props.image === undefined)
    problems.push('image is missing: give the image that runs, or an existing taskDefinition');
  const given = props as { readonly [prop: string]: unknown };
  for (const prop of existing ? ['image', 'secrets', 'taskRole', 'executionRole', ...settings] : []) {
    if (given[prop] !== undefined)
      problems.push(
        `${prop} is given beside taskDefinition: it would do nothing to a definition that exists; set it there, or leave taskDefinition out`,
      );
  }
  if (!existing && props.containerName !== undefined)
    problems.push(
      'containerName is given without taskDefinition: it chooses a container of an existing definition; leave it out',
    );
  for (const name of Object.keys(props.environment ?? {})) {
    if (name.startsWith('HEADRACE_'))
      problems.push(`the environment variable ${name} is one of headrace's own: choose another name`);
    if (props.secrets !== undefined && name in props.secrets)
      problems.push(`${name} is given in environment and in secrets: only one of them can hold`);
  }
  if (props.heartbeat !== undefined && props.reports !== true)
    problems.push(
      `heartbeat is ${props.heartbeat.toHumanString()}, but nothing says that the program reports: without signs of life every run would fail; set reports and let the program report, or leave heartbeat out`,
    );
  if (props.heartbeat !== undefined && !props.heartbeat.isUnresolved() && props.heartbeat.toSeconds() < 1)
    problems.push(`heartbeat is ${props.heartbeat.toHumanString()}: expected at least 1 second`);
  return problems;
}

/** A container in another region needs all that it stands on there: networks do not reach over. */
export function regionProblems(
  home: string,
  region: string | undefined,
  image: boolean,
  parts: readonly (readonly [prop: string, there: string | undefined])[],
): string[] {
  if (region === undefined || region === home) return [];
  return [
    ...(image
      ? [
          `region is ${region}, but a container made from an image lives in the pipeline's own network and region: give a taskDefinition and a cluster that exist there`,
        ]
      : []),
    ...parts
      .filter(([, there]) => there !== undefined && there !== region)
      .map(
        ([prop, there]) =>
          `region is ${region}, but ${prop} is bound to a network in ${there}: give one of ${region}, imported from there`,
      ),
  ];
}

export interface ContainerSizes {
  readonly cpu?: number;
  readonly memoryLimitMiB?: number;
  readonly memoryReservationMiB?: number;
  readonly gpuCount?: number;
}

/** The one container of a definition that is made here. */
export function addProgram(
  definition: ecs.TaskDefinition,
  pipeline: IPipeline,
  taskId: string,
  props: ContainerTaskProps,
  sizes: ContainerSizes = {},
): void {
  const fixed = Object.entries(props.environment ?? {}).filter(([, value]) => !hasRunToken(value));
  definition.addContainer(CONTAINER, {
    image: props.image ?? ecs.ContainerImage.fromRegistry('missing'),
    essential: true,
    ...sizes,
    ...(props.command !== undefined && !holdsRunToken(props.command) && { command: props.command }),
    ...(fixed.length > 0 && { environment: Object.fromEntries(fixed) }),
    ...(props.secrets !== undefined && { secrets: props.secrets }),
    logging: ecs.LogDrivers.awsLogs({ logGroup: containerLogs(pipeline), streamPrefix: taskId }),
  });
  if (fixed.length > 0) {
    acknowledge(
      definition,
      'AwsSolutions-ECS2',
      'the environment holds settings; secrets come from Secrets Manager through the prop secrets',
    );
  }
}

/** The role that the program of a definition made here works with. */
export function programRole(scope: Construct, pipeline: IPipeline): iam.Role {
  return new iam.Role(scope, 'Role', {
    description: `program of ${scope.node.path}`,
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(scope).account } },
    }),
    path: containerRolePath(pipeline),
  });
}

/** The role of a definition; one that was imported by its ARN alone throws when asked for it. */
export function taskRoleOf(definition: ecs.ITaskDefinition): iam.IRole | undefined {
  try {
    return definition.taskRole;
  } catch {
    return undefined;
  }
}

/** Whom grants to the task are for. */
export function programPrincipal(scope: Construct, definition: ecs.ITaskDefinition): iam.IPrincipal {
  return taskRoleOf(definition)?.grantPrincipal ?? new iam.UnknownPrincipal({ resource: scope });
}

/** The name of the container that a run's command and environment are laid over; undefined where nobody told it. */
export function containerNameOf(definition: ecs.ITaskDefinition, props: ContainerTaskProps): string | undefined {
  if (props.containerName !== undefined) return props.containerName;
  return (definition as Partial<ecs.TaskDefinition>).defaultContainer?.containerName;
}

/** What a run lays over the container. */
export function programOverride(
  pipeline: IPipeline,
  taskId: string,
  name: string,
  props: ContainerTaskProps,
  existing: boolean,
  places: { readonly [variable: string]: string },
): Json {
  const environment = {
    HEADRACE_RUN_ID: pipeline.run.id,
    HEADRACE_TASK: taskId,
    HEADRACE_LOGICAL_DATE: pipeline.run.logicalDate,
    ...places,
    ...Object.fromEntries(
      Object.entries(props.environment ?? {}).filter(([, value]) => existing || hasRunToken(value)),
    ),
  };
  const command = props.command !== undefined && (existing || holdsRunToken(props.command)) ? props.command : undefined;
  return {
    Name: name,
    ...(command !== undefined && { Command: command.map(asText) }),
    Environment: Object.entries(environment).map(([Name, value]) => ({ Name, Value: asText(value) })),
  };
}
