// A server on loopback that answers as the services did when they were recorded. In: the name of a recording. Out: its address, what was asked,
// and what was asked that had not been asked then. Always: the same request gets its answers in their order, and the last one from then on.

import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { type Asked, askedBy, type Exchange, keyOf } from './exchange';

export interface Replay {
  readonly url: string;
  readonly asked: Asked[];
  readonly unknown: Asked[];
  close(): Promise<void>;
}

export function recording(name: string): readonly Exchange[] {
  return JSON.parse(readFileSync(join(__dirname, 'recorded', `${name}.json`), 'utf8')) as Exchange[];
}

/** @param answered what is answered in place of what was recorded */
export async function replay(name: string, answered = ({ answers }: Exchange) => answers): Promise<Replay> {
  const left = new Map(recording(name).map((exchange) => [keyOf(exchange.asked), [...answered(exchange)]]));
  const asked: Asked[] = [];
  const unknown: Asked[] = [];
  const server = createServer((incoming, outgoing) => {
    void askedBy(incoming).then((question) => {
      asked.push(question);
      const answers = left.get(keyOf(question));
      if (answers === undefined) {
        unknown.push(question);
        outgoing.writeHead(400, { 'content-type': 'application/x-amz-json-1.1' });
        outgoing.end(JSON.stringify({ __type: 'NotRecorded', message: keyOf(question) }));
        return;
      }
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      outgoing.writeHead(answer.status, { 'content-type': answer.type });
      outgoing.end(Buffer.from(answer.body, answer.encoding ?? 'utf8'));
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as { port: number };
  return {
    url: `http://127.0.0.1:${port}`,
    asked,
    unknown,
    close: () => new Promise((done) => server.close(() => done())),
  };
}
