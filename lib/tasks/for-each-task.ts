import { ArnFormat, aws_iam as iam, Stack, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { compile } from '../compile/compile';
import { itemMachine } from '../compile/item-machine';
import { type Lifted, liftReferences } from '../compile/lift-references';
import { CompileError, type Compiled } from '../compile/model';
import { marker } from '../compile/reference';
import { planTask } from '../pipeline/graph';
import { Retry } from '../pipeline/retry';
import { RunToken, textPieces } from '../pipeline/run-token';
import { Task, type TaskProps } from '../pipeline/task';
import { markEach } from '../pipeline/task-scope';
import type { TaskSpec } from '../pipeline/task-spec';
import type { Items } from './items';
import { forEachStates } from './for-each-states';
import { outputPlace } from './run-outputs';

/** What a task per item may say. */
export interface ForEachTaskProps extends TaskProps {
  /** What it goes over. */
  readonly items: Items;
  /**
   * Items at a time, 1 to 10000.
   * @default 40
   */
  readonly maxConcurrency?: number;
  /**
   * So many items may fail without the task failing. All items are tried in any case.
   * @default 0
   */
  readonly toleratedFailures?: number;
  /**
   * Such a share of the items may fail, 0 to 1. Beside `toleratedFailures` the task fails where either is exceeded.
   * @default - `toleratedFailures` alone counts
   */
  readonly toleratedFailureShare?: number;
  /**
   * So many items are handed on together; `item()` is then the list of them, and they fail together.
   * @default - each by itself
   */
  readonly batchSize?: number;
  /**
   * The field of an item that names it in errors.
   * @default - `Key` of S3 objects, otherwise the item itself
   */
  readonly itemName?: string;
}

/**
 * Runs a small graph of tasks for every item of a list, many at once, each as an execution of its own (a distributed Map). The
 * tasks are made inside it and say what they need of their item with `item()`:
 *
 * ```
 * const perFile = new ForEachTask(pipeline, 'PerFile', { items: Items.fromS3Objects(bucket, 'in/') });
 * const load = new LambdaTask(perFile, 'Load', { code: 'load.py', payload: { key: perFile.item('Key') } });
 * ```
 *
 * Its error names the items that failed; a re-run repeats only those. Outputs: `items` and `failed`, how many there were,
 * and the lists that `collect()` names. Inside, `pipeline.run.id` has the number of the item behind it.
 */
export class ForEachTask extends Task {
  private readonly each: ForEachTaskProps;
  private readonly collected = new Map<string, { task: string; name: string }>();

  constructor(scope: Construct, id: string, props: ForEachTaskProps) {
    // A repetition would run the items that went well again: the tasks inside have their own.
    super(scope, id, { ...props, retry: props.retry ?? Retry.none() });
    markEach(this);
    this.each = props;
    if (this._each !== undefined)
      this.addProblem(`it lies inside ${this._each.node.path}, which runs per item too: make one list of both`);
    this.checkNumbers();
  }

  /**
   * The item, or one of its fields, for the props of the tasks inside. With `batchSize` a list, of the batch's items or their fields.
   * @param name the field
   */
  public item(name?: string): string {
    const what = name === undefined ? `the item of ${this.taskId}` : `the field ${name} of the item of ${this.taskId}`;
    const reference = { kind: 'item' as const, ...(name !== undefined && { name }) };
    return new RunToken(reference, this.pipeline.node.path, what, this.node.path).toString();
  }

  /**
   * Hands on what every item gave: `output(name)` is the list of the values, in no order, without those of items that failed.
   * All values together are bounded as any task's outputs are.
   * @param name name of the list
   * @param value the output of a task inside
   */
  public collect(name: string, value: string): void {
    const pieces = textPieces(value);
    const reference = pieces.length === 1 && pieces[0] instanceof RunToken ? pieces[0].reference : undefined;
    if (reference?.kind !== 'output' || (pieces[0] as RunToken).within !== this.node.path) {
      this.addProblem(
        `collect(${JSON.stringify(name)}) takes the output of a task inside it, it got ${JSON.stringify(value)}`,
      );
      return;
    }
    if (name === 'items' || name === 'failed')
      this.addProblem(`collect(${JSON.stringify(name)}): the output ${name} exists already, take another name`);
    this.collected.set(name, { task: reference.task, name: reference.name });
  }

  /** https://docs.aws.amazon.com/step-functions/latest/dg/input-output-itemreader.html */
  private checkPlace({ _bucket: bucket }: Items): void {
    const here = Stack.of(this).region;
    const there = bucket?.env.region ?? here;
    if (there === here || Token.isUnresolved(there) || Token.isUnresolved(here)) return;
    this.addProblem(
      `items lie in the bucket ${bucket!.node.path} in ${there}, this pipeline in ${here}: Step Functions reads items in its own region only; put the pipeline there, or copy them with an S3CopyTask`,
    );
  }

  public toSpec(): TaskSpec {
    const inner = this.node.findAll().filter((node): node is Task => Task.isTask(node) && node._each === this);
    const planned = inner.map((task) => planTask(task, this.pipeline));
    const lifted = liftReferences(planned.map(({ graph }) => graph));
    const compiled = this.compiled(lifted);
    const place = outputPlace(this.pipeline, this.taskId);
    if (compiled === undefined) return { kind: 'ForEachTask', states: { none: { Type: 'Succeed' } } };
    this._usesRendezvous = compiled.machines.some((machine) => machine.usesRendezvous);
    const { items, maxConcurrency, batchSize, itemName } = this.each;
    this.checkPlace(items);
    const bucket = place.bucket.bucketName;
    const collects = this.collected.size > 0;
    const short = (name: string): string =>
      name.startsWith(`${this.taskId}.`) ? name.slice(this.taskId.length + 1) : name;
    return {
      kind: 'ForEachTask',
      startAt: 'which',
      states: forEachStates({
        bucket,
        prefix: `outputs/${this.taskId}/`,
        runId: this.pipeline.run.id,
        rerunOf: marker({ kind: 'run', field: 'rerunOf' }),
        params: Object.fromEntries([...lifted.params].map(([name, reference]) => [name, marker(reference)])),
        source: items._fields,
        maxConcurrency: maxConcurrency ?? 40,
        ...(batchSize !== undefined && { batchSize }),
        ...(itemName !== undefined && { itemName }),
        collected: [...this.collected.keys()],
        tolerated: this.tolerated(),
        all: itemMachine(compiled, {
          bucket,
          form: batchSize === undefined ? 'item' : 'batch',
          collects,
          rename: short,
        }),
        again: itemMachine(compiled, { bucket, form: 'record', collects, rename: (name) => `again ${short(name)}` }),
      }),
      permissions: [
        ...planned.flatMap(({ permissions }) => permissions),
        ...items._permissions,
        ...place.read,
        place.write,
        ...this.mapPermissions(),
      ],
    };
  }

  private compiled({ tasks, params }: Lifted): Compiled | undefined {
    if (tasks.length === 0) {
      this.addProblem('it has no tasks: make the tasks that run per item inside it, with it as their scope');
      return undefined;
    }
    try {
      const compiled = compile({
        name: this.taskId,
        tasks,
        item: true,
        params: [...params.keys()],
        results: Object.fromEntries(this.collected),
        rendezvousTable: this.pipeline.prefix,
        machineArn: (name) => name,
      });
      if (compiled.machines.length === 1) return compiled;
      this.addProblem(
        `the ${tasks.length} tasks inside it need ${compiled.machines.length} state machines, one is possible: make them a pipeline of their own`,
      );
    } catch (error) {
      if (!(error instanceof CompileError)) throw error;
      for (const { message, path } of error.problems) this.addProblem(`inside it, ${path}: ${message}`);
    }
    return undefined;
  }

  /** JSONata over `$x`, what the Map said: more have failed than may. */
  private tolerated(): string {
    const { toleratedFailures, toleratedFailureShare: share } = this.each;
    const count = share === undefined || toleratedFailures !== undefined ? [`$x.failed>${toleratedFailures ?? 0}`] : [];
    return [...count, ...(share === undefined ? [] : [`$x.failed>${share}*$x.items`])].join(' or ');
  }

  /** A distributed Map starts executions of the very machine that it stands in, which may be one of several. */
  private mapPermissions(): iam.PolicyStatement[] {
    const { prefix } = this.pipeline;
    const arn = (resource: string, resourceName: string): string =>
      Stack.of(this).formatArn({ service: 'states', resource, resourceName, arnFormat: ArnFormat.COLON_RESOURCE_NAME });
    const names = [prefix, `${prefix}-*`];
    return [
      new iam.PolicyStatement({
        actions: ['states:StartExecution'],
        resources: names.map((name) => arn('stateMachine', name)),
      }),
      new iam.PolicyStatement({
        actions: ['states:DescribeExecution', 'states:StopExecution'],
        resources: names.map((name) => arn('execution', `${name}/*`)),
      }),
    ];
  }

  private checkNumbers(): void {
    const { maxConcurrency, toleratedFailures, toleratedFailureShare, batchSize } = this.each;
    const whole = (name: string, value: number | undefined, from: number, to: number): void => {
      if (value !== undefined && !(Number.isInteger(value) && value >= from && value <= to))
        this.addProblem(`${name} is ${value}: expected a whole number from ${from} to ${to}`);
    };
    whole('maxConcurrency', maxConcurrency, 1, 10_000);
    whole('toleratedFailures', toleratedFailures, 0, 100_000_000);
    whole('batchSize', batchSize, 1, 100_000_000);
    if (toleratedFailureShare !== undefined && !(toleratedFailureShare >= 0 && toleratedFailureShare <= 1))
      this.addProblem(`toleratedFailureShare is ${toleratedFailureShare}: expected a number from 0 to 1, such as 0.05`);
  }
}
