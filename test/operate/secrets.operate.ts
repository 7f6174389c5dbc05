// Secret params of a deployed pipeline: the command shows none, keeps none on disk, and a re-run has them without being told.

import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, expect, inject, it } from 'vitest';
import { synthesize } from '../assembly';
import { command, deployed, signedIn } from './places';

const stack = `Secret${process.pid}`;
const pipeline = `${stack}-Daily`;
const TOKEN = 'p"a\\ss 73501/é';
const cwd = mkdtempSync(join(tmpdir(), 'headrace-operate-'));
const XDG_CACHE_HOME = join(cwd, 'cache');
const headrace = (...words: string[]) => command(words, { ...signedIn(inject('operateUrl')), XDG_CACHE_HOME }, cwd);

function kept(): string[] {
  const folder = join(XDG_CACHE_HOME, 'headrace', 'histories');
  return readdirSync(folder).map((name) => gunzipSync(readFileSync(join(folder, name))).toString('utf8'));
}

beforeAll(async () => {
  await deployed(inject('operateUrl'), synthesize('test/operate/secret-app.ts', { OPERATE_STACK: stack }));
});

it('a run with a secret is shown and kept without it, and repeated with it', async () => {
  const date = ['--date', '2026-11-01T02:30:00Z'];
  const asked = await headrace('run', pipeline, ...date);
  expect([asked.code, asked.error]).toEqual([2, expect.stringContaining('give it with --param token=value')]);
  const ran = await headrace('run', pipeline, ...date, '--param', `token=${TOKEN}`, '--wait', '--json');
  expect(ran.code).toBe(1);
  const status = await headrace('status', pipeline, 'latest');
  const json = await headrace('status', pipeline, 'latest', '--json');
  const dry = await headrace('rerun', pipeline, 'latest', '--failed', '--dry-run', '--json');
  expect(json.json<object>()).toMatchObject({ status: 'FAILED', failed: ['Check'], params: { token: '***' } });
  expect(dry.json<object>()).toMatchObject({ plan: { input: { params: { token: '***' } } } });
  const shown = [ran, status, json, dry].map(({ out, error }) => out + error);
  expect(shown.filter((text) => text.includes('73501'))).toEqual([]);
  expect(kept()).toHaveLength(1);
  expect(kept()[0]).toContain('***');
  expect(kept()[0]).not.toContain('73501');
  const again = await headrace('rerun', pipeline, 'latest', '--from', 'Write', '--wait', '--json');
  expect(again.json<object>()).toMatchObject({ status: 'FAILED' });
  const { tasks } = again.json<{ tasks: { id: string; status: string }[] }>();
  // It was there: without it, the task that writes it would have failed.
  expect(tasks.find(({ id }) => id === 'Write')).toMatchObject({ status: 'succeeded' });
});
