// The words that say where: this machine, or an account. Shared by every verb that looks at runs; nothing is loaded here.

import type { Command } from 'commander';

export interface SiteOptions {
  readonly aws?: boolean;
  readonly profile?: string;
  readonly region?: string;
  readonly store: string;
  readonly assembly: string;
  readonly json?: boolean;
}

export function siteOptions(command: Command): Command {
  return command
    .option('--aws', 'what is deployed in the account (default: what ran on this machine)')
    .option('--profile <name>', 'AWS profile; implies --aws')
    .option('--region <name>', 'AWS region; implies --aws')
    .option('--store <folder>', 'where data and runs of this machine are kept', '.headrace')
    .option('--assembly <folder>', 'folder that cdk synth wrote', 'cdk.out')
    .option('--json', 'print JSON');
}

/** HEADRACE_AWS=1 stands for --aws in every command of a shell. */
export function isAws({ aws, profile, region }: SiteOptions): boolean {
  return aws === true || profile !== undefined || region !== undefined || process.env['HEADRACE_AWS'] === '1';
}

/** The words that lead to the same place, for commands that are shown. */
export function siteWords({ aws, profile, region, store, assembly }: SiteOptions): string {
  const words = [
    ...(aws && profile === undefined && region === undefined ? ['--aws'] : []),
    ...(profile === undefined ? [] : ['--profile', profile]),
    ...(region === undefined ? [] : ['--region', region]),
    ...(store === '.headrace' ? [] : ['--store', store]),
    ...(assembly === 'cdk.out' ? [] : ['--assembly', assembly]),
  ];
  return words.map((word) => ` ${word}`).join('');
}

export const collect = (value: string, earlier: string[]) => [...earlier, value];

export const EXIT_CODES = '\nExit codes: 0 ok, 1 run failed, 2 usage, 3 not reachable or not allowed';
