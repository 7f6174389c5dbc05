// A proxy before the emulator that answers some requests as an overloaded AWS, or one that does not know the caller any more, would. In:
// the emulator's address. Out: its own, and how many requests came.

import { createServer, request as forward } from 'node:http';

export interface FaultyProxy {
  readonly url: string;
  /** The next so many requests are answered with this error; only those whose operation matches, if that is said. */
  fail(
    error: 'ThrottlingException' | 'ExpiredTokenException' | 'AccessDeniedException',
    times: number,
    only?: RegExp,
  ): void;
  /** When each request came, milliseconds since the epoch. */
  readonly requests: number[];
  close(): Promise<void>;
}

const MESSAGES = {
  ThrottlingException: 'Rate exceeded',
  AccessDeniedException: 'User: arn:aws:iam::000000000000:user/ops is not authorized to perform: logs:GetLogEvents',
  ExpiredTokenException: 'The security token included in the request is expired',
};

export async function faultyProxy(target: string): Promise<FaultyProxy> {
  let fault: { error: keyof typeof MESSAGES; times: number; only: RegExp } | undefined;
  const requests: number[] = [];
  const server = createServer((incoming, outgoing) => {
    requests.push(Date.now());
    const operation = String(incoming.headers['x-amz-target'] ?? '');
    if (fault !== undefined && fault.times > 0 && fault.only.test(operation)) {
      fault.times -= 1;
      incoming.resume();
      outgoing.writeHead(400, { 'content-type': 'application/x-amz-json-1.0' });
      outgoing.end(
        JSON.stringify({ __type: `com.amazon.coral.availability#${fault.error}`, message: MESSAGES[fault.error] }),
      );
      return;
    }
    const { method, headers, url } = incoming;
    const passed = forward(new URL(url ?? '/', target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    incoming.pipe(passed);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const address = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${address.port}`,
    requests,
    fail: (error, times, only = /(?:)/) => {
      requests.length = 0;
      fault = { error, times, only };
    },
    close: () => new Promise((done) => server.close(() => done())),
  };
}
