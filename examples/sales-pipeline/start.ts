// The demonstration, as a person would type it: synthesize the app, run the machine that would be deployed on this
// computer, look into the warehouse. Each command is printed before it runs, so that it can be typed again.
//   npm start [-- --date 2001-05-07] [-- --break ToParquet]

import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';

const root = join(__dirname, '..', '..');
const bin = join(root, 'dist', 'bin', 'headrace.js');
const { values } = parseArgs({ options: { date: { type: 'string', default: '2001-01-08' } } });

function run(
  title: string,
  shown: string,
  command: string,
  argv: string[],
  environment: Record<string, string> = {},
): void {
  console.log(`\n${title}\n  $ ${shown}\n`);
  const { status } = spawnSync(command, argv, { cwd: root, stdio: 'inherit', env: { ...process.env, ...environment } });
  if (status !== 0) process.exit(status ?? 1);
}

const assembly = 'cdk.out';
rmSync(join(root, assembly), { recursive: true, force: true });
run(
  '1. The constructs become CloudFormation',
  'npx cdk synth --quiet',
  process.execPath,
  ['--import', 'tsx', 'examples/sales-pipeline/app.ts'],
  {
    CDK_OUTDIR: assembly,
    CDK_VALIDATION: 'false',
  },
);
run(
  '2. The state machine that would be deployed runs here, on real data',
  `npx headrace local ${assembly} --date ${values.date}`,
  process.execPath,
  [bin, 'local', assembly, '--date', values.date],
);
const query =
  'SELECT origin, origin_city, count(*) AS flights, sum(miles) AS miles, avg(delay_minutes::float)::decimal(5,1) AS delay FROM flights GROUP BY 1, 2 ORDER BY flights DESC LIMIT 8';
run('3. What the warehouse holds now', `npx headrace local sql "${query}"`, process.execPath, [
  bin,
  'local',
  'sql',
  query,
]);

console.log(`
Files      ${relative(process.cwd(), join(root, '.headrace')) || '.headrace'}/  (one folder a region: s3, catalog, warehouse; runs/ has history and logs)
Pipeline   examples/sales-pipeline/stack.ts
Try next   npm start -- --date 2001-05-07      another week
           npx headrace plan ${assembly}            what would be deployed
           npx headrace simulate ${assembly}        the same machine on a virtual clock
           npx cdk deploy                       the same machine in your account
`);
