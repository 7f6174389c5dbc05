// Stand-in for Glue jobs. In: StartJobRun with its arguments. Out: the job run as Glue describes it. Always: the library's Spark
// SQL script runs its SQL on DuckDB unless Spark is asked for; any other script runs as it is (glue-script.ts); a failed run's
// cause is the job run's JSON, as in AWS.

import { randomBytes } from 'node:crypto';
import { type Json, ServiceError, type TaskCall } from '../engine';
import { findSpark, INSTALL_ADVICE } from '../spark/find-spark';
import type { Found, World } from '../world';
import type { Catalog } from './catalog';
import { runGlueScript } from './glue-script';
import { fieldsOf, type Fields, listOf, optionalText, present, type ServiceRequest, textOf } from './service';
import { SparkDialectRefusal } from './spark-dialect';
import { isSparkSql, runSparkSql } from './spark-sql';

interface JobRun {
  readonly run: Fields;
  readonly stop: AbortController;
  readonly done: Promise<void>;
}

export class GlueJobs {
  private readonly runs = new Map<string, JobRun>();

  constructor(
    private readonly world: World,
    private readonly catalog: (region: string) => Catalog,
  ) {}

  async handle(request: ServiceRequest): Promise<Json | undefined> {
    const { action, input } = request;
    switch (action) {
      case 'StartJobRun':
        return this.start(request);
      case 'GetJobRun':
        return { JobRun: this.find(textOf('Glue', input, 'RunId')).run };
      case 'GetJobRuns':
        return {
          JobRuns: [...this.runs.values()].map((each) => each.run).filter((run) => run['JobName'] === input['JobName']),
        };
      case 'BatchStopJobRun': {
        const ids = listOf(input['JobRunIds']).map(String);
        for (const id of ids) this.find(id).stop.abort();
        return {
          SuccessfulSubmissions: ids.map((id) => ({ JobName: input['JobName'] ?? '', JobRunId: id })),
          Errors: [],
        };
      }
      case 'GetJob': {
        const found = this.job(textOf('Glue', input, 'JobName'), request.region);
        return { Job: { ...found.properties, Name: found.resolver.ref(found.resource) } };
      }
      default:
        return undefined;
    }
  }

  async close(): Promise<void> {
    for (const each of this.runs.values()) each.stop.abort();
    await Promise.allSettled([...this.runs.values()].map((each) => each.done));
  }

  private async start({ input, region, call }: ServiceRequest): Promise<Json> {
    const name = textOf('Glue', input, 'JobName');
    const found = this.job(name, region);
    const { properties } = found;
    const running = [...this.runs.values()].filter(
      (each) => each.run['JobName'] === name && each.run['JobRunState'] === 'RUNNING',
    ).length;
    const most = Number(fieldsOf(properties['ExecutionProperty'])['MaxConcurrentRuns'] ?? 1);
    if (running >= most) {
      throw new ServiceError(
        'Glue.ConcurrentRunsExceededException',
        `Concurrent runs exceeded for ${name} (MaxConcurrentRuns ${most})`,
      );
    }
    const id = `jr_${randomBytes(32).toString('hex')}`;
    const now = new Date().toISOString();
    const words = { ...fieldsOf(properties['DefaultArguments']), ...fieldsOf(input['Arguments']) };
    const run: Fields = present({
      Id: id,
      Attempt: 0,
      JobName: name,
      StartedOn: now,
      LastModifiedOn: now,
      JobRunState: 'RUNNING',
      Arguments: input['Arguments'],
      PredecessorRuns: [],
      Timeout: input['Timeout'] ?? properties['Timeout'],
      WorkerType: properties['WorkerType'],
      NumberOfWorkers: properties['NumberOfWorkers'],
      GlueVersion: properties['GlueVersion'],
      LogGroupName: '/aws-glue/jobs',
    });
    const stop = new AbortController();
    const done = this.execute(found, run, words as { [name: string]: string }, stop, call);
    this.runs.set(id, { run, stop, done });
    this.world.activity.track(done);
    if (call?.integration !== 'sync') return { JobRunId: id };
    call.submitted({ JobRunId: id });
    await done;
    if (run['JobRunState'] === 'SUCCEEDED') return run;
    throw new ServiceError(
      run['JobRunState'] === 'TIMEOUT' ? 'States.Timeout' : 'States.TaskFailed',
      JSON.stringify(run),
    );
  }

  private async execute(
    found: Found,
    run: Fields,
    words: { [name: string]: string },
    stop: AbortController,
    call?: TaskCall,
  ): Promise<void> {
    const onAbort = () => stop.abort();
    // Step Functions ends only what it waits for (.sync).
    if (call?.integration === 'sync') call.signal.addEventListener('abort', onAbort, { once: true });
    const started = Date.now();
    const minutes = Number(run['Timeout'] ?? 2_880);
    let timedOut = false;
    const timer = setTimeout(
      () => {
        timedOut = true;
        stop.abort();
      },
      Math.min(minutes * 60_000, 2 ** 31 - 1),
    );
    try {
      await this.runScript(found, run, words, stop.signal, call);
      run['JobRunState'] = 'SUCCEEDED';
    } catch (error) {
      run['JobRunState'] = timedOut ? 'TIMEOUT' : stop.signal.aborted ? 'STOPPED' : 'FAILED';
      run['ErrorMessage'] = error instanceof ServiceError ? (error.causeText ?? error.error) : (error as Error).message;
    } finally {
      clearTimeout(timer);
      call?.signal.removeEventListener('abort', onAbort);
      run['CompletedOn'] = new Date().toISOString();
      run['LastModifiedOn'] = run['CompletedOn'];
      run['ExecutionTime'] = Math.round((Date.now() - started) / 1000);
    }
  }

  private async runScript(
    found: Found,
    run: Fields,
    words: { [name: string]: string },
    signal: AbortSignal,
    call?: TaskCall,
  ): Promise<void> {
    const kind = String(fieldsOf(found.properties['Command'])['Name']);
    const runAsItIs = () =>
      runGlueScript({
        world: this.world,
        job: found,
        jobName: String(run['JobName']),
        runId: String(run['Id']),
        words,
        signal,
        call,
      });
    if (kind !== 'glueetl' || !isSparkSql(words) || process.env['HEADRACE_SPARK_SQL'] === 'spark') return runAsItIs();
    try {
      await runSparkSql({
        world: this.world,
        catalog: this.catalog(found.stack.region),
        words,
        logFile: this.world.logFile(call),
        signal,
      });
    } catch (error) {
      if (!(error instanceof SparkDialectRefusal)) throw error;
      // DuckDB cannot follow: Spark can, where there is one.
      if (!hasSpark()) throw new Error(`${error.message}; or ${INSTALL_ADVICE}, then it runs on Spark here`);
      this.world.note(
        call,
        `${error.message.split(' is not supported')[0]} needs Spark itself: the statement runs on it`,
      );
      return runAsItIs();
    }
  }

  private find(id: string): JobRun {
    const found = this.runs.get(id);
    if (!found) throw new ServiceError('Glue.EntityNotFoundException', `Job run ${id} is not found`);
    return found;
  }

  private job(name: string, region: string): Found {
    const found = this.world.find('AWS::Glue::Job', optionalText({ name }, 'name') ?? '', region);
    if (!found || found.stack.region !== region) {
      throw new ServiceError(
        'Glue.EntityNotFoundException',
        `Failed to start job run due to missing metadata: job ${name} is in none of the assembly's templates for ${region}`,
      );
    }
    return found;
  }
}

function hasSpark(): boolean {
  try {
    findSpark();
    return true;
  } catch {
    return false;
  }
}
