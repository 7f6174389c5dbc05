// The engine's contract on an engine that is not ours: what both answer alike is what a local run can promise.

import { inject } from 'vitest';
import type { Json } from '../../lib/local/engine';
import { engineContract } from '../local/engine.case';
import { Emulator } from './emulator';
import { type Answer, writeMocks } from './mocks';

const emulator = new Emulator(inject('url'));
let runs = 0;

engineContract({
  skip: [
    {
      reason: 'it lets States.ALL catch States.Runtime, which the Step Functions guide rules out',
      tests: ['JSONPath: a missing path ends the execution, whatever is caught'],
    },
  ],
  async run({ definition, input, mocks = {} }) {
    const name = `contract-${runs++}`;
    const mocked = Object.keys(mocks).length > 0;
    const answers = Object.entries(mocks).map(([state, list]): [string, Answer[]] => [
      state,
      list.map((answer) =>
        'return' in answer
          ? { Return: answer.return }
          : { Throw: { Error: answer.throw.error, Cause: answer.throw.cause } },
      ),
    ]);
    if (mocked) await writeMocks(inject('mockFile'), new Map([[name, Object.fromEntries(answers)]]));
    await emulator.create(name, definition);
    const { status, output, error } = await emulator.run(name, input, { mocked, limitSeconds: 60 });
    await emulator.delete(name);
    return {
      status,
      ...(output !== undefined && { output: JSON.parse(output) as Json }),
      ...(error !== undefined && { error }),
    };
  },
});
