import { describe, expect, it } from 'vitest';
import { wallClock } from '../../../lib/local/asl/clock';
import { type Json, ServiceError } from '../../../lib/local/engine';
import { engineContract } from '../engine.case';
import { eventTypes, PREFIX, rigFor } from './harness';

engineContract({
  async run({ definition, input, mocks = {} }) {
    const rig = rigFor(definition, {
      call: ({ stateName, attempt }) => {
        const answer = mocks[stateName]?.[attempt];
        if (!answer) {
          throw new Error(`no answer for attempt ${attempt} of ${stateName}`);
        }
        if ('throw' in answer) {
          throw new ServiceError(answer.throw.error, answer.throw.cause);
        }
        return answer.return;
      },
    });
    return rig.start(input).done;
  },
});

const task = (fields: { [field: string]: Json } = {}): Json => ({
  Type: 'Task',
  Resource: 'arn:aws:states:::lambda:invoke',
  Arguments: {},
  ...fields,
  End: true,
});
const machine = (states: { [name: string]: Json }): Json => ({
  QueryLanguage: 'JSONata',
  StartAt: Object.keys(states)[0]!,
  States: states,
});

describe('time', () => {
  it('waits a day without waiting', async () => {
    const rig = rigFor(machine({ W: { Type: 'Wait', Seconds: 86_400, End: true } }));
    const before = rig.clock.now();
    await rig.start().done;
    expect(rig.clock.now() - before).toBe(86_400_000);
  });

  it('waits between attempts as Retry says', async () => {
    const at: number[] = [];
    const retry = {
      ErrorEquals: ['States.ALL'],
      IntervalSeconds: 3,
      BackoffRate: 2,
      MaxAttempts: 4,
      MaxDelaySeconds: 10,
    };
    const rig = rigFor(machine({ T: task({ Retry: [retry] }) }), {
      call: () => {
        at.push(rig.clock.now());
        throw new ServiceError('Busy');
      },
    });
    await rig.start().done;
    expect(at.map((time) => (time - at[0]!) / 1_000)).toEqual([0, 3, 9, 19, 29]);
  });

  it('draws the jitter from the whole delay', async () => {
    const at: number[] = [];
    const retry = { ErrorEquals: ['States.ALL'], IntervalSeconds: 10, MaxAttempts: 1, JitterStrategy: 'FULL' };
    const rig = rigFor(machine({ T: task({ Retry: [retry] }) }), {
      random: () => 0.25,
      call: () => {
        at.push(rig.clock.now());
        throw new ServiceError('Busy');
      },
    });
    await rig.start().done;
    expect(at[1]! - at[0]!).toBe(2_500);
  });

  it('times a task out and aborts its call', async () => {
    let aborted = false;
    const rig = rigFor(machine({ T: task({ TimeoutSeconds: 5 }) }), {
      call: ({ signal }) =>
        new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            aborted = true;
            reject(new Error('stopped'));
          });
        }),
    });
    const execution = rig.start();
    expect(await execution.done).toEqual({ status: 'FAILED', error: 'States.Timeout' });
    expect(aborted).toBe(true);
    expect(eventTypes(execution)).toEqual(['TaskStateEntered', 'TaskScheduled', 'TaskStarted', 'TaskTimedOut']);
  });

  it('a heartbeat keeps a task alive', async () => {
    const rig = rigFor(machine({ T: task({ HeartbeatSeconds: 5 }) }), {
      call: async ({ heartbeat, signal }) => {
        for (let beat = 0; beat < 4; beat += 1) {
          await rig.clock.sleep(4_000, signal);
          heartbeat();
        }
        return 'alive';
      },
    });
    expect(await rig.start().done).toEqual({ status: 'SUCCEEDED', output: 'alive' });
  });

  it('a missed heartbeat is caught by either name', async () => {
    for (const name of ['States.HeartbeatTimeout', 'States.Timeout']) {
      const definition = machine({
        T: task({ HeartbeatSeconds: 5, Catch: [{ ErrorEquals: [name], Next: 'C' }] }),
        C: { Type: 'Pass', Output: 'caught', End: true },
      });
      const rig = rigFor(definition, { call: () => new Promise(() => undefined) });
      expect(await rig.start().done).toEqual({ status: 'SUCCEEDED', output: 'caught' });
    }
  });

  it('times the whole execution out', async () => {
    const definition = { ...(machine({ W: { Type: 'Wait', Seconds: 60, End: true } }) as object), TimeoutSeconds: 10 };
    const execution = rigFor(definition as Json).start();
    expect((await execution.done).status).toBe('TIMED_OUT');
    expect(execution.history.map((event) => event.type).slice(-2)).toEqual(['WaitStateAborted', 'ExecutionTimedOut']);
  });

  it.each([400 * 86_400, 1e308])('fails after a year where it would wait for %d s', async (Seconds) => {
    const execution = rigFor(machine({ W: { Type: 'Wait', Seconds, End: true } })).start();
    expect(await execution.done).toMatchObject({ status: 'FAILED', error: 'States.Timeout' });
    const [first, last] = [execution.history[0]!, execution.history.at(-1)!].map((event) =>
      Date.parse(event.timestamp),
    );
    expect(last! - first!).toBe(365 * 86_400_000);
  });

  it('tries no more where the next attempt would be in the next year', async () => {
    const Retry = [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, BackoffRate: 1e300, MaxAttempts: 9 }];
    let calls = 0;
    const call = () => {
      calls += 1;
      throw new ServiceError('No', 'because');
    };
    const execution = rigFor(machine({ T: task({ Retry }) }), { call }).start();
    expect(await execution.done).toMatchObject({ status: 'FAILED', error: 'No' });
    expect(calls).toBe(2);
  });

  it('runs on the wall clock', async () => {
    const rig = rigFor(machine({ W: { Type: 'Wait', Seconds: 1, End: true } }), { clock: wallClock });
    const before = Date.now();
    await rig.start().done;
    expect(Date.now() - before).toBeGreaterThanOrEqual(990);
  });
});

describe('stop', () => {
  it('aborts what runs, with error and cause', async () => {
    const rig = rigFor(machine({ T: task() }), { call: () => new Promise(() => undefined) });
    const execution = rig.start();
    rig.interpreter.stop(execution.arn, 'Enough', 'I say so');
    expect(await execution.done).toEqual({ status: 'ABORTED', error: 'Enough', cause: 'I say so' });
    expect(execution.history.map((event) => event.type).slice(-2)).toEqual(['TaskStateAborted', 'ExecutionAborted']);
  });

  it('a failing branch aborts the others, three levels deep', async () => {
    const signals: AbortSignal[] = [];
    const inner = { Type: 'Parallel', Branches: [{ StartAt: 'T', States: { T: task() } }], End: true };
    const definition = machine({
      P: {
        Type: 'Parallel',
        Branches: [
          { StartAt: 'I', States: { I: inner } },
          { StartAt: 'W', States: { W: { Type: 'Wait', Seconds: 1, Next: 'F' }, F: { Type: 'Fail', Error: 'E' } } },
        ],
        End: true,
      },
    });
    const execution = rigFor(definition, {
      call: ({ signal }) => {
        signals.push(signal);
        return new Promise(() => undefined);
      },
    }).start();
    expect(await execution.done).toEqual({ status: 'FAILED', error: 'E' });
    expect(signals.map((signal) => signal.aborted)).toEqual([true]);
    expect(eventTypes(execution)).toEqual(expect.arrayContaining(['TaskStateAborted', 'ParallelStateAborted']));
  });
});

describe('task tokens', () => {
  const definition = machine({
    T: {
      Type: 'Task',
      Resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
      Arguments: { MessageBody: '{% $states.context.Task.Token %}' },
      End: true,
    },
  });

  it('waits for the token, even when it is answered before the call returns', async () => {
    const rig = rigFor(definition, {
      call: ({ arguments: args }, { interpreter }) => {
        interpreter.sendTaskSuccess((args as { MessageBody: string }).MessageBody, { ok: true });
        return { MessageId: '1' };
      },
    });
    const execution = rig.start();
    expect(await execution.done).toEqual({ status: 'SUCCEEDED', output: { ok: true } });
    expect(eventTypes(execution)).toEqual([
      'TaskStateEntered',
      'TaskScheduled',
      'TaskStarted',
      'TaskSubmitted',
      'TaskSucceeded',
      'TaskStateExited',
    ]);
  });

  it('tells a used token from an unknown one', async () => {
    let token = '';
    const rig = rigFor(definition, {
      call: ({ taskToken }) => {
        token = taskToken!;
        return {};
      },
    });
    const execution = rig.start();
    await new Promise((resolve) => setImmediate(resolve));
    rig.interpreter.sendTaskFailure(token, 'No', 'because');
    expect(await execution.done).toEqual({ status: 'FAILED', error: 'No', cause: 'because' });
    expect(() => rig.interpreter.sendTaskSuccess(token, {})).toThrow('Task Timed Out');
    expect(() => rig.interpreter.sendTaskSuccess('nonsense', {})).toThrow('Invalid Token');
  });
});

describe('nested executions', () => {
  const child = machine({
    C: { Type: 'Choice', Choices: [{ Condition: '{% $states.input.fail %}', Next: 'F' }], Default: 'S' },
    F: { Type: 'Fail', Error: 'ChildFailed', Cause: 'on purpose' },
    S: { Type: 'Pass', Output: { doubled: '{% $states.input.n * 2 %}' }, End: true },
  });
  const parent = (resource: string): Json =>
    machine({
      T: {
        Type: 'Task',
        Resource: `arn:aws:states:::states:${resource}`,
        Arguments: { StateMachineArn: `${PREFIX}child`, Input: '{% $states.input %}' },
        End: true,
      },
    });
  const run = (resource: string, input: Json) =>
    rigFor(parent(resource), {
      machines: (arn) => ({
        definition: arn.endsWith('child') ? child : parent(resource),
        name: arn.slice(PREFIX.length),
        arn,
      }),
    }).start(input);

  it('.sync:2 answers the output as a value, .sync as text', async () => {
    const two = (await run('startExecution.sync:2', { n: 4, fail: false }).done).output as { Output: Json };
    expect(two.Output).toEqual({ doubled: 8 });
    const one = (await run('startExecution.sync', { n: 4, fail: false }).done).output as { Output: Json };
    expect(one.Output).toBe('{"doubled":8}');
  });

  it('fails with the description of the failed child', async () => {
    const result = await run('startExecution.sync:2', { n: 1, fail: true }).done;
    expect(result.error).toBe('States.TaskFailed');
    expect(JSON.parse(result.cause!)).toMatchObject({ Error: 'ChildFailed', Cause: 'on purpose', Status: 'FAILED' });
  });

  it('does not wait without .sync', async () => {
    const { output } = await run('startExecution', { n: 4, fail: true }).done;
    expect(Object.keys(output as object)).toEqual(['ExecutionArn', 'StartDate']);
  });

  it('an unknown machine is the service error', async () => {
    const definition = parent('startExecution');
    const rig = rigFor(definition, {
      machines: (arn) => (arn.endsWith('main') ? { definition, name: 'main', arn } : undefined),
    });
    expect((await rig.start().done).error).toBe('StepFunctions.StateMachineDoesNotExistException');
  });

  it('stopping the parent stops the child', async () => {
    const sleepy = machine({ W: { Type: 'Wait', Seconds: 1_000, End: true } });
    const definition = parent('startExecution.sync:2');
    const rig = rigFor(definition, {
      machines: (arn) => ({
        definition: arn.endsWith('child') ? sleepy : definition,
        name: arn.slice(PREFIX.length),
        arn,
      }),
    });
    const execution = rig.start();
    await rig.clock.sleep(1_000);
    rig.interpreter.stop(execution.arn);
    await execution.done;
    const [, started] = rig.interpreter.list();
    expect((await started!.done).status).toBe('ABORTED');
  });
});

describe('redrive', () => {
  it('runs on from the failed state with its input and variables', async () => {
    let broken = true;
    const calls: string[] = [];
    const definition = machine({
      A: { ...(task({ Assign: { kept: 'yes' } }) as object), End: undefined, Next: 'B' } as unknown as Json,
      B: task({ Output: '{% $kept & $states.result %}' }),
    });
    const rig = rigFor(JSON.parse(JSON.stringify(definition)) as Json, {
      call: ({ stateName }) => {
        calls.push(stateName);
        if (stateName === 'B' && broken) {
          throw new ServiceError('Broken');
        }
        return '!';
      },
    });
    const execution = rig.start();
    expect((await execution.done).status).toBe('FAILED');
    broken = false;
    rig.interpreter.redrive(execution.arn);
    expect(await execution.done).toEqual({ status: 'SUCCEEDED', output: 'yes!' });
    expect(calls).toEqual(['A', 'B', 'B']);
    expect(execution.history.map((event) => event.type)).toContain('ExecutionRedriven');
    expect(() => rig.interpreter.redrive(execution.arn)).toThrow('SUCCEEDED');
  });

  it('repeats only the failed branches', async () => {
    let broken = true;
    const calls: string[] = [];
    const branch = (name: string): Json => ({ StartAt: name, States: { [name]: task() } });
    const definition = machine({
      P: { Type: 'Parallel', Branches: [branch('A'), branch('B'), branch('C')], End: true },
    });
    const rig = rigFor(definition, {
      call: async ({ stateName }) => {
        calls.push(stateName);
        await rig.clock.sleep(stateName === 'A' ? 10 : 1_000);
        if (stateName === 'B' && broken) {
          throw new ServiceError('Broken');
        }
        return stateName;
      },
    });
    const execution = rig.start();
    await execution.done;
    broken = false;
    rig.interpreter.redrive(execution.arn);
    expect((await execution.done).output).toEqual(['A', 'B', 'C']);
    expect(calls.filter((name) => name === 'A')).toHaveLength(1);
    expect(calls.filter((name) => name === 'B')).toHaveLength(2);
  });
});

describe('limits', () => {
  it('an endless loop ends at 25,000 events', async () => {
    const execution = rigFor(machine({ A: { Type: 'Pass', Next: 'B' }, B: { Type: 'Pass', Next: 'A' } })).start();
    expect(await execution.done).toEqual({
      status: 'FAILED',
      error: 'States.Runtime',
      cause: 'The execution reached the maximum number of history events (25000).',
    });
    expect(execution.history).toHaveLength(25_000);
  });

  it('an output over 262,144 bytes fails, at the limit it does not', async () => {
    const definition = machine({ T: task() });
    const result = (size: number) => rigFor(definition, { call: () => 'x'.repeat(size - 2) }).start().done;
    expect((await result(262_144)).status).toBe('SUCCEEDED');
    expect((await result(262_145)).error).toBe('States.DataLimitExceeded');
  });

  it('variables over the limit fail', async () => {
    const definition = machine({
      A: { Type: 'Pass', Assign: { a: "{% $pad('', 200000) %}", b: "{% $pad('', 200000) %}" }, Next: 'B' },
      B: { Type: 'Pass', End: true },
    });
    expect((await rigFor(definition).start().done).error).toBe('States.DataLimitExceeded');
  });

  it('a thousand Pass states are one run', async () => {
    const states: { [name: string]: Json } = {};
    for (let index = 0; index < 1_000; index += 1) {
      states[`S${index}`] = { Type: 'Pass', ...(index < 999 ? { Next: `S${index + 1}` } : { End: true }) };
    }
    expect((await rigFor(machine(states)).start().done).status).toBe('SUCCEEDED');
  });

  it('a name runs once; the same input again answers the running one', async () => {
    const rig = rigFor(machine({ W: { Type: 'Wait', Seconds: 1, End: true } }));
    const first = rig.start({ a: 1 }, 'once');
    expect(rig.start({ a: 1 }, 'once')).toBe(first);
    expect(() => rig.start({ a: 2 }, 'once')).toThrow('Execution Already Exists');
    await first.done;
    expect(() => rig.start({ a: 1 }, 'once')).toThrow('Execution Already Exists');
  });
});
