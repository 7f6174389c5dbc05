// Stand-in for Glue jobs. In: StartJobRun with its arguments. Out: the job run as Glue describes it. Always: Python shell is a
// python3 process; the library's Spark SQL script runs its SQL on DuckDB; another Spark script needs a real PySpark and says
// so; a failed run's cause is the job run's JSON, as in AWS.

import { randomBytes } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { type ProgramResult, runProgram } from '../child-process';
import { type Json, ServiceError, type TaskCall } from '../engine';
import { writeAside } from '../store';
import { type Found, notLocal, type World } from '../world';
import type { Catalog } from './catalog';
import { hostEnvironment } from './container-run';
import { AWSGLUE_UTILS } from './glue-script-shim';
import { fieldsOf, type Fields, listOf, optionalText, present, type ServiceRequest, textOf } from './service';
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
    const command = fieldsOf(found.properties['Command']);
    const kind = String(command['Name']);
    if (kind === 'glueetl' && isSparkSql(words)) {
      await runSparkSql({
        world: this.world,
        catalog: this.catalog(found.stack.region),
        words,
        logFile: this.world.logFile(call),
        signal,
      });
      return;
    }
    const script = this.script(found, String(command['ScriptLocation'] ?? ''));
    if (kind === 'glueetl') requirePySpark(script);
    else if (kind !== 'pythonshell') throw notLocal(`a Glue job of kind ${kind}`);
    this.reportIgnored(words, call);
    const result = await runProgram({
      command: [
        'python3',
        script,
        '--JOB_NAME',
        String(run['JobName']),
        '--JOB_RUN_ID',
        String(run['Id']),
        ...Object.entries(words).flat(),
      ],
      cwd: this.workFolder(String(run['Id'])),
      environment: {
        ...hostEnvironment(),
        ...this.world.awsEnvironment(found.stack.region),
        PYTHONPATH: this.shim(),
        PYTHONUNBUFFERED: '1',
      },
      logFile: this.world.logFile(call),
      secrets: this.world.options.secrets.hidden(),
      signal,
    });
    if (result.exitCode !== 0) throw new Error(scriptProblem(result));
  }

  private script(found: Found, location: string): string {
    const key = /^s3:\/\/[^/]+\/(.+)$/.exec(location)?.[1] ?? '';
    const asset = found.stack.assets.file(key);
    if (asset && !asset.zip) return asset.path;
    const match = /^s3:\/\/([^/]+)\/(.+)$/.exec(location);
    const local = match ? join(this.world.bucketFolder(match[1]!), match[2]!) : '';
    if (local !== '' && existsSync(local)) return local;
    throw new Error(`the script ${location} is neither an asset of the assembly nor in the local S3`);
  }

  private reportIgnored(words: { [name: string]: string }, call?: TaskCall): void {
    const modules = words['--additional-python-modules'];
    if (modules)
      this.world.note(
        call,
        `--additional-python-modules is not installed on the laptop: ${modules} must be importable by python3`,
      );
  }

  private shim(): string {
    const folder = this.world.options.store.cache('python');
    if (!existsSync(join(folder, 'awsglue', 'utils.py'))) {
      writeAside(join(folder, 'awsglue', '__init__.py'), '');
      writeAside(join(folder, 'awsglue', 'utils.py'), AWSGLUE_UTILS);
    }
    return folder;
  }

  private workFolder(id: string): string {
    const folder = join(this.world.options.logs, 'work', id.slice(0, 12));
    mkdirSync(folder, { recursive: true });
    return folder;
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

let pySparkFound: boolean | undefined;

function requirePySpark(script: string): void {
  if (pySparkFound === undefined) {
    try {
      execFileSync(
        'python3',
        ['-c', 'import importlib.util,sys; sys.exit(importlib.util.find_spec("pyspark") is None)'],
        { stdio: 'ignore' },
      );
      pySparkFound = true;
    } catch {
      pySparkFound = false;
    }
  }
  if (!pySparkFound) {
    throw new Error(
      `${script} is a Spark script, and python3 on this machine has no pyspark: run "pip install pyspark" in the environment you start headrace from (it needs Java 17), or use SparkSqlTask, which runs without Spark here`,
    );
  }
}

/** Glue's ErrorMessage is the exception's last line. */
function scriptProblem(result: ProgramResult): string {
  if (result.startError !== undefined) return result.startError;
  const last = [...result.lastLines]
    .reverse()
    .find((line) => /^\w[\w.]*(Error|Exception|Exit)?\b.*:/.test(line) || line.trim() !== '');
  return last === undefined ? `the script ended with exit code ${result.exitCode}` : last;
}
