// The README's code is a file of examples/readme, compiled with everything else and synthesized here.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const readme = readFileSync('README.md', 'utf8');
const blocks = [...readme.matchAll(/<!-- (examples\/readme\/\S+) -->\n```ts\n([\s\S]*?)```/g)];

describe('README', () => {
  it('has no TypeScript that is not checked', () => {
    expect(blocks.length).toBeGreaterThan(0);
    expect(readme.match(/```ts\n/g)).toHaveLength(blocks.length);
  });

  it.each(blocks.map(([, file, code]) => [file!, code!]))('shows %s as it is', (file, code) => {
    expect(code).toBe(readFileSync(file, 'utf8'));
  });

  it.each(blocks.map(([, file]) => file!))('%s synthesizes', (file) => {
    const outdir = mkdtempSync(join(tmpdir(), 'headrace-readme-'));
    execFileSync(process.execPath, ['--import', resolve('node_modules/tsx/dist/loader.mjs'), resolve(file)], {
      cwd: 'examples/readme',
      env: { ...process.env, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', TSX_TSCONFIG_PATH: resolve('tsconfig.json') },
    });
    expect(readdirSync(join(outdir, 'headrace'))).toHaveLength(1);
  });

  it('names only scripts and files that exist', () => {
    const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
    for (const [, name] of readme.matchAll(/npm run (?:--silent )?([a-z:]+)/g)) expect(scripts).toHaveProperty([name!]);
    for (const [, path] of readme.matchAll(/\]\((?!http)([^)#]+)\)/g)) expect(existsSync(path!), path).toBe(true);
  });
});
