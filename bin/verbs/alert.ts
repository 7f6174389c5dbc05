// `headrace alert test`: does an alert reach whoever should hear of it.

import type { Command } from 'commander';
import { EXIT_CODES, type SiteOptions, siteOptions } from './site-options';

export function register(program: Command): void {
  const alert = program.command('alert').description('alerts of a pipeline');
  siteOptions(alert.command('test'))
    .description('send a sample the way that every alert of a deployed pipeline takes')
    .argument('<pipeline>', 'name of the pipeline')
    .addHelpText('after', `\nExample:\n  headrace alert test sales --aws\n${EXIT_CODES}`)
    .action(async (pipeline: string, options: SiteOptions) => {
      const { alertTestVerb } = await import('./alert-action.js');
      process.exitCode = await alertTestVerb(pipeline, options);
    });
}
