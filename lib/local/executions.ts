// The interpreter's executions as the Step Functions stand-in tells of them. In: the interpreter. Out: plain facts. Always: errors
// of the interpreter carry the service's names.

import type { Execution, Interpreter } from './asl/interpreter';
import type { Machines } from './assembly/machines';
import { type Json, ServiceError } from './engine';
import type { Executions, LocalExecution } from './services/states';

/** @param interpreter asked for late: stand-ins and interpreter know each other */
export function executionsOf(interpreter: () => Interpreter, machines: Machines): Executions {
  const facts = (execution: Execution) => factsOf(execution, machines);
  return {
    find: (arn) => {
      const found = interpreter().describe(arn);
      return found && facts(found);
    },
    list: (stateMachineArn) => interpreter().list({ stateMachineArn }).map(facts).reverse(),
    start: (stateMachineArn, name, input: Json) =>
      facts(
        named('Sfn.StateMachineDoesNotExistException', () => interpreter().start({ stateMachineArn, name, input })),
      ),
    stop: (arn, error, cause) =>
      named('Sfn.ExecutionDoesNotExistException', () => interpreter().stop(arn, error, cause)),
    sendTaskSuccess: (token, output) =>
      named('Sfn.TaskTimedOutException', () => interpreter().sendTaskSuccess(token, output)),
    sendTaskFailure: (token, error, cause) =>
      named('Sfn.TaskTimedOutException', () => interpreter().sendTaskFailure(token, error, cause)),
    sendTaskHeartbeat: (token) => named('Sfn.TaskTimedOutException', () => interpreter().sendTaskHeartbeat(token)),
  };
}

function named<T>(error: string, action: () => T): T {
  try {
    return action();
  } catch (cause) {
    const given = (cause as { error?: unknown; code?: unknown }).error;
    throw new ServiceError(
      typeof given === 'string' ? `Sfn.${given.replace(/^Sfn\./, '')}` : error,
      (cause as Error).message,
    );
  }
}

function factsOf(execution: Execution, machines: Machines): LocalExecution {
  return {
    arn: execution.arn,
    name: execution.name,
    stateMachineArn: execution.machineArn,
    definition: () => JSON.stringify(machines.get(execution.machineArn)?.definition ?? {}),
    input: execution.input,
    startDate: execution.startDate.toISOString(),
    stopDate: execution.stopDate?.toISOString(),
    status: execution.status,
    output: execution.result?.output,
    error: execution.result?.error,
    cause: execution.result?.cause,
    history: execution.history,
  };
}
