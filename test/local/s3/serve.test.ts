import * as fs from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { afterEach, expect, it, vi } from 'vitest';
import { serveS3 } from '../../../lib/local/s3/serve';

afterEach(() => vi.restoreAllMocks());

function capture(stream: NodeJS.WriteStream): () => string {
  let text = '';
  vi.spyOn(stream, 'write').mockImplementation((chunk) => {
    text += String(chunk);
    return true;
  });
  return () => text;
}

it.each([
  [[], /expected one folder/],
  [['a', 'b'], /expected one folder/],
  [['a', '--port', '70000'], /--port must be a number from 0 to 65535, got '70000'/],
  [['a', '--access-key', 'k'], /needs a --secret-key/],
  [['a', '--no-such'], /no-such/],
])('fails: %j', async (argv, message) => {
  const errors = capture(process.stderr);
  expect(await serveS3(argv)).toBe(2);
  expect(errors()).toMatch(message);
});

it('serves until it is interrupted, and prints what to export', async () => {
  const root = fs.mkdtempSync(path.join(tmpdir(), 'headrace-serve-'));
  const output = capture(process.stdout);
  const ended = serveS3([root, '--port', '0']);
  const url = await vi.waitUntil(() => /export AWS_ENDPOINT_URL_S3=(http:\S+)/.exec(output())?.[1]);
  expect((await fetch(url)).status).toBe(403);
  process.emit('SIGINT');
  expect(await ended).toBe(0);
  await expect(fetch(url)).rejects.toThrow();
  fs.rmSync(root, { recursive: true, force: true });
});
