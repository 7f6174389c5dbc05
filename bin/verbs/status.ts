// `headrace status`: how a run stands, the failed tasks first.

import type { Command } from 'commander';
import { type SiteOptions, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('status'))
    .description('show how a run stands: failed tasks first, each with its error in plain words')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run', 'latest')
    .addHelpText(
      'after',
      `
Examples:
  headrace status sales
  headrace status sales 2026-11-01T02-30-00Z --aws

Exit codes: 0 the run succeeded or still goes on, 1 it failed or was stopped, 2 usage, 3 not reachable or not allowed`,
    )
    .action(async (pipeline: string, run: string, options: SiteOptions) => {
      const { statusVerb } = await import('./status-action.js');
      process.exitCode = await statusVerb(pipeline, run, options);
    });
}
