import { expect, it } from 'vitest';
import { readableCause } from '../../lib/view/cause';

it('tells the exit code of a container', () => {
  const task = {
    Containers: [{ Name: 'main', ExitCode: 2 }],
    StoppedReason: 'Essential container in task exited',
    StopCode: 'EssentialContainerExited',
  };
  expect(readableCause('States.TaskFailed', JSON.stringify(task))).toBe('container main ended with exit code 2');
});

it('tells why a container never ran', () => {
  const task = {
    Containers: [{ Name: 'main', LastStatus: 'STOPPED' }],
    StoppedReason: 'CannotPullContainerError: no such image',
  };
  expect(readableCause('States.TaskFailed', JSON.stringify(task))).toBe(
    'container main did not run; CannotPullContainerError: no such image',
  );
});

it('explains a killed container', () => {
  const task = {
    Containers: [{ Name: 'main', ExitCode: 137, Reason: 'OutOfMemoryError: Container killed due to memory usage' }],
  };
  expect(readableCause('States.TaskFailed', JSON.stringify(task))).toMatch(
    /exit code 137 \(killed: .*\): OutOfMemoryError/,
  );
});

it("takes a function's message and type", () => {
  expect(
    readableCause('KeyError', JSON.stringify({ errorMessage: "'rows'", errorType: 'KeyError', stackTrace: ['...'] })),
  ).toBe("KeyError: 'rows'");
  expect(readableCause('Error', JSON.stringify({ errorMessage: 'no such order', errorType: 'Error', trace: [] }))).toBe(
    'no such order',
  );
});

it('takes the error message of a Glue job run', () => {
  const run = { JobName: 'to-parquet', JobRunState: 'FAILED', ErrorMessage: 'ValueError: no such day' };
  expect(readableCause('States.TaskFailed', JSON.stringify(run))).toBe(
    'job to-parquet ended as FAILED: ValueError: no such day',
  );
});

it('looks into a nested execution', () => {
  const inner = JSON.stringify({ errorMessage: 'boom', errorType: 'Error' });
  const child = { ExecutionArn: 'arn:x', Name: 'child', Status: 'FAILED', Error: 'Error', Cause: inner };
  expect(readableCause('States.TaskFailed', JSON.stringify(child))).toBe('execution child ended as FAILED: boom');
});

it.each([
  ['plain text', 'plain text'],
  ['{broken', '{broken'],
  ['{"a":1}', '{"a":1}'],
  ['', 'States.Timeout'],
  [undefined, 'States.Timeout'],
])('gives %j as it is', (cause, expected) => {
  expect(readableCause('States.Timeout', cause)).toBe(expected);
});
