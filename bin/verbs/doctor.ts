// `headrace doctor`: what is in the way.

import type { Command } from 'commander';
import { type SiteOptions, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('doctor'))
    .description('check versions, store, credentials, region, clock, permissions and head-room')
    .addHelpText(
      'after',
      '\nExample:\n  headrace doctor --aws --profile prod\n\nExit codes: 0 ok, 3 something is in the way',
    )
    .action(async (options: SiteOptions) => {
      const { doctorVerb } = await import('./doctor-action.js');
      process.exitCode = await doctorVerb(options, program.version() ?? '');
    });
}
