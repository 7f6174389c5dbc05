// `headrace backfill`: runs for the schedule's past times.

import type { Command } from 'commander';
import type { BackfillOptions } from './backfill-report';
import { collect, EXIT_CODES, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('backfill'))
    .description(
      "start the runs of the schedule's past times, so many at a time; deployed, it goes on without the terminal",
    )
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[from]', "first day, in the schedule's time zone, or a time")
    .argument('[to]', 'last day or time, included (default: from)')
    .option('--max-active <number>', 'runs at a time', '1')
    .option('--reverse', 'the latest first')
    .option('--skip-succeeded', 'leave out dates that have a run that succeeded')
    .option('--param <name=value>', 'value of a declared param; may be given again', collect, [])
    .option('--secrets <file>', 'on this machine: file of NAME=value lines (default: secrets.env in the store)')
    .option('--dry-run', 'show which runs it would start, and start nothing')
    .option('--progress', 'how the latest backfill stands')
    .option('--resume', 'go on with the latest backfill: what has not succeeded')
    .option('--stop', 'end the latest backfill and the runs it has started')
    .option('--wait', 'show progress until it is over (on this machine it always does)')
    .option('--yes', 'do not ask before starting')
    .addHelpText(
      'after',
      `
Examples:
  headrace backfill sales 2026-10-01 2026-10-31 --max-active 3 --skip-succeeded --aws --yes
  headrace backfill sales --progress --aws
  headrace backfill sales --resume --aws --yes
${EXIT_CODES}, 130 stopped`,
    )
    .action(async (pipeline: string, from: string | undefined, to: string | undefined, options: BackfillOptions) => {
      const { backfillVerb } = await import('./backfill-action.js');
      process.exitCode = await backfillVerb(pipeline, from, to, options);
    });
}
