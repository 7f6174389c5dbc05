// `headrace logs`: what a task wrote.

import type { Command } from 'commander';
import type { LogsOptions } from './logs-action';
import { EXIT_CODES, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('logs'))
    .description('show what a task wrote: the last lines of the failing attempt, unless told otherwise')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run', 'latest')
    .option('--task <task>', 'the task (default: those that failed, else those that run)')
    .option('--attempt <number>', 'the attempt, counted from 1 (default: the last)')
    .option('--lines <number>', 'so many lines from the end', '40')
    .option('--all', 'the whole log')
    .option('--follow', 'go on printing until the task has ended')
    .addHelpText(
      'after',
      `
Examples:
  headrace logs sales                            why did the last run fail?
  headrace logs sales latest --task Load --follow --aws
${EXIT_CODES}`,
    )
    .action(async (pipeline: string, run: string, options: LogsOptions) => {
      const { logsVerb } = await import('./logs-action.js');
      process.exitCode = await logsVerb(pipeline, run, options);
    });
}
