// A proxy on loopback that keeps what passes through it. In: the server behind it. Out: its address, and each different request with its answers.

import { createServer, request as forward } from 'node:http';
import { type Answered, type Asked, askedBy, bodyOf, type Exchange, keyOf } from './exchange';

export interface RecordingProxy {
  readonly url: string;
  exchanges(): readonly Exchange[];
  close(): Promise<void>;
}

export async function recordingProxy(target: string): Promise<RecordingProxy> {
  const kept = new Map<string, Exchange>();
  const keep = (asked: Asked, answer: Answered) => {
    const exchange = kept.get(keyOf(asked)) ?? { asked, answers: [] };
    kept.set(keyOf(asked), exchange);
    // Asked again with the same answer, it is the same exchange.
    if (JSON.stringify(exchange.answers.at(-1)) !== JSON.stringify(answer)) exchange.answers.push(answer);
  };
  const server = createServer((incoming, outgoing) => {
    void askedBy(incoming).then((asked) => {
      const { method, headers } = incoming;
      const passed = forward(new URL(asked.path, target), { method, headers }, (response) => {
        void bodyOf(response).then((body) => {
          const { statusCode: status = 500, headers: told } = response;
          keep(asked, answerOf(status, told['content-type'] ?? '', body));
          const { 'transfer-encoding': _, ...plain } = told;
          outgoing.writeHead(status, { ...plain, 'content-length': body.length });
          outgoing.end(body);
        });
      });
      passed.end(asked.body);
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    exchanges: () => [...kept.values()],
    close: () => new Promise((done) => server.close(() => done())),
  };
}

function answerOf(status: number, type: string, body: Buffer): Answered {
  const text = body.toString('utf8');
  return Buffer.from(text, 'utf8').equals(body)
    ? { status, type, body: text }
    : { status, type, encoding: 'base64', body: body.toString('base64') };
}
