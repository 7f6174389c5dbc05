// Words that may come next. In: the words so far, the last one perhaps begun. Out: candidates, one a line. Always: quiet; a name that cannot
// be found out is no candidate.

import type { Command } from 'commander';
import { OperatorError } from '../../lib/compile/operator-error';
import { print } from './columns';
import { LocalSite } from './local-site';

const SCRIPTS: { readonly [shell: string]: string } = {
  bash: `_headrace() {
  local IFS=$'\\n'
  COMPREPLY=($(headrace complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null))
}
complete -o default -F _headrace headrace`,
  zsh: `#compdef headrace
_headrace() {
  local -a found
  found=("\${(@f)$(headrace complete -- "\${words[@]:1:$((CURRENT-1))}" 2>/dev/null)}")
  compadd -a found
}
compdef _headrace headrace`,
};

export function completionVerb(shell: string): number {
  const script = SCRIPTS[shell];
  if (script === undefined) throw new OperatorError(`no completion for ${shell}: expected bash or zsh`);
  print(script);
  return 0;
}

export async function completeWords(program: Command, words: readonly string[]): Promise<string[]> {
  const begun = words.at(-1) ?? '';
  const before = words.slice(0, -1);
  const [verb] = before;
  const starts = (all: readonly string[]) => all.filter((word) => word.startsWith(begun));
  const verbs = program.commands.filter((command) => command.name() !== 'complete');
  if (verb === undefined) return starts(verbs.map((command) => command.name()));
  const command = verbs.find((each) => each.name() === verb);
  if (command === undefined) return [];
  const last = before.at(-1)!;
  const taking = command.options.find((option) => option.long === last && option.required);
  if (begun.startsWith('-') && taking === undefined) return starts(command.options.map((option) => option.long ?? ''));
  try {
    return starts(await names(command, before, taking?.long));
  } catch {
    return [];
  }
}

async function names(
  command: Command,
  before: readonly string[],
  option: string | undefined,
): Promise<readonly string[]> {
  const value = (name: string, otherwise: string) => before[before.indexOf(name) + 1 || before.length] ?? otherwise;
  const site = new LocalSite(value('--store', '.headrace'), value('--assembly', 'cdk.out'));
  const flags = new Set(command.options.filter((each) => each.required).map((each) => each.long));
  const given = before.slice(1).filter((word, i, all) => !word.startsWith('-') && !flags.has(all[i - 1] ?? ''));
  if (option !== undefined) {
    if (!['--task', '--only', '--from', '--to', '--skip'].includes(option) || given[0] === undefined) return [];
    return (await site.manifest(await site.pipeline(given[0]))).tasks.map((task) => task.id);
  }
  const argument = command.registeredArguments[given.length]?.name();
  if (argument === 'pipeline') return site.pipelines();
  if (argument !== 'run') return [];
  const runs = await site.runs(await site.pipeline(given[0]!), 50);
  return ['latest', ...runs.map((head) => head.run)];
}
