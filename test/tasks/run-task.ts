// What tests of task kinds share: an app with one pipeline, the definition it deploys, and a run of that very definition on a
// virtual clock with scripted answers of the services.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Pipeline, type PipelineProps } from '../../lib';
import { VirtualClock } from '../../lib/local/asl/clock';
import { Interpreter } from '../../lib/local/asl/interpreter';
import { type Clock, type Json, ServiceError, type TaskCall } from '../../lib/local/engine';

export type Asl = { [field: string]: any };

export function pipeline(props: PipelineProps = {}): Pipeline {
  const app = new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-test-')), analyticsReporting: false });
  const stack = new Stack(app, 'Demo', { env: { account: '111122223333', region: 'eu-west-1' } });
  return new Pipeline(stack, 'Sales', props);
}

export function template(of: Pipeline): Template {
  return Template.fromStack(Stack.of(of));
}

export function definition(of: Pipeline): Asl {
  const [machine] = Object.values(template(of).findResources('AWS::StepFunctions::StateMachine'));
  return JSON.parse(flat(machine!['Properties'].DefinitionString)) as Asl;
}

/** An intrinsic as a name that a person can read. */
export function flat(value: any): string {
  if (typeof value === 'string') return value;
  const [kind, inner] = Object.entries<any>(value)[0]!;
  if (kind === 'Fn::Join') return (inner[1] as unknown[]).map(flat).join(inner[0] as string);
  return `<${Array.isArray(inner) ? inner.join('.') : inner}>`;
}

/** The states of a task that is made of several. */
export function innerStates(of: Pipeline, task: string): Asl {
  return definition(of)['States'][task].Branches[0].States as Asl;
}

/** What the state machine's role allows: action -> resources. */
export function allowed(of: Pipeline): { [action: string]: string[] } {
  const found: { [action: string]: string[] } = {};
  for (const [id, policy] of Object.entries(template(of).findResources('AWS::IAM::Policy'))) {
    if (!id.includes('MachineRole')) continue;
    for (const { Action, Resource } of policy['Properties'].PolicyDocument.Statement) {
      for (const action of [Action].flat()) found[action] = [...(found[action] ?? []), ...[Resource].flat().map(flat)];
    }
  }
  return found;
}

export interface Played {
  readonly status: string;
  readonly error?: string;
  readonly cause?: string;
  /** `service:action` of every call, in order. */
  readonly calls: readonly string[];
  readonly arguments: readonly Asl[];
  /** Seconds on the virtual clock. */
  readonly seconds: number;
  /** Error and cause of the failed task, as its Catch saw it. */
  readonly failure?: { readonly Error: string; readonly Cause: string };
}

/** For services that answer task tokens or take their time. */
export interface Inside {
  readonly machine: Interpreter;
  readonly clock: Clock;
}

/** Runs the pipeline; `answer` is asked for every call and may throw `ServiceError`. `other` is the machine that it may start. */
export async function play(
  of: Pipeline,
  answer: (call: TaskCall, nth: number, now: number, inside: Inside) => unknown,
  input: Json = {},
  other?: Json,
): Promise<Played> {
  const clock = new VirtualClock();
  const start = clock.now();
  const calls: string[] = [];
  const given: Asl[] = [];
  const counts = new Map<string, number>();
  const source = {
    definition: definition(of) as Json,
    name: 'demo',
    arn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:demo',
  };
  const interpreter: Interpreter = new Interpreter({
    clock,
    random: () => 0.5,
    machines: (arn) =>
      arn === source.arn || other === undefined ? source : { definition: other, name: arn.split(':').at(-1)!, arn },
    services: {
      call: async (call): Promise<Json> => {
        const name = `${call.service.replace('aws-sdk:', '')}:${call.action}`;
        calls.push(name);
        given.push(call.arguments as Asl);
        const nth = counts.get(name) ?? 0;
        counts.set(name, nth + 1);
        return answer(call, nth, clock.now(), { machine: interpreter, clock }) as Json;
      },
    },
  });
  const run = interpreter.start({ stateMachineArn: source.arn, name: 'run-1', input });
  const result = await run.done;
  let failure: Played['failure'];
  for (const event of run.history) {
    const output = (event as Asl)['stateExitedEventDetails']?.output as string | undefined;
    if (output?.startsWith('{"Error"') === true) failure = JSON.parse(output) as Played['failure'];
  }
  return { ...result, calls, arguments: given, seconds: (clock.now() - start) / 1000, failure } as Played;
}

export function fails(error: string, cause = ''): never {
  throw new ServiceError(error, cause);
}

/** A file with a content, for props that name one. */
export function file(name: string, content: string): string {
  const path = join(mkdtempSync(join(tmpdir(), 'headrace-file-')), name);
  writeFileSync(path, content);
  return path;
}

/** The text of the error that synth gives. */
export function mistakes(of: Pipeline): string {
  try {
    template(of);
  } catch (error) {
    return (error as Error).message;
  }
  return '';
}
