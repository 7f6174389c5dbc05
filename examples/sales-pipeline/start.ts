// The demonstration, as a person would type it: synthesize the app, run the machine that would be deployed on this
// computer, look into the warehouse. Each command is printed before it runs, so that it can be typed again.

import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { type Break, breakable, breakTask, heal } from './breaks';

const usage = `usage: npm start -- [--date YYYY-MM-DD] [--break TASK]

Runs the sales pipeline on this computer: a week of real flights, from a container to the warehouse.

  --date DATE    the run's logical date: the seven days before it are loaded (default 2001-01-08; the source has
                 2001-01-01 to 2001-06-30)
  --break TASK   break that task as life does, and see what on-call sees: ${breakable.join(', ')}`;

const root = join(__dirname, '..', '..');
const bin = join(root, 'dist', 'bin', 'headrace.js');
const store = join(root, '.headrace');
const assembly = 'cdk.out';
const pipeline = 'SalesStack-Sales';
const here = (path: string) => relative(process.cwd(), path) || '.';

function readWords(): { date: string; task?: string } {
  try {
    const { values } = parseArgs({
      options: {
        date: { type: 'string', default: '2001-01-08' },
        break: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
    if (values.help === true) {
      console.log(usage);
      process.exit(0);
    }
    const exists = new Date(`${values.date}T00:00:00Z`);
    if (
      !/^\d{4}-\d\d-\d\d$/.test(values.date) ||
      Number.isNaN(exists.getTime()) ||
      !exists.toISOString().startsWith(values.date)
    )
      throw new Error(`--date ${values.date} is no date such as 2001-01-08`);
    const task = breakable.find((each) => each.toLowerCase() === values.break?.toLowerCase());
    if (values.break !== undefined && task === undefined)
      throw new Error(`--break ${values.break}: the pipeline has no such task; it has ${breakable.join(', ')}`);
    return { date: values.date, ...(task !== undefined && { task }) };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${usage}`);
    return process.exit(2);
  }
}

/** Shows a command, runs it, and returns its exit code. */
function run(title: string, shown: string, argv: string[], environment: Record<string, string> = {}): number {
  console.log(`\n${title}\n  $ ${shown}\n`);
  const env = { ...process.env, ...environment };
  const { status, signal } = spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit', env });
  // Ctrl-C reaches the command too: it has said what there is to say.
  if (signal !== null || status === 130) process.exit(130);
  return status ?? 1;
}

function synthesize(): void {
  rmSync(join(root, assembly), { recursive: true, force: true });
  const argv = ['--import', 'tsx', 'examples/sales-pipeline/app.ts'];
  const environment = { CDK_OUTDIR: assembly, CDK_VALIDATION: 'false' };
  const status = run('1. The constructs become CloudFormation', 'npx cdk synth --quiet', argv, environment);
  if (status !== 0) process.exit(status);
}

function showWarehouse(): void {
  const query =
    'SELECT origin, origin_city, count(*) AS flights, sum(miles) AS miles, avg(delay_minutes::float)::decimal(5,1) AS delay FROM flights GROUP BY 1, 2 ORDER BY flights DESC LIMIT 8';
  const argv = [bin, 'local', 'sql', query];
  const status = run('3. What the warehouse holds now', `npx headrace local sql "${query}"`, argv);
  if (status !== 0) process.exit(status);
}

function runPipeline(date: string, broken: Break | undefined): number {
  const words = ['local', assembly, '--date', date, ...(broken ? ['--retry-wait', '1'] : [])];
  const title = broken
    ? `2. The run, after this: ${broken.story}`
    : '2. The state machine that would be deployed runs here, on real data';
  return run(title, `npx headrace ${words.join(' ')}`, [bin, ...words]);
}

function newestRun(): string {
  const folder = join(store, 'runs', pipeline);
  const runs = readdirSync(folder).map((name) => ({
    name,
    begun: statSync(join(folder, name, 'history.jsonl')).birthtimeMs,
  }));
  return runs.reduce((newest, each) => (each.begun > newest.begun ? each : newest)).name;
}

const { date, task } = readWords();
process.on('SIGINT', () => undefined); // The command at work answers it.
heal({ store, date, bin });
synthesize();
if (task === undefined) {
  const status = runPipeline(date, undefined);
  if (status !== 0) process.exit(status);
  showWarehouse();
  console.log(`
Files      ${here(store)}/  (a folder a region: s3, catalog, warehouse; runs/ has history and logs)
Pipeline   examples/sales-pipeline/stack.ts
Try next   npm start -- --date 2001-05-07       another week
           npm start -- --break ToParquet       what on-call sees when a task fails
           npx headrace plan ${assembly}             what would be deployed
           npx headrace simulate ${assembly}         the same machine on a virtual clock
           npx cdk deploy                        the same machine in your account
`);
} else {
  const broken = breakTask(task, { store, date, bin });
  const status = runPipeline(broken.date ?? date, broken);
  if (status === 0) {
    console.error(`\nthe run succeeded although ${broken.story}: the demonstration itself is wrong`);
    process.exit(1);
  }
  const words = `${pipeline} ${newestRun()}`;
  const rerun = broken.date === undefined ? `npx headrace rerun ${words} --failed` : `npm start -- --date ${date}`;
  console.log(`
3. What on-call does now
   npx headrace status ${words}        which task, since when, why
   npx headrace logs ${words}          the end of its log
${[...broken.repair, rerun].map((line) => `   ${line}`).join('\n')}
The next npm start repairs it too.
`);
}
