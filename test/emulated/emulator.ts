// State machines on the emulator. In: definitions and an input. Out: how the execution ended and its history, children's
// included. Machines are made under the name given and deleted afterwards.

import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  GetExecutionHistoryCommand,
  type HistoryEvent,
  SFNClient,
  StartExecutionCommand,
  StopExecutionCommand,
} from '@aws-sdk/client-sfn';
import { CASE } from './mocks';

export interface Ended {
  readonly arn: string;
  readonly status: string;
  /** JSON text. */
  readonly output?: string;
  readonly error?: string;
  readonly cause?: string;
}

const ACCOUNT = '000000000000';
const REGION = 'us-east-1';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/any`;

/** ARN of the machine of that name, with the mocked answers of its case. */
export function mockedArn(machine: string): string {
  return `${machineArn(machine)}#${CASE}`;
}

function machineArn(machine: string): string {
  return `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${machine}`;
}

export class Emulator {
  private readonly client: SFNClient;

  constructor(readonly url: string) {
    this.client = new SFNClient({
      endpoint: url,
      region: REGION,
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    });
  }

  /** Makes the machine; throws what the emulator answers to a definition that it refuses. */
  async create(name: string, definition: unknown, type: 'STANDARD' | 'EXPRESS' = 'STANDARD'): Promise<void> {
    const text = typeof definition === 'string' ? definition : JSON.stringify(definition);
    await this.client.send(new CreateStateMachineCommand({ name, definition: text, roleArn: ROLE, type }));
  }

  async delete(name: string): Promise<void> {
    await this.client.send(new DeleteStateMachineCommand({ stateMachineArn: machineArn(name) }));
  }

  /** Runs the machine to its end; with `mocked` its tasks answer as the mock file says. */
  async run(name: string, input: unknown, options: { mocked: boolean; limitSeconds: number }): Promise<Ended> {
    const { executionArn: arn } = await this.client.send(
      new StartExecutionCommand({
        stateMachineArn: options.mocked ? mockedArn(name) : machineArn(name),
        input: JSON.stringify(input),
      }),
    );
    const limit = Date.now() + options.limitSeconds * 1000;
    for (let pause = 50; ; pause = Math.min(500, pause * 1.3)) {
      const seen = await this.client.send(new DescribeExecutionCommand({ executionArn: arn }));
      if (seen.status !== 'RUNNING') {
        return { arn: arn!, status: seen.status!, output: seen.output, error: seen.error, cause: seen.cause };
      }
      if (Date.now() > limit) {
        await this.client.send(new StopExecutionCommand({ executionArn: arn }));
        throw new Error(`${name} did not end within ${options.limitSeconds} s`);
      }
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }

  async history(arn: string): Promise<HistoryEvent[]> {
    const events: HistoryEvent[] = [];
    let nextToken: string | undefined;
    do {
      const page = await this.client.send(
        new GetExecutionHistoryCommand({ executionArn: arn, maxResults: 1000, nextToken }),
      );
      events.push(...page.events!);
      nextToken = page.nextToken;
    } while (nextToken !== undefined);
    return events;
  }
}
