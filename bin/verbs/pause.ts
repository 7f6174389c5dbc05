// `headrace pause` and `headrace resume`.

import type { Command } from 'commander';
import { EXIT_CODES, type SiteOptions, siteOptions } from './site-options';

export function register(program: Command): void {
  for (const [verb, what, enabled] of [
    ['pause', 'switch the schedules and event rules of a deployed pipeline off', false],
    ['resume', 'switch them on again', true],
  ] as const) {
    siteOptions(program.command(verb))
      .description(what)
      .argument('<pipeline>', 'name of the pipeline')
      .addHelpText('after', `\nExample:\n  headrace ${verb} sales --aws\n${EXIT_CODES}`)
      .action(async (pipeline: string, options: SiteOptions) => {
        const { pauseVerb } = await import('./pause-action.js');
        process.exitCode = await pauseVerb(pipeline, enabled, options);
      });
  }
}
