import { aws_s3 as s3, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import aslValidator = require('asl-validator');
import {
  CsvDelimiter,
  CustomTask,
  ForEachTask,
  type ForEachTaskProps,
  Items,
  type Pipeline,
  TriggerRule,
} from '../../lib';
import { VirtualClock } from '../../lib/local/asl/clock';
import { Interpreter } from '../../lib/local/asl/interpreter';
import { type Json, ServiceError } from '../../lib/local/engine';
import { type Asl, allowed, definition, mistakes, pipeline, template } from './run-task';

function call(scope: Pipeline | ForEachTask, id: string, given: object = {}, props: object = {}): CustomTask {
  return new CustomTask(scope, id, {
    resource: 'arn:aws:states:::lambda:invoke',
    arguments: { FunctionName: id, Payload: given },
    permissions: [],
    outputs: '$states.result.Payload',
    ...props,
  });
}

/** The machine against buckets in memory; `does` answers the calls of functions. */
class Bench {
  readonly objects = new Map<string, string>();
  readonly calls: { name: string; payload: Asl }[] = [];
  does: (name: string, payload: Asl) => unknown = () => ({});

  constructor(readonly of: Pipeline) {}

  async run(name: string, input: Json = {}) {
    this.calls.length = 0;
    const clock = new VirtualClock();
    const arn = 'arn:aws:states:eu-west-1:111122223333:stateMachine:demo';
    const under = (bucket: string, prefix: string) =>
      [...this.objects.keys()].filter((key) => key.startsWith(`${bucket}/${prefix}`)).sort();
    const interpreter = new Interpreter({
      clock,
      random: () => 0.5,
      machines: () => ({ definition: definition(this.of) as Json, name: 'demo', arn }),
      readObject: async (bucket, key) => Buffer.from(this.objects.get(`${bucket}/${key}`) ?? ''),
      listObjects: async (bucket, prefix) =>
        under(bucket, prefix).map((path) => ({
          key: path.slice(bucket.length + 1),
          size: 1,
          etag: '"e"',
          lastModified: 1,
        })),
      services: {
        call: async ({ service, action, arguments: given }) => {
          const { Bucket, Key, Prefix, MaxKeys, Body, FunctionName, Payload } = given as Asl;
          if (service === 'lambda') {
            this.calls.push({ name: FunctionName as string, payload: Payload as Asl });
            return { Payload: this.does(FunctionName as string, Payload as Asl) } as Json;
          }
          if (action === 'putObject') {
            this.objects.set(`${Bucket}/${Key}`, Body as string);
            return {};
          }
          if (action === 'getObject') return { Body: this.objects.get(`${Bucket}/${Key}`)! };
          const keys = under(Bucket as string, Prefix as string).slice(0, MaxKeys as number);
          const contents = keys.map((key) => ({ Key: key.slice((Bucket as string).length + 1) }));
          return contents.length > 0 ? { Contents: contents } : {};
        },
      },
    });
    const run = interpreter.start({ stateMachineArn: arn, name, input });
    const result = await run.done;
    const failure = run.history
      .map((event) => (event as Asl)['stateExitedEventDetails']?.output as string | undefined)
      .find((output) => output?.startsWith('{"Error"'));
    return { ...result, failure: failure === undefined ? undefined : (JSON.parse(failure) as Asl) };
  }

  ran(name: string): Asl[] {
    return this.calls.filter((each) => each.name === name).map(({ payload }) => payload);
  }
}

function perFile(props: Partial<ForEachTaskProps> = {}) {
  const sales = pipeline();
  const list = call(sales, 'List');
  const each = new ForEachTask(sales, 'PerFile', { items: Items.fromOutput(list.output('files')), ...props });
  const load = call(each, 'Load', { file: each.item(), day: sales.run.date, from: list.output('bucket') });
  const check = call(each, 'Check', { rows: load.output('rows'), run: sales.run.id });
  const clean = call(each, 'Clean', {}, { triggerRule: TriggerRule.ALL_DONE });
  clean.after(load);
  each.collect('rows', check.output('rows'));
  call(sales, 'Report', { rows: each.output('rows'), items: each.output('items'), failed: each.output('failed') });
  return new Bench(sales);
}

const files = (count: number) => Array.from({ length: count }, (_, i) => `in/${i}.csv`);

describe('a graph per item', () => {
  it('gets its item and what the run knows, and hands on what it gave', async () => {
    const bench = perFile();
    bench.does = (name, { file, rows }) =>
      name === 'List' ? { files: files(3), bucket: 'raw' } : name === 'Load' ? { rows: file } : { rows };
    const run = await bench.run('r1', { logicalDate: '2026-03-01T00:00:00Z' });
    expect(run.status).toBe('SUCCEEDED');
    expect(bench.ran('Load')).toContainEqual({ file: 'in/2.csv', day: '2026-03-01', from: 'raw' });
    expect(
      bench
        .ran('Check')
        .map(({ run }) => run as string)
        .sort(),
    ).toEqual(['r1-0', 'r1-1', 'r1-2']);
    expect(bench.ran('Report')).toEqual([{ rows: files(3), items: 3, failed: 0 }]);
  });

  it('goes on inside by the rules of its tasks, and names the items that failed', async () => {
    const bench = perFile();
    bench.does = (name, { file }) => {
      if (name === 'List') return { files: files(5), bucket: 'raw' };
      if (name === 'Load' && (file === 'in/1.csv' || file === 'in/3.csv')) throw new ServiceError('Bad', 'no');
      return { rows: 1 };
    };
    const run = await bench.run('r1');
    expect(run.cause).toBe('PerFile');
    expect(run.failure).toEqual({
      Error: 'Headrace.ItemsFailed',
      Cause: '2 of 5 items failed: in/1.csv (PerFile.Load), in/3.csv (PerFile.Load); a re-run repeats only these',
    });
    expect(bench.ran('Clean')).toHaveLength(5);
    expect(bench.ran('Check')).toHaveLength(3);
    expect(bench.ran('Report')).toHaveLength(0);
  });

  it('is repeated for the items that failed, until none does', async () => {
    const bench = perFile();
    let bad = ['in/1.csv', 'in/3.csv'];
    bench.does = (name, { file }) => {
      if (name === 'List') return { files: files(5), bucket: 'raw' };
      if (name === 'Load' && bad.includes(file as string)) throw new ServiceError('Bad', 'no');
      return { rows: 1 };
    };
    await bench.run('r1');
    bad = ['in/3.csv'];
    const again = { run: '011', outputs: { v0: { files: files(5), bucket: 'lake' } } };
    const second = await bench.run('r2', { ...again, rerunOf: 'r1' });
    expect(second.failure!['Cause']).toContain('1 of 2 items failed: in/3.csv (PerFile.Load)');
    expect(bench.ran('Load').map(({ file, from }) => [file, from])).toEqual([
      ['in/1.csv', 'lake'],
      ['in/3.csv', 'lake'],
    ]);
    bad = [];
    const third = await bench.run('r3', { ...again, rerunOf: 'r2' });
    expect(third.status).toBe('SUCCEEDED');
    expect(bench.ran('Load').map(({ file }) => file as string)).toEqual(['in/3.csv']);
    expect(bench.ran('Report')).toEqual([{ rows: [1], items: 1, failed: 0 }]);
    await bench.run('r4', { ...again, rerunOf: 'r3' });
    expect(bench.ran('Load')).toHaveLength(5);
  });

  it.each([
    [{ toleratedFailures: 2 }, 'SUCCEEDED'],
    [{ toleratedFailures: 1 }, 'FAILED'],
    [{ toleratedFailureShare: 0.4 }, 'SUCCEEDED'],
    [{ toleratedFailureShare: 0.39 }, 'FAILED'],
    [{ toleratedFailures: 5, toleratedFailureShare: 0.1 }, 'FAILED'],
  ] as const)('tolerates failures: %j', async (props, status) => {
    const bench = perFile(props);
    bench.does = (name, { file }) => {
      if (name === 'List') return { files: files(5), bucket: 'raw' };
      if (name === 'Load' && ['in/1.csv', 'in/3.csv'].includes(file as string)) throw new ServiceError('Bad', 'no');
      return { rows: 1 };
    };
    expect((await bench.run('r1')).status).toBe(status);
    if (status === 'SUCCEEDED') expect(bench.ran('Report')).toEqual([{ rows: [1, 1, 1], items: 5, failed: 2 }]);
  });

  it('takes batches, which fail and are repeated together', async () => {
    const bench = perFile({ batchSize: 2 });
    let bad = true;
    bench.does = (name, { file }) => {
      if (name === 'List') return { files: files(5), bucket: 'raw' };
      if (name === 'Load' && bad && (file as string[]).includes('in/3.csv')) throw new ServiceError('Bad', 'no');
      return { rows: 1 };
    };
    const run = await bench.run('r1');
    expect(run.failure!['Cause']).toContain('1 of 3 batches failed: in/2.csv and 1 more (PerFile.Load)');
    expect(bench.ran('Load').map(({ file }) => file)).toContainEqual(['in/0.csv', 'in/1.csv']);
    bad = false;
    await bench.run('r2', { rerunOf: 'r1' });
    expect(bench.ran('Load').map(({ file }) => file)).toEqual([['in/2.csv', 'in/3.csv']]);
  });

  it('is accepted by asl-validator, whatever it goes over', () => {
    const bucket = (of: Pipeline) => s3.Bucket.fromBucketName(Stack.of(of), 'In', 'in-bucket');
    const listed = perFile({ batchSize: 5, toleratedFailureShare: 0.5 }).of;
    const rows = pipeline();
    const each = new ForEachTask(rows, 'PerRow', {
      items: Items.fromCsv(bucket(rows), 'f.csv', { headers: ['a', 'b'], delimiter: CsvDelimiter.TAB, maxItems: 9 }),
    });
    call(each, 'Load', { a: each.item('a') });
    for (const of of [listed, rows]) {
      const text = JSON.stringify(definition(of))
        .replaceAll('<AWS::Partition>', 'aws')
        .replace(/<[A-Za-z.]+>/g, 'x');
      const { isValid, errorsText } = aslValidator(JSON.parse(text) as object);
      expect(isValid, errorsText('\n')).toBe(true);
    }
  });

  it('of an empty list has nothing to do', async () => {
    const bench = perFile();
    bench.does = (name) => (name === 'List' ? { files: [], bucket: 'raw' } : {});
    expect((await bench.run('r1')).status).toBe('SUCCEEDED');
    expect(bench.ran('Report')).toEqual([{ rows: [], items: 0, failed: 0 }]);
  });

  it('waits across branches inside, per item', async () => {
    const sales = pipeline();
    const each = new ForEachTask(sales, 'PerFile', { items: Items.fromOutput(call(sales, 'List').output('files')) });
    const [a, b, c, d] = ['A', 'B', 'C', 'D'].map((id) => call(each, id)) as [
      CustomTask,
      CustomTask,
      CustomTask,
      CustomTask,
    ];
    a.next(c, d);
    b.next(d);
    template(sales).resourceCountIs('AWS::DynamoDB::Table', 1);
    expect(allowed(sales)).toMatchObject({
      'states:SendTaskSuccess': expect.any(Array),
      'dynamodb:UpdateItem': expect.any(Array),
    });
  });
});

describe('items', () => {
  const readers = (items: (bucket: s3.IBucket) => Items) => {
    const sales = pipeline();
    const bucket = s3.Bucket.fromBucketName(Stack.of(sales), 'In', 'in-bucket');
    const each = new ForEachTask(sales, 'PerFile', { items: items(bucket), itemName: 'id' });
    call(each, 'Load', { item: each.item() });
    return new Bench(sales);
  };

  it.each([
    ['objects', (bucket: s3.IBucket) => Items.fromS3Objects(bucket, 'day/'), 'day/1', 'x', { Key: 'day/1', Size: 1 }],
    ['CSV', (bucket: s3.IBucket) => Items.fromCsv(bucket, 'f.csv'), 'f.csv', 'id,Key\n7,k', { id: '7', Key: 'k' }],
    ['JSON lines', (bucket: s3.IBucket) => Items.fromJsonLines(bucket, 'f'), 'f', '{"id":7}\n', { id: 7 }],
    [
      'a JSON list',
      (bucket: s3.IBucket) => Items.fromJson(bucket, 'f', { maxItems: 1 }),
      'f',
      '[{"id":7},{"id":8}]',
      { id: 7 },
    ],
  ])('of %s', async (_, items, key, body, payload) => {
    const bench = readers(items);
    bench.objects.set(`in-bucket/${key}`, body);
    expect((await bench.run('r1')).status).toBe('SUCCEEDED');
    expect(bench.ran('Load')).toEqual([{ item: expect.objectContaining(payload) as Asl }]);
    expect(allowed(bench.of)).toHaveProperty(['s3:ListBucket']);
  });

  it('have the permissions that a distributed Map takes, on this machine and these buckets alone', () => {
    const { of } = readers((bucket) => Items.fromParquet(bucket, 'f.parquet'));
    const may = allowed(of);
    expect(may['states:StartExecution']).toEqual([
      expect.stringMatching(/:stateMachine:Demo-Sales-\w+$/),
      expect.stringMatching(/:stateMachine:Demo-Sales-\w+-\*$/),
    ]);
    expect(may['s3:GetObject']).toContain('arn:<AWS::Partition>:s3:::in-bucket/f.parquet');
    expect(may['s3:PutObject']).toEqual([expect.stringContaining('/outputs/PerFile/*')]);
  });
});

describe('mistakes', () => {
  it('are items of another region, where that is known', () => {
    const sales = pipeline();
    const bucket = (id: string, region?: string) =>
      s3.Bucket.fromBucketAttributes(Stack.of(sales), id, {
        bucketName: 'raw',
        ...(region !== undefined && { region }),
      });
    for (const [id, region] of [['Far', 'us-west-2'], ['Near', 'eu-west-1'], ['Somewhere']] as const)
      call(new ForEachTask(sales, id, { items: Items.fromS3Objects(bucket(`${id}Bucket`, region)) }), 'Load');
    const told = mistakes(sales);
    expect(told).toContain(
      '[Demo/Sales/Far] items lie in the bucket Demo/FarBucket in us-west-2, this pipeline in eu-west-1',
    );
    expect(told).not.toContain('Near');
    expect(told).not.toContain('Somewhere');
  });

  it('are no tasks, bad numbers, an item outside, an edge in or out', () => {
    const empty = pipeline();
    new ForEachTask(empty, 'PerFile', {
      items: Items.fromOutput(call(empty, 'List').output('files')),
      toleratedFailureShare: 5,
      maxConcurrency: 0,
    });
    expect(mistakes(empty)).toContain('[Demo/Sales/PerFile] it has no tasks');
    expect(mistakes(empty)).toContain('toleratedFailureShare is 5: expected a number from 0 to 1');
    expect(mistakes(empty)).toContain('maxConcurrency is 0');

    const outside = pipeline();
    const each = new ForEachTask(outside, 'PerFile', {
      items: Items.fromOutput(call(outside, 'List').output('files')),
    });
    const load = call(each, 'Load');
    call(outside, 'Report', { key: each.item('key'), rows: load.output('rows') });
    load.after(call(outside, 'Before'));
    expect(mistakes(outside)).toContain(
      'the field key of the item of PerFile exists only in the tasks inside Demo/Sales/PerFile',
    );
    expect(mistakes(outside)).toContain('the output rows of task PerFile.Load exists only in the tasks inside');
    expect(mistakes(outside)).toContain('only one of the two is inside Demo/Sales/PerFile');
  });

  it('are lists of lists, and collecting what no task inside puts out', () => {
    const sales = pipeline();
    const list = call(sales, 'List');
    const each = new ForEachTask(sales, 'PerFile', { items: Items.fromOutput(list.output('files')) });
    call(each, 'Load');
    each.collect('rows', list.output('rows'));
    const inner = new ForEachTask(each, 'PerRow', { items: Items.fromOutput(each.item('rows')) });
    call(inner, 'One');
    expect(mistakes(sales)).toContain('collect("rows") takes the output of a task inside it');
    expect(mistakes(sales)).toContain('it lies inside Demo/Sales/PerFile, which runs per item too');
  });
});
