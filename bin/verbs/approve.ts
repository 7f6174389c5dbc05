// `headrace approve`: answers a task that waits for a person.

import type { Command } from 'commander';
import type { ApproveOptions } from './approve-action';
import { EXIT_CODES, siteOptions } from './site-options';

export function register(program: Command): void {
  siteOptions(program.command('approve'))
    .description('answer a task that waits for a yes or a no; without either, show what it asks')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run', 'latest')
    .argument('[task]', 'the task (default: the only one that waits)')
    .option('--yes', 'go on')
    .option('--no', 'do not')
    .option('--reason <text>', 'why; kept with the run', '')
    .option('--by <name>', 'who answers (default: the user of this computer)')
    .addHelpText(
      'after',
      `\nExamples:\n  headrace approve sales\n  headrace approve sales latest Publish --yes --reason "checked the totals" --aws\n${EXIT_CODES}`,
    )
    .action(async (pipeline: string, run: string, task: string | undefined, options: ApproveOptions) => {
      const { approveVerb } = await import('./approve-action.js');
      process.exitCode = await approveVerb(pipeline, run, task, options);
    });
}
