// What TestState refuses before it runs anything: mocks and contexts that do not fit the state, states that need a mock or
// a role. In: the request and its state. Out: the refusal in the service's words, or undefined.

import type { Json } from '../engine';
import type { Diagnostic } from './diagnostics';
import { isObject, type JsonObject } from './json-value';
import { parseResource } from './resource';
import { mockProblem, type ServiceModels, type ValidationMode } from './service-model';
import { validateDefinition } from './validate';

export interface TestStateRequest {
  readonly definition: Json | string;
  /** Which state of the machine; needed when the definition is a whole machine. */
  readonly stateName?: string;
  readonly input?: Json;
  readonly context?: JsonObject;
  readonly variables?: JsonObject;
  readonly roleArn?: string;
  readonly revealSecrets?: boolean;
  readonly mock?: {
    /** JSON text. */
    readonly result?: string;
    readonly errorOutput?: { readonly error?: string; readonly cause?: string };
    /** How closely the result is held against the API's model. @default 'STRICT' */
    readonly fieldValidationMode?: ValidationMode;
  };
  readonly stateConfiguration?: {
    readonly retrierRetryCount?: number;
    readonly mapIterationFailureCount?: number;
    readonly errorCausedByState?: string;
    readonly mapItemReaderData?: string;
  };
}

export interface TestStateAnswer {
  readonly refused: boolean;
  readonly errorCode?: string;
  readonly message?: string;
  readonly diagnostics?: readonly Diagnostic[];
  readonly status?: 'SUCCEEDED' | 'FAILED' | 'RETRIABLE' | 'CAUGHT_ERROR';
  readonly output?: Json;
  readonly nextState?: string;
  readonly error?: string;
  readonly cause?: string;
}

/** The name that a state without a machine goes by. */
export const ALONE = 'StateName';
const NO_MOCK = new Set(['Pass', 'Wait', 'Succeed', 'Fail', 'Choice']);

export function refuse(message: string, errorCode = 'ValidationException'): TestStateAnswer {
  return { refused: true, errorCode, message };
}

export function refusal(
  request: TestStateRequest,
  state: JsonObject,
  models: ServiceModels,
): TestStateAnswer | undefined {
  const { mock, stateConfiguration, context } = request;
  const type = String(state['Type']);
  const nested = type === 'Map' || type === 'Parallel';
  if (!mock && stateConfiguration?.mapIterationFailureCount !== undefined) {
    return refuse('TestState does not support MapIterationFailureCount when a mock is not specified.');
  }
  if (!mock && nested) {
    const supported = '[Task, Wait, Pass, Succeed, Fail, Choice]';
    return refuse(
      `TestState API does not support Map or Parallel states. Supported state types include: ${supported}`,
      'InvalidDefinition',
    );
  }
  if (mock && NO_MOCK.has(type)) {
    return refuse(`State type '${type}' is not supported when a mock is specified`);
  }
  if (mock && request.revealSecrets) {
    return refuse('TestState does not support RevealSecrets when a mock is specified.');
  }
  if (!mock && type === 'Task' && request.roleArn === undefined) {
    return refuse('RoleArn must be specified when testing a Task state');
  }
  if (Array.isArray(state['Branches']) && state['Branches'].length === 0) {
    const place = `/States/${ALONE}/Branches`;
    return refuse(
      `Invalid State Machine Definition: 'SCHEMA_VALIDATION_FAILED: Value cannot be empty at ${place}'`,
      'InvalidDefinition',
    );
  }
  return refusedDefinition(state) ?? refusedResult(mock, type, state, models) ?? refusedContext(context, state);
}

/** Targets are not looked up: the state stands alone. */
function refusedDefinition(state: JsonObject): TestStateAnswer | undefined {
  const alone: JsonObject = { StartAt: ALONE, States: { [ALONE]: state } };
  const diagnostics = validateDefinition(alone).diagnostics.filter(({ code }) => code !== 'MISSING_TRANSITION_TARGET');
  const [first] = diagnostics;
  return (
    first && {
      ...refuse(
        `Invalid State Machine Definition: '${first.code}: ${first.message} at ${first.location ?? '/'}'`,
        'InvalidDefinition',
      ),
      diagnostics,
    }
  );
}

function refusedResult(
  mock: TestStateRequest['mock'],
  type: string,
  state: JsonObject,
  models: ServiceModels,
): TestStateAnswer | undefined {
  if (mock?.result === undefined) {
    return undefined;
  }
  let value: Json;
  try {
    value = JSON.parse(mock.result) as Json;
  } catch {
    return refuse('Mocked result must be valid JSON.');
  }
  if (isObject(state['ResultWriter'])) {
    return isObject(value) ? undefined : refuse('Mocked result must be a JSON object.');
  }
  if (type === 'Map' || type === 'Parallel') {
    return Array.isArray(value) ? undefined : refuse('Mocked result must be an array.');
  }
  const resource = parseResource(String(state['Resource'] ?? ''));
  const problem = mockProblem(resource, value, mock.fieldValidationMode ?? 'STRICT', models);
  return problem === undefined ? undefined : refuse(problem);
}

const CONTEXT_TEXTS = [
  ['Execution', ['Id', 'Name', 'RoleArn', 'StartTime']],
  ['State', ['Name', 'EnteredTime']],
  ['StateMachine', ['Id', 'Name']],
] as const;

function refusedContext(context: JsonObject | undefined, state: JsonObject): TestStateAnswer | undefined {
  if (!context) {
    return undefined;
  }
  for (const [part, fields] of CONTEXT_TEXTS) {
    const value = context[part];
    for (const field of isObject(value) ? fields : []) {
      const text = (value as JsonObject)[field];
      if (text !== undefined && typeof text !== 'string') {
        return refuse(`Invalid Context object provided: ${part}.${field} must be a string`);
      }
    }
  }
  const resource = parseResource(String(state['Resource'] ?? ''));
  const waits = resource?.integration === 'sync' || resource?.integration === 'waitForTaskToken';
  return context['Task'] !== undefined && !waits
    ? refuse(
        "Invalid Context object provided: Context object contains 'Task' when state is not a Task state with a '.sync' or '.waitForTaskToken' service integration pattern",
      )
    : undefined;
}
