// Object keys to file names and back. In: a key of any characters. Out: the path of its file relative to the bucket's
// folder. Always: the path stays inside that folder, `keyOfPath(pathOfKey(k)) === k`, and an ordinary key is its own path.
//
// What a file system cannot hold is written behind the mark `.s3~` in one path part:
//   .s3~=TEXT   the part TEXT: empty (`a//b`, `a/`), `.`, `..`, or itself beginning with the mark
//   .s3~+TEXT   a folder: the first piece of a part of more than 255 bytes; the next path part continues it
//   .s3~@TEXT   the object TEXT beside a folder of the same name (`a` next to `a/b`)
// In TEXT, `%` and what the platform forbids is percent-encoded; all else stays readable.
import { S3Error } from './s3-error';

const mark = '.s3~';
const longestName = 255;
const pieceBytes = 180;
const forbidden =
  process.platform === 'win32' ? /[<>:"\\|?*\u0000-\u001f]|[. ]$|^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i : /\u0000/;
const escapable = process.platform === 'win32' ? /[%<>:"\\|?*\u0000-\u001f. ]/g : /[%\u0000]/g;

/** Fails when the key cannot be held at all. */
export function checkKey(key: string): void {
  if (key.includes('\0'))
    throw new S3Error('InvalidArgument', 'the key holds a NUL character, which no file name can hold');
  if (Buffer.byteLength(key) > 1024) throw new S3Error('KeyTooLongError');
}

/** The file of a key, and the file it has when a folder occupies the first. */
export function pathOfKey(key: string): { readonly path: string; readonly besideFolder: string } {
  checkKey(key);
  const parts = key.split('/');
  const last = parts.pop() ?? '';
  const folder = parts.map((part) => `${namePart(part)}/`).join('');
  return { path: folder + namePart(last), besideFolder: folder + escapePart(last, '@') };
}

function namePart(part: string): string {
  const plain =
    part !== '' &&
    part !== '.' &&
    part !== '..' &&
    !part.startsWith(mark) &&
    !forbidden.test(part) &&
    (part.length * 3 <= longestName || Buffer.byteLength(part) <= longestName);
  return plain ? part : escapePart(part, '=');
}

function escapePart(part: string, kind: '=' | '@'): string {
  const text = part.replace(escapable, (char) => `%${char.charCodeAt(0).toString(16).padStart(2, '0')}`);
  const pieces: string[] = [];
  let piece = '';
  let bytes = 0;
  for (const char of text) {
    const size = Buffer.byteLength(char);
    if (bytes + size > pieceBytes) {
      pieces.push(piece);
      piece = '';
      bytes = 0;
    }
    piece += char;
    bytes += size;
  }
  return pieces.map((begin) => `${mark}+${begin}/`).join('') + `${mark}${kind}${piece}`;
}

/** One name in a folder, read back. `text` of `begin` is a piece still to be continued (and still encoded). */
export type StoredName =
  | { readonly kind: 'part'; readonly text: string }
  | { readonly kind: 'beside'; readonly text: string }
  | { readonly kind: 'begin'; readonly text: string };

/** Reads a file or folder name; `before` is the encoded text of the `begin` folders around it. Undefined: not ours to show. */
export function readName(name: string, before: string): StoredName | undefined {
  if (!name.startsWith(mark)) {
    return before === '' ? { kind: 'part', text: name } : undefined;
  }
  const encoded = before + name.slice(mark.length + 1);
  const kind = name[mark.length];
  if (kind === '+') return { kind: 'begin', text: encoded };
  if (kind !== '=' && kind !== '@') return undefined;
  try {
    const text = decodePercent(encoded);
    const again = kind === '=' ? namePart(text) : escapePart(text, '@');
    // A name that the key would not get from us (somebody else's file) would be a second file of one key.
    return again.endsWith(name) ? { kind: kind === '=' ? 'part' : 'beside', text } : undefined;
  } catch {
    return undefined;
  }
}

function decodePercent(text: string): string {
  return text.replace(/%([0-9a-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
