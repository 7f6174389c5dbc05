// Histories of runs that are over, on disk: they never change, and Step Functions allows few reads a second. In: a run's ARN and
// start. Out: what was kept, or nothing. Always: files are the user's alone (0600); a file that cannot be read or written counts as
// none; params marked secret are masked before anything is written.

import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Manifest } from '../../compile/manifest';
import type { SiteEvent } from '../site';

export interface KeptHistory {
  readonly manifest: Manifest;
  readonly events: readonly SiteEvent[];
}

export class HistoryCache {
  constructor(private readonly folder = defaultFolder()) {}

  read(executionArn: string, start: string): KeptHistory | undefined {
    try {
      const kept = JSON.parse(gunzipSync(readFileSync(this.file(executionArn, start))).toString('utf8')) as KeptHistory;
      return Array.isArray(kept.events) ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  /** @param secrets texts that must not be written */
  write(executionArn: string, start: string, kept: KeptHistory, secrets: readonly string[]): void {
    const file = this.file(executionArn, start);
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      let text = JSON.stringify(kept);
      for (const secret of secrets.filter((each) => each.length > 3)) text = masked(text, secret);
      writeFileSync(`${file}.${process.pid}`, gzipSync(text), { mode: 0o600 });
      chmodSync(`${file}.${process.pid}`, 0o600);
      renameSync(`${file}.${process.pid}`, file);
    } catch {
      // A full disk or a folder that is read-only costs time at the next look, nothing else.
    }
  }

  private file(executionArn: string, start: string): string {
    return join(this.folder, `${createHash('sha256').update(`${executionArn} ${start}`).digest('hex')}.json.gz`);
  }
}

/** In the text the secret may stand as it is, or inside JSON inside JSON. */
function masked(text: string, secret: string): string {
  const once = JSON.stringify(secret).slice(1, -1);
  const twice = JSON.stringify(once).slice(1, -1);
  const thrice = JSON.stringify(twice).slice(1, -1);
  return [thrice, twice, once].reduce((now, form) => now.replaceAll(form, '***'), text);
}

function defaultFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'headrace', 'histories');
}
