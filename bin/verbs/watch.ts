// `headrace watch`: a run as it goes on.

import type { Command } from 'commander';
import { EXIT_CODES, type SiteOptions, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('watch'))
    .description('follow a run to its end')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run', 'latest')
    .addHelpText('after', `\nExample:\n  headrace watch sales --aws\n${EXIT_CODES}, 130 stopped watching`)
    .action(async (pipeline: string, run: string, options: SiteOptions) => {
      const { watchVerb } = await import('./watch-action.js');
      process.exitCode = await watchVerb(pipeline, run, options);
    });
}
