// The Map state in distributed mode: a Map Run whose iterations are executions of their own, with their own histories and
// fresh variables. Items come from the input or a reader, may be batched, and some failures may be tolerated.

import { randomUUID } from 'node:crypto';
import { Cancellation } from './cancellation';
import { leave } from './data-flow';
import { Cancelled, Problem, StateFailure } from './failure';
import type { Payload } from './history';
import { batchItems } from './item-batcher';
import { type ReadItem, readItems } from './item-reader';
import { MAX_DISTRIBUTED_CONCURRENCY } from './limits';
import { distributedItems, iterationInput, mapConcurrency, mapNumber } from './map-items';
import { writeResults, type WrittenChild } from './result-writer';
import { isObject } from './json-value';
import type { ChildResult, MapItem, Outcome } from './run';
import type { Visit } from './visit';

interface Tolerance {
  readonly count: number | undefined;
  readonly percentage: number | undefined;
}

/** One attempt of the state. MapStateFailed and the retries are the caller's. */
export async function visitDistributedMap(visit: Visit): Promise<Outcome> {
  const { state, flow } = visit;
  const reads = isObject(state.fields['ItemReader']);
  const given: ReadItem[] = reads ? [] : await distributedItems(visit);
  const concurrency = await mapConcurrency(visit, MAX_DISTRIBUTED_CONCURRENCY);
  visit.record('MapStateStarted', { mapStateStartedEventDetails: { length: given.length } });
  const tolerance = await tolerated(visit);
  const label = state.text('Label') ?? randomUUID();
  const { run } = flow;
  const machinePath = run.machineArn.replace(':stateMachine:', ':mapRun:');
  const mapRunArn = `${machinePath.split('/')[0]}/${label}:${randomUUID()}`;
  visit.record('MapRunStarted', { mapRunStartedEventDetails: { mapRunArn } });
  const started = flow.cursor;
  try {
    const items = reads ? await readItems(visit) : given;
    const inputs = await batchItems(visit, await itemInputs(visit, items));
    const children = await runChildren(visit, { mapRunArn, label, inputs, concurrency, tolerance });
    const result = await writeResults(visit, mapRunArn, children);
    const succeeded = run.history.add('MapRunSucceeded', started);
    run.history.add('MapStateSucceeded', succeeded);
    flow.cursor = started;
    visit.decided();
    return await leave(visit, result);
  } catch (error) {
    if (error instanceof Cancelled) {
      run.history.note('MapRunAborted', started);
    } else if (error instanceof StateFailure && flow.cursor === started && error.options.evaluation === undefined) {
      visit.record('MapRunFailed', {
        mapRunFailedEventDetails: {
          error: error.error,
          ...(error.causeText !== undefined && { cause: error.causeText }),
        },
      });
    }
    throw error;
  }
}

async function itemInputs(visit: Visit, items: readonly ReadItem[]): Promise<Payload[]> {
  const inputs: Payload[] = [];
  for (const [index, item] of items.entries()) {
    const mapItem: MapItem = {
      Index: index,
      Value: item.value,
      ...(item.key !== undefined && { Key: item.key }),
      ...(item.source !== undefined && { Source: item.source }),
    };
    inputs.push(await iterationInput(visit, mapItem));
  }
  return inputs;
}

async function tolerated(visit: Visit): Promise<Tolerance> {
  const count = await mapNumber(visit, visit.state, 'ToleratedFailureCount');
  const percentage = await mapNumber(visit, visit.state, 'ToleratedFailurePercentage', 'float');
  if (count !== undefined && count < 0) {
    throw new Problem('ToleratedFailureCount cannot be negative.');
  }
  if (percentage !== undefined && (percentage < 0 || percentage > 100)) {
    throw new Problem('ToleratedFailurePercentage must be between 0 and 100.');
  }
  return { count, percentage };
}

/** How many items may fail: each limit that is given counts, and none given means none. */
function exceeds(failures: number, items: number, { count, percentage }: Tolerance): boolean {
  if (count === undefined && percentage === undefined) {
    return failures > 0;
  }
  const byCount = count !== undefined && failures > count;
  const byPercentage = percentage !== undefined && (failures * 100) / Math.max(1, items) > percentage;
  return byCount || byPercentage;
}

interface MapRun {
  readonly mapRunArn: string;
  readonly label: string;
  readonly inputs: readonly Payload[];
  readonly concurrency: number;
  readonly tolerance: Tolerance;
}

async function runChildren(visit: Visit, mapRun: MapRun): Promise<WrittenChild[]> {
  const { flow, state } = visit;
  const { inputs } = mapRun;
  const cancellation = new Cancellation(flow.cancellation);
  const config = state.processor['ProcessorConfig'];
  const express = isObject(config) && config['ExecutionType'] === 'EXPRESS';
  const results: ChildResult[] = [];
  let next = 0;
  let failures = 0;
  let exceeded = false;
  const work = async () => {
    while (next < inputs.length && !cancellation.reason) {
      const index = next;
      next += 1;
      const input = inputs[index]!;
      const result = await flow.run.host.runChild({
        parent: flow.run,
        processor: state.branches[0]!,
        mapRunArn: mapRun.mapRunArn,
        label: mapRun.label,
        input,
        express,
        cancellation,
        mapItem: { Index: index, Value: input.value },
      });
      results[index] = result;
      if (result.status !== 'SUCCEEDED' && !exceeded && !cancellation.reason) {
        failures += 1;
        if (exceeds(failures, inputs.length, mapRun.tolerance)) {
          exceeded = true;
          cancellation.cancel(new Cancelled('too many items failed'));
        }
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(mapRun.concurrency, inputs.length) }, work));
  cancellation.close();
  flow.cancellation.throwIfCancelled();
  if (exceeded) {
    throw new StateFailure(
      'States.ExceedToleratedFailureThreshold',
      'The specified tolerated failure threshold was exceeded',
    );
  }
  return results.map((result, index) => ({ input: inputs[index]!, result }));
}
