/**
 * Reads the bytes COPY is given into records. In: one file's bytes and the options. Out: records of fields with their
 * line, exactly as Redshift splits them (delimited, CSV or fixed width). A record that cannot be read says why.
 */
import { isUtf8 } from 'node:buffer';
import { RedshiftError, unsupported } from './redshift-error';
import type { CopyOptions } from './statement';

export interface Field {
  readonly text: string;
  /** Written in quotes: never the NULL marker. */
  readonly quoted?: boolean;
}

export interface CopyRecord {
  readonly line: number;
  readonly raw: string;
  readonly fields?: Field[];
  readonly problem?: string;
}

/** Bytes to text. The lines with a bad sequence are named, unless ACCEPTINVCHARS says what to put in its place. */
export function decodeBytes(bytes: Buffer, options: CopyOptions): { text: string; badLines: ReadonlySet<number> } {
  const { encoding } = options;
  if (encoding.startsWith('utf16')) {
    const big = encoding === 'utf16be' || (encoding === 'utf16' && bytes[0] === 0xfe && bytes[1] === 0xff);
    return { text: new TextDecoder(big ? 'utf-16be' : 'utf-16le').decode(bytes), badLines: new Set() };
  }
  if (encoding === 'iso88591') return { text: bytes.toString('latin1'), badLines: new Set() };
  if (!['utf8', 'utf-8'].includes(encoding)) throw unsupported(`COPY with ENCODING ${encoding}`);
  const plain = bytes.subarray(bytes.subarray(0, 3).equals(BYTE_ORDER_MARK) ? 3 : 0);
  if (isUtf8(plain)) return { text: plain.toString('utf8'), badLines: new Set() };
  const { text, badLines } = repair(plain, options.acceptInvChars ?? '?');
  return { text, badLines: options.acceptInvChars === undefined ? badLines : new Set() };
}

const BYTE_ORDER_MARK = Buffer.from([0xef, 0xbb, 0xbf]);

/** Valid sequences kept, each byte of an invalid one replaced. */
function repair(bytes: Buffer, replacement: string): { text: string; badLines: ReadonlySet<number> } {
  const parts: string[] = [];
  const badLines = new Set<number>();
  let line = 1;
  for (let start = 0; start < bytes.length; line++) {
    const feed = bytes.indexOf(10, start);
    const whole = bytes.subarray(start, feed < 0 ? bytes.length : feed + 1);
    start += whole.length;
    if (isUtf8(whole)) parts.push(whole.toString('utf8'));
    else {
      badLines.add(line);
      parts.push(repairLine(whole, replacement));
    }
  }
  return { text: parts.join(''), badLines };
}

function repairLine(bytes: Buffer, replacement: string): string {
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const lead = bytes[at] as number;
    const sequence = bytes.subarray(at, at + (lead < 0xc0 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4));
    const valid = isUtf8(sequence);
    parts.push(valid ? sequence.toString('utf8') : replacement);
    at += valid ? sequence.length : 1;
  }
  return parts.join('');
}

export function* readRecords(text: string, options: CopyOptions): Generator<CopyRecord> {
  const source = options.format === 'csv' ? readCsv(text, options) : readLines(text, options);
  let skipped = 0;
  for (const record of source) {
    if (skipped < options.ignoreHeader) {
      skipped++;
      continue;
    }
    if (options.flags.has('ignoreblanklines') && /^\s*$/.test(record.raw) && record.raw.trim() === '') continue;
    yield record;
  }
}

/** Lines of text; with ESCAPE a backslash before the line feed keeps the line going. */
function* readLines(text: string, options: CopyOptions): Generator<CopyRecord> {
  const escape = options.flags.has('escape');
  const widths = options.format === 'fixedwidth' ? parseWidths(options.fixedWidth ?? '') : undefined;
  let line = 1;
  let at = 0;
  while (at < text.length) {
    let end = text.indexOf('\n', at);
    const first = line;
    while (end >= 0 && escape && isEscaped(text, at, end)) {
      line++;
      end = text.indexOf('\n', end + 1);
    }
    if (end < 0) end = text.length;
    const raw = text.slice(at, text[end - 1] === '\r' && end > at ? end - 1 : end);
    at = end + 1;
    line++;
    yield { line: first, raw, ...(widths ? { fields: cutWidths(raw, widths) } : splitLine(raw, options)) };
  }
}

function isEscaped(text: string, start: number, at: number): boolean {
  let count = 0;
  for (let index = at - 1; index >= start && text[index] === '\\'; index--) count++;
  return count % 2 === 1;
}

export function parseWidths(spec: string): { name: string; width: number }[] {
  return spec.split(',').map((part) => {
    const match = /^\s*([^:]+?)\s*:\s*(\d+)\s*$/.exec(part);
    if (!match || Number(match[2]) < 1) throw new RedshiftError(`invalid FIXEDWIDTH specification "${part}"`);
    return { name: match[1] as string, width: Number(match[2]) };
  });
}

function cutWidths(raw: string, widths: readonly { width: number }[]): Field[] {
  const characters = [...raw];
  let at = 0;
  return widths.map(({ width }) => {
    const text = characters.slice(at, at + width).join('');
    at += width;
    return { text };
  });
}

function splitLine(raw: string, options: CopyOptions): { fields?: Field[]; problem?: string } {
  const delimiter = options.delimiter ?? '|';
  const escape = options.flags.has('escape');
  const quotes = options.flags.has('removequotes');
  if (!escape && !quotes) return { fields: raw.split(delimiter).map((text) => ({ text })) };
  const fields: Field[] = [];
  let at = 0;
  for (;;) {
    const open = raw[at];
    let text = '';
    let quoted = false;
    if (quotes && (open === '"' || open === "'")) {
      let close = at + 1;
      while (
        close < raw.length &&
        !(raw[close] === open && (raw[close + 1] === delimiter || close + 1 === raw.length))
      ) {
        if (escape && raw[close] === '\\') close++;
        close++;
      }
      if (close >= raw.length) return { problem: 'Delimiter not found: no closing quote' };
      text = escape ? unescape(raw.slice(at + 1, close)) : raw.slice(at + 1, close);
      quoted = true;
      at = close + 1;
    } else {
      let end = at;
      while (end < raw.length && raw[end] !== delimiter) end += escape && raw[end] === '\\' ? 2 : 1;
      const source = raw.slice(at, end);
      // The NULL marker \N is recognized before escapes are taken out.
      const marker = options.nullAs ?? '\\N';
      text = !escape || source === marker ? source : unescape(source);
      quoted = escape && source !== text && source !== marker;
      at = Math.min(end, raw.length);
    }
    fields.push({ text, quoted });
    if (at >= raw.length) return { fields };
    at++;
    if (at === raw.length) {
      fields.push({ text: '' });
      return { fields };
    }
  }
}

function unescape(text: string): string {
  return text.replace(/\\([\s\S])/g, '$1');
}

function* readCsv(text: string, options: CopyOptions): Generator<CopyRecord> {
  const delimiter = options.delimiter ?? ',';
  const quote = options.quote ?? '"';
  let at = 0;
  let line = 1;
  while (at < text.length) {
    const start = at;
    const first = line;
    const fields: Field[] = [];
    let problem: string | undefined;
    for (;;) {
      if (text[at] === quote) {
        let value = '';
        let closed = false;
        at++;
        while (at < text.length) {
          const char = text[at] as string;
          if (char === '\n') line++;
          if (char === quote) {
            if (text[at + 1] === quote) at++;
            else {
              closed = true;
              at++;
              break;
            }
          }
          value += char;
          at++;
        }
        if (!closed) problem = 'Invalid quote formatting for CSV: no closing quote';
        else if (at < text.length && text[at] !== delimiter && text[at] !== '\n' && text[at] !== '\r')
          problem = 'Invalid quote formatting for CSV';
        fields.push({ text: value, quoted: true });
        while (problem && at < text.length && text[at] !== '\n') at++;
      } else {
        let end = at;
        while (end < text.length && text[end] !== delimiter && text[end] !== '\n') end++;
        let value = text.slice(at, end);
        if ((end >= text.length || text[end] === '\n') && value.endsWith('\r')) value = value.slice(0, -1);
        if (value.includes(quote)) problem = 'Invalid quote formatting for CSV';
        fields.push({ text: value });
        at = end;
      }
      if (text[at] === '\r' && text[at + 1] === '\n') at++;
      if (text[at] === delimiter && !problem) {
        at++;
        continue;
      }
      break;
    }
    const raw = text.slice(start, at).replace(/\r$/, '');
    at++;
    line++;
    yield { line: first, raw, fields: problem ? undefined : fields, problem };
  }
}
