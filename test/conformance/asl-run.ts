// Runs a conformance case on our interpreter: recorded service answers, objects and clock in, what came out as the
// recordings are written (details merged into the event, JSON texts decoded).

import { Interpreter, type HistoryEvent } from '../../lib/local/asl/interpreter';
import { VirtualClock } from '../../lib/local/asl/clock';
import { type TestStateRequest, testState } from '../../lib/local/asl/test-state';
import { validateDefinition } from '../../lib/local/asl/validate';
import { type Json, ServiceError, type Services, type TaskCall } from '../../lib/local/engine';
import type { ConformanceCase, ExpectedEvent, Mock } from './asl-case';
import { matches } from './asl-compare';
import { serviceModel } from './service-models';

export interface Answer {
  readonly name: string;
  readonly status?: string;
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  readonly events?: readonly ExpectedEvent[];
  readonly [field: string]: unknown;
}

const MACHINE = 'arn:aws:states:us-east-1:111111111111:stateMachine:machine';
const START = Date.UTC(2026, 10, 21, 12);

/** One answer, or one per row of a table. */
export async function runCase(test: ConformanceCase): Promise<Answer[]> {
  switch (test.kind) {
    case 'execution':
      return [await runExecution(test)];
    case 'table': {
      const answers: Answer[] = [];
      for (const row of test.rows ?? []) {
        answers.push(await runExecution({ ...test, ...row }));
      }
      return answers;
    }
    case 'validation':
      return [
        { name: test.name, ...validateDefinition(test.definitionText ?? test.definition ?? '', test.machineType) },
      ];
    case 'testState':
      return [
        {
          name: test.name,
          ...(await runState(test)),
        },
      ];
  }
}

function runState(test: ConformanceCase): Promise<object> {
  const request = { definition: test.definition ?? null, ...test.request } as unknown as TestStateRequest;
  const services = new RecordedServices(test, () => undefined);
  return testState(request, { account: '111111111111', models: serviceModel, ...(test.mocks && { services }) });
}

async function runExecution(test: ConformanceCase): Promise<Answer> {
  const clock = new VirtualClock(test.clock === undefined ? START : Date.parse(test.clock));
  const interpreter: Interpreter = new Interpreter({
    services: new RecordedServices(test, (token, mock) => answerToken(interpreter, token, mock)),
    clock,
    machines: (arn) => ({ definition: test.definition ?? null, name: 'machine', arn, type: test.machineType }),
    account: '111111111111',
    nestedExecutions: false,
    readObject: async (bucket, key) => {
      const object = test.s3?.find((candidate) => candidate.Bucket === bucket && candidate.Key === key);
      if (!object) {
        throw new Error(`no object ${bucket}/${key}`);
      }
      return Buffer.from(object.Body);
    },
  });
  const execution = interpreter.start({ stateMachineArn: MACHINE, input: test.input });
  const result = await execution.done;
  return { name: test.name, ...result, events: execution.history.map(flatten) };
}

function answerToken(interpreter: Interpreter, token: string, mock: Mock): void {
  if (mock.throw) {
    interpreter.sendTaskFailure(token, mock.throw.error, mock.throw.cause);
  } else {
    interpreter.sendTaskSuccess(token, mock.return ?? null);
  }
}

class RecordedServices implements Services {
  private readonly left: Map<string, Mock[]>;

  constructor(
    private readonly test: ConformanceCase,
    private readonly answerToken: (token: string, mock: Mock) => void,
  ) {
    this.left = new Map(Object.entries(test.mocks ?? {}).map(([state, mocks]) => [state, [...mocks]]));
  }

  async call(call: TaskCall): Promise<Json> {
    const mock = this.take(call);
    if (!mock) {
      throw new Error(`no recorded answer for ${call.stateName}`);
    }
    if (call.integration === 'waitForTaskToken' && mock.submitted !== undefined) {
      if (!mock.timeout) {
        this.answerToken(call.taskToken!, mock);
      }
      return mock.submitted;
    }
    if (mock.submitted !== undefined) {
      call.submitted(mock.submitted);
    }
    if (mock.timeout) {
      return new Promise(() => undefined);
    }
    if (mock.throw) {
      throw new ServiceError(mock.throw.error, mock.throw.cause);
    }
    return mock.return ?? null;
  }

  /** Answers are in the order of calls; where calls run at once, the arguments tell them apart. */
  private take(call: TaskCall): Mock | undefined {
    const mocks = this.left.get(call.stateName) ?? this.left.get('*') ?? [];
    const tokens = this.test.placeholders ?? [];
    const fitting = mocks.findIndex(
      (mock) => mock.arguments !== undefined && matches(mock.arguments, call.arguments, tokens),
    );
    return mocks.splice(Math.max(fitting, 0), 1)[0];
  }
}

const TEXTS = new Set(['input', 'output', 'parameters']);
const LEFT_OUT = new Set(['inputDetails', 'outputDetails', 'assignedVariablesDetails', 'region']);

function flatten(event: HistoryEvent): ExpectedEvent {
  const flat: { [field: string]: Json } = { id: event.id, prev: event.previousEventId, type: event.type };
  for (const [field, details] of Object.entries(event)) {
    if (!field.endsWith('EventDetails')) {
      continue;
    }
    for (const [key, value] of Object.entries(details as { [key: string]: Json })) {
      if (LEFT_OUT.has(key) || (key === 'roleArn' && event.type === 'ExecutionStarted')) {
        continue;
      }
      if (TEXTS.has(key)) {
        flat[key] = JSON.parse(value as string) as Json;
      } else if (key === 'assignedVariables') {
        flat[key] = Object.fromEntries(
          Object.entries(value as { [name: string]: string }).map(([name, text]) => [name, JSON.parse(text) as Json]),
        );
      } else {
        flat[key] = value;
      }
    }
  }
  return flat as unknown as ExpectedEvent;
}
