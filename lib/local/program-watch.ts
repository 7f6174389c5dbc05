// Sees to it that no program outlives this process, however it ends. In: the process groups of running programs. Out: nothing.
// A small shell beside this process knows the groups; when the pipe to it closes, because this process ended or was killed,
// it kills what is left. Always: it costs one process for all programs, starts with the first, and keeps nobody waiting.

import { type ChildProcess, spawn } from 'node:child_process';

const SCRIPT = `
trap '' HUP INT TERM
groups=
while read -r what group; do
  if [ "$what" = + ]; then groups="$groups $group"; continue; fi
  left=
  for each in $groups; do [ "$each" = "$group" ] || left="$left $each"; done
  groups=$left
done
for each in $groups; do kill -s KILL -- "-$each" 2>/dev/null; done`;

const groups = new Set<number>();
let watcher: ChildProcess | undefined;

/** A program now leads this process group. */
export function watchGroup(pid: number): void {
  groups.add(pid);
  if (process.platform === 'win32') return;
  watcher ??= startWatcher();
  tell(`+ ${pid}`);
}

/** The group is gone. */
export function forgetGroup(pid: number): void {
  groups.delete(pid);
  tell(`- ${pid}`);
}

/** Ends every program that is still running: for a process that must leave at once. */
export function killAllPrograms(): void {
  for (const pid of groups) signalGroup(pid, 'SIGKILL');
}

export function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal);
  } catch {
    // The group is gone already.
  }
}

function startWatcher(): ChildProcess {
  const child = spawn('/bin/sh', ['-c', SCRIPT], { detached: true, stdio: ['pipe', 'ignore', 'ignore'], cwd: '/' });
  // Without it programs still end with the run in every ordinary way.
  child.on('error', () => undefined);
  child.stdin!.on('error', () => undefined);
  child.unref();
  (child.stdin as unknown as { unref?: () => void }).unref?.();
  return child;
}

function tell(line: string): void {
  if (watcher?.stdin?.writable) watcher.stdin.write(`${line}\n`);
}
