// Ends a program that takes more memory than its container may have, as the kernel does it to a container. In: a process group and
// its limit. Out: whether the limit was passed. The memory is looked at a few times a second, so a program may pass its limit
// for a moment. Always: memory that programs share (files, libraries) does not count; where the system tells nothing, nothing is ended.

import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';

const LOOK_EVERY_MILLISECONDS = 250;
const PAGE_KIB = 4;

export interface MemoryWatch {
  readonly passed: () => boolean;
  readonly stop: () => void;
}

/** Calls `onPassed` once when the programs of that group hold more than `limitMiB`. */
export function watchMemory(group: number, limitMiB: number, onPassed: () => void): MemoryWatch {
  let passed = false;
  let looking = false;
  const look = async () => {
    if (looking || passed) return;
    looking = true;
    const used = await memoryOf(group);
    looking = false;
    if (used === undefined || used <= limitMiB * 1024 || passed) return;
    passed = true;
    onPassed();
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MILLISECONDS);
  timer.unref();
  return { passed: () => passed, stop: () => clearInterval(timer) };
}

/** KiB that a program and its children hold for themselves. */
async function memoryOf(pid: number): Promise<number | undefined> {
  return process.platform === 'linux' ? treeMemory(pid) : groupMemory(pid);
}

function treeMemory(root: number): number | undefined {
  let sum: number | undefined;
  const open = [root];
  for (let pid = open.pop(); pid !== undefined; pid = open.pop()) {
    try {
      const [, resident, shared] = readFileSync(`/proc/${pid}/statm`, 'utf8').split(' ').map(Number);
      sum = (sum ?? 0) + Math.max(0, resident! - shared!) * PAGE_KIB;
      open.push(...childrenOf(pid));
    } catch {
      // It ended while we looked.
    }
  }
  return sum;
}

function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number);
  } catch {
    return []; // A kernel without that file.
  }
}

function groupMemory(group: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    execFile('ps', ['-axo', 'pgid=,rss='], (error, text) => {
      if (error) return resolve(undefined);
      const rows = text.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
      return resolve(rows.filter(([pgid]) => pgid === group).reduce((sum, [, rss]) => sum + (rss ?? 0), 0));
    });
  });
}
