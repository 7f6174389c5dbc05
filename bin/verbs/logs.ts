// `headrace logs`: what a task wrote.

import type { Command } from 'commander';
import type { LogsOptions } from './logs-action';

export function register(program: Command): void {
  program
    .command('logs')
    .description('show what a task wrote: the last lines of the failing attempt, unless told otherwise')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run', 'latest')
    .option('--task <task>', 'the task (default: those that failed)')
    .option('--attempt <number>', 'the attempt, counted from 1 (default: the last)')
    .option('--lines <number>', 'so many lines from the end', '40')
    .option('--all', 'the whole log')
    .option('--store <folder>', 'where data and runs are kept', '.headrace')
    .option('--json', 'print it as JSON')
    .action(async (pipeline: string, run: string, options: LogsOptions) => {
      const { logsVerb } = await import('./logs-action.js');
      process.exitCode = logsVerb(pipeline, run, options);
    });
}
