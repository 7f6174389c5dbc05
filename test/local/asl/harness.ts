// What the interpreter's tests share: one machine, services as a function, a virtual clock.

import { VirtualClock } from '../../../lib/local/asl/clock';
import { type Execution, Interpreter, type InterpreterOptions } from '../../../lib/local/asl/interpreter';
import type { Clock, Json, TaskCall } from '../../../lib/local/engine';

export const PREFIX = 'arn:aws:states:us-east-1:000000000000:stateMachine:';

export interface Rig {
  readonly interpreter: Interpreter;
  readonly clock: Clock;
  start(input?: Json, name?: string): Execution;
}

export interface RigOptions extends Partial<InterpreterOptions> {
  readonly call?: (call: TaskCall, rig: Rig) => Promise<Json> | Json;
  readonly machines?: (arn: string) => ReturnType<InterpreterOptions['machines']>;
  readonly type?: 'STANDARD' | 'EXPRESS';
}

export function rigFor(definition: Json, options: RigOptions = {}): Rig {
  const clock = options.clock ?? new VirtualClock();
  const interpreter: Interpreter = new Interpreter({
    services: { call: async (call) => (options.call ? options.call(call, rig) : {}) },
    machines: (arn) => ({ definition, name: arn.slice(PREFIX.length), arn, type: options.type }),
    ...options,
    clock,
  });
  const rig: Rig = {
    interpreter,
    clock,
    start: (input, name) => interpreter.start({ stateMachineArn: `${PREFIX}main`, input, name }),
  };
  return rig;
}

/** Types of the events, without the first and the last. */
export function eventTypes(execution: Execution): string[] {
  return execution.history.slice(1, -1).map((event) => event.type);
}
