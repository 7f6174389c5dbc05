import { existsSync, readFileSync } from 'node:fs';
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
    expect(layOut({ Dockerfile: 'FROM x\nRUN apt-get install y\nUSER app\nCMD ["a"]\n' }).notes).toEqual([
      expect.stringMatching(/line 2: RUN apt-get install y is not carried out/),
      expect.stringMatching(/line 3: USER app is not honoured/),
    ]);
  });

  it.each([
    ['FROM x\nCOPY gone /a\nCMD ["a"]', /line 2: cannot copy gone: the build context does not have it/],
    [
      'FROM x AS b\nRUN make\nFROM x\nCOPY --from=b /out /a\nCMD ["a"]',
      /line 4: cannot copy \/out: stage b makes it by RUN/,
    ],
    ['FROM x\nCOPY --from=nginx:1 /a /b\nCMD ["a"]', /from another image/],
    ['FROM x\nADD https://example.com/a /b\nCMD ["a"]', /ADD from a URL/],
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
