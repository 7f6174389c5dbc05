// As whom a container's program runs. In: the image's USER and the folders it needs. Out: user and group ids, or why it runs as the
// person at the keyboard. Always: only root can become somebody else, and only somebody who can reach the program's folder.

import { readFileSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

export interface ContainerUser {
  readonly ids?: { readonly uid: number; readonly gid: number };
  /** Why the program runs as this process's own user. */
  readonly note?: string;
}

/** `places`: folders that the user must be able to enter. */
export function containerUser(user: string | undefined, places: readonly string[]): ContainerUser {
  if (user === undefined || user === '' || /^(root|0)(:|$)/.test(user)) return {};
  if (process.getuid?.() !== 0) return { note: `USER ${user} is not honoured, it runs as you` };
  const [name = '', group] = user.split(':');
  const known = passwd(name);
  const uid = known?.uid ?? (/^\d+$/.test(name) ? Number(name) : undefined);
  if (uid === undefined) return { note: `USER ${user} is not honoured: this machine has no user ${name}` };
  const gid = group === undefined ? (known?.gid ?? 0) : groupId(group);
  if (gid === undefined) return { note: `USER ${user} is not honoured: this machine has no group ${group}` };
  const closed = places.map((place) => closedFolder(place, uid, gid)).find((found) => found !== undefined);
  if (closed !== undefined) return { note: `USER ${user} is not honoured: it may not enter ${closed}` };
  return { ids: { uid, gid } };
}

function passwd(name: string): { uid: number; gid: number } | undefined {
  const row = rowsOf('/etc/passwd').find((fields) => fields[0] === name || fields[2] === name);
  return row && { uid: Number(row[2]), gid: Number(row[3]) };
}

function groupId(name: string): number | undefined {
  if (/^\d+$/.test(name)) return Number(name);
  const row = rowsOf('/etc/group').find((fields) => fields[0] === name);
  return row && Number(row[2]);
}

function rowsOf(file: string): string[][] {
  try {
    return readFileSync(file, 'utf8')
      .split('\n')
      .map((line) => line.split(':'));
  } catch {
    return [];
  }
}

/** The first folder on the way from the root that others cannot enter. */
function closedFolder(place: string, uid: number, gid: number): string | undefined {
  const above = dirname(place) === place ? undefined : closedFolder(dirname(place), uid, gid);
  if (above !== undefined) return above;
  const stat = statSync(place, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isDirectory()) return undefined;
  const bit = stat.uid === uid ? 0o100 : stat.gid === gid ? 0o010 : 0o001;
  return (stat.mode & bit) === 0 ? place : undefined;
}
