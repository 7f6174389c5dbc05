// One step of work on the keys that begin with a prefix. In: an action and where the step before stopped. Out: what was done,
// and where to go on; nothing to go on from means done. Always: a step ends well before the function's time does; keys are
// worked on in their order, so a step that is repeated does again only what it had begun; nothing is deleted that the listing
// of the same step did not show.

import { copyStep } from './copy';
import { deleteStep } from './delete';
import { look } from './look';
import type { CopyCall, DeleteCall, LookCall, StepResult, Totals } from './place';

interface Context {
  getRemainingTimeInMillis?(): number;
}

/** Time that is kept for the answer. */
const RESERVE = 45_000;

export async function handler(call: CopyCall | DeleteCall | LookCall, context: Context = {}): Promise<object> {
  const left = context.getRemainingTimeInMillis?.() ?? 300_000;
  const until = Date.now() + Math.max(5_000, left - RESERVE);
  switch (call.action) {
    case 'copy':
      return total(call.step?.total, await copyStep(call, until));
    case 'delete':
      return total(call.step?.total, await deleteStep(call, until));
    case 'look':
      return look(call);
    default:
      throw new Error(
        `the action is ${JSON.stringify((call as { action?: unknown }).action)}: expected copy, delete or look`,
      );
  }
}

/** What all steps together did. */
function total(earlier: Totals | undefined, result: StepResult): StepResult {
  const before = earlier ?? { objects: 0, bytes: 0, skipped: 0 };
  return {
    ...result,
    objects: before.objects + result.objects,
    bytes: before.bytes + result.bytes,
    skipped: before.skipped + result.skipped,
  };
}
