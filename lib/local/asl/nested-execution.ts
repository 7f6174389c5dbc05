// What a state machine asks of the state machine service itself: starting executions (and waiting for them), answering
// task tokens, stopping. These calls stay inside the interpreter; answers and errors are shaped as the service's.

import { type Json, ServiceError } from '../engine';
import type { Execution } from './execution';
import { isObject, type JsonObject } from './json-value';
import type { OwnCall, OwnService } from './run';
import { TokenError } from './task-tokens';

/** The part of the interpreter that the calls work on. */
export interface NestedHost {
  knowsMachine(arn: string): boolean;
  start(request: { stateMachineArn: string; name?: string; input?: Json }): Execution;
  find(executionArn: string): Execution | undefined;
  stop(executionArn: string, error?: string, cause?: string): void;
  sendTaskSuccess(token: string, output: Json): void;
  sendTaskFailure(token: string, error?: string, cause?: string): void;
  sendTaskHeartbeat(token: string): void;
}

export function nestedService(host: NestedHost, service: string, action: string): OwnService | undefined {
  if (service === 'states' && action === 'startExecution') {
    return (call) => startExecution(host, call, 'StepFunctions');
  }
  if (service !== 'aws-sdk:sfn') {
    return undefined;
  }
  switch (action) {
    case 'startExecution':
      return (call) => startExecution(host, call, 'Sfn');
    case 'startSyncExecution':
      return (call) => startSyncExecution(host, call);
    case 'describeExecution':
      return async (call) => description(wanted(host, call), false);
    case 'stopExecution':
      return async (call) => {
        const execution = wanted(host, call);
        host.stop(execution.arn, text(call, 'Error'), text(call, 'Cause'));
        return { StopDate: new Date(call.run.host.clock.now()).toISOString() };
      };
    case 'sendTaskSuccess':
      return (call) =>
        answerToken(call, (token) => host.sendTaskSuccess(token, parsed(object(call)['Output'] ?? null)));
    case 'sendTaskFailure':
      return (call) =>
        answerToken(call, (token) => host.sendTaskFailure(token, text(call, 'Error'), text(call, 'Cause')));
    case 'sendTaskHeartbeat':
      return (call) => answerToken(call, (token) => host.sendTaskHeartbeat(token));
    default:
      return undefined;
  }
}

async function startExecution(host: NestedHost, call: OwnCall, family: string): Promise<Json> {
  const execution = begin(host, call, family);
  const started = { ExecutionArn: execution.arn, StartDate: execution.startDate.getTime() };
  if (call.integration !== 'sync') {
    return started;
  }
  call.submitted(started);
  const forget = call.cancellation.onCancel(() => {
    host.stop(
      execution.arn,
      undefined,
      `The Task state in AWS Step Functions execution [${call.run.arn}] which was managing this resource was aborted`,
    );
  });
  const result = await execution.done;
  forget();
  const answer = description(execution, call.resource.endsWith('.sync:2'));
  if (result.status !== 'SUCCEEDED') {
    throw new ServiceError('States.TaskFailed', JSON.stringify(answer));
  }
  return answer;
}

async function startSyncExecution(host: NestedHost, call: OwnCall): Promise<Json> {
  const execution = begin(host, call, 'Sfn');
  const forget = call.cancellation.onCancel(() => host.stop(execution.arn));
  await execution.done;
  forget();
  return description(execution, false);
}

function begin(host: NestedHost, call: OwnCall, family: string): Execution {
  const arn = text(call, 'StateMachineArn') ?? '';
  if (!host.knowsMachine(arn)) {
    throw new ServiceError(`${family}.StateMachineDoesNotExistException`, `State Machine Does Not Exist: '${arn}'`);
  }
  const given = object(call)['Input'];
  let input: Json;
  try {
    input = given === undefined || given === null ? {} : parsed(given);
  } catch {
    throw new ServiceError(
      `${family}.InvalidExecutionInputException`,
      `Invalid State Machine Execution Input: '${String(given)}'`,
    );
  }
  try {
    return host.start({ stateMachineArn: arn, name: text(call, 'Name'), input });
  } catch (error) {
    if (error instanceof ExecutionExists) {
      throw new ServiceError(`${family}.ExecutionAlreadyExistsException`, error.message);
    }
    throw error;
  }
}

/** An execution of that name exists with another input, or is over. */
export class ExecutionExists extends Error {
  constructor(arn: string) {
    super(`Execution Already Exists: '${arn}'`);
  }
}

function wanted(host: NestedHost, call: OwnCall): Execution {
  const arn = text(call, 'ExecutionArn') ?? '';
  const execution = host.find(arn);
  if (!execution) {
    throw new ServiceError('Sfn.ExecutionDoesNotExistException', `Execution Does Not Exist: '${arn}'`);
  }
  return execution;
}

async function answerToken(call: OwnCall, answer: (token: string) => void): Promise<Json> {
  try {
    answer(text(call, 'TaskToken') ?? '');
    return {};
  } catch (error) {
    if (error instanceof TokenError) {
      const name = error.name === 'InvalidToken' ? 'InvalidTokenException' : 'TaskTimedOutException';
      throw new ServiceError(`Sfn.${name}`, error.message);
    }
    throw error;
  }
}

/** DescribeExecution, with input and output as values (`.sync:2`) or as JSON texts. */
function description(execution: Execution, asValues: boolean): JsonObject {
  const show = (value: Json): Json => (asValues ? value : JSON.stringify(value));
  const { status, result } = execution;
  const redrivable = status === 'FAILED' || status === 'ABORTED' || status === 'TIMED_OUT';
  return {
    ExecutionArn: execution.arn,
    Input: show(execution.input),
    InputDetails: { Included: true },
    Name: execution.name,
    ...(result?.output !== undefined && { Output: show(result.output), OutputDetails: { Included: true } }),
    ...(result?.error !== undefined && { Error: result.error }),
    ...(result?.cause !== undefined && { Cause: result.cause }),
    RedriveCount: execution.redriveCount,
    RedriveStatus: redrivable ? 'REDRIVABLE' : 'NOT_REDRIVABLE',
    ...(!redrivable && { RedriveStatusReason: `Execution is ${status} and cannot be redriven` }),
    StartDate: execution.startDate.getTime(),
    StateMachineArn: execution.machineArn,
    Status: status,
    ...(execution.stopDate && { StopDate: execution.stopDate.getTime() }),
  };
}

function object(call: OwnCall): JsonObject {
  return isObject(call.arguments) ? call.arguments : {};
}

function text(call: OwnCall, field: string): string | undefined {
  const value = object(call)[field];
  return typeof value === 'string' ? value : undefined;
}

/** Texts hold JSON; other values stand for themselves. */
function parsed(value: Json): Json {
  return typeof value === 'string' ? (JSON.parse(value) as Json) : value;
}
