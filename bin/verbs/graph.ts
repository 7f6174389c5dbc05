// `headrace graph`: a picture of the pipeline.

import type { Command } from 'commander';
import type { GraphOptions } from './graph-action';
import { EXIT_CODES, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('graph'))
    .description('draw the graph of a pipeline, with a run: how its tasks stand')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of a run, or latest')
    .option('--format <format>', 'text, mermaid or dot', 'text')
    .addHelpText(
      'after',
      `\nExamples:\n  headrace graph sales\n  headrace graph sales latest --format dot | dot -Tsvg > sales.svg\n${EXIT_CODES}`,
    )
    .action(async (pipeline: string, run: string | undefined, options: GraphOptions) => {
      const { graphVerb } = await import('./graph-action.js');
      process.exitCode = await graphVerb(pipeline, run, options);
    });
}
