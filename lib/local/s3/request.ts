// One HTTP request in S3's terms. In: what Node received. Out: bucket and key (path style, or `bucket.localhost`), the
// query, and headers as text. Always: the key is the client's, decoded exactly once; the raw path and query stay at hand
// because signatures are computed over them.
import type { IncomingMessage } from 'node:http';
import { isIP } from 'node:net';
import { S3Error } from './s3-error';

export interface S3Request {
  readonly method: string;
  readonly rawPath: string;
  readonly rawQuery: string;
  readonly query: ReadonlyMap<string, string>;
  readonly bucket?: string;
  readonly key?: string;
  readonly incoming: IncomingMessage;
  /** A header by its lower-case name, its bytes read as UTF-8 when they are. */
  header(name: string): string | undefined;
  /** All headers with their bytes as Latin-1 text, as Node gives and takes them; lower-case names. */
  readonly headers: readonly (readonly [string, string])[];
  /** Tells a waiting client to send its body; a no-op unless it asked with `Expect: 100-continue`. */
  proceed(): void;
}

export function readRequest(incoming: IncomingMessage, proceed: () => void): S3Request {
  const url = (incoming.url ?? '/').replace(/^https?:\/\/[^/?]*/i, '');
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const rawQuery = mark < 0 ? '' : url.slice(mark + 1);
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < incoming.rawHeaders.length; at += 2) {
    headers.push([incoming.rawHeaders[at]!.toLowerCase(), incoming.rawHeaders[at + 1]!]);
  }
  return {
    method: incoming.method ?? 'GET',
    rawPath,
    rawQuery,
    query: readQuery(rawQuery),
    ...readAddress(rawPath, incoming.headers.host ?? ''),
    incoming,
    headers,
    header: (name) => {
      const values = headers.filter(([each]) => each === name).map(([, value]) => readText(value));
      return values.length === 0 ? undefined : values.join(', ');
    },
    proceed,
  };
}

/** The pairs of a query or form-encoded text; the first of equal names counts. */
export function readQuery(raw: string): Map<string, string> {
  const query = new Map<string, string>();
  for (const pair of raw.split('&')) {
    if (pair === '') continue;
    const equals = pair.indexOf('=');
    const name = decode((equals < 0 ? pair : pair.slice(0, equals)).replaceAll('+', ' '));
    if (!query.has(name)) query.set(name, equals < 0 ? '' : decode(pair.slice(equals + 1).replaceAll('+', ' ')));
  }
  return query;
}

/** Percent-decodes UTF-8; fails with InvalidURI. */
export function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new S3Error('InvalidURI');
  }
}

function readAddress(rawPath: string, host: string): { bucket?: string; key?: string } {
  const hosted = hostedBucket(host);
  const path = rawPath.startsWith('/') ? rawPath.slice(1) : rawPath;
  if (hosted !== undefined) return path === '' ? { bucket: hosted } : { bucket: hosted, key: decode(path) };
  const slash = path.indexOf('/');
  const bucket = decode(slash < 0 ? path : path.slice(0, slash));
  const key = slash < 0 ? '' : decode(path.slice(slash + 1));
  return { ...(bucket !== '' && { bucket }), ...(key !== '' && { key }) };
}

// `bucket.localhost`, `bucket.s3.localhost`, `bucket.s3.eu-west-1.localhost`; `s3.localhost` names no bucket.
function hostedBucket(host: string): string | undefined {
  const name = host.replace(/:\d+$/, '').toLowerCase();
  if (!name.endsWith('.localhost')) return undefined;
  const left = name.slice(0, -'.localhost'.length).replace(/(^|\.)s3([.-][a-z0-9-]+)?$/, '');
  return left === '' ? undefined : left;
}

/**
 * Whether a Host header can belong to a program of this machine. A name that the public DNS can point here cannot: a web
 * page could use it to reach this endpoint as if it were its own origin.
 */
export function isLocalHost(host: string): boolean {
  const name = host
    .replace(/:\d+$/, '')
    .replace(/^\[|\]$/g, '')
    .toLowerCase();
  return name === 'localhost' || name.endsWith('.localhost') || name === 'host.docker.internal' || isIP(name) !== 0;
}

// Node reads header bytes as Latin-1; S3 clients send UTF-8.
function readText(value: string): string {
  if (!/[\u0080-\u00ff]/.test(value)) return value;
  const text = Buffer.from(value, 'latin1').toString('utf8');
  return text.includes('\ufffd') ? value : text;
}

/** A kept header or a text as Node must be given it: bytes as Latin-1, other text as its UTF-8 bytes. */
export function headerText(value: string): string {
  const safe = value.replace(/[\u0000-\u0008\u000a-\u001f\u007f]/g, ' ');
  return /[^\u0000-\u00ff]/.test(safe) ? Buffer.from(safe, 'utf8').toString('latin1') : safe;
}
