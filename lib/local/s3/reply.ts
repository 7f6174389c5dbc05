// What an operation answers, before it is HTTP: a status, headers, and a document or a stretch of a file.
import type { FileHandle } from 'node:fs/promises';
import { renderXml, type XmlValue } from './xml';

export interface Reply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body?: string | FileBody;
}

/** Bytes of an open file; whoever sends them closes it. */
export interface FileBody {
  readonly handle: FileHandle;
  readonly start: number;
  readonly length: number;
}

export function xmlReply(root: string, value: XmlValue, headers: Reply['headers'] = {}, withNamespace = true): Reply {
  return {
    status: 200,
    headers: { 'content-type': 'application/xml', ...headers },
    body: renderXml(root, value, withNamespace),
  };
}

export function emptyReply(status: number, headers: Reply['headers'] = {}): Reply {
  return { status, headers };
}

export const quoted = (etag: string): string => `"${etag}"`;
