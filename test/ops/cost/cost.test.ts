// The bill of a run, from its history: answers have the fields of the services' own models, as Step Functions spells them.

import type { QueryExecution } from '@aws-sdk/client-athena';
import type { JobDetail } from '@aws-sdk/client-batch';
import type { Task } from '@aws-sdk/client-ecs';
import type { JobRun as SparkRun } from '@aws-sdk/client-emr-serverless';
import type { Crawler, GetDataQualityRulesetEvaluationRunResponse, JobRun } from '@aws-sdk/client-glue';
import type { DescribeStatementResponse } from '@aws-sdk/client-redshift-data';
import type { HistoryEvent } from '@aws-sdk/client-sfn';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../../lib/compile/manifest';
import { linesOf } from '../../../lib/ops/cost/charge';
import { type CostFacts, type CostLine, type RunCost, runCost, runsPerMonth } from '../../../lib/ops/cost/cost';
import { PRICES } from '../../../lib/ops/cost/prices';
import type { SiteEvent } from '../../../lib/ops/site';
import { NO_SIZES } from '../../../lib/ops/cost/sizes';
import { manifestWith } from '../manifest';

const BEGAN = Date.parse('2026-11-01T02:30:00Z');
const ROOT = 'arn:aws:states:eu-west-1:111122223333:execution:Sales:r1';

interface Call {
  readonly service: string;
  readonly action: string;
  readonly parameters?: object;
  readonly answer?: object;
  readonly result?: object;
  readonly failed?: boolean;
  readonly seconds?: number;
}

/** Step Functions begins every field of a service's answer with a capital. */
function spelled(value: unknown): object {
  const change = (each: unknown): unknown => {
    if (each instanceof Date) return each.toISOString();
    if (Array.isArray(each)) return each.map(change);
    if (typeof each !== 'object' || each === null) return each;
    return Object.fromEntries(
      Object.entries(each).map(([name, inner]) => [name.charAt(0).toUpperCase() + name.slice(1), change(inner)]),
    );
  };
  return change(value) as object;
}

/** A history in which tasks make calls one after the other. */
class History {
  readonly events: SiteEvent[] = [];
  private clock = BEGAN;
  private readonly last = new Map<string, number>();

  constructor(private readonly execution = ROOT) {}

  add(event: Omit<HistoryEvent, 'id' | 'timestamp'>): this {
    const id = (this.last.get(this.execution) ?? 0) + 1;
    const previousEventId = id - 1;
    this.last.set(this.execution, id);
    this.events.push({
      executionArn: this.execution,
      event: { id, previousEventId, timestamp: new Date(this.clock), ...event },
    });
    return this;
  }

  task(name: string, ...calls: readonly Call[]): this {
    this.add({ type: 'TaskStateEntered', stateEnteredEventDetails: { name } });
    for (const call of calls) this.call(call);
    return this.add({ type: 'TaskStateExited', stateExitedEventDetails: { name } });
  }

  private call({ service, action, parameters = {}, answer, result = {}, failed = false, seconds = 0 }: Call): void {
    const named = { resourceType: service, resource: action };
    const region = 'eu-west-1';
    this.add({
      type: 'TaskScheduled',
      taskScheduledEventDetails: { ...named, region, parameters: JSON.stringify(parameters) },
    });
    if (answer !== undefined)
      this.add({ type: 'TaskSubmitted', taskSubmittedEventDetails: { ...named, output: JSON.stringify(answer) } });
    this.clock += seconds * 1000;
    if (failed) this.add({ type: 'TaskFailed', taskFailedEventDetails: { ...named, cause: JSON.stringify(result) } });
    else this.add({ type: 'TaskSucceeded', taskSucceededEventDetails: { ...named, output: JSON.stringify(result) } });
  }
}

const ONE = manifestWith([{ id: 'T' }]);

function bill(calls: readonly Call[], facts: CostFacts = {}, manifest: Manifest = ONE): RunCost {
  return runCost(manifest, new History().task('T', ...calls).events, PRICES, facts);
}

/** The only line that is not about transitions. */
function line(calls: readonly Call[], facts: CostFacts = {}): CostLine {
  const { lines, unpriced } = bill(calls, facts);
  expect(unpriced).toEqual([]);
  expect(lines).toHaveLength(2);
  return lines[1]!;
}

const fargate = (task: Task, seconds: number): Call => ({
  service: 'ecs',
  action: 'runTask.sync',
  result: spelled(task),
  seconds,
});
const at = (seconds: number) => new Date(BEGAN + seconds * 1000);

describe('containers', () => {
  const task: Task = { cpu: '1024', memory: '2048', launchType: 'FARGATE' };

  it('are billed from the pull of the image to the end, each second that began', () => {
    const told = line([fargate({ ...task, pullStartedAt: at(20), stoppedAt: at(319.2) }, 400)]);
    expect(told.dollars).toBeCloseTo((300 * (0.04048 + 2 * 0.004445)) / 3600, 12);
    expect(told.arithmetic).toBe('0.08333 vCPU-h x $0.04048 + 0.1667 GB-h x $0.004445; 300 s, 1 vCPU, 2 GB');
  });

  it('cost a minute at least, on ARM less, with a larger disk more', () => {
    const plain = line([fargate(task, 12)]);
    expect(plain.dollars).toBeCloseTo((60 * (0.04048 + 2 * 0.004445)) / 3600, 12);
    const arm = line([fargate({ ...task, attributes: [{ name: 'ecs.cpu-architecture', value: 'arm64' }] }, 12)]);
    expect(arm.dollars).toBeCloseTo((60 * (0.03238 + 2 * 0.00356)) / 3600, 12);
    const disk = line([fargate({ ...task, ephemeralStorage: { sizeInGiB: 100 } }, 3600)]);
    expect(disk.dollars).toBeCloseTo(0.04048 + 2 * 0.004445 + 80 * 0.000111, 12);
    expect(disk.arithmetic).toContain('80 GB of disk over 20');
  });

  it('on Spot cost at most that, on machines of the cluster nothing more', () => {
    expect(line([fargate({ ...task, capacityProviderName: 'FARGATE_SPOT' }, 60)])).toMatchObject({
      what: 'T (Fargate Spot)',
      bound: 'at most',
    });
    expect(line([fargate({ ...task, launchType: 'EC2' }, 60)])).toMatchObject({ what: 'T (ECS)', dollars: 0 });
  });

  it('that failed cost as much, and one whose size is not told is named', () => {
    const call = fargate({ ...task, stoppedReason: 'Essential container in task exited' }, 120);
    expect(line([{ ...call, failed: true }]).dollars).toBeCloseTo((120 * (0.04048 + 2 * 0.004445)) / 3600, 12);
    expect(bill([fargate({}, 60)]).unpriced).toEqual(['ECS: a container whose size is not told: T']);
  });

  it('of Batch on Fargate are told by the job, an array at a minute for each copy', () => {
    const job: Partial<JobDetail> = {
      platformCapabilities: ['FARGATE'],
      startedAt: BEGAN,
      stoppedAt: BEGAN + 600_000,
      container: {
        resourceRequirements: [
          { type: 'VCPU', value: '0.5' },
          { type: 'MEMORY', value: '1024' },
        ],
      },
    };
    const submit = (result: Partial<JobDetail>): Call => ({
      service: 'batch',
      action: 'submitJob.sync',
      result: spelled(result),
      seconds: 700,
    });
    expect(line([submit(job)]).dollars).toBeCloseTo((600 * (0.5 * 0.04048 + 0.004445)) / 3600, 12);
    const array = line([submit({ ...job, arrayProperties: { size: 50 } })]);
    expect(array).toMatchObject({ bound: 'at least', arithmetic: expect.stringContaining('50 times, 3,000 s') });
    expect(array.dollars).toBeCloseTo((50 * 60 * (0.5 * 0.04048 + 0.004445)) / 3600, 12);
    expect(bill([submit({ ...job, platformCapabilities: ['EC2'] })]).unpriced[0]).toMatch(/^Batch: its machines/);
  });
});

describe('Glue', () => {
  const run = (result: JobRun, seconds = 30): Call => ({
    service: 'glue',
    action: 'startJobRun.sync',
    result,
    seconds,
  });

  it('jobs cost by their own time, a minute at least, ten before Glue 2.0', () => {
    const result: JobRun = { ExecutionTime: 90, MaxCapacity: 10, GlueVersion: '5.0' };
    expect(line([run(result)]).dollars).toBeCloseTo((90 * 10 * 0.44) / 3600, 12);
    expect(line([run({ ...result, ExecutionTime: 5 })]).dollars).toBeCloseTo((60 * 10 * 0.44) / 3600, 12);
    expect(line([run({ ...result, GlueVersion: '1.0' })]).dollars).toBeCloseTo((600 * 10 * 0.44) / 3600, 12);
    expect(line([run({ ...result, MaxCapacity: 0.0625, GlueVersion: '1.0' })]).dollars).toBeCloseTo(
      (90 * 0.0625 * 0.44) / 3600,
      12,
    );
    expect(bill([run({})]).unpriced).toEqual(['Glue: a job run whose size is not told: T']);
  });

  it('jobs at flexible times cost less, and those that scale what Glue counted', () => {
    const flex = line([run({ ExecutionTime: 600, MaxCapacity: 4, ExecutionClass: 'FLEX' })]);
    expect(flex.dollars).toBeCloseTo((600 * 4 * 0.29) / 3600, 12);
    const scaled = line([run({ ExecutionTime: 600, MaxCapacity: 40, DPUSeconds: 7200 })]);
    expect(scaled.dollars).toBeCloseTo(2 * 0.44, 12);
  });

  const crawl = (seconds: number): Call[] => {
    const going: Partial<Crawler> = { Name: 'raw', State: 'RUNNING' };
    return [
      { service: 'aws-sdk:glue', action: 'startCrawler', parameters: { Name: 'raw' } },
      {
        service: 'aws-sdk:glue',
        action: 'getCrawler',
        parameters: { Name: 'raw' },
        result: { Crawler: going },
        seconds: seconds / 2,
      },
      {
        service: 'aws-sdk:glue',
        action: 'getCrawler',
        parameters: { Name: 'raw' },
        result: { Crawler: { ...going, State: 'READY' } },
        seconds: seconds / 2,
      },
    ];
  };

  it('crawls cost ten minutes at least; how many DPUs, only Glue knows', () => {
    expect(line(crawl(60))).toMatchObject({ bound: 'at least', dollars: expect.closeTo(0.44 / 6, 12) });
    expect(line(crawl(1800))).toMatchObject({ bound: 'at least', dollars: expect.closeTo(0.44 / 2, 12) });
    const crawls = [
      { crawler: 'raw', start: at(-3600), dpuHours: 9 },
      { crawler: 'raw', start: at(1), dpuHours: 1.25 },
    ];
    const told = line(crawl(1800), { sizes: { ...NO_SIZES, crawls } });
    expect(told.bound).toBeUndefined();
    expect(told.dollars).toBeCloseTo(1.25 * 0.44, 12);
  });

  it('checks of data quality cost by workers and their own time', () => {
    const done: GetDataQualityRulesetEvaluationRunResponse = { RunId: 'q1', NumberOfWorkers: 5, ExecutionTime: 240 };
    const service = 'aws-sdk:glue';
    const calls = [
      { service, action: 'startDataQualityRulesetEvaluationRun', result: { RunId: 'q1' } },
      {
        service,
        action: 'getDataQualityRulesetEvaluationRun',
        parameters: { RunId: 'q1' },
        result: done,
        seconds: 300,
      },
    ];
    expect(line(calls).dollars).toBeCloseTo((240 * 5 * 0.44) / 3600, 12);
  });

  it('in another region costs the function that passes the calls on, too', () => {
    const passed = (action: string, parameters: object, seconds: number): Call => ({
      service: 'lambda',
      action: 'invoke',
      parameters: {
        FunctionName: 'arn:aws:lambda:eu-west-1:111122223333:function:regional',
        Payload: { region: 'us-west-2', service: 'glue', action, parameters },
      },
      result: { Payload: {} },
      seconds,
    });
    const functions = new Map([['regional', { memoryMb: 256, arm: true }]]);
    const { lines } = bill([passed('startCrawler', { Name: 'us' }, 1), passed('getCrawler', { Name: 'us' }, 1199)], {
      sizes: { ...NO_SIZES, functions },
    });
    expect(lines.map(({ what }) => what)).toEqual(['Step Functions', 'T (Lambda)', 'T (Glue crawler)']);
    expect(lines[1]!.dollars).toBeCloseTo(2 * 0.0000002 + 1200 * 0.25 * 0.0000133334, 12);
    expect(lines[2]!.dollars).toBeCloseTo((1200 * 0.44) / 3600, 12);
  });
});

describe('Redshift', () => {
  const statement = (id: string, parameters: object, seconds: number): Call[] => {
    const described: DescribeStatementResponse = { Id: id, Status: 'FINISHED', Duration: seconds * 1e9 };
    const service = 'aws-sdk:redshiftdata';
    return [
      { service, action: 'executeStatement', parameters, result: { Id: id } },
      { service, action: 'describeStatement', parameters: { Id: id }, result: described, seconds: seconds + 5 },
    ];
  };
  const sizes = { ...NO_SIZES, workgroups: new Map([['dw', 8]]) };

  it('Serverless costs while it is awake: a minute at least, and once for what runs together', () => {
    const rpu = (seconds: number) => (seconds * 8 * 0.375) / 3600;
    expect(line(statement('a', { WorkgroupName: 'dw' }, 10), { sizes }).dollars).toBeCloseTo(rpu(60), 12);
    expect(line(statement('a', { WorkgroupName: 'dw' }, 200), { sizes }).dollars).toBeCloseTo(rpu(200), 12);
    const two = manifestWith([{ id: 'A' }, { id: 'B' }]);
    const history = new History()
      .task('A', ...statement('a', { WorkgroupName: 'dw' }, 10))
      .task('B', ...statement('b', { WorkgroupName: 'dw' }, 10));
    const { lines } = runCost(two, history.events, PRICES, { sizes });
    expect(lines[1]!.what).toBe('A, B (Redshift Serverless dw)');
    // The second began 15 s after the first: awake for 75 s.
    expect(lines[1]!.dollars).toBeCloseTo(rpu(75), 12);
  });

  it('Serverless of a size that is not known is priced at the least, a cluster costs nothing more', () => {
    expect(line(statement('a', { WorkgroupName: 'dw' }, 90))).toMatchObject({
      bound: 'at least',
      dollars: expect.closeTo((90 * 4 * 0.375) / 3600, 12),
    });
    expect(line(statement('a', { ClusterIdentifier: 'old' }, 90))).toMatchObject({
      what: 'T (Redshift old)',
      dollars: 0,
      arithmetic: '$0; a part of the cluster, nothing more',
    });
  });
});

describe('other services', () => {
  it('Athena costs by what it scanned, 10 MB at least; DDL, failures and results used again are free', () => {
    const query = (told: QueryExecution, failed = false): Call => ({
      service: 'athena',
      action: 'startQueryExecution.sync',
      result: { QueryExecution: told },
      failed,
    });
    const scanned = (bytes: number): QueryExecution => ({ Statistics: { DataScannedInBytes: bytes } });
    expect(line([query(scanned(2 ** 40))]).dollars).toBeCloseTo(5, 9);
    expect(line([query(scanned(2 ** 20 * 100 + 1))]).dollars).toBeCloseTo((101 * 5) / 2 ** 20, 12);
    expect(line([query(scanned(3))]).dollars).toBeCloseTo((10 * 5) / 2 ** 20, 12);
    expect(bill([query({ StatementType: 'DDL' })]).lines).toHaveLength(1);
    expect(bill([query({ Status: { State: 'FAILED' }, ...scanned(2 ** 40) }, true)]).lines).toHaveLength(1);
    const reused = { Statistics: { DataScannedInBytes: 0, ResultReuseInformation: { ReusedPreviousResult: true } } };
    expect(line([query(reused)]).dollars).toBe(0);
    expect(line([query({})])).toMatchObject({ bound: 'at least' });
  });

  it('EMR Serverless costs what it says that it bills, or at least what was used', () => {
    const start = (result: Partial<SparkRun>): Call => ({
      service: 'emr-serverless',
      action: 'startJobRun.sync',
      result: { JobRun: spelled(result) },
    });
    const use = { vCPUHour: 2, memoryGBHour: 8, storageGBHour: 10 };
    const compute = 2 * 0.052624 + 8 * 0.0057785;
    expect(line([start({ billedResourceUtilization: use })]).dollars).toBeCloseTo(compute + 10 * 0.000111, 12);
    expect(line([start({ totalResourceUtilization: use })])).toMatchObject({
      bound: 'at least',
      dollars: expect.closeTo(compute, 12),
    });
    expect(bill([start({})]).unpriced[0]).toMatch(/^EMR Serverless: .*: T$/);
  });

  it('functions cost by memory and time; by the least memory where it is not known', () => {
    const call = { service: 'lambda', action: 'invoke', parameters: { FunctionName: 'load:live' }, seconds: 2 };
    const functions = new Map([['load', { memoryMb: 1024, arm: false }]]);
    const told = line([call, call], { sizes: { ...NO_SIZES, functions } });
    expect(told.dollars).toBeCloseTo(2 * (0.0000002 + 2 * 0.0000166667), 12);
    expect(told.arithmetic).toBe('2 requests x $0.0000002 + 4 GB-s x $0.0000166667; 2 times, 4 s, 1 GB');
    expect(line([call])).toMatchObject({ bound: 'at least', because: expect.stringContaining('128 MB') });
    const waits = line([{ ...call, action: 'invoke.waitForTaskToken', seconds: 86_400 }]);
    expect(waits).toMatchObject({ bound: 'at least', dollars: expect.closeTo(0.0000002, 12) });
  });

  it('requests are counted, those of rendezvous and pools too', () => {
    const service = 'aws-sdk:dynamodb';
    const history = new History().add({ type: 'ExecutionStarted' }).task('T', { service, action: 'getItem' });
    history.task('wait for T', { service: 'dynamodb', action: 'updateItem.waitForTaskToken' });
    history.task('slot', { service: 'lambda', action: 'invoke.waitForTaskToken' });
    history.task('tell', { service: 'sns', action: 'publish' });
    history.task('say', { service: 'events', action: 'putEvents' });
    const { lines } = runCost(ONE, history.events, PRICES);
    expect(lines.map(({ what, arithmetic }) => `${what}: ${arithmetic}`)).toEqual([
      'Step Functions: 5 transitions x $0.000025',
      'DynamoDB: 1 read x $0.000000125',
      'DynamoDB: 1 write x $0.000000625',
      'SNS: 1 message x $0.0000005',
      'EventBridge: 1 event x $0.000001',
      'pools (Lambda): 1 request x $0.0000002',
    ]);
  });

  it('what nobody knows is named', () => {
    const calls = [{ service: 'aws-sdk:quantum', action: 'teleport' }];
    expect(bill(calls)).toMatchObject({ lines: [{}], unpriced: ['quantum:teleport: has no price here: T'] });
  });
});

describe('transitions', () => {
  it('of each state, of each attempt after the first, of child machines', () => {
    const history = new History().add({ type: 'ExecutionStarted' });
    history.add({ type: 'TaskStateEntered', stateEnteredEventDetails: { name: 'T' } });
    for (const type of ['TaskScheduled', 'TaskFailed', 'TaskScheduled', 'TaskFailed', 'TaskScheduled'] as const)
      history.add({ type });
    const child = new History(ROOT.replace(':Sales:', ':Sales-2:')).task('X').task('Y');
    const { lines } = runCost(ONE, [...history.events, ...child.events], PRICES);
    expect(lines[0]!.arithmetic).toBe('5 transitions x $0.000025');
  });

  it('and calls of the items of a distributed Map: all of them, or some for all', () => {
    const mapRunArn = 'arn:aws:states:eu-west-1:111122223333:mapRun:Sales/Each:m1';
    const root = new History().add({ type: 'MapStateEntered', stateEnteredEventDetails: { name: 'T' } });
    root.add({ type: 'MapStateStarted' }).add({ type: 'MapRunStarted', mapRunStartedEventDetails: { mapRunArn } });
    const call = { service: 'lambda', action: 'invoke', parameters: { FunctionName: 'load' }, seconds: 1 };
    const item = (name: string) => new History(`${ROOT.replace(/Sales:r1$/, 'Sales/Each:')}${name}`).task('Load', call);
    const [one, two] = [item('a').events, item('b').events];
    const functions = new Map([['load', { memoryMb: 1024, arm: false }]]);
    const sizes = { ...NO_SIZES, functions };
    const all = runCost(ONE, [...root.events, ...one, ...two], PRICES, { sizes });
    expect(all.lines.map(({ arithmetic }) => arithmetic)).toEqual([
      '3 transitions x $0.000025',
      '2 requests x $0.0000002 + 2 GB-s x $0.0000166667; 2 times, 2 s, 1 GB',
    ]);
    const samples = [{ mapRunArn, items: 5000, sampled: 2, events: [...one, ...two] }];
    const sampled = runCost(ONE, root.events, PRICES, { sizes, samples });
    expect(sampled.lines.map(({ arithmetic }) => arithmetic)).toEqual([
      '5,001 transitions x $0.000025',
      '5,000 requests x $0.0000002 + 5,000 GB-s x $0.0000166667; 5,000 times, 5,000 s, 1 GB',
    ]);
    expect(runCost(ONE, root.events, PRICES).unpriced).toEqual(['what the items did, which was not read: T']);
    const counted = [{ mapRunArn, items: 5000, sampled: 0, events: [] }];
    expect(runCost(ONE, root.events, PRICES, { samples: counted }).unpriced).toEqual([
      'what the items did, which was not read: T (5000 items)',
    ]);
  });
});

describe('a bill', () => {
  const json = fc.dictionary(
    fc.constantFrom(
      ...['Cpu', 'Memory', 'MaxCapacity', 'ExecutionTime', 'DPUSeconds', 'WorkgroupName', 'Payload', 'Name', 'JobRun'],
      ...['QueryExecution', 'Statistics', 'Container', 'Tasks', 'PlatformCapabilities', 'EphemeralStorage', 'Duration'],
    ),
    fc.oneof(fc.jsonValue(), fc.double(), fc.constantFrom('FARGATE', 'NaN', '-1', '1e308')),
  );
  const calls = fc.record({
    service: fc.constantFrom(
      ...['ecs', 'glue', 'aws-sdk:glue', 'lambda', 'athena', 'batch', 'emr-serverless', 'aws-sdk:redshiftdata'],
      ...['aws-sdk:ecs', 'aws-sdk:dynamodb', 'elasticmapreduce', 'aws-sdk:whatever', ''],
    ),
    action: fc.constantFrom(
      ...['runTask.sync', 'startJobRun.sync', 'startCrawler', 'getCrawler', 'invoke', 'invoke.waitForTaskToken'],
      ...['startQueryExecution.sync', 'submitJob.sync', 'executeStatement', 'describeStatement', 'describeTasks'],
      ...['runTask', 'transactWriteItems', 'addStep.sync', 'startDataQualityRulesetEvaluationRun', ''],
    ),
    parameters: json,
    answer: json,
    result: json,
    failed: fc.boolean(),
    seconds: fc.integer({ min: -10, max: 100_000 }),
  });

  it('is never negative, is the sum of its lines, and no answer of a service breaks it', () => {
    fc.assert(
      fc.property(fc.array(calls, { maxLength: 8 }), fc.boolean(), (some, alerts) => {
        const manifest = alerts ? manifestWith([{ id: 'T' }], { alerts: [{ kind: 'email' }] }) : ONE;
        const { lines, dollars } = bill(some, {}, manifest);
        for (const each of lines) {
          expect(Number.isFinite(each.dollars)).toBe(true);
          expect(each.dollars).toBeGreaterThanOrEqual(0);
          expect(each.arithmetic).not.toMatch(/NaN|Infinity|undefined|e[-+]?\d/);
        }
        expect(lines.reduce((sum, each) => sum + each.dollars, 0)).toBe(dollars);
      }),
      { numRuns: 300 },
    );
  });

  it('joins what is of one kind and price', () => {
    const charge = { what: 'T', terms: [{ amount: 1, unit: 'requests', price: 0.5 }] };
    expect(linesOf([charge, { ...charge, terms: [{ ...charge.terms[0]!, amount: 2 }] }])).toEqual([
      { what: 'T', arithmetic: '3 requests x $0.5', dollars: 1.5 },
    ]);
  });

  it('names alerts and the schedule of the pipeline', () => {
    const triggers = [{ kind: 'schedule', expression: 'cron(30 2 * * ? *)' }];
    const manifest = manifestWith([{ id: 'T' }], { triggers, alerts: [{ kind: 'email' }] });
    const { lines, unpriced } = bill([], {}, manifest);
    expect(lines[1]).toMatchObject({ what: 'its schedule', bound: 'at least' });
    expect(unpriced).toEqual([expect.stringMatching(/^alerts, only when something is told: each SNS \$0.0000005/)]);
  });

  it('of a month counts a year of the schedules', () => {
    const triggers = [
      { kind: 'schedule', expression: 'cron(0 2 * * ? *)', timeZone: 'Europe/Paris' },
      { kind: 'schedule', expression: 'rate(1 hour)' },
      { kind: 'event' },
    ];
    expect(runsPerMonth(manifestWith([{ id: 'T' }], { triggers }), new Date('2026-01-01'))).toBeCloseTo(
      (365 + 8760) / 12,
      0,
    );
    expect(runsPerMonth(ONE, new Date('2026-01-01'))).toBe(0);
  });
});
