// Histories of runs that are over, on disk: they change only by a redrive, which gives the run another end, and Step Functions allows few
// reads a second. In: a run's ARN and end. Out: what was kept, or nothing. Always: files are the user's alone (0600) and whole, however
// many processes write at once; a file that cannot be read or written counts as none; secret params are hidden before anything is
// written, and a run whose tasks left a secret in their outputs is not kept: a re-run needs them as they were.

import { createHash, randomUUID } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import type { Manifest } from '../../compile/manifest';
import type { HiddenValues } from '../../view/hidden-values';
import type { RunEvent } from '../../view/run-event';
import type { SiteEvent } from '../site';

export interface KeptHistory {
  readonly manifest: Manifest;
  readonly events: readonly SiteEvent[];
}

export class HistoryCache {
  constructor(private readonly folder = defaultFolder()) {}

  read(executionArn: string, end: string): KeptHistory | undefined {
    try {
      const kept = JSON.parse(gunzipSync(readFileSync(this.file(executionArn, end))).toString('utf8')) as KeptHistory;
      return Array.isArray(kept?.events) && Array.isArray(kept.manifest?.tasks) ? kept : undefined;
    } catch {
      return undefined;
    }
  }

  write(executionArn: string, end: string, { manifest, events }: KeptHistory, hidden: HiddenValues): void {
    const shown = events.map((each) => ({ ...each, event: hidden.event(each.event) }));
    if (events.some(({ event }, i) => event !== shown[i]!.event && leftByTask(manifest, event))) return;
    const file = this.file(executionArn, end);
    const aside = `${file}.${randomUUID()}`;
    try {
      mkdirSync(this.folder, { recursive: true, mode: 0o700 });
      writeFileSync(aside, gzipSync(JSON.stringify({ manifest, events: shown })), { mode: 0o600, flag: 'wx' });
      renameSync(aside, file);
    } catch {
      // A full disk or a folder that is read-only costs time at the next look, nothing else.
      discard(aside);
    }
  }

  private file(executionArn: string, end: string): string {
    return join(this.folder, `${createHash('sha256').update(`${executionArn} ${end}`).digest('hex')}.json.gz`);
  }
}

/** Its output may be carried into a re-run. */
function leftByTask(manifest: Manifest, event: RunEvent): boolean {
  const name = event.stateExitedEventDetails?.name;
  return name !== undefined && manifest.tasks.some((task) => task.id === name && task.outputs.length > 0);
}

function discard(file: string): void {
  try {
    rmSync(file, { force: true });
  } catch {
    // What cannot be written to cannot be tidied either.
  }
}

function defaultFolder(): string {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'headrace', 'histories');
}
