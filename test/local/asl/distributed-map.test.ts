import { DuckDBInstance } from '@duckdb/node-api';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Json } from '../../../lib/local/engine';
import { eventTypes, rigFor, type RigOptions } from './harness';

const distributed = (fields: { [field: string]: Json } = {}, states?: { [name: string]: Json }): Json => ({
  QueryLanguage: 'JSONata',
  StartAt: 'M',
  States: {
    M: {
      Type: 'Map',
      ItemProcessor: {
        ProcessorConfig: { Mode: 'DISTRIBUTED', ExecutionType: 'STANDARD' },
        StartAt: 'I',
        States: states ?? { I: { Type: 'Pass', End: true } },
      },
      ...fields,
      End: true,
    },
  },
});

const reader = (action: string, config: { [field: string]: Json }, args: Json): { [field: string]: Json } => ({
  ItemReader: { Resource: `arn:aws:states:::s3:${action}`, ReaderConfig: config, Arguments: args },
});
const object = { Bucket: 'b', Key: 'k' };

function storeOf(body: string | Uint8Array): RigOptions {
  return { readObject: async () => (typeof body === 'string' ? Buffer.from(body) : body) };
}

async function read(config: { [field: string]: Json }, body: string | Uint8Array): Promise<Json | undefined> {
  const result = await rigFor(distributed(reader('getObject', config, object)), storeOf(body)).start({}).done;
  return result.output ?? `${result.error}: ${result.cause}`;
}

describe('item readers', () => {
  it('CSV: quotes, delimiters, short and long rows, Windows line ends', async () => {
    expect(
      await read({ InputType: 'CSV', CSVHeaderLocation: 'FIRST_ROW' }, 'a,b\r\n"x, ""y""",2\r\n3\r\n4,5,6\r\n'),
    ).toEqual([
      { a: 'x, "y"', b: '2' },
      { a: '3', b: '' },
      { a: '4', b: '5' },
    ]);
    const given = { InputType: 'CSV', CSVHeaderLocation: 'GIVEN', CSVHeaders: ['p', 'q'], CSVDelimiter: 'PIPE' };
    expect(await read(given, '1|2\n"a\nb"|4')).toEqual([
      { p: '1', q: '2' },
      { p: 'a\nb', q: '4' },
    ]);
  });

  it('JSON lines, and the line that is none', async () => {
    expect(await read({ InputType: 'JSONL' }, '{"a":1}\n\n2\n')).toEqual([{ a: 1 }, 2]);
    expect(await read({ InputType: 'JSONL' }, '1\n{')).toBe(
      'States.ItemReaderFailed: Line 2 of the object is not JSON.',
    );
  });

  it('JSON: an array, an array below a pointer, the fields of an object', async () => {
    expect(await read({ InputType: 'JSON' }, '[1,2]')).toEqual([1, 2]);
    expect(await read({ InputType: 'JSON', ItemsPointer: '/x/y' }, '{"x":{"y":[7]}}')).toEqual([7]);
    expect(await read({ InputType: 'JSON' }, '{"p":1}')).toEqual([{ Key: 'p', Value: 1 }]);
  });

  it('MaxItems, literal and evaluated', async () => {
    expect(await read({ InputType: 'JSON', MaxItems: 1 }, '[1,2]')).toEqual([1]);
    expect(await read({ InputType: 'JSON', MaxItems: '{% 1 + 1 %}' }, '[1,2,3]')).toEqual([1, 2]);
  });

  it('Parquet', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'headrace-test-'));
    try {
      const file = join(folder, 'x.parquet');
      const connection = await (await DuckDBInstance.create(':memory:')).connect();
      await connection.run(`copy (select 1 as id, 'a' as name union all select 2, null) to '${file}' (format parquet)`);
      expect(await read({ InputType: 'PARQUET' }, await readFile(file))).toEqual([
        { id: 1, name: 'a' },
        { id: 2, name: null },
      ]);
      expect(await read({ InputType: 'PARQUET' }, (await readFile(file)).subarray(0, 40))).toMatch(
        /^States\.ItemReaderFailed: /,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('a listing', async () => {
    const definition = distributed(reader('listObjectsV2', {}, { Bucket: 'b', Prefix: 'in/' }));
    const listed = [{ key: 'in/1', size: 3, etag: '"e"', lastModified: 1_700_000_000 }];
    const { output } = await rigFor(definition, {
      listObjects: async (_bucket, prefix) => (prefix === 'in/' ? listed : []),
    }).start({}).done;
    expect(output).toEqual([
      { Etag: '"e"', Key: 'in/1', LastModified: 1_700_000_000, Size: 3, StorageClass: 'STANDARD' },
    ]);
  });

  it('fails when there is no store', async () => {
    const result = await rigFor(distributed(reader('getObject', {}, object))).start({}).done;
    expect(result.error).toBe('States.ItemReaderFailed');
  });
});

describe('batches', () => {
  it('by count and by bytes', async () => {
    const run = async (batcher: Json) =>
      (await rigFor(distributed({ ItemBatcher: batcher })).start([1, 2, 3, 4, 5]).done).output as { Items: Json[] }[];
    expect((await run({ MaxItemsPerBatch: 2 })).map(({ Items }) => Items)).toEqual([[1, 2], [3, 4], [5]]);
    expect(await run({ MaxItemsPerBatch: 5, BatchInput: { day: 'x' } })).toEqual([
      { BatchInput: { day: 'x' }, Items: [1, 2, 3, 4, 5] },
    ]);
    expect((await run({ MaxInputBytesPerBatch: 16 })).length).toBeGreaterThan(1);
  });
});

describe('failures', () => {
  const half = {
    I: { Type: 'Choice', Choices: [{ Condition: '{% $states.input > 2 %}', Next: 'F' }], Default: 'S' },
    F: { Type: 'Fail', Error: 'Bad' },
    S: { Type: 'Pass', End: true },
  };
  const run = async (fields: { [field: string]: Json }) => {
    const execution = rigFor(distributed(fields, half)).start([1, 2, 3, 4]);
    return { ...(await execution.done), types: eventTypes(execution) };
  };

  it('none is tolerated unless the state says so', async () => {
    const { error, types } = await run({});
    expect(error).toBe('States.ExceedToleratedFailureThreshold');
    expect(types).toEqual(['MapStateEntered', 'MapStateStarted', 'MapRunStarted', 'MapRunFailed', 'MapStateFailed']);
  });

  it('tolerates a count or a percentage', async () => {
    expect((await run({ ToleratedFailureCount: 2 })).output).toEqual([1, 2]);
    expect((await run({ ToleratedFailurePercentage: 50 })).output).toEqual([1, 2]);
    expect((await run({ ToleratedFailureCount: 1 })).status).toBe('FAILED');
    expect((await run({ ToleratedFailurePercentage: 49.9 })).status).toBe('FAILED');
  });

  it('Retry starts a new Map Run', async () => {
    const { types } = await run({ Retry: [{ ErrorEquals: ['States.ALL'], MaxAttempts: 1 }] });
    expect(types.filter((type) => type === 'MapRunStarted')).toHaveLength(2);
  });
});

describe('children', () => {
  it('are executions of their own, with fresh variables and their own history', async () => {
    const definition = {
      QueryLanguage: 'JSONata',
      StartAt: 'A',
      States: {
        A: { Type: 'Pass', Assign: { outer: 1 }, Output: [1, 2], Next: 'M' },
        M: (
          distributed({}, { I: { Type: 'Pass', Output: '{% $exists($outer) %}', End: true } }) as unknown as {
            States: { M: Json };
          }
        ).States.M,
      },
    } as Json;
    const rig = rigFor(definition);
    const execution = rig.start({});
    expect((await execution.done).output).toEqual([false, false]);
    const started = execution.history.find((event) => event.type === 'MapRunStarted');
    const children = rig.interpreter.list({ mapRunArn: started!.mapRunStartedEventDetails!.mapRunArn });
    expect(children.map((child) => child.history.map((event) => event.type))).toEqual(
      Array(2).fill(['ExecutionStarted', 'PassStateEntered', 'PassStateExited', 'ExecutionSucceeded']),
    );
    expect(rig.interpreter.list()).toEqual([execution]);
  });

  it('run at most MaxConcurrency at a time', async () => {
    let running = 0;
    let most = 0;
    const task = { I: { Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke', End: true } };
    const rig = rigFor(distributed({ MaxConcurrency: 3 }, task), {
      call: async ({ signal }) => {
        running += 1;
        most = Math.max(most, running);
        await rig.clock.sleep(10, signal);
        running -= 1;
        return 'ok';
      },
    });
    await rig.start(Array.from({ length: 10 }, (_, index) => index)).done;
    expect(most).toBe(3);
  });

  it('results go to the store with a manifest', async () => {
    const written = new Map<string, string>();
    const writer = {
      ResultWriter: { Resource: 'arn:aws:states:::s3:putObject', Arguments: { Bucket: 'out', Prefix: 'p' } },
    };
    const rig = rigFor(distributed(writer), {
      writeObject: async (bucket, key, body) => {
        written.set(`${bucket}/${key}`, body);
      },
    });
    const { output } = await rig.start(['a', 'b']).done;
    const { Bucket: bucket, Key: key } = (output as { ResultWriterDetails: { Bucket: string; Key: string } })
      .ResultWriterDetails;
    const manifest = JSON.parse(written.get(`${bucket}/${key}`)!) as { ResultFiles: { SUCCEEDED: { Key: string }[] } };
    const results = JSON.parse(written.get(`out/${manifest.ResultFiles.SUCCEEDED[0]!.Key}`)!) as { Output: string }[];
    expect(results.map(({ Output }) => Output)).toEqual(['"a"', '"b"']);
  });
});
