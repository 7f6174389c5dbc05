// `headrace local`: words in, a run of the pipeline on this machine. The room that runs it is loaded only when a word asks for it.

import type { Command } from 'commander';
import type { LocalVerbOptions } from './local-action';
import type { SqlVerbOptions } from './sql-action';

interface InstallWord {
  readonly installSpark?: boolean;
}

const collect = (value: string, earlier: string[]) => [...earlier, value];

export function register(program: Command): void {
  const local = program
    .command('local')
    .description('run a synthesized pipeline on this machine, with stand-ins for the AWS services');
  local
    .command('run', { isDefault: true })
    .description('run the pipeline of a cloud assembly')
    .argument('[assembly]', 'folder that cdk synth wrote', 'cdk.out')
    .argument('[pipeline]', 'name of the pipeline, if the assembly holds several')
    .option('--date <date>', 'logical date: 2024-01-31, or 2024-01-31T02:30:00Z (default: now)')
    .option('--param <name=value>', 'value of a declared param; may be given again', collect, [])
    .option('--only <task>', 'run this task alone; may be given again', collect, [])
    .option('--from <task>', 'run this task and everything downstream of it; may be given again', collect, [])
    .option('--store <folder>', 'where data and runs are kept', '.headrace')
    .option('--secrets <file>', 'file of NAME=value lines (default: secrets.env in the store)')
    .option(
      '--docker',
      'run containers in Docker or Podman, with their limits of cpu and memory (default: as processes)',
    )
    .option('--retry-wait <seconds>', 'wait at most this long before a retry (default: as deployed)')
    .option('--json', 'print the result as JSON')
    .option('--install-spark', 'install PySpark for this user, and a Java if there is none; nothing is run')
    .action(async (assembly: string, pipeline: string | undefined, options: LocalVerbOptions & InstallWord) => {
      if (options.installSpark === true) {
        const { runInstallSpark } = await import('./local-install-spark.js');
        process.exitCode = await runInstallSpark();
        return;
      }
      const { runLocalVerb } = await import('./local-action.js');
      process.exitCode = await runLocalVerb(assembly, pipeline, options);
    });
  local
    .command('s3')
    .description('serve a folder as an S3 endpoint')
    .helpOption(false)
    .allowUnknownOption()
    .argument('[words...]', 'DIR [--port N] [--access-key K] [--secret-key S]')
    .action(async (_words: string[], _options: unknown, command: Command) => {
      const { serveS3 } = await import('../../lib/local/s3/serve.js');
      process.exitCode = await serveS3(command.args);
    });
  local
    .command('sql')
    .description('talk SQL to the local warehouse')
    .argument('[query]', 'statements to run; without them, a shell')
    .option('--warehouse <name>', 'workgroup or cluster (default: the only one)')
    .option('--store <folder>', 'where data and runs are kept', '.headrace')
    .option('--file <file>', 'run the statements of a file; - is standard input')
    .option('--csv', 'print rows as CSV')
    .option('--json', 'print each row as a JSON object')
    .action(async (query: string | undefined, options: SqlVerbOptions) => {
      const { runSqlVerb } = await import('./sql-action.js');
      process.exitCode = await runSqlVerb(query, options);
    });
}
