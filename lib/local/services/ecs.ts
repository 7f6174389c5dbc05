// Stand-in for Amazon ECS: a task is a process, or a container of this machine's engine where the run asks for it. In: RunTask with
// its overrides. Out: the task as ECS describes it. Always: its output goes to the task's log; more memory than the task may have
// is the end of it, as on Fargate; a stopped state machine ends the whole process group.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { type Json, ServiceError, type TaskCall } from '../engine';
import { type ProgramResult, runProgram } from '../child-process';
import { secretNames } from '../secrets';
import { type Found, notLocal, type World } from '../world';
import { ContainerEngine } from './container-engine';
import { type ContainerImage, layOutImage } from './container-image';
import { type ContainerOverrides, containerCall } from './container-run';
import { containerUser } from './container-user';
import {
  type Fields,
  fieldsOf,
  listOf,
  optionalText,
  present,
  type Service,
  type ServiceRequest,
  textOf,
} from './service';

interface RunningTask {
  readonly description: Fields;
  readonly container: Fields;
  readonly stop: AbortController;
}

export class Ecs implements Service {
  private readonly tasks = new Map<string, RunningTask>();
  private readonly noted = new Set<string>();

  private readonly engine: ContainerEngine | undefined;

  constructor(private readonly world: World) {
    this.engine = world.options.docker ? new ContainerEngine() : undefined;
  }

  async handle(request: ServiceRequest): Promise<Json> {
    switch (request.action) {
      case 'RunTask':
        return this.runTask(request);
      case 'DescribeTasks':
        return {
          Tasks: listOf(request.input['Tasks']).flatMap((arn) => this.tasks.get(String(arn))?.description ?? []),
          Failures: [],
        };
      case 'StopTask': {
        const task = this.tasks.get(textOf('ECS', request.input, 'Task'));
        if (!task) throw new ServiceError('ECS.InvalidParameterException', 'The referenced task was not found.');
        task.stop.abort();
        return { Task: task.description };
      }
      default:
        throw notLocal(`ecs:${request.action}`);
    }
  }

  async close(): Promise<void> {
    for (const task of this.tasks.values()) task.stop.abort();
  }

  private async runTask({ input, region, call }: ServiceRequest): Promise<Json> {
    const definition = this.definition(textOf('ECS', input, 'TaskDefinition'), region);
    const task = this.describe(definition, input, region);
    this.tasks.set(String(task.description['TaskArn']), task);
    const done = this.execute(definition, task, input, region, call);
    const answer: Json = { Tasks: [structuredClone(task.description)], Failures: [] };
    if (call?.integration !== 'sync') {
      done.catch((error: unknown) => this.world.note(call, `container: ${String((error as Error).message)}`));
      return answer;
    }
    call.submitted(answer);
    await done;
    if (task.container['ExitCode'] === 0) return task.description;
    throw new ServiceError('States.TaskFailed', JSON.stringify(task.description));
  }

  private async execute(
    definition: Found,
    task: RunningTask,
    input: Fields,
    region: string,
    call: TaskCall | undefined,
  ): Promise<void> {
    const { description, container, stop } = task;
    const onAbort = () => stop.abort();
    // Step Functions ends only what it waits for (.sync).
    if (call?.integration === 'sync') call.signal.addEventListener('abort', onAbort, { once: true });
    description['StartedAt'] = Date.now();
    const result = await this.startContainer(definition, input, region, call, stop.signal).finally(() =>
      call?.signal.removeEventListener('abort', onAbort),
    );
    description['StoppedAt'] = Date.now();
    description['LastStatus'] = 'STOPPED';
    description['DesiredStatus'] = 'STOPPED';
    container['LastStatus'] = 'STOPPED';
    if (result.startError !== undefined) {
      description['StopCode'] = 'TaskFailedToStart';
      description['StoppedReason'] = `CannotStartContainerError: ${result.startError}`;
      container['Reason'] = description['StoppedReason'];
      return;
    }
    container['ExitCode'] = result.exitCode;
    if (result.outOfMemory) container['Reason'] = 'OutOfMemoryError: Container killed due to memory usage';
    if (result.logProblem !== undefined) this.world.note(call, result.logProblem);
    description['StopCode'] = result.aborted ? 'UserInitiated' : 'EssentialContainerExited';
    description['StoppedReason'] = result.aborted
      ? 'Task stopped by Step Functions'
      : 'Essential container in task exited';
  }

  private startContainer(
    definition: Found,
    input: Fields,
    region: string,
    call: TaskCall | undefined,
    signal: AbortSignal,
  ): Promise<ProgramResult> {
    const container = essentialContainer(definition);
    const override = listOf(fieldsOf(input['Overrides'])['ContainerOverrides'])
      .map(fieldsOf)
      .find((each) => each['Name'] === container['Name']);
    const overrides = this.overrides(container, override, region, call);
    const { properties } = definition;
    const how = {
      memoryMiB: size(override?.['Memory'] ?? container['Memory'] ?? properties['Memory']),
      logFile: this.world.logFile(call),
      hidden: this.world.options.hidden,
      signal,
    };
    if (this.engine) {
      return this.engine.run({
        ...overrides,
        ...how,
        asset: definition.stack.assets.image(String(container['Image'])),
        image: String(container['Image']),
        cpu: size(override?.['Cpu'] ?? container['Cpu'] ?? properties['Cpu']),
      });
    }
    const image = this.image(definition, container);
    const program = containerCall(image, overrides);
    if (!existsSync(program.cwd))
      throw new ServiceError('States.TaskFailed', `the working directory ${image.workdir} is not in the image`);
    const user = containerUser(image.user, [program.cwd, dirname(program.command[0] ?? '/')]);
    this.noteOnce(image, user.note, call);
    return runProgram({ ...program, ...how, ...(user.ids && { user: user.ids }) });
  }

  private image(definition: Found, container: Fields): ContainerImage {
    const uri = String(container['Image']);
    const asset = definition.stack.assets.image(uri);
    if (!asset)
      throw notLocal(
        `the image ${uri} comes from a registry; a container that is not an asset`,
        'run with --docker, or build it from a folder with a Dockerfile',
      );
    return layOutImage(asset, this.world.options.store.cache('images'));
  }

  /** What a process leaves out of its image: once in a run, whatever number of tasks use it. */
  private noteOnce({ root, notes }: ContainerImage, note: string | undefined, call: TaskCall | undefined): void {
    const all = [...notes, ...(note === undefined ? [] : [note])];
    if (all.length === 0 || this.noted.has(root)) return;
    this.noted.add(root);
    this.world.note(call, `its image runs as a process (--docker does all of it): ${all.join('; ')}`);
  }

  private overrides(
    container: Fields,
    override: Fields | undefined,
    region: string,
    call: TaskCall | undefined,
  ): ContainerOverrides {
    const words = (value: Json | undefined) =>
      Array.isArray(value) && value.length > 0 ? value.map(String) : undefined;
    const variables = (value: Json | undefined) =>
      Object.fromEntries(
        listOf(value).map((each) => [String(fieldsOf(each)['Name']), String(fieldsOf(each)['Value'])]),
      );
    return {
      entryPoint: words(container['EntryPoint']),
      command: words(override?.['Command']) ?? words(container['Command']),
      workingDirectory: optionalText(container, 'WorkingDirectory'),
      environment: {
        ...this.world.awsEnvironment(region),
        ...(call && { AWS_STEP_FUNCTIONS_EXECUTION_ARN: call.executionArn }),
        ...variables(container['Environment']),
        ...this.secrets(container),
        ...variables(override?.['Environment']),
      },
    };
  }

  private secrets(container: Fields): { [name: string]: string } {
    const { secrets } = this.world.options;
    const entries = listOf(container['Secrets']).map((each) => {
      const name = String(fieldsOf(each)['Name']);
      const [id, key] = secretReference(String(fieldsOf(each)['ValueFrom']));
      const value = secrets.find(name, ...secretNames(id));
      if (value === undefined) {
        throw new ServiceError(
          'ECS.ResourceInitializationError',
          `the container needs the secret ${name} (${secretNames(id).at(-1)}): add a line ${name}=value to ${secrets.file}`,
        );
      }
      return [name, key === undefined ? value : jsonKey(value, key)];
    });
    return Object.fromEntries(entries) as { [name: string]: string };
  }

  private definition(id: string, region: string): Found {
    const found = this.world.find('AWS::ECS::TaskDefinition', id, region);
    if (!found) {
      throw new ServiceError(
        'ECS.ClientException',
        `TaskDefinition not found: ${id} is in none of the assembly's templates, so the laptop cannot run it`,
      );
    }
    return found;
  }

  private describe(definition: Found, input: Fields, region: string): RunningTask {
    const { properties } = definition;
    const id = randomUUID().replaceAll('-', '');
    const cluster = optionalText(input, 'Cluster') ?? 'default';
    const clusterArn = cluster.startsWith('arn:') ? cluster : this.world.arn('ecs', region, `cluster/${cluster}`);
    const taskArn = this.world.arn('ecs', region, `task/${clusterArn.split('/').at(-1)}/${id}`);
    const source = essentialContainer(definition);
    const container = present({
      ContainerArn: this.world.arn('ecs', region, `container/${clusterArn.split('/').at(-1)}/${id}/${randomUUID()}`),
      TaskArn: taskArn,
      Name: source['Name'],
      Image: source['Image'],
      LastStatus: 'RUNNING',
      NetworkBindings: [],
      NetworkInterfaces: [],
    });
    const description = present({
      TaskArn: taskArn,
      ClusterArn: clusterArn,
      TaskDefinitionArn: definition.resolver.ref(definition.resource),
      LaunchType: optionalText(input, 'LaunchType') ?? 'FARGATE',
      Cpu: properties['Cpu'],
      Memory: properties['Memory'],
      CreatedAt: Date.now(),
      DesiredStatus: 'RUNNING',
      LastStatus: 'RUNNING',
      Overrides: input['Overrides'],
      StartedBy: 'AWS Step Functions',
      Containers: [container],
    });
    return { description, container, stop: new AbortController() };
  }
}

/** CPU units or MiB, which CloudFormation also writes as texts. */
function size(value: Json | undefined): number | undefined {
  const number = typeof value === 'string' ? Number(value) : value;
  return typeof number === 'number' && number > 0 ? number : undefined;
}

function essentialContainer(definition: Found): Fields {
  const containers = listOf(definition.properties['ContainerDefinitions']).map(fieldsOf);
  const essential = containers.filter((container) => container['Essential'] !== false);
  if (essential.length !== 1) {
    const names = containers.map((container) => String(container['Name'])).join(', ');
    throw notLocal(
      `task definition ${definition.resource.logicalId} with ${essential.length} essential containers (${names}); more than one`,
    );
  }
  return essential[0]!;
}

/** `arn:…:secret:name-AbCdEf:key:stage:version` -> the secret and the JSON key. */
function secretReference(valueFrom: string): [string, string | undefined] {
  const match = /^(arn:[^:]+:secretsmanager:[^:]*:[^:]*:secret:[^:]+)(?::([^:]*):[^:]*:[^:]*)?$/.exec(valueFrom);
  return match ? [match[1]!, match[2] || undefined] : [valueFrom, undefined];
}

function jsonKey(value: string, key: string): string {
  try {
    const inner = (JSON.parse(value) as Fields)[key];
    if (inner !== undefined) return typeof inner === 'string' ? inner : JSON.stringify(inner);
  } catch {
    return value; // The local file gives the key's value itself.
  }
  throw new ServiceError('ECS.ResourceInitializationError', `the secret's JSON has no key ${key}`);
}
