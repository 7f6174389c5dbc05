// The loopback address that programs of a run (containers, functions, Glue jobs) use as their AWS endpoint. In: requests of
// the AWS SDKs in their own wire protocols. Out: the same answers that the state machine's tasks get, through one function
// `dispatch`. Always: it listens on loopback only, a web page cannot use it, and an error of a stand-in reaches the
// program as that service's own exception. Signatures are not checked: programs carry dummy keys; only the region and the
// service they were signed for are read.

import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Json, ServiceError } from '../engine';
import { isForeignOrigin } from '../s3/authenticate';
import { isLocalHost } from '../s3/request';
import { renderXml } from '../s3/xml';
import { readCall } from './protocol';
import type { Answer, WireRequest } from './wire';

/** One call of an AWS API, whatever protocol it came by. */
export interface GatewayRequest {
  /** The service's signing name, e.g. `glue`, `redshift-data`, `dynamodb`, `states`. */
  readonly service: string;
  /** As in the service's API, e.g. `StartCrawler`. */
  readonly action: string;
  /** From the signature's scope; empty when the request is not signed. */
  readonly region: string;
  readonly input: Json;
}

export interface GatewayOptions {
  /** Answers a call; throws ServiceError for what the service refuses. */
  readonly dispatch: (request: GatewayRequest) => Promise<Json>;
  /** @default 0: any free port */
  readonly port?: number;
  /** Told of failures that are no answer of a stand-in. */
  readonly log?: (line: string) => void;
}

export interface Gateway {
  readonly url: string;
  close(): Promise<void>;
}

const largestBody = 16 << 20;

export async function startGateway(options: GatewayOptions): Promise<Gateway> {
  const server = createServer({ keepAlive: true, keepAliveTimeout: 75_000, requestTimeout: 0 });
  server.on('request', (incoming, response) => void respond(incoming, response, options));
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port ?? 0, '127.0.0.1', resolve);
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function respond(incoming: IncomingMessage, response: ServerResponse, options: GatewayOptions): Promise<void> {
  const requestId = randomUUID();
  let answer: Answer;
  try {
    answer = await handle(incoming, requestId, options);
  } catch (error) {
    // Only the connection itself can fail here: everything later is an answer.
    options.log?.(`${incoming.method} ${incoming.url}: ${String(error)}`);
    response.destroy();
    return;
  }
  response.writeHead(answer.status, {
    ...answer.headers,
    'x-amzn-requestid': requestId,
    'content-length': Buffer.byteLength(answer.body),
  });
  response.end(answer.body);
}

async function handle(incoming: IncomingMessage, requestId: string, options: GatewayOptions): Promise<Answer> {
  const { host = '', origin } = incoming.headers;
  if (!isLocalHost(host) || isForeignOrigin(origin)) {
    return plain(403, `this endpoint answers programs of this machine only, not '${origin ?? host}'`);
  }
  const body = await readBody(incoming);
  if (body === undefined) return plain(413, `a request has at most ${largestBody} bytes`);
  const request = readWire(incoming, body, requestId);
  const call = readCall(request);
  if (call === undefined) {
    const what =
      request.service === ''
        ? `${request.method} ${request.path}`
        : `${request.service}: ${request.method} ${request.path}`;
    const elsewhere = request.service === 's3' ? '; S3 has an address of its own, AWS_ENDPOINT_URL_S3' : '';
    const message = `no stand-in takes this request: ${what}${elsewhere}`;
    return xmlServices.has(request.service) ? plainXml(message, request) : plain(501, message);
  }
  try {
    const { service, action, input } = call;
    return call.answer(await options.dispatch({ service, action, region: request.region, input: input() }));
  } catch (error) {
    if (error instanceof ServiceError) return call.refuse(error);
    options.log?.(
      `${call.service}:${call.action}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return call.refuse(new ServiceError('InternalFailure', error instanceof Error ? error.message : String(error)));
  }
}

function plain(status: number, message: string): Answer {
  return {
    status,
    headers: { 'content-type': 'application/json', 'x-amzn-errortype': 'NotImplementedException' },
    body: JSON.stringify({ __type: 'NotImplementedException', message }),
  };
}

// Services whose answers are XML and whose requests are no forms: a JSON document would tell their clients nothing.
const xmlServices = new Set(['s3', 's3-outposts', 'route53', 'cloudfront']);

function plainXml(Message: string, { service, requestId }: WireRequest): Answer {
  const error = { Code: 'NotImplemented', Message, ...(service === 's3' && { RequestId: requestId }) };
  const body =
    service === 's3'
      ? renderXml('Error', error, false)
      : renderXml('ErrorResponse', { Error: { Type: 'Sender', ...error }, RequestId: requestId }, false);
  return { status: 501, headers: { 'content-type': 'text/xml' }, body };
}

async function readBody(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of incoming as AsyncIterable<Buffer>) {
    size += piece.length;
    if (size > largestBody) return undefined;
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function readWire(incoming: IncomingMessage, body: Buffer, requestId: string): WireRequest {
  const [path = '/', query = ''] = (incoming.url ?? '/').split('?', 2);
  const scope = /Credential=[^,\s]*?\/\d{8}\/([^/,\s]+)\/([^/,\s]+)\/aws4_request/.exec(
    incoming.headers.authorization ?? '',
  );
  return {
    method: incoming.method ?? 'GET',
    path,
    query: new URLSearchParams(query),
    header: (name) => {
      const value = incoming.headers[name];
      return Array.isArray(value) ? value.join(', ') : value;
    },
    body,
    region: scope?.[1] ?? '',
    service: scope?.[2] ?? '',
    requestId,
  };
}
