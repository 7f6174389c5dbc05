// Columns of a text file, from its beginning. In: bytes, gzip or plain. Out: names. Always: a beginning that is cut in the middle of a
// line tells no less than its whole lines do.

import { constants, gunzipSync } from 'node:zlib';

/** The fields of the first line; quotes are doubled inside quoted fields. */
export function csvHeader(head: Buffer, delimiter: string): string[] {
  const text = textOf(head);
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const character = text[at]!;
    if (quoted) {
      if (character !== '"') field += character;
      else if (text[at + 1] === '"') field += text[(at += 1)]!;
      else quoted = false;
    } else if (character === '"' && field === '') quoted = true;
    else if (character === delimiter) {
      fields.push(field);
      field = '';
    } else if (character === '\n' || character === '\r') break;
    else field += character;
  }
  return text === '' ? [] : [...fields, field].map((name) => name.trim());
}

/** The keys of the first lines, in the order in which they come. */
export function jsonKeys(head: Buffer, whole: boolean): string[] {
  const text = textOf(head);
  const lines = text.split('\n');
  // What was cut is no line.
  if (!(whole && head.length <= GZIP_HEAD) && lines.length > 1) lines.pop();
  const keys = new Set<string>();
  for (const line of lines) {
    if (line.trim() === '') continue;
    const value = parsed(line);
    if (value === null || typeof value !== 'object' || Array.isArray(value))
      throw new Error('it does not hold one JSON object a line');
    for (const key of Object.keys(value)) keys.add(key);
  }
  return [...keys];
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** What is unpacked of a packed file: a thousand times as much at most. */
export const GZIP_HEAD = 65_536;

function textOf(head: Buffer): string {
  const gzip = head[0] === 0x1f && head[1] === 0x8b;
  const bytes = gzip ? gunzipSync(head.subarray(0, GZIP_HEAD), { finishFlush: constants.Z_SYNC_FLUSH }) : head;
  return bytes.toString('utf8').replace(/^\ufeff/, '');
}
