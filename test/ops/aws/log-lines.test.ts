// Which lines of a stream are those of one invocation of a function.

import { describe, expect, it } from 'vitest';
import { ofInvocation } from '../../../lib/ops/aws/log-lines';

const ID = '4f2a6c1e-0b1d-4c55-9d7e-6f1f0a5b7c11';
const OTHER = '9c7e1d02-55aa-4b1f-8e0c-2f3b6d9a1e22';
const start = (id: string) => `START RequestId: ${id} Version: $LATEST`;
const end = (id: string) => `END RequestId: ${id}`;
const report = (id: string) => `REPORT RequestId: ${id} Duration: 12 ms`;
const before = [end(OTHER), report(OTHER)];

describe('an invocation', () => {
  const own = [start(ID), 'reads', `rows of ${ID}`, 'writes'];

  it.each([
    ['that has ended: from its first line to its report', [...before, ...own, end(ID), report(ID), start(OTHER)], 6],
    ['that goes on: to the last line', [...before, ...own], 4],
    ['that died: until the next one begins', [...before, ...own, start(OTHER), 'reads'], 4],
  ])('%s', (_, lines, count) => {
    expect(ofInvocation(lines, ID)).toEqual(lines.slice(2, 2 + count));
  });

  it('of which only the last lines were read is shown as far as they go', () => {
    expect(ofInvocation(['writes', end(ID), report(ID), start(OTHER)], ID)).toEqual(['writes', end(ID), report(ID)]);
  });

  it('tells so in JSON, too', () => {
    const event = (type: string) => JSON.stringify({ type, record: { requestId: ID } });
    const lines = [event('platform.start'), '{"level":"INFO"}', event('platform.report')];
    expect(ofInvocation(['{"level":"INFO"}', ...lines, 'more'], ID)).toEqual(lines);
  });
});
