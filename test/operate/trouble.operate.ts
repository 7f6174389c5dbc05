// What an operator sees when AWS does not answer as it should: throttling passes unseen if it ends, else it is told, like credentials that
// have expired and an address where nobody is.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { synthesize } from '../assembly';
import { type FaultyProxy, faultyProxy } from './faulty-proxy';
import { command, deployed, signedIn } from './places';

const stack = `Trouble${process.pid}`;

describe('AWS in trouble', () => {
  let proxy: FaultyProxy;
  const cwd = mkdtempSync(join(tmpdir(), 'headrace-operate-'));
  const headrace = (...words: string[]) => command(words, signedIn(proxy.url), cwd);

  beforeAll(async () => {
    await deployed(inject('operateUrl'), synthesize('test/operate/app.ts', { OPERATE_STACK: stack }));
    proxy = await faultyProxy(inject('operateUrl'));
  });
  afterAll(() => proxy.close());

  it('throttling that passes is not seen', async () => {
    proxy.fail('ThrottlingException', 3);
    const { code, out, error } = await headrace('list', '--json');
    expect([code, error]).toEqual([0, '']);
    expect(out).toContain(`${stack}-Daily`);
  });

  it('throttling that does not pass is told after several attempts, further and further apart', async () => {
    proxy.fail('ThrottlingException', 1000);
    const { code, error } = await headrace('runs', `${stack}-Daily`);
    expect(code).toBe(3);
    expect(error).toMatch(/^headrace: AWS is limiting the rate of requests \(ThrottlingException after \d attempts\)/);
    expect(proxy.requests.length).toBeGreaterThanOrEqual(6);
  });

  it('expired credentials are told at once, with what to do', async () => {
    proxy.fail('ExpiredTokenException', 1000);
    const { code, error } = await headrace('status', `${stack}-Daily`);
    expect([code, error]).toEqual([3, expect.stringContaining('the AWS credentials have expired')]);
    expect(error).toContain('sign in again');
    expect(error).not.toContain('    at ');
  });

  it('no credentials, no region and nobody there are told apart', async () => {
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _key, ...anonymous } = signedIn(proxy.url);
    expect(await command(['list'], anonymous, cwd)).toMatchObject({
      code: 3,
      error: expect.stringContaining('there are no AWS credentials'),
    });
    const { AWS_REGION: _region, ...nowhere } = signedIn(proxy.url);
    expect(await command(['list'], nowhere, cwd)).toMatchObject({
      code: 3,
      error: expect.stringContaining('no AWS region is set'),
    });
    const away = { ...signedIn('http://127.0.0.1:9'), AWS_MAX_ATTEMPTS: '2' };
    expect(await command(['list'], away, cwd)).toMatchObject({
      code: 3,
      error: expect.stringContaining('AWS cannot be reached'),
    });
  });
});
