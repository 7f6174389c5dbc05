// `headrace runs`: reads the records and prints one line a run. Out: the exit code. JSON: a list of RunSummary.

import { OperatorError } from '../../lib/ops/operator-error';
import { duration } from '../../lib/view/text';
import { columns, print, printJson } from './columns';
import { RunArchive } from './run-archive';
import { type RunSummary, runSummary } from './run-summary';

export interface RunsOptions {
  readonly limit: string;
  readonly store: string;
  readonly json?: boolean;
}

export function listRunsVerb(word: string | undefined, options: RunsOptions): number {
  const limit = Number(options.limit);
  if (!Number.isInteger(limit) || limit < 1) throw new OperatorError(`--limit ${options.limit}: expected 1 or more`);
  const archive = new RunArchive(options.store);
  const pipelines = word === undefined ? archive.pipelines() : [archive.pipeline(word)];
  const runs = pipelines
    .flatMap((pipeline) =>
      archive
        .runIds(pipeline)
        .slice(0, limit)
        .map((id) => runSummary(archive.open(pipeline, id))),
    )
    .sort((a, b) => (a.start < b.start ? 1 : -1));
  if (options.json) printJson(runs);
  else if (runs.length === 0) print(`no runs in ${archive.store.folder} yet: headrace local cdk.out makes one`);
  else print(columns(['PIPELINE', 'RUN', 'STATUS', 'LOGICAL DATE', 'STARTED', 'TOOK', 'FAILED'], runs.map(row)));
  return 0;
}

function row(run: RunSummary): string[] {
  return [
    run.pipeline,
    run.run,
    run.status.toLowerCase().replace('_', ' '),
    run.logicalDate,
    run.start.replace(/\.\d+Z$/, 'Z'),
    run.milliseconds === undefined ? '' : duration(run.milliseconds),
    run.failed.join(', ').slice(0, 60),
  ];
}
