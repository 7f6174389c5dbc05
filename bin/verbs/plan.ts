// `headrace plan`: what a DAG file or a synthesized pipeline becomes on Step Functions. The compiler is loaded only when the verb runs.

import type { Command } from 'commander';
import type { PlanOptions } from './plan-action';
import type { PlanDiffOptions } from './plan-diff';

const EXAMPLES = `
Examples:
  headrace plan cdk.out                          # machines, sizes, transitions
  headrace plan cdk.out Sales --diff deployed    # what a deployment would change
  headrace plan cdk.out Sales --diff ../old.out  # since an older cdk.out

Exit codes: 0 ok, 2 usage, 3 not reachable or not allowed`;

export function register(program: Command): void {
  program
    .command('plan')
    .description('what will be deployed, and how it runs')
    .argument('<sources...>', 'DAG files, or a cloud assembly (cdk.out) and the name of a pipeline in it')
    .option('--json', 'print one JSON object a line')
    .option('--asl <folder>', 'write every machine as NAME.asl.json, and plan.json that names the root')
    .option('--dot', 'draw for Graphviz')
    .option('--mermaid', 'draw for Mermaid')
    .option('--diff <old>', 'what changed since an older cdk.out, or since what is deployed: --diff deployed')
    .option('--profile <name>', 'with --diff deployed: AWS profile')
    .option('--region <name>', 'with --diff deployed: where to look')
    .addHelpText('after', EXAMPLES)
    .action(async (sources: string[], options: PlanOptions & Partial<PlanDiffOptions>) => {
      if (options.diff !== undefined) {
        const { runPlanDiff } = await import('./plan-diff.js');
        process.exitCode = await runPlanDiff(sources, { ...options, diff: options.diff });
        return;
      }
      const { runPlanVerb } = await import('./plan-action.js');
      process.exitCode = await runPlanVerb(sources, options);
    });
}
