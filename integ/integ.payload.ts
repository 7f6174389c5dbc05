// Outputs at their limit travel through a run; one above it fails its task by name, before Step Functions ends the run with
// States.DataLimitExceeded.

import { Duration } from 'aws-cdk-lib';
import { LambdaTask, Pipeline } from '../lib';
import { Case, file } from './run-case';

const it = new Case('Payload');
const code = file('index.mjs', "export const handler = async ({ size }) => ({ text: 'x'.repeat(size) });\n");

function pipeline(id: string, size: number): Pipeline {
  const made = new Pipeline(it.stack, id, { timeout: Duration.minutes(10) });
  const big = new LambdaTask(made, 'Big', { code, payload: { size } });
  new LambdaTask(made, 'Reads', { code, payload: { size: 1, given: big.output('text') } });
  return made;
}

it.expectEnd(it.start(pipeline('Within', 30_000)), { status: 'SUCCEEDED', within: Duration.minutes(5) });
it.expectEnd(it.start(pipeline('Above', 200_000)), { status: 'FAILED', cause: 'Big', within: Duration.minutes(5) });
