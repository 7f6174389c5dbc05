// Stand-in for AWS Batch: a job is a process, an array as many of them, some at a time. In: SubmitJob with its overrides. Out: the job
// as DescribeJobs tells it. Always: a copy that fails is tried as often as the job says and fails the whole job; a stopped state
// machine ends every copy. Queues have no order here: a job starts at once.

import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { type ProgramResult, runProgram } from '../child-process';
import { type Json, ServiceError, type TaskCall } from '../engine';
import { type Found, notLocal, type World } from '../world';
import { layOutImage } from './container-image';
import { containerCall } from './container-run';
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

interface Job {
  readonly description: Fields;
  readonly stop: AbortController;
}

export class Batch implements Service {
  private readonly jobs = new Map<string, Job>();

  constructor(private readonly world: World) {}

  async handle(request: ServiceRequest): Promise<Json> {
    const { action, input } = request;
    switch (action) {
      case 'SubmitJob':
        return this.submit(request);
      case 'DescribeJobs':
        return { Jobs: listOf(input['Jobs']).flatMap((id) => this.jobs.get(String(id))?.description ?? []) };
      case 'TerminateJob': {
        const job = this.jobs.get(textOf('Batch', input, 'JobId'));
        if (job) job.description['StatusReason'] = optionalText(input, 'Reason') ?? 'terminated';
        job?.stop.abort();
        return {};
      }
      default:
        throw notLocal(`batch:${action}`);
    }
  }

  async close(): Promise<void> {
    for (const job of this.jobs.values()) job.stop.abort();
  }

  private async submit({ input, region, call }: ServiceRequest): Promise<Json> {
    const definition = this.definition(textOf('Batch', input, 'JobDefinition'), region);
    const id = randomUUID();
    const name = textOf('Batch', input, 'JobName');
    const size = Number(fieldsOf(input['ArrayProperties'])['Size'] ?? 0);
    const description = present({
      JobId: id,
      JobName: name,
      JobArn: this.world.arn('batch', region, `job/${id}`),
      JobDefinition: input['JobDefinition'],
      JobQueue: input['JobQueue'],
      Status: 'RUNNING',
      CreatedAt: Date.now(),
      ArrayProperties: size > 0 ? { Size: size } : undefined,
    });
    const stop = new AbortController();
    this.jobs.set(id, { description, stop });
    const done = this.run(definition, description, input, size, stop, region, call);
    this.world.activity.track(done);
    const answer: Json = { JobId: id, JobName: name, JobArn: description['JobArn']! };
    if (call?.integration !== 'sync') return answer;
    call.submitted(answer);
    await done;
    if (description['Status'] === 'SUCCEEDED') return description;
    throw new ServiceError('States.TaskFailed', JSON.stringify(description));
  }

  private async run(
    definition: Found,
    description: Fields,
    input: Fields,
    size: number,
    stop: AbortController,
    region: string,
    call: TaskCall | undefined,
  ): Promise<void> {
    const onAbort = () => stop.abort();
    // Step Functions ends only what it waits for (.sync).
    if (call?.integration === 'sync') call.signal.addEventListener('abort', onAbort, { once: true });
    const copies = size > 0 ? Array.from({ length: size }, (_, index) => index) : [undefined];
    const ended: { SUCCEEDED: number; FAILED: number } = { SUCCEEDED: 0, FAILED: 0 };
    try {
      const rest = copies.values();
      const work = async (): Promise<void> => {
        for (const copy of rest) {
          const container = await this.copy(definition, description, input, copy, stop.signal, region, call);
          ended[container['ExitCode'] === 0 ? 'SUCCEEDED' : 'FAILED'] += 1;
          if (size === 0 || container['ExitCode'] !== 0) description['Container'] = container;
        }
      };
      await Promise.all(Array.from({ length: Math.min(copies.length, Math.max(2, cpus().length)) }, work));
      description['Status'] = ended.FAILED === 0 ? 'SUCCEEDED' : 'FAILED';
      if (size > 0) description['ArrayProperties'] = { Size: size, StatusSummary: ended };
      if (ended.FAILED > 0)
        description['StatusReason'] ??= size > 0 ? 'Array Child Job failed' : 'Essential container in task exited';
    } catch (error) {
      description['Status'] = 'FAILED';
      description['StatusReason'] = error instanceof ServiceError ? (error.causeText ?? error.error) : String(error);
    } finally {
      call?.signal.removeEventListener('abort', onAbort);
      description['StoppedAt'] = Date.now();
    }
  }

  /** One copy, tried as often as the job says. */
  private async copy(
    definition: Found,
    description: Fields,
    input: Fields,
    index: number | undefined,
    signal: AbortSignal,
    region: string,
    call: TaskCall | undefined,
  ): Promise<Fields> {
    const strategy = fieldsOf(input['RetryStrategy'] ?? definition.properties['RetryStrategy']);
    const attempts = Number(strategy['Attempts'] ?? 1);
    for (let attempt = 1; ; attempt++) {
      const result = await this.attempt(definition, input, region, call, signal, {
        AWS_BATCH_JOB_ID: `${String(description['JobId'])}${index === undefined ? '' : `:${index}`}`,
        AWS_BATCH_JOB_ATTEMPT: String(attempt),
        ...(index !== undefined && { AWS_BATCH_JOB_ARRAY_INDEX: String(index) }),
      });
      if (result.exitCode !== 0 && attempt < attempts && !signal.aborted) continue;
      return present({
        ExitCode: result.startError === undefined ? result.exitCode : undefined,
        Reason: result.startError === undefined ? undefined : `CannotStartContainerError: ${result.startError}`,
      });
    }
  }

  private attempt(
    definition: Found,
    input: Fields,
    region: string,
    call: TaskCall | undefined,
    signal: AbortSignal,
    own: { readonly [name: string]: string },
  ): Promise<ProgramResult> {
    const container = fieldsOf(definition.properties['ContainerProperties']);
    const overrides = fieldsOf(input['ContainerOverrides']);
    const parameters = { ...fieldsOf(definition.properties['Parameters']), ...fieldsOf(input['Parameters']) };
    const command = listOf(overrides['Command'] ?? container['Command']).map((word) =>
      String(word).replace(/^Ref::(.+)$/, (whole, name: string) => String(parameters[name] ?? whole)),
    );
    const variables = (value: Json | undefined) =>
      Object.fromEntries(
        listOf(value).map((each) => [String(fieldsOf(each)['Name']), String(fieldsOf(each)['Value'])]),
      );
    if (listOf(container['Secrets']).length > 0) throw notLocal('a Batch job with secrets');
    const uri = String(container['Image']);
    const asset = definition.stack.assets.image(uri);
    if (!asset)
      throw notLocal(
        `the image ${uri} comes from a registry; a Batch job that is not an asset`,
        'build it from a folder with a Dockerfile',
      );
    const image = layOutImage(asset, this.world.options.store.cache('images'));
    const program = containerCall(image, {
      ...(command.length > 0 && { command }),
      environment: {
        ...this.world.awsEnvironment(region),
        ...variables(container['Environment']),
        ...variables(overrides['Environment']),
        ...own,
      },
    });
    if (!existsSync(program.cwd))
      throw new ServiceError('Batch.ClientException', `the working directory ${image.workdir} is not in the image`);
    return runProgram({
      ...program,
      logFile: this.world.logFile(call),
      hidden: this.world.options.hidden,
      signal,
    });
  }

  private definition(id: string, region: string): Found {
    const found = this.world.find('AWS::Batch::JobDefinition', id, region);
    if (!found)
      throw new ServiceError(
        'Batch.ClientException',
        `JobDefinition not found: ${id} is in none of the assembly's templates, so the laptop cannot run it`,
      );
    return found;
  }
}
