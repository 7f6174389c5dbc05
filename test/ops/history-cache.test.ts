// Histories on disk: several processes at once, a file that is broken, a disk that is full, and no secret in any of them.

import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { HistoryCache, type KeptHistory } from '../../lib/ops/aws/history-cache';
import { HiddenValues } from '../../lib/view/hidden-values';
import { temporaryFolder } from '../local/assembly-fixture';
import { manifestWith } from './manifest';

const ARN = 'arn:aws:states:us-east-1:1:execution:m:run';
const START = '2026-11-01T00:00:00.000Z';
const NOTHING = new HiddenValues([]);
const manifest = manifestWith([{ id: 'Login', outputs: ['session'] }]);

function history(events = 1, output = '{}'): KeptHistory {
  const exited = { type: 'TaskStateExited', stateExitedEventDetails: { name: 'Login', output } };
  return {
    manifest,
    events: Array.from({ length: events }, (_, id) => ({ executionArn: ARN, event: { id, ...exited } })),
  };
}
/** A program in a process of its own. */
function nodeWords(program: string): string[] {
  const from = (file: string) => `require(${JSON.stringify(resolve(file))})`;
  const head = `
    const { HistoryCache } = ${from('lib/ops/aws/history-cache.ts')};
    const { HiddenValues } = ${from('lib/view/hidden-values.ts')};
    const manifest = ${JSON.stringify(manifest)};`;
  return ['--import', 'tsx', '-e', head + program];
}
const fileIn = (folder: string) => join(folder, readdirSync(folder)[0]!);

describe('a history that is kept', () => {
  it('is read back, by nobody else', () => {
    const folder = join(temporaryFolder(), 'histories');
    const cache = new HistoryCache(folder);
    cache.write(ARN, START, history(), NOTHING);
    expect(cache.read(ARN, START)).toEqual(history());
    expect(cache.read(ARN, '2026-11-02T00:00:00.000Z')).toBeUndefined();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(fileIn(folder)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['cut', (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 40))],
    ['empty', (file: string) => writeFileSync(file, '')],
    ['no gzip', (file: string) => writeFileSync(file, '{"manifest":{},"events":[]}')],
  ])('counts as none once its file is %s, and is written anew', (_what, breakIt) => {
    const folder = temporaryFolder();
    const cache = new HistoryCache(folder);
    cache.write(ARN, START, history(), NOTHING);
    breakIt(fileIn(folder));
    expect(cache.read(ARN, START)).toBeUndefined();
    cache.write(ARN, START, history(), NOTHING);
    expect(cache.read(ARN, START)).toEqual(history());
  });

  it.each(['null', '[]', '{"events":[]}', '{"events":{},"manifest":{"tasks":[]}}'])(
    'is none if it says %s',
    async (text) => {
      const { gzipSync } = await import('node:zlib');
      const folder = temporaryFolder();
      const cache = new HistoryCache(folder);
      cache.write(ARN, START, history(), NOTHING);
      writeFileSync(fileIn(folder), gzipSync(text));
      expect(cache.read(ARN, START)).toBeUndefined();
    },
  );

  it('costs nothing but time where nothing can be written', () => {
    const file = join(temporaryFolder(), 'file');
    writeFileSync(file, '');
    const cache = new HistoryCache(join(file, 'below'));
    cache.write(ARN, START, history(), NOTHING);
    expect(cache.read(ARN, START)).toBeUndefined();
  });

  it.skipIf(!existsSync('/dev/full'))('leaves no half of a file on a full disk', () => {
    const folder = temporaryFolder();
    const program = `
      const { randomBytes } = require('node:crypto');
      const events = [{ executionArn: 'a', event: { text: randomBytes(1 << 20).toString('hex') } }];
      new HistoryCache(process.argv[1]).write('a', 'b', { manifest, events }, new HiddenValues([]));
      console.log('went on');
    `;
    // A file may grow to 64 KiB: what a full disk does, without filling one.
    const limited = 'trap "" XFSZ; ulimit -f 64; exec "$@"';
    const words = [process.execPath, ...nodeWords(program), folder];
    const said = execFileSync('bash', ['-c', limited, 'bash', ...words], { encoding: 'utf8' });
    expect(said).toContain('went on');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is whole, however many processes write it at once', async () => {
    const folder = temporaryFolder();
    const program = `
      const cache = new HistoryCache(process.argv[1]);
      for (let i = 0; i < 60; i += 1) {
        const events = Array.from({ length: 1 + i * Number(process.argv[2]) }, (_, id) => ({ executionArn: 'a', event: { id } }));
        cache.write('a', 'b', { manifest, events }, new HiddenValues([]));
        if (cache.read('a', 'b') === undefined) throw new Error('half of a file was read');
      }
    `;
    const writers = [3, 7].map((step) => {
      const child = spawn(process.execPath, [...nodeWords(program), folder, String(step)], {
        stdio: ['ignore', 'ignore', 'inherit'],
      });
      return new Promise((ended) => child.on('exit', ended));
    });
    expect(await Promise.all(writers)).toEqual([0, 0]);
    expect(readdirSync(folder)).toHaveLength(1);
  });
});

describe('secret params', () => {
  const secret = { ...manifest, params: [{ name: 'token', type: 'string' as const, secret: true }] };
  const hidden = HiddenValues.ofRun(secret, { params: { token: 'p"ss\\word' } });
  const started = { executionStartedEventDetails: { input: JSON.stringify({ params: { token: 'p"ss\\word' } }) } };

  it('are in no file', () => {
    const folder = temporaryFolder();
    const failed = { taskFailedEventDetails: { error: 'E', cause: 'refused: {"t":"p\\"ss\\\\word"}' } };
    const events = [started, failed].map((event) => ({ executionArn: ARN, event }));
    new HistoryCache(folder).write(ARN, START, { manifest: secret, events }, hidden);
    const text = gunzipSync(readFileSync(fileIn(folder))).toString('utf8');
    expect(text).toContain('***');
    expect(text).not.toContain('word');
  });

  it('in an output that a re-run could carry: the history is not kept', () => {
    const folder = join(temporaryFolder(), 'histories');
    mkdirSync(folder);
    const output = JSON.stringify({ v0: { session: 'of p"ss\\word' } });
    new HistoryCache(folder).write(ARN, START, history(1, output), hidden);
    expect(readdirSync(folder)).toEqual([]);
  });
});
