// Prints what the laptop engine costs, each beside its aim and, where there is one, beside a peer measured in the same run. CPU seconds
// of this process unless said otherwise; a benchmark, not a test. npm run bench:local [NAME...]

import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import type { Json } from '../../lib/local/engine';
import { VirtualClock } from '../../lib/local/asl/clock';
import { Interpreter } from '../../lib/local/asl/interpreter';
import { runLocal } from '../../lib/local/local-run';
import { Warehouse } from '../../lib/local/redshift/warehouse';
import { simulateDag } from '../../lib/local/simulate-dag';
import { synthetic } from '../compile/graphs';
import { type AssemblyFixture, folderWith, writeAssembly } from '../local/assembly-fixture';
import { measureHistory } from './history';
import { measureTransfers } from './local-transfer';

const folder = mkdtempSync(join(tmpdir(), 'headrace-bench-'));
const chosen = process.argv.slice(2);
const print = (what: string, value: string, aim: string, peer = ''): void =>
  console.log(`| ${what} | ${value} | ${aim} | ${peer} |`);
const s = (seconds: number): string => `${seconds.toFixed(2)} s`;

async function cpuSeconds<T>(work: () => Promise<T>): Promise<{ seconds: number; wall: number; value: T }> {
  const before = process.cpuUsage();
  const begun = performance.now();
  const value = await work();
  const used = process.cpuUsage(before);
  return { seconds: (used.user + used.system) / 1e6, wall: (performance.now() - begun) / 1000, value };
}

const benches: { readonly [name: string]: () => Promise<void> } = {
  async interpreter() {
    const States = Object.fromEntries(
      Array.from({ length: 1000 }, (_, i) => [
        `S${i}`,
        { Type: 'Pass', Output: `{% $states.input + 1 %}`, ...(i === 999 ? { End: true } : { Next: `S${i + 1}` }) },
      ]),
    );
    const definition = { StartAt: 'S0', QueryLanguage: 'JSONata', States } as Json;
    const arn = 'arn:aws:states:us-east-1:000000000000:stateMachine:m';
    const run = () =>
      cpuSeconds(() => {
        const machine = { arn, name: 'm', definition, type: 'STANDARD' as const, roleArn: 'arn:aws:iam::0:role/r' };
        const options = {
          clock: new VirtualClock(),
          machines: () => machine,
          account: '000000000000',
          region: 'us-east-1',
        };
        const services = { call: () => Promise.reject(new Error('no task is called')) };
        return new Interpreter({ ...options, services }).start({ stateMachineArn: arn, name: 'x', input: 0 }).done;
      });
    const first = await run();
    if (first.value.output !== 1000) throw new Error(`the interpreter counted to ${String(first.value.output)}`);
    print('1,000 Pass states with JSONata', `${s((await run()).seconds)}, first ${s(first.seconds)}`, '0.5 s');
  },

  async simulate() {
    const edges = synthetic('series-parallel', 10_000).map(([a, b]) => [`t${a}`, `t${b}`] as const);
    const tasks = Array.from({ length: 10_000 }, (_, i) => ({
      id: `t${i}`,
      seconds: 1,
      triggerRule: 'all_success' as const,
      retries: 0,
      outcome: 'success' as const,
    }));
    const { seconds, value } = await cpuSeconds(() => simulateDag({ name: 'big', tasks, edges }));
    print(`10,000 tasks simulated (${value.outcome})`, s(seconds), '10 s');
  },

  async overhead() {
    const count = 200;
    const code = folderWith({ 'index.mjs': 'export const handler = async (event) => event;' });
    const fixture: AssemblyFixture = {
      files: { 'code.zip': code },
      resources: {
        Echo: {
          Type: 'AWS::Lambda::Function',
          Properties: {
            FunctionName: 'echo',
            Runtime: 'nodejs20.x',
            Handler: 'index.handler',
            Code: { S3Bucket: 'b', S3Key: 'code.zip' },
          },
        },
      },
      tasks: Object.fromEntries(
        Array.from({ length: count }, (_, i) => [
          `T${i}`,
          {
            Type: 'Task',
            Resource: 'arn:aws:states:::lambda:invoke',
            Arguments: { FunctionName: 'echo', Payload: { i } },
          },
        ]),
      ),
    };
    const assembly = writeAssembly(fixture);
    const store = join(folder, 'overhead');
    const { seconds, wall, value } = await cpuSeconds(() => runLocal({ assembly, store }));
    if (value.status !== 'SUCCEEDED') throw new Error(`the run ended as ${value.status}: ${value.cause}`);
    const each = (total: number) => `${((total * 1000) / count).toFixed(1)} ms`;
    print(
      `engine per task, ${count} functions one after the other`,
      `${each(seconds)} CPU, ${each(wall)} in all`,
      '20 ms',
      "Airflow's dag.test(): 390 ms (not measured here)",
    );
  },

  async history() {
    const { answers, record, kept, megabytes } = measureHistory();
    const row = (what: string, { ours, parse }: { readonly ours: number; readonly parse: number }) =>
      print(
        `${what} of 25,000 events, ${megabytes.toFixed(0)} MB, read into the state of a run`,
        `${s(ours)} CPU`,
        '0.3 s',
        `JSON.parse alone ${s(parse)}, ratio ${(ours / parse).toFixed(1)}`,
      );
    row('answers of GetExecutionHistory', answers);
    row('record of this machine', record);
    row('history kept on disk', kept);
  },

  async s3() {
    const { ours, moto } = await measureTransfers(folder);
    const row = (what: string, us: number, them: number) =>
      print(what, s(us), 'as fast as moto', `moto ${s(them)}, ratio ${(us / them).toFixed(2)}`);
    row('S3: 200 MB up in parts, seconds at the client', ours.up, moto.up);
    row('S3: 200 MB down in parts, seconds at the client', ours.down, moto.down);
    if (ours.cpu !== undefined && moto.cpu !== undefined)
      row('S3: CPU of the server, three times up and down', ours.cpu, moto.cpu);
  },

  async crawl() {
    const lines = Array.from(
      { length: 20_000 },
      (_, i) => `${i},2024-05-${String((i % 28) + 1).padStart(2, '0')},name ${i * 7919},${i / 7},true`,
    );
    const file = `id,day,name,amount,open\n${lines.join('\n')}\n`;
    const store = join(folder, 'crawl');
    const raw = join(store, 'us-east-1', 's3', 'lake', 'raw', 'events');
    mkdirSync(raw, { recursive: true });
    const first = join(raw, '0000.csv');
    writeFileSync(first, file.slice(0, file.lastIndexOf('\n', 1 << 20) + 1));
    for (let i = 1; i < 1000; i++) copyFileSync(first, join(raw, `${String(i).padStart(4, '0')}.csv`));
    const assembly = writeAssembly({
      resources: {
        Bucket: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
        Raw: { Type: 'AWS::Glue::Database', Properties: { DatabaseInput: { Name: 'raw' } } },
        Crawler: {
          Type: 'AWS::Glue::Crawler',
          Properties: { Name: 'crawl', DatabaseName: 'raw', Targets: { S3Targets: [{ Path: 's3://lake/raw/' }] } },
        },
      },
      tasks: { Crawl: crawlTask() },
    });
    const { seconds, wall, value } = await cpuSeconds(() => runLocal({ assembly, store }));
    if (value.status !== 'SUCCEEDED') throw new Error(`the run ended as ${value.status}: ${value.tasks[0]?.reason}`);
    print('crawl of 1,000 CSV files of 1 MB', `${s(seconds)}, ${s(wall)} in all`, '10 s');
  },

  async copy() {
    const rows = 1_000_000;
    const path = join(folder, 'rows.csv');
    const duck = await (await DuckDBInstance.create(':memory:')).connect();
    await duck.run(
      `COPY (SELECT i, DATE '2024-01-01' + (i % 366)::INTEGER AS day, 'name ' || i AS name, (i / 7)::DECIMAL(12,2) AS amount FROM range(${rows}) t(i)) TO '${path}' (HEADER)`,
    );
    const columns = 'i bigint, day date, name varchar(32), amount decimal(12,2)';
    const plain = await cpuSeconds(async () => {
      await duck.run(`CREATE TABLE plain (${columns})`);
      await duck.run(`COPY plain FROM '${path}' (HEADER)`);
    });
    const warehouse = await Warehouse.open({ file: join(folder, 'w.duckdb'), resolveS3: () => ({ path }) });
    await warehouse.execute(`CREATE TABLE t (${columns})`);
    const { seconds, wall } = await cpuSeconds(() =>
      warehouse.execute("COPY t FROM 's3://b/rows.csv' IAM_ROLE default CSV IGNOREHEADER 1"),
    );
    const [[count]] = (await warehouse.execute('SELECT count(*) FROM t')).at(-1)!.rows as [[Json]];
    if (Number(count) !== rows) throw new Error(`${String(count)} rows were loaded`);
    print(
      'COPY of 1,000,000 rows',
      `${s(seconds)}, ${s(wall)} in all`,
      '2 s',
      `DuckDB's own COPY ${s(plain.seconds)}, ratio ${(seconds / plain.seconds).toFixed(1)}`,
    );
  },
};

/** Start, look, until the crawl is over: what a deployed crawler task does. */
function crawlTask(): { readonly [field: string]: unknown } {
  const call = (action: string) => ({
    Type: 'Task',
    Resource: `arn:aws:states:::aws-sdk:glue:${action}`,
    Arguments: { Name: 'crawl' },
  });
  const status = (name: string) => `{% $states.input.Crawler.LastCrawl.Status='${name}' %}`;
  return {
    Type: 'Parallel',
    Branches: [
      {
        StartAt: 'Crawl start',
        States: {
          'Crawl start': { ...call('startCrawler'), Next: 'Crawl wait' },
          'Crawl wait': { Type: 'Wait', Seconds: 20, Next: 'Crawl look' },
          'Crawl look': { ...call('getCrawler'), Next: 'Crawl check' },
          'Crawl check': {
            Type: 'Choice',
            Choices: [
              { Condition: status('SUCCEEDED'), Next: 'Crawl done' },
              { Condition: status('FAILED'), Next: 'Crawl failed' },
            ],
            Default: 'Crawl wait',
          },
          'Crawl done': { Type: 'Succeed' },
          'Crawl failed': { Type: 'Fail', Error: 'Failed', Cause: 'the crawl failed' },
        },
      },
    ],
  };
}

async function main(): Promise<void> {
  console.log('| | measured | aim | beside |\n|---|---|---|---|');
  try {
    for (const [name, bench] of Object.entries(benches)) {
      if (chosen.length === 0 || chosen.includes(name)) await bench();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

void main().then(
  () => process.exit(0),
  (error: unknown) => {
    console.error(error);
    process.exit(1);
  },
);
