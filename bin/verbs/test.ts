// `headrace test`: a pipeline with fakes in the place of tasks, for tests in any language. The stand-ins are loaded only when the verb runs.

import type { Command } from 'commander';
import type { TestVerbOptions } from './test-action';

const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

export function register(program: Command): void {
  program
    .command('test')
    .description('run it with fakes in the place of tasks, and print what happened as JSON')
    .argument('[assembly]', 'folder that cdk synth wrote', 'cdk.out')
    .argument('[pipeline]', 'name of the pipeline, if the assembly holds several')
    .option('--fakes <file>', 'JSON: task id (or *) -> fake (default: every task runs on its stand-in)')
    .option('--date <date>', 'logical date: 2024-01-31, or 2024-01-31T02:30:00Z (default: now)')
    .option('--param <name=value>', 'value of a declared param; may be given again', collect, [])
    .option('--secrets <file>', 'file of NAME=value lines: secrets that containers read, and secret params')
    .option('--only <task>', 'run this task alone; may be given again', collect, [])
    .option('--from <task>', 'run this task and everything downstream of it; may be given again', collect, [])
    .option(
      '--file <uri=path>',
      's3://bucket/key=FILE: an object that exists before the run; may be given again',
      collect,
      [],
    )
    .option('--clock <clock>', 'frozen (waits take no time), real, or the time it stands at', 'frozen')
    .option('--query <sql>', 'rows of the local warehouse to print; may be given again', collect, [])
    .option('--table <name>', 'rows of a catalog table to print; may be given again', collect, [])
    .option('--store <folder>', 'where data and runs are kept (default: a temporary folder, removed)')
    .addHelpText(
      'after',
      `
A fake is {"output": {...}}, {"fail": {"error": "...", "cause": "..."}}, {"skip": "why"}, "real", or a list with one per attempt.
Exit codes: 0 the run succeeded, 1 it failed, 2 the test itself is wrong.`,
    )
    .action(async (assembly: string, pipeline: string | undefined, options: TestVerbOptions) => {
      const { runTestVerb } = await import('./test-action.js');
      process.exitCode = await runTestVerb(assembly, pipeline, options);
    });
}
