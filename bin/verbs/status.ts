// `headrace status`: how a run stands, the failed tasks first.

import type { Command } from 'commander';
import type { StatusOptions } from './status-action';

export function register(program: Command): void {
  program
    .command('status')
    .description('show how a run stands: failed tasks first, each with its error in plain words')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run', 'latest')
    .option('--store <folder>', 'where data and runs are kept', '.headrace')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExit codes: 0 the run succeeded or still goes on, 1 it failed or was stopped, 2 usage')
    .action(async (pipeline: string, run: string, options: StatusOptions) => {
      const { statusVerb } = await import('./status-action.js');
      process.exitCode = statusVerb(pipeline, run, options);
    });
}
