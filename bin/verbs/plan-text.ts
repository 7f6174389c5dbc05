// The plan of a re-run as a person reads it before it starts. In: the plan. Out: lines. Always: says what runs, what is kept and
// with which outcome, what changed in the definition, what may surprise; text from outside is escaped.

import { changeLines } from '../../lib/ops/definition-change';
import type { PlannedTask, RerunPlan } from '../../lib/ops/selection';
import { escapeText } from '../../lib/view/escape-text';

export function planText(plan: RerunPlan, dryRun: boolean): string {
  const word = dryRun ? 'would repeat' : 'repeats';
  const head = `${plan.pipeline}  ${plan.runId} ${word} ${plan.rerunOf}, logical date ${plan.input.logicalDate}`;
  if (plan.runs.length === 0) {
    return `${escapeText(head)}\nnothing to run: every task of ${escapeText(plan.rerunOf)} succeeded or was skipped`;
  }
  const outputs = Object.keys(plan.input.outputs ?? {}).length;
  const lines = [
    head,
    `run   ${plan.runs.map(({ id, earlier }) => `${id} (${said(earlier)})`).join(', ')}`,
    ...(plan.keeps.length > 0 ? [`keep  ${plan.keeps.map(keptText).join(', ')}`] : []),
    ...(outputs > 0 ? [`      with the outputs of ${outputs} of them`] : []),
    ...changeLines(plan.change).map((line) => `since then  ${line}`),
    ...plan.notes.map((note) => `note  ${note}`),
  ];
  return lines.map((line) => escapeText(line)).join('\n');
}

function keptText({ id, earlier, outcome }: RerunPlan['keeps'][number]): string {
  if (outcome === 'succeeded' && earlier === 'succeeded') return id;
  return earlier === outcome ? `${id} (${said(earlier)})` : `${id} (${said(earlier)}, counts as ${said(outcome)})`;
}

function said(status: PlannedTask['earlier']): string {
  if (status === 'aborted') return 'stopped';
  if (status === 'waiting') return 'not started';
  return status === 'upstream_failed' ? 'not run' : status;
}
