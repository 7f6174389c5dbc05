// Glue's Python shell jobs as processes: their arguments, their modules, and what is said when they fail.

import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Glue } from '../../../lib/local/services/glue';
import { temporaryFolder } from '../assembly-fixture';
import { localWorld } from './local-world';

afterEach(() => vi.unstubAllEnvs());

async function run(
  script: string,
  words: object = {},
  files: { [key: string]: string | Uint8Array } = {},
  name = 'pythonshell',
) {
  const { world, put, notes } = localWorld({
    Lake: { Type: 'AWS::S3::Bucket', Properties: { BucketName: 'lake' } },
    Job: {
      Type: 'AWS::Glue::Job',
      Properties: {
        Name: 'job',
        Command: { Name: name, ScriptLocation: 's3://lake/jobs/etl.py' },
        DefaultArguments: words,
      },
    },
  });
  put('lake', 'jobs/etl.py', script);
  for (const [key, body] of Object.entries(files)) put('lake', key, body);
  const glue = new Glue(world);
  const ask = (action: string, input: object) =>
    glue.handle({ action, input: input as never, region: 'us-east-1' }) as Promise<any>;
  const { JobRunId } = await ask('StartJobRun', { JobName: 'job', Arguments: { '--day': '2024-01-31' } });
  for (;;) {
    const { JobRun } = await ask('GetJobRun', { JobName: 'job', RunId: JobRunId });
    if (JobRun.JobRunState !== 'RUNNING')
      return {
        state: JobRun.JobRunState,
        message: JobRun.ErrorMessage,
        notes,
        log: () => readFileSync(world.logFile(undefined), 'utf8'),
      };
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

describe('a Python shell job', () => {
  it('gets its arguments, and modules from S3', async () => {
    const result = await run(
      `import sys
from awsglue.utils import getResolvedOptions
import tax
args = getResolvedOptions(sys.argv, ['day', 'rate'])
print(args['day'], tax.of(float(args['rate'])), args['JOB_NAME'])
`,
      { '--rate': '2', '--extra-py-files': 's3://lake/lib/tax.py' },
      { 'lib/tax.py': 'def of(x):\n    return x * 2\n' },
    );
    expect(result).toMatchObject({ state: 'SUCCEEDED' });
    expect(result.log()).toBe('2024-01-31 4.0 job\n');
  });

  it('has its additional modules installed, once', async () => {
    const folder = temporaryFolder();
    const wheel = 'tiny_module-1.0-py3-none-any.whl';
    execFileSync('python3', ['-c', WHEEL, join(folder, wheel)]);
    const words = { '--additional-python-modules': `s3://lake/wheels/${wheel}` };
    const files = { [`wheels/${wheel}`]: readFileSync(join(folder, wheel)) };
    const result = await run('import tiny_module\nprint(tiny_module.word)\n', words, files);
    expect(result).toMatchObject({ state: 'SUCCEEDED' });
    expect(result.log()).toContain('from the wheel');
    expect(result.notes).toEqual([expect.stringMatching(/^installing s3:\/\/lake\/wheels\/tiny_module/)]);
  });

  it.each([
    ['an exception', 'def f():\n    raise KeyError("day")\n\nf()\n', "KeyError: 'day' (line 2 of etl.py)"],
    ['several lines', 'raise ValueError("first\\nsecond")\n', 'ValueError: first (line 1 of etl.py)'],
    ['an exit', 'import sys\nsys.exit("no rows")\n', 'SystemExit: no rows (line 2 of etl.py)'],
    ['what is no Python', 'x = 1\nif x\n', "SyntaxError: expected ':' (line 2 of etl.py)"],
    ['a process that is killed', 'import os\nos.kill(os.getpid(), 9)\n', 'the script ended with exit code 137'],
    [
      'a missing option',
      "import sys\nfrom awsglue.utils import getResolvedOptions\ngetResolvedOptions(sys.argv, ['gone'])\n",
      'GlueArgumentError: the following arguments are required: --gone (line 3 of etl.py)',
    ],
  ])('fails with %s', async (_, script, message) => {
    const result = await run(script);
    expect(result.state).toBe('FAILED');
    expect(
      result.message.replace(/invalid syntax|expected ':'( \(.*?\))?/, "expected ':'").replace(/ \(asset[^)]*\)/, ''),
    ).toBe(message);
  });

  it.each([
    [
      { '--extra-py-files': 's3://lake/lib/gone.py' },
      /--extra-py-files names s3:\/\/lake\/lib\/gone\.py, which is not in the local S3/,
    ],
    [
      { '--datalake-formats': 'iceberg' },
      /--datalake-formats: data lake formats \(Iceberg, Hudi, Delta\) has no stand-in/,
    ],
    [{ '--job-language': 'scala' }, /a Glue job in scala has no stand-in/],
  ])('is refused with %j', async (words, expected) => {
    expect(await run('pass\n', words)).toMatchObject({
      state: 'FAILED',
      message: expect.stringMatching(expected) as string,
    });
  });
});

it('a PySpark script without a Spark says what to type', async () => {
  vi.stubEnv('PATH', '/nonexistent');
  vi.stubEnv('SPARK_HOME', '');
  vi.stubEnv('XDG_CACHE_HOME', temporaryFolder());
  const { state, message } = await run('pass\n', {}, {}, 'glueetl');
  expect(state).toBe('FAILED');
  expect(message).toMatch(
    /^etl\.py is a PySpark script, and no PySpark was found on this machine: run "headrace local --install-spark" once \(about 350 MB\); or use SparkSqlTask/,
  );
});

const WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("tiny_module.py", "word = 'from the wheel'\\n")
    info = "tiny_module-1.0.dist-info/"
    wheel.writestr(info + "METADATA", "Metadata-Version: 2.1\\nName: tiny-module\\nVersion: 1.0\\n")
    wheel.writestr(info + "WHEEL", "Wheel-Version: 1.0\\nGenerator: test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr(info + "RECORD", "tiny_module.py,,\\n" + info + "METADATA,,\\n" + info + "WHEEL,,\\n" + info + "RECORD,,\\n")
`;
