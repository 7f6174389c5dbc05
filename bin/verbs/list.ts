// `headrace list`: the pipelines there are.

import type { Command } from 'commander';
import { EXIT_CODES, type SiteOptions, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('list'))
    .description('list pipelines, their schedules and latest runs')
    .addHelpText('after', `\nExamples:\n  headrace list\n  headrace list --aws --profile prod\n${EXIT_CODES}`)
    .action(async (options: SiteOptions) => {
      const { listVerb } = await import('./list-action.js');
      process.exitCode = await listVerb(options);
    });
}
