// Stand-in for the Step Functions API, for programs that a run starts: functions that read histories or answer task tokens.
// In: an API action. Out: the interpreter's own answers in the API's shape. Always: state machines' own calls of Step
// Functions are the interpreter's and never come here.

import { type Json, ServiceError } from '../engine';
import { notLocal } from '../world';
import { type Fields, optionalText, present, type Service, type ServiceRequest, textOf, withInitial } from './service';

/** What this stand-in needs of a running execution. */
export interface LocalExecution {
  readonly arn: string;
  readonly name: string;
  readonly stateMachineArn: string;
  /** The machine's definition, its text. */
  readonly definition: () => string;
  readonly input: Json;
  readonly startDate: string;
  readonly stopDate?: string;
  readonly status: string;
  readonly output?: Json;
  readonly error?: string;
  readonly cause?: string;
  readonly history: readonly object[];
}

export interface Executions {
  find(arn: string): LocalExecution | undefined;
  list(stateMachineArn: string): LocalExecution[];
  start(stateMachineArn: string, name: string | undefined, input: Json): LocalExecution;
  stop(arn: string, error?: string, cause?: string): void;
  sendTaskSuccess(token: string, output: Json): void;
  sendTaskFailure(token: string, error?: string, cause?: string): void;
  sendTaskHeartbeat(token: string): void;
}

export class States implements Service {
  constructor(private readonly executions: Executions) {}

  async handle({ action, input }: ServiceRequest): Promise<Json> {
    const text = (name: string) => textOf('Sfn', input, name);
    switch (action) {
      case 'StartExecution': {
        const started = this.executions.start(
          text('StateMachineArn'),
          optionalText(input, 'Name'),
          JSON.parse(optionalText(input, 'Input') ?? '{}') as Json,
        );
        return { ExecutionArn: started.arn, StartDate: started.startDate };
      }
      case 'DescribeExecution':
        return describe(this.find(text('ExecutionArn')));
      case 'DescribeStateMachineForExecution': {
        const execution = this.find(text('ExecutionArn'));
        return {
          StateMachineArn: execution.stateMachineArn,
          Name: execution.stateMachineArn.split(':').at(-1)!,
          Definition: execution.definition(),
        };
      }
      case 'ListExecutions': {
        const all = this.executions
          .list(text('StateMachineArn'))
          .filter((each) => !input['StatusFilter'] || each.status === input['StatusFilter']);
        return { Executions: all.map((each) => summary(each)) };
      }
      case 'GetExecutionHistory':
        return this.history(input);
      case 'StopExecution':
        this.executions.stop(text('ExecutionArn'), optionalText(input, 'Error'), optionalText(input, 'Cause'));
        return { StopDate: new Date().toISOString() };
      case 'SendTaskSuccess':
        this.executions.sendTaskSuccess(text('TaskToken'), JSON.parse(text('Output')) as Json);
        return {};
      case 'SendTaskFailure':
        this.executions.sendTaskFailure(text('TaskToken'), optionalText(input, 'Error'), optionalText(input, 'Cause'));
        return {};
      case 'SendTaskHeartbeat':
        this.executions.sendTaskHeartbeat(text('TaskToken'));
        return {};
      default:
        throw notLocal(`states:${action}`);
    }
  }

  private history(input: Fields): Json {
    const { history } = this.find(textOf('Sfn', input, 'ExecutionArn'));
    const events = input['ReverseOrder'] === true ? [...history].reverse() : [...history];
    const from = Number(optionalText(input, 'NextToken') ?? 0);
    const size = Math.min(Math.max(Number(input['MaxResults'] ?? 100) || 1000, 1), 1000);
    const page = events.slice(from, from + size).map((event) => withInitial(structuredClone(event) as Json, 'upper'));
    return present({ Events: page, NextToken: from + size < events.length ? String(from + size) : undefined });
  }

  private find(arn: string): LocalExecution {
    const found = this.executions.find(arn);
    if (!found) throw new ServiceError('Sfn.ExecutionDoesNotExistException', `Execution Does Not Exist: '${arn}'`);
    return found;
  }
}

function summary(execution: LocalExecution): Fields {
  return present({
    ExecutionArn: execution.arn,
    StateMachineArn: execution.stateMachineArn,
    Name: execution.name,
    Status: execution.status,
    StartDate: execution.startDate,
    StopDate: execution.stopDate,
  });
}

function describe(execution: LocalExecution): Fields {
  return present({
    ...summary(execution),
    Input: JSON.stringify(execution.input),
    InputDetails: { Included: true },
    Output: execution.output === undefined ? undefined : JSON.stringify(execution.output),
    Error: execution.error,
    Cause: execution.cause,
    RedriveCount: 0,
  });
}
