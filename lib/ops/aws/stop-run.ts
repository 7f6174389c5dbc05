// Ends a deployed run and what Step Functions leaves behind. In: the run with its history. Out: what was ended, what was asked to end
// and what could not be. Always: the root first, so that nothing new is started, and only then is looked for what goes on; one failure
// keeps nothing else from being ended.

import type { SFNClient } from '@aws-sdk/client-sfn';
import type { Manifest } from '../../compile/manifest';
import { mapRunsOf } from '../map-runs';
import type { SiteRun, Stopped } from '../site';
import type { Aws } from './aws';
import { machineOfExecution, nameOfExecution } from './arn';
import { ExecutionHistory } from './execution-history';
import { inTurns } from './in-turns';
import { listExecutions } from './list-executions';
import { passedOn } from './regional-call';
import { callOf, type StartedWork, startedWork, text } from './started-work';
import { attempt, stopWork } from './stop-work';

const ERROR = 'Headrace.Stopped';
const AT_ONCE = 5;

/** The run of an execution, or nothing where the execution is none of a pipeline. */
export type ReadRun = (executionArn: string) => Promise<SiteRun | undefined>;

export async function stopRun(aws: Aws, run: SiteRun, cause: string, read: ReadRun): Promise<readonly Stopped[]> {
  return new Stop(aws, await aws.sfn(), cause, read).run(run, 'execution');
}

class Stop {
  private readonly seen = new Set<string>();

  constructor(
    private readonly aws: Aws,
    private readonly client: SFNClient,
    private readonly cause: string,
    private readonly read: ReadRun,
  ) {}

  async run(before: SiteRun, what: string): Promise<Stopped[]> {
    const { place, run } = before.head;
    this.seen.add(place);
    // Step Functions may end items together with the run: what they started is found only if they are known by then.
    const items = await this.items(before);
    const done: Stopped[] = [await attempt(what, run, () => this.end(place))];
    const found = (await this.read(place).catch(() => undefined)) ?? before;
    const children = [...new Set(found.events.map((each) => each.executionArn))].filter((arn) => arn !== place);
    for (const arn of children) done.push(...(await this.child(arn)));
    done.push(...(await this.endItems(found, items)));
    const works = goingOn(found);
    done.push(...(await this.works(works.filter((work) => startedExecution(work) === undefined))));
    for (const arn of works.map(startedExecution)) if (arn !== undefined) done.push(...(await this.otherRun(arn)));
    return done;
  }

  private async end(executionArn: string): Promise<'stopped'> {
    const { StopExecutionCommand } = await import('@aws-sdk/client-sfn');
    await this.client.send(new StopExecutionCommand({ executionArn, error: ERROR, cause: this.cause }));
    return 'stopped';
  }

  private async works(works: readonly StartedWork[]): Promise<Stopped[]> {
    const ended = await inTurns(works, AT_ONCE, (work) => stopWork(this.aws, work, this.cause));
    return ended.filter((each) => each !== undefined);
  }

  /** Step Functions ends the children it waits for by itself, if it can; those it did not are ended here. */
  private async child(executionArn: string): Promise<Stopped[]> {
    const { DescribeExecutionCommand } = await import('@aws-sdk/client-sfn');
    const name = `${machineOfExecution(executionArn)} ${nameOfExecution(executionArn)}`;
    let going = true;
    const done = await attempt('child execution', name, async () => {
      const { status } = await this.client.send(new DescribeExecutionCommand({ executionArn }));
      going = status === 'RUNNING';
      return going ? this.end(executionArn) : 'stopped';
    });
    return going ? [done] : [];
  }

  /** The run of another pipeline that a task waits for, with all that it started. */
  private async otherRun(arn: string): Promise<Stopped[]> {
    if (this.seen.has(arn)) return [];
    this.seen.add(arn);
    const run = await this.read(arn).catch(() => undefined);
    // Asked for before Step Functions has told the child, it would be told twice; after it, its tasks are aborted already.
    if (run === undefined) return this.child(arn);
    if (run.head.status === 'RUNNING') return this.run(run, `run of ${run.head.pipeline}`);
    return run.head.status === 'ABORTED' ? this.works(goingOn(run)) : [];
  }

  /** Items of distributed Maps that run. */
  private async items({ run, events }: SiteRun): Promise<string[]> {
    const found: string[] = [];
    for (const arn of mapRunsOf(run.manifest, events).keys())
      found.push(...(await this.runningItems(arn).catch(() => [])));
    return found;
  }

  private async runningItems(mapRunArn: string): Promise<string[]> {
    const listed = await listExecutions(this.client, { of: { mapRunArn }, status: 'RUNNING' });
    return listed.map((execution) => execution.executionArn!);
  }

  /** A map run ends with its parent, but its items may outlive it. */
  private async endItems({ run, events }: SiteRun, before: readonly string[]): Promise<Stopped[]> {
    const done: Stopped[] = [];
    const all = new Set(before);
    for (const mapRun of mapRunsOf(run.manifest, events).keys()) {
      let running: readonly string[] = [];
      const listed = await attempt('map run', mapRun, async () => {
        running = await this.runningItems(mapRun);
        return 'stopped';
      });
      if (listed.result === 'failed') done.push(listed);
      for (const arn of running) all.add(arn);
      const ended = await inTurns(running, AT_ONCE, (arn) => attempt('map run', arn, () => this.end(arn)));
      done.push(...together(ended, machineOfExecution(mapRun)));
    }
    const works = await inTurns([...all], AT_ONCE, (arn) => this.startedByItem(run.manifest, arn));
    done.push(...(await this.works(works.flat())));
    return done;
  }

  /** What an item runs is no task of the pipeline: all of it counts as the item's. */
  private async startedByItem(manifest: Manifest, arn: string): Promise<StartedWork[]> {
    try {
      const events = await new ExecutionHistory(this.client, arn, new Set()).refresh();
      return latest(startedWork(manifest, events, () => nameOfExecution(arn)));
    } catch {
      return [];
    }
  }
}

/** Of items a thousand may have been ended: how many, and of those that were not why the first was not. */
function together(items: readonly Stopped[], mapRun: string): Stopped[] {
  const named = (some: readonly Stopped[]) => ({ ...some[0]!, name: `${some.length} items of ${mapRun}` });
  const failed = items.filter(({ result }) => result === 'failed');
  const ended = items.filter(({ result }) => result !== 'failed');
  return [...(ended.length > 0 ? [named(ended)] : []), ...(failed.length > 0 ? [named(failed)] : [])];
}

/** What tasks that did not come to their end have started, and clusters that nobody else will terminate any more. */
function goingOn({ run, events }: SiteRun): StartedWork[] {
  const { manifest, views } = run;
  const cut = new Set(views.filter(({ status }) => status === 'running' || status === 'aborted').map(({ id }) => id));
  const all = startedWork(manifest, events);
  return [...latest(all.filter((work) => cut.has(work.task))), ...clustersLeft(run, all, cut)];
}

/** Only the last thing of its kind that a task started can still be going, of each name. */
function latest(works: readonly StartedWork[]): StartedWork[] {
  const found = new Map<string, StartedWork>();
  for (const work of works) {
    const call = passedOn(work);
    found.set([work.task, callOf(call), text(call.parameters, 'Name', 'JobName')].join(' '), work);
  }
  return [...found.values()];
}

/** An EmrCluster is made by one task and terminated by another, which does not come any more. */
function clustersLeft({ manifest }: SiteRun['run'], all: readonly StartedWork[], cut: ReadonlySet<string>) {
  const makers = new Set(manifest.tasks.filter(({ kind }) => kind === 'EmrCreateClusterTask').map(({ id }) => id));
  const terminated = new Set(
    all
      .filter((work) => callOf(work) === 'elasticmapreduce:terminateCluster' && work.end !== undefined)
      .map(({ parameters }) => parameters['ClusterId']),
  );
  return all
    .filter((work) => makers.has(work.task) && !cut.has(work.task) && !terminated.has(work.result?.['ClusterId']))
    .map(({ end: _, ...work }): StartedWork => work);
}

function startedExecution(work: StartedWork): string | undefined {
  const waits = callOf(work) === 'states:startExecution' && work.action.includes('.sync') && work.end === undefined;
  return waits ? text(work.answer, 'ExecutionArn') : undefined;
}
