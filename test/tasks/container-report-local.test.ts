// The scripts that containers report with, each in a container that runs here: the very definition that is deployed, the local
// S3 and the local gateway, no scripted answer.

import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, aws_ecs as ecs, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { FargateTask, type FargateTaskProps, LambdaTask, Pipeline } from '../../lib';
import { runLocal } from '../../lib/local/local-run';
import { file } from './run-task';

const SCRIPTS = join(__dirname, '..', '..', 'lambda', 'report');
const PYTHON = process.env['HEADRACE_PYTHON'] ?? 'python3';

/** A folder with a Dockerfile, one of the scripts and files of the author. */
function image(script: string, command: string[], files: { [name: string]: string }): ecs.ContainerImage {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-image-'));
  copyFileSync(join(SCRIPTS, script), join(folder, script));
  for (const [name, content] of Object.entries(files)) {
    writeFileSync(join(folder, name), content);
    chmodSync(join(folder, name), 0o755);
  }
  writeFileSync(
    join(folder, 'Dockerfile'),
    `FROM any\nWORKDIR /app\nCOPY . .\nENTRYPOINT ${JSON.stringify(command)}\n`,
  );
  return ecs.ContainerImage.fromAsset(folder);
}

async function run(container: ecs.ContainerImage, props: Partial<FargateTaskProps> = {}) {
  const outdir = join(mkdtempSync(join(tmpdir(), 'headrace-report-')), 'cdk.out');
  const app = new App({ outdir, analyticsReporting: false });
  const stack = new Stack(app, 'Demo', { env: { account: '111122223333', region: 'eu-west-1' } });
  const sales = new Pipeline(stack, 'Sales');
  const ingest = new FargateTask(sales, 'Ingest', { image: container, reports: true, ...props });
  new LambdaTask(sales, 'Use', {
    code: file(
      'use.mjs',
      'export const handler = async (event) => { console.log(`got ${event.rows}`); return event; };',
    ),
    payload: { rows: ingest.output('rows') },
  });
  app.synth();
  const result = await runLocal({ assembly: outdir, store: join(outdir, '..', '.headrace') });
  const task = (id: string) => result.tasks.find((one) => one.id === id)!;
  return { status: result.status, ingest: task('Ingest'), use: task('Use') };
}

const node = (code: string) =>
  image('headrace-report.mjs', ['node', 'job.mjs'], {
    'job.mjs': `import * as report from './headrace-report.mjs';\n${code}`,
  });

const has = (command: string, ...words: string[]) => {
  try {
    execFileSync(command, words, { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
};

describe('a container of Node.js', () => {
  it('beats, hands values back, and the task after it has them', async () => {
    const { status, ingest, use } = await run(
      node(`
        const rows = await report.beating(async () => {
          await new Promise((resolve) => setTimeout(resolve, 2500));
          return 12;
        }, 0.5);
        await report.alive('almost there');
        await report.succeed({ rows });`),
      { heartbeat: Duration.seconds(2) },
    );
    expect([status, ingest.status, use.status]).toEqual(['SUCCEEDED', 'succeeded', 'succeeded']);
  });

  it('that dies without a report fails with its exit code at once', async () => {
    const began = Date.now();
    const { ingest, use } = await run(node(`await report.alive(); process.exit(3);`), {
      heartbeat: Duration.minutes(5),
    });
    expect(ingest).toMatchObject({
      status: 'failed',
      error: 'ECS.TaskFailed',
      reason: 'container Main ended with exit code 3',
    });
    expect(use.status).toBe('upstream_failed');
    expect(Date.now() - began).toBeLessThan(30_000);
  });

  it('that hangs is ended, and the failure says that it was silent', async () => {
    const pidFile = join(mkdtempSync(join(tmpdir(), 'headrace-pid-')), 'pid');
    const { ingest } = await run(
      node(`
        import { writeFileSync } from 'node:fs';
        writeFileSync(${JSON.stringify(pidFile)}, String(process.pid));
        await report.alive();
        await new Promise((resolve) => setTimeout(resolve, 60_000));`),
      { heartbeat: Duration.seconds(3) },
    );
    expect(ingest).toMatchObject({ status: 'failed', error: 'Headrace.HeartbeatTimeout' });
    expect(ingest.reason).toContain('Ingest gave no sign of life for 3 seconds');
    const pid = Number(readFileSync(pidFile, 'utf8'));
    const runs = () => has('kill', '-0', String(pid));
    for (let wait = 0; wait < 50 && runs(); wait++) await new Promise((resolve) => setTimeout(resolve, 100));
    expect(runs()).toBe(false);
  });

  it('fails in its own words', async () => {
    const { ingest } = await run(node(`await report.fail('Orders.Late', 'no file for today');`));
    expect(ingest).toMatchObject({ status: 'failed', error: 'Orders.Late', reason: 'no file for today' });
  });

  it('is skipped when it asks for it', async () => {
    const { status, ingest, use } = await run(node(`await report.skip('nothing to do');`));
    expect([status, ingest.status, use.status]).toEqual(['SUCCEEDED', 'skipped', 'skipped']);
  });

  it('that ends well without a report is told so', async () => {
    const { ingest } = await run(node(`console.log('done');`));
    expect(ingest.status).toBe('failed');
    expect(ingest.reason).toContain('ended with exit code 0 but never reported');
  });
});

describe.skipIf(!has(PYTHON, '-c', 'import boto3'))('a container of Python', () => {
  const python = (code: string) =>
    image('headrace_report.py', [PYTHON, 'job.py'], { 'job.py': `import headrace_report as report\n${code}` });

  it('beats and hands values back', async () => {
    const { status, ingest } = await run(
      python(
        'import time\nwith report.beating(0.5):\n    time.sleep(3)\nreport.alive("done")\nreport.succeed({"rows": 12})\n',
      ),
      { heartbeat: Duration.seconds(8) },
    );
    expect([status, ingest.status]).toEqual(['SUCCEEDED', 'succeeded']);
  });

  it('fails in its own words, or is skipped', async () => {
    const failed = await run(python('report.fail("Orders.Late", "no file for today")\n'));
    expect(failed.ingest).toMatchObject({ status: 'failed', error: 'Orders.Late', reason: 'no file for today' });
    expect((await run(python('report.skip("nothing to do")\n'))).ingest.status).toBe('skipped');
  });

  it('wraps a program that knows nothing of it', async () => {
    const wrapped = (code: string) =>
      image('headrace_report.py', [PYTHON, 'headrace_report.py', 'run', 'sh', 'work.sh'], { 'work.sh': code });
    expect((await run(wrapped(`echo '{"rows": 7}' > "$HEADRACE_VALUES"`))).status).toBe('SUCCEEDED');
    expect((await run(wrapped('exit 4'))).ingest.reason).toBe('container Main ended with exit code 4');
  });
});

describe.skipIf(!has('aws', '--version'))('a container of shell', () => {
  const shell = (code: string) =>
    image('headrace-report.sh', ['sh', 'headrace-report.sh', 'run', 'sh', 'work.sh'], { 'work.sh': code });

  it('wraps a program, and hands its values back', async () => {
    expect((await run(shell(`echo '{"rows": 7}' > "$HEADRACE_VALUES"`))).status).toBe('SUCCEEDED');
  });

  it('tells the exit code of a program that failed', async () => {
    expect((await run(shell('exit 4'))).ingest.reason).toBe('container Main ended with exit code 4');
  });
});
