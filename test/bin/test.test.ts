// `headrace test`: exit codes, the JSON, and fakes that are none.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { register } from '../../bin/verbs/test';
import { folderWith, writeAssembly } from '../local/assembly-fixture';
import { runVerb } from './verb';

const assembly = writeAssembly({
  resources: { Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } } },
  tasks: {
    Fetch: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:s3:getObject',
      Arguments: { Bucket: 'lake', Key: 'a=1/x' },
    },
    Load: { Type: 'Task', Resource: 'arn:aws:states:::aws-sdk:sesv2:sendEmail', Arguments: {} },
  },
});
const file = (name: string, text: string) => join(folderWith({ [name]: text }), name);
const run = (fakes: string, ...words: string[]) =>
  runVerb(register, 'test', assembly, '--fakes', file('fakes.json', fakes), ...words);

describe('headrace test', () => {
  it('runs what is not faked on files that are given', async () => {
    const { code, out } = await run(
      '{"*": {"output": {}}, "Fetch": "real"}',
      '--file',
      `s3://lake/a=1/x=${file('x', 'text')}`,
    );
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({
      status: 'SUCCEEDED',
      outcomes: { Fetch: 'succeeded', Load: 'succeeded' },
      order: ['Fetch', 'Load'],
      queries: {},
    });
  });

  it('ends with 1 when the run fails', async () => {
    const { code, out } = await run('{"Fetch": [{"output": {}}], "Load": {"fail": {"error": "X", "cause": "why"}}}');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({ outcomes: { Load: 'failed' }, error: 'Headrace.TasksFailed' });
  });

  it.each([
    ['{', /--fakes .*fakes\.json: .*JSON/],
    ['[]', /expected a JSON object/],
    ['{"Fetch": {"outputs": {}}}', /fake of task Fetch is \{"outputs":\{\}\}: expected \{"output"/],
    ['{"Fecth": {"output": {}}}', /did you mean Fetch/],
    ['{"__proto__": {"output": {}}}', /"__proto__", which is no task/],
  ])('says what is wrong with %s', async (fakes, message) => {
    expect(await run(fakes)).toMatchObject({ code: 2, error: expect.stringMatching(message) as string });
  });
});
