import { type aws_iam as iam, Stack } from 'aws-cdk-lib';
import { UnknownPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { holdsRunToken } from '../pipeline/run-token';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { glueJob } from './glue-job';
import { allow } from './glue-role';
import { glueRunSpec, RUN_OUTPUTS } from './glue-run';
import { GlueExecutionClass, type GlueScript, GlueWorker } from './glue-script';
import { outputPlace } from './run-outputs';
import { glueCalls, type ServiceCalls } from './support-stack';

/** What a Glue job may say. */
export interface GlueJobTaskProps extends TaskProps {
  /**
   * The script, deployed with the app.
   * @default - `jobName` says which job
   */
  readonly script?: GlueScript;
  /**
   * An existing job by its name.
   * @default - a job is made from `script`
   */
  readonly jobName?: string;
  /**
   * Arguments of the run, by name without `--`; they may hold run values and outputs.
   * @default - none
   */
  readonly arguments?: { [name: string]: string };
  /**
   * Arguments of the job itself, by name without `--`: `conf`, `extra-py-files`, `additional-python-modules`.
   * @default - metrics and continuous logs on
   */
  readonly defaultArguments?: { [name: string]: string };
  /** @default - GlueWorker.G_1X, for Ray GlueWorker.Z_2X; an existing job's own setting */
  readonly worker?: GlueWorker;
  /** @default 2; an existing job's own setting */
  readonly workers?: number;
  /**
   * When it runs: at once, or cheaper when there is spare capacity.
   * @default GlueExecutionClass.STANDARD; an existing job's own setting
   */
  readonly executionClass?: GlueExecutionClass;
  /** @default 5.0 for PySpark, 3.0 for Python shell, 4.0 for Ray */
  readonly glueVersion?: string;
  /**
   * How many runs of the job may go on at once; further ones wait.
   * @default 10
   */
  readonly maxConcurrentRuns?: number;
  /**
   * Names of Glue connections: networks, databases.
   * @default - none
   */
  readonly connections?: string[];
  /**
   * Name of a Glue security configuration, for encryption with a key of your own.
   * @default - the services' own keys
   */
  readonly securityConfiguration?: string;
  /**
   * The role that the job works with.
   * @default - the role that jobs and crawlers of the pipeline share; `bucket.grantRead(task)` adds to it
   */
  readonly role?: iam.IRole;
  /**
   * Region of the job.
   * @default - the stack's region
   */
  readonly region?: string;
}

/**
 * Runs a Glue job and waits for its end. Outputs: `jobName`, `jobRunId`, `executionSeconds`, and every field of the JSON object
 * that the script writes to the place in S3 given by its argument `--headrace_output`, which is passed when somebody uses such an output.
 * The role of an existing job has to be allowed to write there.
 */
export class GlueJobTask extends Task implements iam.IGrantable {
  public readonly grantPrincipal: iam.IPrincipal;
  /** Name of the job. */
  public readonly jobName: string;

  private readonly job: GlueJobTaskProps;
  private readonly calls: ServiceCalls;
  private readonly role?: iam.IRole;

  constructor(scope: Construct, id: string, props: GlueJobTaskProps) {
    super(scope, id, props);
    this.job = props;
    this.calls = glueCalls(this.pipeline, props.region);
    for (const name of Object.keys(props.arguments ?? {})) {
      if (name.startsWith('--'))
        this.addProblem(`the argument ${name} begins with --: write ${name.slice(2)}, the dashes are put before it`);
    }
    if (props.jobName !== undefined || props.script === undefined) {
      this.jobName = props.jobName ?? `${this.pipeline.prefix}-${id}`;
      this.grantPrincipal = new UnknownPrincipal({ resource: this });
      this.checkExisting(props);
      return;
    }
    this.jobName = `${this.pipeline.prefix}-${id}`;
    if (holdsRunToken(props.defaultArguments))
      this.addProblem('defaultArguments hold a value that is known only when the pipeline runs: put it into arguments');
    this.checkSizes(props, props.script);
    const made =
      props.region === undefined
        ? { scope: this as Construct, id: 'Job' }
        : { scope: this.calls.home, id: `Job-${id}` };
    const { role } = glueJob(made.scope, made.id, this.calls.home, {
      name: this.jobName,
      scriptFile: props.script.file,
      command: props.script.command,
      timeout: this.timeout,
      defaultArguments: {
        ...(props.script.spark && { '--enable-metrics': 'true', '--enable-observability-metrics': 'true' }),
        // Ray has no such arguments; its logs go to CloudWatch by themselves.
        ...(props.script.command !== 'glueray' && {
          '--enable-continuous-cloudwatch-log': 'true',
          '--job-language': 'python',
        }),
        ...(holdsRunToken(props.defaultArguments) ? {} : dashed(props.defaultArguments)),
      },
      ...(props.glueVersion !== undefined && { version: props.glueVersion }),
      ...(props.worker !== undefined && { worker: props.worker }),
      ...(props.workers !== undefined && { workers: props.workers }),
      ...(props.executionClass !== undefined && { executionClass: props.executionClass }),
      ...(props.connections !== undefined && { connections: props.connections }),
      ...(props.maxConcurrentRuns !== undefined && { maxConcurrentRuns: props.maxConcurrentRuns }),
      ...(props.securityConfiguration !== undefined && { securityConfiguration: props.securityConfiguration }),
      ...(props.role !== undefined && { role: props.role }),
    });
    this.role = role;
    this.grantPrincipal = role.grantPrincipal;
  }

  public toSpec(): TaskSpec {
    const { job, calls } = this;
    const own = this.askedOutputs.filter((name) => !RUN_OUTPUTS.includes(name));
    const far = calls.region !== Stack.of(this).region;
    if (far && own.length > 0) {
      this.addProblem(
        `the output ${own.join(', ')} cannot be handed back by a job in ${calls.region}: expected ${RUN_OUTPUTS.join(', ')}; write the value to a place that the next task reads`,
      );
    }
    const place = own.length > 0 && !far ? outputPlace(this.pipeline, this.taskId) : undefined;
    if (place !== undefined && this.role !== undefined && job.role === undefined) allow(this.role, [place.write]);
    return glueRunSpec({
      pipeline: this.pipeline,
      taskId: this.taskId,
      kind: 'GlueJobTask',
      timeout: this.timeout,
      jobName: this.jobName,
      calls,
      region: job.region,
      arguments: dashed(job.arguments),
      askedOutputs: own,
      ...(place !== undefined && { place }),
      // An existing job is overridden only where the author says so; a job of our own has the settings already.
      ...(this.role === undefined && job.worker !== undefined && { worker: job.worker }),
      ...(this.role === undefined && job.workers !== undefined && { workers: job.workers }),
      ...(this.role === undefined && job.executionClass !== undefined && { executionClass: job.executionClass }),
    });
  }

  private checkSizes(props: GlueJobTaskProps, { command }: GlueScript): void {
    if (command === 'pythonshell' && (props.worker !== undefined || props.workers !== undefined)) {
      this.addProblem(
        'worker and workers do nothing for a Python shell job, which runs on one small machine: leave them out, or use GlueScript.pySpark',
      );
    }
    if (command === 'glueetl' && props.worker === GlueWorker.Z_2X)
      this.addProblem('worker is Z.2X, which is for Ray: expected one of the G sizes, or GlueScript.ray');
    if (command === 'glueray' && props.worker !== undefined && props.worker !== GlueWorker.Z_2X)
      this.addProblem(`worker is ${props.worker}: Ray runs on Z.2X alone; leave it out`);
    if (props.executionClass !== GlueExecutionClass.FLEX) return;
    if (command !== 'glueetl')
      this.addProblem('executionClass is FLEX, which is for PySpark: leave it out, or use GlueScript.pySpark');
    if (props.worker !== undefined && props.worker !== GlueWorker.G_1X && props.worker !== GlueWorker.G_2X)
      this.addProblem(`worker is ${props.worker}, but executionClass FLEX runs on G.1X and G.2X: choose one of them`);
  }

  private checkExisting(props: GlueJobTaskProps): void {
    if (props.jobName === undefined) {
      this.addProblem('script is missing: give a GlueScript, or name an existing job with jobName');
      return;
    }
    for (const prop of [
      'script',
      'defaultArguments',
      'glueVersion',
      'connections',
      'securityConfiguration',
      'role',
      'maxConcurrentRuns',
    ] as const) {
      if (props[prop] !== undefined)
        this.addProblem(
          `${prop} is given beside jobName: it would do nothing to a job that exists; set it there, or leave jobName out`,
        );
    }
  }
}

function dashed(values: { [name: string]: string } | undefined): { [name: string]: string } {
  return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [`--${name}`, value]));
}
