// `headrace simulate`: the machines that would be deployed, run on a virtual clock. The interpreter is loaded only when the verb runs.

import type { Command } from 'commander';
import type { SimulateOptions } from './simulate-action';

const collect = (value: string, earlier: string[]): string[] => [...earlier, value];

export function register(program: Command): void {
  program
    .command('simulate')
    .description('run it on a virtual clock: how long, what if a task fails')
    .argument('<sources...>', 'DAG files, or a cloud assembly (cdk.out) and the name of a pipeline in it')
    .option('--json', 'print one JSON object a line')
    .option('--transition-ms <n>', 'milliseconds that entering a state takes', '0')
    .option('--fail <task>', 'this task fails; may be given again', collect, [])
    .option('--skip <task>', 'this task is skipped; may be given again', collect, [])
    .addHelpText(
      'after',
      '\nA task whose run time nobody knows takes 1 second. In a synthesized pipeline conditions count as true.',
    )
    .action(async (sources: string[], options: SimulateOptions) => {
      const { runSimulateVerb } = await import('./simulate-action.js');
      process.exitCode = await runSimulateVerb(sources, options);
    });
}
