// A task token that is answered by the very execution that waits for it: what no page of AWS permits or forbids. The crossing edges below
// cannot be nested, so one of them becomes a rendezvous; a run that ends in time proves that it wakes.

import { Duration } from 'aws-cdk-lib';
import { LambdaTask, Pipeline } from '../lib';
import { Case, file } from './run-case';

const it = new Case('Rendezvous');
const crossing = new Pipeline(it.stack, 'Crossing', { timeout: Duration.minutes(10) });
const code = file(
  'index.mjs',
  'export const handler = async ({ ms }) => { await new Promise((done) => setTimeout(done, ms)); return {}; };\n',
);
const task = (id: string, ms: number) => new LambdaTask(crossing, id, { code, payload: { ms } });
const [a, b, c, d] = [task('A', 3000), task('B', 100), task('C', 100), task('D', 100)];
// c waits for a and b, d for b alone: the wait begins before the token is answered in one order, after it in the other.
a.next(c);
b.next(c, d);
const [e, f] = [task('E', 100), task('F', 2000)];
c.next(e);
d.next(e, f);
f.next(task('G', 100));
it.expectEnd(it.start(crossing), { status: 'SUCCEEDED', within: Duration.minutes(5) });
