import {
  ArnFormat,
  Aspects,
  Duration,
  type aws_ec2 as ec2,
  type aws_ecs as ecs,
  Lazy,
  aws_logs as logs,
  Names,
  RemovalPolicy,
  Stack,
  Tags,
} from 'aws-cdk-lib';
import { LogLevel } from 'aws-cdk-lib/aws-stepfunctions';
import { Construct, type IConstruct } from 'constructs';
import { TASK_SOURCE } from '../compile/alert-request';
import { compile } from '../compile/compile';
import { manifestComment } from '../compile/manifest-comment';
import { CompileError, type Compiled, type Problem } from '../compile/model';
import { nearest } from '../compile/nearest';
import { backfillMachine } from './backfill-machine';
import { planTask, type PlannedTask } from './graph';
import type { AlertConfig, IAlert } from './i-alert';
import type { IPlatform } from './i-platform';
import { type IPipeline, isPipeline, markPipeline } from './i-pipeline';
import type { ITrigger, TriggerConfig } from './i-trigger';
import { makeMachines } from './machines';
import { type Turns, turnsOf, WhenBusy } from './max-active-runs';
import type { Param } from './param';
import { PipelineError } from './pipeline-error';
import { Retry } from './retry';
import { RunContext } from './run-context';
import { stackTooLarge } from './stack-size';
import { Task } from './task';
import { manifestOf, writeManifestAtSynth } from './write-manifest';

/** What a run does when one of its tasks has failed for good. */
export enum OnTaskFailure {
  /** Everything that does not depend on the failed task goes on; the run fails at its end. */
  CONTINUE = 'continue',
  /** The run stops at once, and with it what is running. */
  STOP = 'stop',
}

/** What a pipeline may say. */
export interface PipelineProps {
  /**
   * What starts runs.
   * @default - nothing does; people start them
   */
  readonly triggers?: ITrigger[];
  /**
   * Who hears of tasks and runs that failed, and of what else it wants to hear.
   * @default - nobody
   */
  readonly alerts?: IAlert[];
  /**
   * How long a run usually takes at most; one that takes longer is late, of which alerts tell while it goes on.
   * @default - much longer than earlier runs took: three times the middle one, and ten minutes at least
   */
  readonly expectDuration?: Duration;
  /**
   * How often a run should succeed, a day and some hours for one a day. If none did, alerts tell that it is missing: the only way to hear
   * of a run that never began.
   * @default - nobody waits for runs
   */
  readonly expectSuccessEvery?: Duration;
  /**
   * Values that whoever starts a run may choose, by name; tasks read them with `run.param(name)`.
   * @default - none
   */
  readonly params?: { [name: string]: Param };
  /** @default OnTaskFailure.CONTINUE */
  readonly onTaskFailure?: OnTaskFailure;
  /**
   * How many runs may be going on at the same time; 1 keeps runs apart that write to the same place. At least 1.
   * @default - any number
   */
  readonly maxActiveRuns?: number;
  /**
   * What a run does that is one too many. To let it start all the same, leave `maxActiveRuns` out.
   * @default WhenBusy.QUEUE
   */
  readonly whenBusy?: WhenBusy;
  /**
   * The longest that a run may take; then it is ended and has failed.
   * @default 7 days
   */
  readonly timeout?: Duration;
  /**
   * The longest that one attempt of a task may take that says nothing itself.
   * @default 12 hours
   */
  readonly taskTimeout?: Duration;
  /**
   * Repetitions of a task that says nothing itself. Throttles and faults of services are always retried.
   * @default Retry.none()
   */
  readonly retry?: Retry;
  /**
   * Where containers run that say nothing themselves.
   * @default - a network of its own with public subnets and no way in, made when a task needs one
   */
  readonly vpc?: ec2.IVpc;
  /**
   * Where containers run that say nothing themselves.
   * @default - a cluster of its own, made when a task needs one
   */
  readonly cluster?: ecs.ICluster;
  /**
   * What pipelines share: where containers run, unless `vpc` or `cluster` say otherwise. Alerts and warehouse are taken from it by name:
   * `Alert.topic(platform.alertTopic)`, `Warehouse.ofPlatform(platform)`.
   * @default - this pipeline makes what it needs
   */
  readonly platform?: IPlatform;
  /**
   * What the state machines write to their log group, beside the history that every run keeps for 90 days.
   * @default LogLevel.ERROR
   */
  readonly logLevel?: LogLevel;
  /**
   * How long logs of the state machines and of containers are kept.
   * @default 3 months
   */
  readonly logRetention?: logs.RetentionDays;
  /**
   * Trace runs with X-Ray.
   * @default true
   */
  readonly tracing?: boolean;
}

/** A graph of data tasks that becomes one AWS Step Functions state machine (more where one would be too large). */
export class Pipeline extends Construct implements IPipeline {
  public readonly pipelineName: string;
  public readonly prefix: string;
  public readonly stateMachineArn: string;
  public readonly run: RunContext;
  public readonly taskTimeout: Duration;
  public readonly retry: Retry;
  public readonly requiredParams: string[];
  public readonly paramNames: string[];
  public readonly expectDuration?: Duration;
  public readonly expectSuccessEvery?: Duration;
  public readonly vpc?: ec2.IVpc;
  public readonly cluster?: ecs.ICluster;
  public readonly shared: Construct;
  /** How long logs are kept. */
  public readonly logRetention: logs.RetentionDays;

  private readonly props: PipelineProps;
  private readonly problems: Problem[] = [];
  private readonly triggers: TriggerConfig[] = [];
  private readonly alerts: AlertConfig[] = [];
  private backfill: string | undefined;
  private readonly turns: Turns | undefined;
  private done = false;

  constructor(scope: Construct, id: string, props: PipelineProps = {}) {
    super(scope, id);
    markPipeline(this);
    const stack = Stack.of(this);
    this.props = props;
    this.pipelineName = this.node.path.replace(/\//g, '-');
    this.prefix = Names.uniqueResourceName(this, { maxLength: 60, separator: '-', allowedSpecialCharacters: '-' });
    this.stateMachineArn = stack.formatArn({
      service: 'states',
      resource: 'stateMachine',
      resourceName: this.prefix,
      arnFormat: ArnFormat.COLON_RESOURCE_NAME,
    });
    this.run = new RunContext(this.node.path);
    this.taskTimeout = props.taskTimeout ?? Duration.hours(12);
    this.retry = props.retry ?? Retry.none();
    this.paramNames = Object.keys(props.params ?? {});
    this.requiredParams = this.paramNames.filter((name) => props.params?.[name]?.defaultValue === undefined);
    this.logRetention = props.logRetention ?? logs.RetentionDays.THREE_MONTHS;
    this.shared = new Construct(this, 'Headrace');
    if (props.expectDuration !== undefined) this.expectDuration = props.expectDuration;
    if (props.expectSuccessEvery !== undefined) this.expectSuccessEvery = props.expectSuccessEvery;
    const vpc = props.vpc ?? (props.cluster === undefined ? props.platform?.vpc : undefined);
    const cluster = props.cluster ?? (props.vpc === undefined ? props.platform?.cluster : undefined);
    if (vpc !== undefined) this.vpc = vpc;
    if (cluster !== undefined) this.cluster = cluster;
    for (const name of this.paramNames) {
      if (!/^[A-Za-z_][A-Za-z0-9_]*$/.test(name))
        this.addProblem(
          this,
          `the param ${JSON.stringify(name)} has a bad name: expected letters, digits and _, not beginning with a digit`,
        );
    }
    const { maxActiveRuns, whenBusy } = props;
    if (maxActiveRuns !== undefined) {
      if (!Number.isInteger(maxActiveRuns) || maxActiveRuns < 1)
        this.addProblem(this, `maxActiveRuns is ${maxActiveRuns}: expected a whole number from 1 on`);
      this.turns = turnsOf(this, maxActiveRuns, whenBusy ?? WhenBusy.QUEUE);
    } else if (whenBusy !== undefined)
      this.addProblem(this, `whenBusy is ${whenBusy} without maxActiveRuns: it would do nothing`);
    for (const trigger of props.triggers ?? []) this.addTrigger(trigger);
    for (const alert of props.alerts ?? []) this.addAlert(alert);
    Tags.of(this).add('headrace:pipeline', this.pipelineName);
    Aspects.of(this).add({ visit: (node) => node === this && this.compileOnce() }, { priority: 200 });
    this.node.addValidation({ validate: () => this.tellProblems() });
  }

  /** Whether the state machines have been made: nothing can be added any more. */
  public get compiled(): boolean {
    return this.done;
  }

  /** Adds something that starts runs. */
  public addTrigger(trigger: ITrigger): void {
    this.refuseWhenCompiled('addTrigger()');
    const config = trigger.bind(this);
    if (config.expression !== undefined) this.backfill = backfillMachine(this);
    this.triggers.push(config);
  }

  /** Adds somebody who hears of what happened. */
  public addAlert(alert: IAlert): void {
    this.refuseWhenCompiled('addAlert()');
    this.alerts.push(alert.bind(this));
  }

  public addProblem(source: IConstruct, message: string): void {
    this.problems.push({ code: 'bad-prop', path: source.node.path, message });
  }

  private compileOnce(): void {
    if (this.done) return;
    const tasks = this.node
      .findAll()
      .filter((node): node is Task => Task.isTask(node) && node.pipeline === this && node._each === undefined);
    const planned = new Map<string, PlannedTask>();
    const graph = tasks.map((task) => {
      const plan = planTask(task, this);
      planned.set(task.taskId, plan);
      return plan.graph;
    });
    this.done = true;
    this.checkExpectations(tasks);
    const versions = new Map<string, string>();
    const compiled = this.compiledOrProblems(graph, versions);
    if (compiled === undefined || this.problems.length > 0) return;
    const parts = {
      compiled,
      tasks: planned,
      params: this.props.params ?? {},
      triggers: this.triggers,
      alerts: this.alerts,
      ...(this.backfill !== undefined && { backfill: this.backfill }),
    };
    const draft = manifestOf(this, parts);
    const machines = makeMachines(this.shared, compiled, planned, {
      comment: (machine) => manifestComment(draft, machine),
      ...(this.turns !== undefined && { turns: this.turns }),
      logGroup: this.machineLogs,
      logLevel: this.props.logLevel ?? LogLevel.ERROR,
      tracing: this.props.tracing ?? true,
      rendezvousTable: this.prefix,
      versions,
      failureEvents: this.tellsOf('task_failed'),
    });
    writeManifestAtSynth(this, { ...parts, machines });
  }

  /** @param versions of child machines, known when they are made */
  private compiledOrProblems(
    tasks: readonly PlannedTask['graph'][],
    versions: ReadonlyMap<string, string>,
  ): Compiled | undefined {
    const interval = this.triggers.find((trigger) => trigger.intervalSeconds !== undefined)?.intervalSeconds;
    try {
      return compile({
        name: this.prefix,
        tasks,
        onTaskFailure: this.props.onTaskFailure ?? OnTaskFailure.CONTINUE,
        timeoutSeconds: (this.props.timeout ?? Duration.days(7)).toSeconds(),
        rendezvousTable: this.prefix,
        ...(this.tellsOf('task_failed') && {
          failureEvents: { source: TASK_SOURCE, pipeline: this.pipelineName },
        }),
        machineArn: (name) => Lazy.string({ produce: () => versions.get(name) }),
        params: this.paramNames,
        paramDefaults: Object.fromEntries(
          Object.entries(this.props.params ?? {}).flatMap(([name, { defaultValue }]) =>
            defaultValue === undefined ? [] : [[name, defaultValue]],
          ),
        ),
        ...(interval !== undefined && { intervalSeconds: interval }),
      });
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      const own = this.problems.length > 0;
      for (const problem of error.problems) {
        // What is wrong with a whole machine bears its name. Where a task's own mistake is told, AWS's view of it adds nothing.
        if (!problem.path.startsWith(this.prefix)) this.problems.push(problem);
        else if (!own || problem.code === 'empty-pipeline') this.problems.push({ ...problem, path: this.node.path });
      }
      return undefined;
    }
  }

  /** Whether somebody wants to hear of an event. */
  private tellsOf(event: string): boolean {
    return this.alerts.some((alert) => alert.events?.includes(event) ?? false);
  }

  /** What is expected and told to nobody would silently do nothing. */
  private checkExpectations(tasks: readonly Task[]): void {
    const expected = [
      ['expectSuccessEvery', this.expectSuccessEvery, 'missed'],
      ['expectDuration', this.expectDuration, 'late'],
    ] as const;
    for (const [name, value, event] of expected) {
      if (value === undefined) continue;
      if (!value.isUnresolved() && value.toSeconds() < 60)
        this.addProblem(this, `${name} is ${value.toHumanString()}: expected at least a minute`);
      if (!this.tellsOf(event))
        this.addProblem(
          this,
          `${name} is given, but no alert tells of it: add one to alerts that is on AlertEvent.${event.toUpperCase()}`,
        );
    }
    if (this.props.logLevel === LogLevel.OFF && this.tellsOf('retrying'))
      this.addProblem(
        this,
        'logLevel is OFF, but an alert is on AlertEvent.RETRYING, which is read from the log: leave logLevel out, or the event',
      );
    const ids = tasks.map((task) => task.taskId);
    for (const id of this.alerts.flatMap((alert) => alert.tasks ?? []).filter((each) => !ids.includes(each))) {
      const close = nearest(id, ids);
      this.addProblem(
        this,
        `an alert is for the task ${JSON.stringify(id)}, which does not exist${close === undefined ? '' : `: did you mean ${JSON.stringify(close)}?`}`,
      );
    }
  }

  /** The log of its state machines, made when it is first asked for. */
  public get machineLogs(): logs.ILogGroup {
    const existing = this.shared.node.tryFindChild('MachineLogs');
    if (existing !== undefined) return existing as logs.LogGroup;
    return new logs.LogGroup(this.shared, 'MachineLogs', {
      // Only names that begin so do not count against the size of the account's resource policy.
      logGroupName: `/aws/vendedlogs/states/${this.prefix}`,
      retention: this.logRetention,
      removalPolicy: RemovalPolicy.DESTROY,
    });
  }

  /** The first pipeline with a problem tells those of all: the others have been compiled by then. */
  private tellProblems(): string[] {
    const tooLarge = stackTooLarge(Stack.of(this));
    if (this.problems.length === 0 && tooLarge !== undefined) this.addProblem(Stack.of(this), tooLarge);
    if (this.problems.length === 0) return [];
    const pipelines = this.node.root.node
      .findAll()
      .filter((node): node is Pipeline => isPipeline(node) && node instanceof Pipeline);
    throw new PipelineError(pipelines.flatMap((pipeline) => pipeline.problems));
  }

  private refuseWhenCompiled(what: string): void {
    if (!this.done) return;
    throw new Error(
      `[${this.node.path}] ${what} comes too late: the pipeline is already compiled, which happens once at synth`,
    );
  }
}
