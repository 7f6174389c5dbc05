// `headrace cost`: what a run costs, and a month.

import type { Command } from 'commander';
import type { CostOptions } from './cost-action';
import { collect, EXIT_CODES, siteOptions } from './site-options';

const EXAMPLES = `
Examples:
  headrace cost sales --aws                                  # the latest run
  headrace cost sales --plan --duration Load=10m             # before it is deployed, from cdk.out
  headrace cost sales --plan --items PerFile=5000 --json
`;

export function register(program: Command): void {
  siteOptions(program.command('cost'))
    .description('what a run cost in AWS, line by line, or would cost, and what a month costs')
    .argument('<pipeline>', 'name of the pipeline')
    .argument('[run]', 'id of the run (default: latest)')
    .option('--plan', 'a run of what is synthesized, with the durations of the latest run where there is one')
    .option('--duration <task=time>', 'with --plan: how long a task takes, Load=10m; may be given again', collect, [])
    .option('--items <task=number>', 'with --plan: how many items a ForEachTask has; may be given again', collect, [])
    .option('--prices <file>', 'JSON file of prices that differ from the table')
    .addHelpText('after', `${EXAMPLES}${EXIT_CODES}`)
    .action(async (pipeline: string, run: string | undefined, options: CostOptions) => {
      const { costVerb } = await import('./cost-action.js');
      process.exitCode = await costVerb(pipeline, run, options);
    });
}
