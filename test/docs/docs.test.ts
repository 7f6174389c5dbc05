// The pages for platform teams stay true: tables are made from what is synthesized, code is compiled and synthesized, links lead somewhere.

import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { quotasPage } from './quotas-page';
import { purposeOf, rolesPage } from './roles-page';

const pages = readdirSync('docs').filter((name) => name.endsWith('.md'));
const read = (name: string) => readFileSync(join('docs', name), 'utf8');
const blocks = pages.flatMap((name) => [
  ...read(name).matchAll(/<!-- (examples\/docs\/\S+) -->\n```ts\n([\s\S]*?)```/g),
]);

describe('the pages for platform teams', () => {
  it('tell what each permission is for, as it is synthesized', () => {
    const page = rolesPage();
    const unexplained = [...page.matchAll(/^\| `([^`]+:[^`]+)` \|/gm)].filter(
      ([, action]) => purposeOf(action!) === undefined,
    );
    expect(unexplained.map(([, action]) => action)).toEqual([]);
    expect(read('roles.md'), 'run npm run docs:roles and read the diff').toBe(page);
  });

  it('tell quotas with numbers that are counted', () => {
    expect(read('quotas.md'), 'run npm run docs:quotas and read the diff').toBe(quotasPage());
  });

  it('hold no code that is not checked', () => {
    expect(blocks).toHaveLength(readdirSync('examples/docs').filter((name) => name.endsWith('.ts')).length);
    expect(pages.flatMap((name) => read(name).match(/```ts\n/g) ?? [])).toHaveLength(blocks.length);
  });

  it.each(blocks.map(([, file, code]) => [file!, code!]))('show %s as it is, and it synthesizes', (file, code) => {
    expect(code).toBe(readFileSync(file, 'utf8'));
    const outdir = mkdtempSync(join(tmpdir(), 'headrace-docs-'));
    execFileSync(process.execPath, ['--import', resolve('node_modules/tsx/dist/loader.mjs'), resolve(file)], {
      cwd: dirname(file),
      env: { ...process.env, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', TSX_TSCONFIG_PATH: resolve('tsconfig.json') },
    });
    expect(existsSync(join(outdir, 'headrace'))).toBe(true);
  });

  it('link to pages that exist', () => {
    for (const name of pages)
      for (const [, path] of read(name).matchAll(/\]\((?!http)([^)#]+)\)/g))
        expect(existsSync(join('docs', path!)), `${name}: ${path}`).toBe(true);
  });
});
