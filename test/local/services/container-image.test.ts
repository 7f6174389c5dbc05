import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { layOutImage } from '../../../lib/local/services/container-image';
import { containerCall } from '../../../lib/local/services/container-run';
import { folderWith, temporaryFolder } from '../assembly-fixture';

let tag = 0;
const layOut = (
  files: { [name: string]: string },
  more: { target?: string; buildArgs?: { [name: string]: string } } = {},
) =>
  layOutImage(
    { tag: `t${++tag}`, directory: folderWith(files), dockerFile: 'Dockerfile', buildArgs: {}, ...more },
    temporaryFolder(),
  );

describe('layOutImage', () => {
  it('carries out COPY over stages', () => {
    const image = layOut({
      Dockerfile:
        'FROM node:20 AS build\nWORKDIR /src\nCOPY . .\nFROM node:20-slim\nWORKDIR /app\nCOPY --from=build /src/lib ./lib/\nCOPY *.txt /data/\nCMD ["node", "lib/a.js"]\n',
      'lib/a.js': 'A',
      'one.txt': '1',
      'two.txt': '2',
    });
    expect(readFileSync(join(image.root, 'app/lib/a.js'), 'utf8')).toBe('A');
    expect(existsSync(join(image.root, 'data/two.txt'))).toBe(true);
    expect(image.command).toEqual(['node', 'lib/a.js']);
  });

  it('stops at the wanted stage', () => {
    const files = { Dockerfile: 'FROM x AS one\nCMD ["a"]\nFROM one AS two\nCMD ["b"]\n' };
    expect(layOut(files, { target: 'one' }).command).toEqual(['a']);
    expect(layOut(files).command).toEqual(['b']);
    expect(() => layOut(files, { target: 'three' })).toThrow(/no stage named three/);
  });

  it('reports what a process cannot honour', () => {
    const lines = [
      'FROM x AS b',
      'RUN apt-get install y',
      'FROM x',
      'COPY --from=b /out /a',
      'COPY --from=nginx:1 /a /b',
      'ADD https://example.com/a /b',
      'CMD ["a"]',
    ];
    expect(layOut({ Dockerfile: `${lines.join('\n')}\n` }).notes).toEqual([
      'line 4: COPY /out is not carried out: stage b makes it by RUN, which is not carried out',
      'line 5: COPY /a is not carried out: it comes from another image, nginx:1; what it brings must be on this machine',
      'line 6: ADD https://example.com/a is not carried out: a process run fetches nothing from the network',
    ]);
    expect(layOut({ Dockerfile: 'FROM x\nRUN apt-get install y\nCMD ["a"]\n' }).notes).toEqual([
      expect.stringMatching(/line 2: RUN apt-get install y is not carried out/),
    ]);
  });

  it('knows USER, SHELL, ARG with its defaults, and the platform', () => {
    const image = layOut(
      {
        Dockerfile:
          'ARG BASE=x\nFROM $BASE\nARG TARGETARCH\nARG GIVEN=no\nENV WHERE=/$TARGETARCH/${GIVEN}\nSHELL ["/bin/bash", "-eu", "-c"]\nUSER 1000:$GIVEN\nCMD echo hi\n',
      },
      { buildArgs: { GIVEN: '7' } },
    );
    expect(image.command).toEqual(['/bin/bash', '-eu', '-c', 'echo hi']);
    expect(image.user).toBe('1000:7');
    expect(image.environment['WHERE']).toMatch(/^\/(amd64|arm64)\/7$/);
  });

  it('writes here-documents, with variables unless they are quoted', () => {
    const image = layOut({
      Dockerfile: [
        'FROM x',
        'ENV NAME=sales',
        'COPY <<EOF <<"RAW" /etc/app/',
        'name=$NAME',
        '# not a comment',
        'EOF',
        'name=$NAME',
        'RAW',
        'COPY --chmod=755 <<-EOF /run.sh',
        '\t#!/bin/sh',
        '\techo $NAME',
        'EOF',
        'RUN <<EOF',
        'FROM nothing',
        'EOF',
        'CMD ["/run.sh"]',
      ].join('\n'),
    });
    const text = (file: string) => readFileSync(join(image.root, file), 'utf8');
    expect([text('etc/app/EOF'), text('etc/app/RAW'), text('run.sh')]).toEqual([
      'name=sales\n# not a comment\n',
      'name=$NAME\n',
      '#!/bin/sh\necho sales\n',
    ]);
    expect(statSync(join(image.root, 'run.sh')).mode & 0o111).toBe(0o111);
    expect(image.command).toEqual(['/run.sh']);
  });

  it('unpacks an archive that ADD names, and copies the one that COPY names', () => {
    const made = folderWith({ 'inner/a.txt': 'A' });
    const context = folderWith({ Dockerfile: 'FROM x\nADD a.tar.gz /into/\nCOPY a.tar.gz /kept/\nCMD ["a"]\n' });
    execFileSync('tar', ['-czf', join(context, 'a.tar.gz'), '-C', made, 'inner']);
    const image = layOutImage(
      { tag: `t${++tag}`, directory: context, dockerFile: 'Dockerfile', buildArgs: {} },
      temporaryFolder(),
    );
    expect(readFileSync(join(image.root, 'into/inner/a.txt'), 'utf8')).toBe('A');
    expect(existsSync(join(image.root, 'kept/a.tar.gz'))).toBe(true);
  });

  it.each([
    ['FROM x\nCOPY gone /a\nCMD ["a"]', /line 2: cannot copy gone: the build context does not have it/],
    ['FROM x\nCOPY <<EOF /a\nnever', /line 2: the here-document EOF never ends/],
    ['FROM x\nSHELL bash\nCMD a', /line 2: SHELL needs a list/],
    ['FROM x\n', /neither ENTRYPOINT nor CMD/],
  ])('fails for %j', (Dockerfile, message) => {
    expect(() => layOut({ Dockerfile })).toThrow(message);
  });

  it('never leaves its folders', () => {
    const image = layOut({
      Dockerfile: 'FROM x\nWORKDIR ../../../tmp/outside\nCOPY ../../a.txt ../../../../b.txt\nCMD ["a"]\n',
      'a.txt': 'x',
    });
    expect(existsSync(join(image.root, 'b.txt'))).toBe(true);
    expect(image.workdir).toBe('/tmp/outside');
  });
});

describe('containerCall', () => {
  const image = layOut({
    Dockerfile:
      'FROM python:3\nWORKDIR /app\nCOPY a.py /app/a.py\nENV PYTHONPATH=/app:/other A=1\nENTRYPOINT ["python3", "/app/a.py"]\nCMD ["--help"]\n',
    'a.py': '',
  });

  it('maps paths that the image has, and no others', () => {
    const call = containerCall(image, { command: ['/etc/passwd', '/app/a.py'], environment: {} });
    expect(call.command).toEqual([
      'python3',
      join(image.root, 'app/a.py'),
      '/etc/passwd',
      join(image.root, 'app/a.py'),
    ]);
    expect(call.environment['PYTHONPATH']).toBe(`${join(image.root, 'app')}:/other`);
    expect(call.cwd).toBe(join(image.root, 'app'));
  });

  it("drops the image's command where the task gives an entry point", () => {
    expect(containerCall(image, { entryPoint: ['x'], environment: {} }).command).toEqual(['x']);
  });

  it("hands on none of the user's credentials", () => {
    process.env['AWS_SESSION_TOKEN'] = 'mine';
    expect(Object.values(containerCall(image, { environment: { A: '2' } }).environment)).not.toContain('mine');
    delete process.env['AWS_SESSION_TOKEN'];
  });
});
