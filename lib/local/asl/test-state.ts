// Runs one state alone, as the TestState API does: a state (or one of a machine), an input, perhaps a mock of what it
// calls. Out: its output and next state, or its error and what Retry and Catch make of it.
// https://docs.aws.amazon.com/step-functions/latest/apireference/API_TestState.html

import { type Json, ServiceError, type Services, type TaskCall } from '../engine';
import { VirtualClock } from './clock';
import { StateFailure } from './failure';
import { Interpreter } from './interpreter';
import { isObject, type JsonObject } from './json-value';
import { matchesError, parseRetriers, rules, strings } from './retry';
import type { ServiceModels } from './service-model';
import { ALONE, refusal, refuse, type TestStateAnswer, type TestStateRequest } from './test-state-refusal';

export type { TestStateAnswer, TestStateRequest } from './test-state-refusal';

/** Fields of Parallel and Map that a mock replaces. */
const REPLACED = new Set([
  'Branches',
  'ItemProcessor',
  'Iterator',
  'Items',
  'ItemsPath',
  'ItemSelector',
  'ItemReader',
  'ItemBatcher',
  'ResultWriter',
  'Label',
  'MaxConcurrency',
  'MaxConcurrencyPath',
  'ToleratedFailureCount',
  'ToleratedFailureCountPath',
  'ToleratedFailurePercentage',
  'ToleratedFailurePercentagePath',
]);

export interface TestStateOptions {
  /** Answers the state's call when there is no mock. @default the call fails and says so */
  readonly services?: Services;
  /** @default '000000000000' */
  readonly account?: string;
  /** API models that mocked results are checked against. @default none: results are taken as they are */
  readonly models?: ServiceModels;
}

export async function testState(asked: TestStateRequest, options: TestStateOptions = {}): Promise<TestStateAnswer> {
  const request: Asked = { ...asked, ...options };
  const found = findState(request);
  if (!found) {
    return refuse('State not found in definition');
  }
  const problem = refusal(request, found.state, options.models ?? (() => undefined));
  if (problem) {
    return problem;
  }
  const items = await failingItems(request, found);
  const threshold = items ?? exceededThreshold(request, found.state);
  const callable = { ...found, state: callableState(found.state) };
  const ending = threshold ?? (await run(request, callable, mockedAnswer(request), false));
  if (!ending.failed) {
    return { refused: false, status: 'SUCCEEDED', output: ending.output, nextState: ending.next };
  }
  return afterFailure(request, callable, ending.failed);
}

/** A Parallel or Map whose result is mocked behaves like a Task that answers the mock. */
function callableState(state: JsonObject): JsonObject {
  const type = state['Type'];
  if (type !== 'Parallel' && type !== 'Map') {
    return state;
  }
  const kept = Object.entries(state).filter(
    ([field]) => !REPLACED.has(field) && !(type === 'Map' && field === 'Parameters'),
  );
  return { ...Object.fromEntries(kept), Type: 'Task', Resource: 'arn:aws:states:::lambda:invoke' };
}

type Asked = TestStateRequest & TestStateOptions;

interface Found {
  readonly name: string;
  readonly state: JsonObject;
  /** The query language of the machine around it. */
  readonly language: Json | undefined;
}

type Answer = (call: TaskCall) => Json | Promise<Json>;

interface Ending {
  readonly failed?: StateFailure;
  readonly output?: Json;
  readonly next?: string;
}

function findState({ definition, stateName }: TestStateRequest): Found | undefined {
  const root = typeof definition === 'string' ? (JSON.parse(definition) as Json) : definition;
  if (!isObject(root)) {
    return undefined;
  }
  if (!isObject(root['States'])) {
    return { name: ALONE, state: root, language: undefined };
  }
  const machines: JsonObject[] = [root];
  for (let machine = machines.pop(); machine; machine = machines.pop()) {
    const states = isObject(machine['States']) ? machine['States'] : {};
    for (const [name, state] of Object.entries(states)) {
      if (!isObject(state)) {
        continue;
      }
      if (name === stateName) {
        return { name, state, language: root['QueryLanguage'] };
      }
      const branches = Array.isArray(state['Branches']) ? state['Branches'] : [];
      machines.push(...[...branches, state['ItemProcessor'] ?? null, state['Iterator'] ?? null].filter(isObject));
    }
  }
  return undefined;
}

function mockedAnswer({ mock, services }: Asked): Answer {
  return (call) => {
    if (!mock && services) {
      return services.call(call);
    }
    if (mock?.errorOutput) {
      throw new ServiceError(mock.errorOutput.error ?? '', mock.errorOutput.cause);
    }
    if (mock?.result === undefined) {
      throw new ServiceError('States.TaskFailed', 'this state calls a service: give a mock for it');
    }
    return JSON.parse(mock.result) as Json;
  };
}

/** A Map's items are still evaluated when its result is mocked. */
async function failingItems(request: Asked, found: Found): Promise<Ending | undefined> {
  const { state } = found;
  if (state['Type'] !== 'Map' || isObject(state['ItemReader'])) {
    return undefined;
  }
  const fields = ['QueryLanguage', 'InputPath', 'Items', 'ItemsPath'].filter((field) => state[field] !== undefined);
  const probe: JsonObject = {
    ...Object.fromEntries(fields.map((field) => [field, state[field]!])),
    Type: 'Map',
    ItemProcessor: { StartAt: 'Item', States: { Item: { Type: 'Pass', End: true } } },
    End: true,
  };
  const ending = await run(request, { ...found, state: probe }, () => null, false);
  return ending.failed ? ending : undefined;
}

function exceededThreshold({ stateConfiguration }: TestStateRequest, state: JsonObject): Ending | undefined {
  const failures = stateConfiguration?.mapIterationFailureCount ?? 0;
  const tolerated = state['ToleratedFailureCount'];
  if (stateConfiguration?.errorCausedByState !== undefined || typeof tolerated !== 'number' || failures <= tolerated) {
    return undefined;
  }
  const cause = 'The specified tolerated failure threshold was exceeded';
  return { failed: new StateFailure('States.ExceedToleratedFailureThreshold', cause) };
}

async function afterFailure(request: Asked, found: Found, failure: StateFailure): Promise<TestStateAnswer> {
  const { state } = found;
  const told = {
    refused: false,
    ...(failure.error !== undefined && { error: failure.error }),
    ...(failure.causeText !== undefined && { cause: failure.causeText }),
  };
  const terminal = failure.error === 'States.Runtime';
  const retrier = parseRetriers(state['Retry']).find((rule) => matchesError(rule.errorEquals, failure));
  if (!terminal && retrier && (request.stateConfiguration?.retrierRetryCount ?? 0) < retrier.maxAttempts) {
    return { ...told, status: 'RETRIABLE' };
  }
  const caught = rules(state['Catch']).some((rule) => matchesError(strings(rule['ErrorEquals']), failure));
  if (terminal || !caught) {
    return { ...told, status: 'FAILED' };
  }
  const ending = await run(
    request,
    found,
    () => {
      throw new ServiceError(failure.error ?? '', failure.causeText);
    },
    true,
  );
  return { ...told, status: 'CAUGHT_ERROR', output: ending.output, nextState: ending.next };
}

const WHERE = /^An error occurred while executing the state '[\s\S]*?' \(entered at the event id #\d+\)\. /;

/** Runs the state in a machine of its own, whose other states only stand for the targets. */
async function run(request: Asked, found: Found, answer: Answer, catching: boolean): Promise<Ending> {
  const interpreter: Interpreter = new Interpreter({
    services: {
      call: async (call) => {
        const result = await answer(call);
        if (call.integration === 'waitForTaskToken' && request.mock) {
          interpreter.sendTaskSuccess(call.taskToken!, result);
        }
        return result;
      },
    },
    clock: new VirtualClock(),
    nestedExecutions: false,
    account: request.account,
    machines: (arn) => ({
      definition: machineOf(request, found, catching),
      name: 'test',
      arn,
      type: 'EXPRESS',
      roleArn: request.roleArn,
    }),
  });
  const execution = interpreter.start({
    stateMachineArn: `arn:aws:states:us-east-1:${request.account ?? '000000000000'}:stateMachine:test`,
    input: request.input,
    context: request.context,
  });
  const result = await execution.done;
  const { history } = execution;
  const exited = history.findIndex((event) => event.stateExitedEventDetails?.name === found.name);
  if (exited < 0) {
    return { failed: new StateFailure(result.error, result.cause?.replace(WHERE, '')) };
  }
  const output = JSON.parse(history[exited]!.stateExitedEventDetails!.output) as Json;
  return {
    output,
    next: history.slice(exited + 1).find((event) => event.stateEnteredEventDetails)?.stateEnteredEventDetails?.name,
  };
}

function machineOf({ variables }: TestStateRequest, { name, state, language }: Found, catching: boolean): JsonObject {
  const kept = Object.entries(state).filter(([field]) => field !== 'Retry' && (catching || field !== 'Catch'));
  const alone: JsonObject = Object.fromEntries(kept);
  const targets = new Set<string>();
  for (const rule of [state, ...rules(state['Catch']), ...rules(state['Choices'])]) {
    for (const field of ['Next', 'Default']) {
      if (typeof rule[field] === 'string') {
        targets.add(rule[field]);
      }
    }
  }
  targets.delete(name);
  const states: JsonObject = { [name]: alone };
  for (const target of targets) {
    states[target] = { Type: 'Succeed' };
  }
  let start = name;
  if (variables && Object.keys(variables).length > 0) {
    start = `${name} (variables)`;
    states[start] = { Type: 'Pass', QueryLanguage: 'JSONPath', Assign: variables, Next: name };
  }
  return { ...(language !== undefined && { QueryLanguage: language }), StartAt: start, States: states };
}
