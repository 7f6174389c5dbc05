// What was asked of a service and what it answered. In: an HTTP request. Out: what makes it the same as another one.

import type { IncomingMessage } from 'node:http';

export interface Asked {
  readonly method: string;
  readonly path: string;
  /** The operation, where the protocol says it in a header. */
  readonly target?: string;
  readonly body: string;
}

export interface Answered {
  readonly status: number;
  readonly type: string;
  /** Bytes that are no text are written in base64. */
  readonly encoding?: 'base64';
  readonly body: string;
}

/** The same request may be answered differently as time goes on: the answers in their order. */
export interface Exchange {
  readonly asked: Asked;
  readonly answers: Answered[];
}

export async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of message) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

export async function askedBy(request: IncomingMessage): Promise<Asked> {
  const target = request.headers['x-amz-target'];
  return {
    method: request.method ?? 'GET',
    path: request.url ?? '/',
    ...(typeof target === 'string' && { target }),
    body: (await bodyOf(request)).toString('utf8'),
  };
}

export function keyOf({ method, path, target = '', body }: Asked): string {
  return `${method} ${path} ${target} ${body}`;
}
