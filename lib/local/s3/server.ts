// The S3 endpoint: HTTP in, the store behind. In: a root folder. Out: a loopback URL that S3 clients use as their endpoint.
// Always: it listens on loopback only, every answer carries a request id, an error is S3's document, and a failure of one
// request never ends the process.
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { authenticate, defaultCredentials, isForeignOrigin, type Credentials, type Identity } from './authenticate';
import { corsHeaders } from './cors';
import { MultipartUploads } from './multipart-uploads';
import type { FileBody, Reply } from './reply';
import { emptyReply } from './reply';
import { isLocalHost, readRequest, type S3Request } from './request';
import { route } from './route';
import { fromFileSystem, S3Error } from './s3-error';
import { S3Store, type S3StoreOptions } from './store';
import { renderXml } from './xml';

export interface S3ServerOptions extends S3StoreOptions {
  /** @default 0: any free port */
  readonly port?: number;
  /** A loopback address; anything else is refused. @default 127.0.0.1 */
  readonly host?: string;
  /**
   * Access keys and their secrets; every other key is then refused.
   * @default the key `headrace` with the secret `headrace-local-secret`; unknown keys are let in without a check, because
   * local tools carry dummy keys
   */
  readonly credentials?: Readonly<Record<string, string>>;
  /** With true, unknown access keys are let in although `credentials` are given. @default false with credentials */
  readonly acceptUnknownKeys?: boolean;
  /** The region of buckets that were created without one. @default us-east-1 */
  readonly region?: string;
  /** Told one line for every request that failed for a reason of this endpoint's own. */
  readonly log?: (line: string) => void;
  /** An existing store on the same folders, to share its view. @default a store of its own */
  readonly store?: S3Store;
}

export interface S3Server {
  readonly url: string;
  readonly port: number;
  close(): Promise<void>;
}

export async function startS3Server(options: S3ServerOptions): Promise<S3Server> {
  const host = options.host ?? '127.0.0.1';
  if (!/^(127(\.\d+){3}|::1|localhost)$/.test(host)) {
    throw new Error(`the S3 endpoint listens on loopback only, not on '${host}': use 127.0.0.1, ::1 or localhost`);
  }
  const endpoint = new Endpoint(options);
  const server = createServer({ keepAlive: true, keepAliveTimeout: 75_000, requestTimeout: 0, headersTimeout: 60_000 });
  server.on('request', (incoming, response) => void endpoint.answer(incoming, response, () => {}));
  server.on('checkContinue', (incoming: IncomingMessage, response: ServerResponse) => {
    let waits = true;
    void endpoint.answer(incoming, response, () => {
      if (waits) response.writeContinue();
      waits = false;
    });
  });
  // An expectation that is not understood is no reason to refuse an upload.
  server.on(
    'checkExpectation',
    (incoming: IncomingMessage, response: ServerResponse) => void endpoint.answer(incoming, response, () => {}),
  );
  server.on('clientError', (_error, socket) => {
    if (socket.writable) socket.end(`HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    else socket.destroy();
  });
  await listen(server, options.port ?? 0, host);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const taken = error.code === 'EADDRINUSE';
      reject(taken ? new Error(`port ${port} of ${host} is in use: choose another one, or 0 for any free one`) : error);
    });
    server.listen(port, host, resolve);
  });
}

class Endpoint {
  private readonly store: S3Store;
  private readonly uploads = new MultipartUploads();
  private readonly credentials: Credentials;
  private readonly region: string;
  private readonly log: (line: string) => void;

  constructor(options: S3ServerOptions) {
    this.store = options.store ?? new S3Store(options);
    this.region = options.region ?? 'us-east-1';
    this.log = options.log ?? (() => {});
    this.credentials = {
      keys: options.credentials ?? defaultCredentials,
      acceptUnknown: options.acceptUnknownKeys ?? options.credentials === undefined,
    };
  }

  async answer(incoming: IncomingMessage, response: ServerResponse, proceed: () => void): Promise<void> {
    const id = randomBytes(8).toString('hex').toUpperCase();
    const common = { 'x-amz-request-id': id, 'x-amz-id-2': `${id}headrace`, server: 'headrace' };
    let cors: Record<string, string> | undefined;
    try {
      const request = readRequest(incoming, proceed);
      const rules = request.bucket === undefined ? undefined : this.store.buckets.find(request.bucket)?.settings.cors;
      cors = corsHeaders(request, rules);
      const reply =
        request.method === 'OPTIONS' ? preflight(request, cors) : await this.operate(request, cors !== undefined);
      await send(response, { ...reply, headers: { ...common, ...cors, ...reply.headers } }, request.method === 'HEAD');
    } catch (error) {
      const known = this.explain(error, incoming);
      if (response.headersSent || response.destroyed) {
        response.destroy();
        return;
      }
      const reply = errorReply(known, incoming, id);
      await send(
        response,
        { ...reply, headers: { ...common, ...cors, ...reply.headers } },
        incoming.method === 'HEAD',
      ).catch(() => response.destroy());
    }
  }

  private async operate(request: S3Request, corsAllowed: boolean): Promise<Reply> {
    const host = request.header('host') ?? '';
    if (!isLocalHost(host))
      throw new S3Error('AccessDenied', `this endpoint answers only under a name of this machine, not '${host}'`);
    const isForm = request.method === 'POST' && /^multipart\/form-data/i.test(request.header('content-type') ?? '');
    const identity: Identity = isForm
      ? { anonymous: true, verified: false }
      : authenticate(request, this.credentials, Date.now());
    if (
      !identity.verified &&
      !corsAllowed &&
      isForeignOrigin(request.header('origin')) &&
      !['GET', 'HEAD'].includes(request.method)
    ) {
      throw new S3Error(
        'AccessDenied',
        `a page of ${request.header('origin')} may write only with a signature that can be checked, or by a CORS rule of the bucket`,
      );
    }
    const { store, uploads, region, credentials } = this;
    return await route(request)({ request, identity, store, uploads, region, credentials });
  }

  private explain(error: unknown, incoming: IncomingMessage): S3Error {
    const known = fromFileSystem(error);
    if (known instanceof S3Error) return known;
    const isGone =
      (error as NodeJS.ErrnoException).code === 'ERR_STREAM_PREMATURE_CLOSE' ||
      (incoming.destroyed && !incoming.complete);
    if (isGone) return new S3Error('IncompleteBody');
    this.log(
      `${incoming.method} ${incoming.url}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
    return new S3Error('InternalError');
  }
}

function preflight(request: S3Request, cors: Record<string, string> | undefined): Reply {
  if (request.header('origin') === undefined || request.header('access-control-request-method') === undefined) {
    throw new S3Error(
      'InvalidRequest',
      'insufficient information: a preflight needs Origin and Access-Control-Request-Method',
    );
  }
  if (cors === undefined) throw new S3Error('AccessDenied', 'CORSResponse: this CORS request is not allowed');
  return emptyReply(200);
}

function errorReply(error: S3Error, incoming: IncomingMessage, id: string): Reply {
  if (error.status === 304) return emptyReply(304);
  const resource = (incoming.url ?? '/').split('?')[0];
  const body = renderXml(
    'Error',
    {
      Code: error.wireCode,
      Message: error.message,
      ...error.details,
      Resource: resource,
      RequestId: id,
      HostId: `${id}headrace`,
    },
    false,
  );
  return { status: error.status, headers: { 'content-type': 'application/xml' }, body };
}

async function send(response: ServerResponse, { status, headers, body }: Reply, isHead: boolean): Promise<void> {
  response.statusCode = status;
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) response.setHeader(name, value);
  if (body === undefined || typeof body === 'string') {
    if (!isHead && status !== 204 && status !== 304)
      response.setHeader('content-length', Buffer.byteLength(body ?? ''));
    response.end(isHead ? undefined : body);
    return;
  }
  await sendFile(response, body);
}

async function sendFile(response: ServerResponse, { handle, start, length }: FileBody): Promise<void> {
  try {
    if (length === 0) {
      response.end();
      return;
    }
    const stream = handle.createReadStream({
      start,
      end: start + length - 1,
      highWaterMark: 1 << 20,
      autoClose: false,
    });
    await pipeline(stream, response);
  } finally {
    await handle.close();
  }
}
