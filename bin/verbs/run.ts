// `headrace run`: starts a run, whole or in part.

import type { Command } from 'commander';
import type { RunOptions } from './run-action';
import { collect, EXIT_CODES, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('run'))
    .description('start a run: all tasks, or some')
    .argument('<pipeline>', 'name of the pipeline')
    .option('--date <date>', 'logical date: 2024-01-31, or 2024-01-31T02:30:00Z (default: now)')
    .option('--param <name=value>', 'value of a declared param; may be given again', collect, [])
    .option('--only <task>', 'this task; may be given again', collect, [])
    .option('--from <task>', 'this task and everything downstream; may be given again', collect, [])
    .option('--to <task>', 'this task and everything upstream; may be given again', collect, [])
    .option('--skip <task>', 'not this task: it counts as succeeded; may be given again', collect, [])
    .option('--wait', 'show progress until it is over (a run of this machine always does)')
    .option('--dry-run', 'show what would run, and start nothing')
    .option('--secrets <file>', 'on this machine: file of NAME=value lines (default: secrets.env in the store)')
    .addHelpText(
      'after',
      `
Examples:
  headrace run sales --only ToParquet --date 2026-11-01        one job by itself, here
  headrace run sales --only ToParquet --date 2026-11-01 --aws --wait
  headrace run sales --from Load --param full=true --aws
${EXIT_CODES}, 130 stopped`,
    )
    .action(async (pipeline: string, options: RunOptions) => {
      const { runVerb } = await import('./run-action.js');
      process.exitCode = await runVerb(pipeline, options);
    });
}
