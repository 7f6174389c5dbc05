// No engine is needed: a program named `docker` writes down how it was called and answers as an engine would.
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ContainerEngine, type EngineRun } from '../../../lib/local/services/container-engine';
import { HiddenValues } from '../../../lib/view/hidden-values';
import { folderWith, temporaryFolder } from '../assembly-fixture';

let bin: string;
const path = process.env['PATH'];
beforeEach(() => {
  bin = temporaryFolder();
});
afterEach(() => {
  process.env['PATH'] = path;
});

interface Behaviour {
  readonly run?: string;
  readonly oom?: boolean;
  readonly build?: string;
  readonly version?: string;
  readonly left?: string;
}

function engine({
  run = 'exit 0',
  oom = false,
  build = 'exit 0',
  version = 'echo 28.0',
  left = '',
}: Behaviour = {}): void {
  const script = `#!/bin/sh
for word in "$@"; do printf '%s\\n' "$word" >> ${bin}/calls; done; echo -- >> ${bin}/calls
case $1 in
  version) ${version};;
  build) ${build};;
  run) echo "$$" > ${bin}/pid; echo "token $TOKEN"; ${run};;
  inspect) echo ${oom};;
  ps) echo '${left}';;
esac`;
  writeFileSync(join(bin, 'docker'), script);
  chmodSync(join(bin, 'docker'), 0o755);
  process.env['PATH'] = `${bin}:/usr/bin:/bin`;
}

const calls = () =>
  readFileSync(join(bin, 'calls'), 'utf8')
    .split('--\n')
    .filter((text) => text !== '')
    .map((text) => text.trimEnd().split('\n'));

const request = (more: Partial<EngineRun> = {}): EngineRun => ({
  image: 'public.ecr.aws/x/y:1',
  environment: { TOKEN: 's3cr3t-value', PATH: '/in/container', DAY: '2001-01-08' },
  logFile: join(bin, 'log'),
  hidden: new HiddenValues(['s3cr3t-value']),
  signal: new AbortController().signal,
  ...more,
});

describe('ContainerEngine', () => {
  it('runs an image of a registry with limits, the network of this machine, and secrets off the command line', async () => {
    engine();
    const result = await new ContainerEngine().run(
      request({
        entryPoint: ['/bin/go', '-v'],
        command: ['extract', '--date', '2001-01-08'],
        workingDirectory: '/app',
        cpu: 512,
        memoryMiB: 1024,
      }),
    );
    expect(result).toMatchObject({ exitCode: 0, aborted: false });
    const run = calls().find(([verb]) => verb === 'run')!;
    const [, , name, , label, ...rest] = run;
    expect(name).toMatch(/^headrace-\d+-[0-9a-f]{8}$/);
    expect(label).toMatch(/^headrace\.run=\d+\/\d*$/);
    expect(rest).toEqual([
      ...['--network', 'host', '--cpus', '0.5', '--memory', '1024m', '--memory-swap', '1024m', '--workdir', '/app'],
      ...['--entrypoint', '/bin/go', '--env', 'TOKEN', '--env', 'PATH=/in/container', '--env', 'DAY'],
      ...['public.ecr.aws/x/y:1', '-v', 'extract', '--date', '2001-01-08'],
    ]);
    expect(calls().at(-1)).toEqual(['rm', '--force', '--volumes', name]);
    expect(readFileSync(join(bin, 'log'), 'utf8')).toBe('token ***\n');
    expect(readFileSync(join(bin, 'calls'), 'utf8')).not.toContain('s3cr3t');
  });

  it('builds an asset once, with its arguments and its stage', async () => {
    engine();
    const directory = folderWith({ 'docker/Dockerfile': 'FROM x' });
    const asset = { tag: 'abc', directory, dockerFile: 'docker/Dockerfile', buildArgs: { A: '1' }, target: 'prod' };
    const under = new ContainerEngine();
    await Promise.all([under.run(request({ asset })), under.run(request({ asset }))]);
    expect(calls().filter(([verb]) => verb === 'build')).toEqual([
      [
        ...['build', '--tag', 'headrace-local:abc-prod', '--file', `${directory}/docker/Dockerfile`],
        ...['--build-arg', 'A=1', '--target', 'prod', directory],
      ],
    ]);
    expect(
      calls()
        .filter(([verb]) => verb === 'run')
        .every((call) => call.includes('headrace-local:abc-prod')),
    ).toBe(true);
  });

  it('tells a container that was killed for its memory', async () => {
    engine({ run: 'exit 137', oom: true });
    expect(await new ContainerEngine().run(request())).toMatchObject({ exitCode: 137, outOfMemory: true });
  });

  it('stops and removes the container of a run that is stopped', async () => {
    engine({ run: 'trap "" TERM; while :; do sleep 0.05; done' });
    const stop = new AbortController();
    const running = new ContainerEngine().run(request({ signal: stop.signal }));
    while (!existsSync(join(bin, 'pid'))) await new Promise((resolve) => setTimeout(resolve, 20));
    stop.abort();
    expect(await running).toMatchObject({ aborted: true, exitCode: 137 });
    const verbs = calls().map(([verb]) => verb);
    expect(verbs.slice(verbs.indexOf('run'))).toEqual(['run', 'stop', 'inspect', 'rm']);
  }, 20_000);

  it('removes containers that a killed run left, and no others', async () => {
    engine({ left: `dead01 999999999/1\nlive02 ${process.pid}/` });
    await new ContainerEngine().run(request());
    expect(
      calls()
        .filter(([verb]) => verb === 'rm')
        .map((call) => call.at(-1)),
    ).toEqual(['dead01', expect.any(String)]);
    expect(readFileSync(join(bin, 'calls'), 'utf8')).not.toContain('live02');
  });

  it.each<[string, Behaviour | undefined, RegExp]>([
    ['no engine', undefined, /--docker needs a container engine: neither docker nor podman was found/],
    [
      'an engine that does not run',
      { version: 'echo cannot connect to the daemon >&2; exit 1' },
      /docker does not answer: cannot connect/,
    ],
    [
      'an image that cannot be built',
      { build: 'echo step 3: no such file; exit 1' },
      /could not build Dockerfile \(exit code 1\):\nstep 3: no such file/,
    ],
  ])('fails: %s', async (_, behaviour, message) => {
    if (behaviour) engine(behaviour);
    else process.env['PATH'] = bin;
    const asset = {
      tag: 'abc',
      directory: folderWith({ Dockerfile: 'FROM x' }),
      dockerFile: 'Dockerfile',
      buildArgs: {},
    };
    await expect(new ContainerEngine().run(request({ asset }))).rejects.toThrow(message);
  });
});
