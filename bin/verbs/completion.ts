// `headrace completion bash|zsh`: what the shell sources, and the words that it asks for. Names of pipelines, runs and tasks come from this
// machine alone: completing must not wait for an account.

import type { Command } from 'commander';

export function register(program: Command): void {
  program
    .command('completion')
    .description('print what makes the shell complete words: source it in .bashrc or .zshrc')
    .argument('[shell]', 'bash or zsh', 'bash')
    .addHelpText('after', '\nExample:\n  source <(headrace completion bash)')
    .action(async (shell: string) => {
      const { completionVerb } = await import('./completion-action.js');
      process.exitCode = completionVerb(shell);
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .helpOption(false)
    .allowUnknownOption()
    .action(async (_words: string[], _options: unknown, command: Command) => {
      const { completeWords } = await import('./completion-action.js');
      for (const word of await completeWords(program, command.args)) process.stdout.write(`${word}\n`);
    });
}
