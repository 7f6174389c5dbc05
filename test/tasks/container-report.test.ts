import { Duration, aws_ecs as ecs } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { CustomTask, FargateTask, type FargateTaskProps, type Pipeline } from '../../lib';
import type { Interpreter } from '../../lib/local/asl/interpreter';
import { ServiceError } from '../../lib/local/engine';
import { allowed, flat, innerStates, pipeline, play, template } from './run-task';

const image = ecs.ContainerImage.fromRegistry('busybox');

function reporting(props: Partial<FargateTaskProps> = {}, reads: string[] = []): Pipeline {
  const sales = pipeline();
  const ingest = new FargateTask(sales, 'Ingest', { image, reports: true, ...props });
  if (reads.length > 0) {
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: Object.fromEntries(reads.map((name) => [name, ingest.output(name)])),
      permissions: [],
    });
  }
  return sales;
}

interface Container {
  /** Seconds after which the container does what it does; a minute where nothing is said. */
  readonly life?: number;
  readonly act?: (token: string, machine: Interpreter, sleep: (seconds: number) => Promise<void>) => Promise<void>;
  readonly exit?: number;
}

/** Plays a container that acts with its token and then ends. */
function playContainer(sales: Pipeline, container: Container) {
  let given: (token: string) => void;
  const token = new Promise<string>((resolve) => (given = resolve));
  let reported = false;
  return play(sales, async (call, _nth, _now, { machine, clock }) => {
    if (call.action === 'putObject') {
      given(call.taskToken!);
      return {};
    }
    if (call.action === 'listObjectsV2') return { KeyCount: reported ? 0 : 1 };
    if (call.action !== 'runTask') return {};
    const sleep = (seconds: number) => clock.sleep(seconds * 1000, call.signal);
    await sleep(container.life ?? 60);
    await container.act?.(await token, machine, sleep);
    if (container.act !== undefined) reported = true;
    if ((container.exit ?? 0) === 0) return { TaskArn: 'arn:task' };
    throw new ServiceError(
      'States.TaskFailed',
      JSON.stringify({
        StoppedReason: 'Essential container in task exited',
        Containers: [{ Name: 'Main', ExitCode: container.exit }],
      }),
    );
  });
}

describe('a container that reports', () => {
  it('hands values back through its token', async () => {
    const run = await playContainer(reporting({}, ['rows', 'taskArn']), {
      act: async (token, machine) => machine.sendTaskSuccess(token, { rows: 12 }),
    });
    expect(run.status).toBe('SUCCEEDED');
    expect(run.arguments.at(-1)).toEqual({ rows: 12, taskArn: 'arn:task' });
  });

  it('is told where its token lies, which stands in no definition', async () => {
    const run = await playContainer(reporting(), { act: async (token, machine) => machine.sendTaskSuccess(token, {}) });
    const put = run.arguments.find((given) => given['Body'] !== undefined)!;
    const [{ Environment }] = run.arguments.find((given) => given['Overrides'] !== undefined)!['Overrides']
      .ContainerOverrides;
    expect(Environment).toContainEqual({ Name: 'HEADRACE_TOKEN', Value: `s3://${put['Bucket']}/${put['Key']}` });
    expect(put['Key']).toBe('outputs/Ingest/run-1.token');
    expect(JSON.stringify(Environment)).not.toContain(put['Body']);
  });

  it('and dies without a report fails the task at once, with the reason of ECS', async () => {
    const run = await playContainer(reporting({ heartbeat: Duration.hours(1) }), { life: 5, exit: 137 });
    expect(run.failure).toEqual({
      Error: 'ECS.TaskFailed',
      Cause: 'container Main ended with exit code 137 (killed)',
    });
    expect(run.seconds).toBe(5);
  });

  it('and ends well without a report fails, and says what is missing', async () => {
    const run = await playContainer(reporting(), { life: 5 });
    expect(run.status).toBe('FAILED');
    expect(run.failure?.Cause).toContain('the container of Ingest ended with exit code 0 but never reported');
    expect(run.seconds).toBe(5);
  });

  it('and is silent for too long is stopped and fails', async () => {
    const run = await playContainer(reporting({ heartbeat: Duration.minutes(2) }), { life: 600 });
    expect(run.failure).toMatchObject({
      Error: 'Headrace.HeartbeatTimeout',
      Cause: expect.stringContaining('Ingest gave no sign of life for 2 minutes: it hangs'),
    });
    expect(run.seconds).toBe(120);
  });

  it('may go on for as long as it gives signs of life', async () => {
    const run = await playContainer(reporting({ heartbeat: Duration.minutes(2) }), {
      act: async (token, machine, sleep) => {
        for (let beat = 0; beat < 20; beat++) {
          machine.sendTaskHeartbeat(token);
          await sleep(100);
        }
        machine.sendTaskSuccess(token, {});
      },
    });
    expect(run.status).toBe('SUCCEEDED');
    expect(run.seconds).toBe(2060);
  });

  it('fails in its own words', async () => {
    const run = await playContainer(reporting(), {
      act: async (token, machine) => machine.sendTaskFailure(token, 'Orders.Late', 'no file for today'),
      exit: 1,
    });
    expect(run.failure).toEqual({ Error: 'Orders.Late', Cause: 'no file for today' });
  });

  it('may ask to be skipped', async () => {
    const run = await playContainer(reporting({}, ['rows']), {
      act: async (token, machine) => machine.sendTaskFailure(token, 'Headrace.Skip', 'nothing to do'),
      exit: 1,
    });
    expect(run.status).toBe('SUCCEEDED');
    expect(run.calls).not.toContain('sqs:sendMessage');
  });

  it('on Spot that is taken away begins anew on demand, with a new token', async () => {
    const sales = reporting({ spot: true });
    const tokens: string[] = [];
    const run = await play(sales, async (call, nth, _now, { machine, clock }) => {
      if (call.action === 'putObject') {
        tokens.push(call.taskToken!);
        return {};
      }
      if (call.action === 'listObjectsV2') return { KeyCount: 0 };
      await clock.sleep(1000, call.signal);
      if (nth === 0) throw new ServiceError('States.TaskFailed', JSON.stringify({ StopCode: 'SpotInterruption' }));
      machine.sendTaskSuccess(tokens.at(-1)!, {});
      return { TaskArn: 'arn:task' };
    });
    expect(run.status).toBe('SUCCEEDED');
    expect(new Set(tokens).size).toBe(2);
  });

  it('keeps to six states', () => {
    const count = (states: object): number =>
      Object.values(states).reduce(
        (sum: number, state: { Branches?: { States: object }[] }) =>
          sum + 1 + (state.Branches ?? []).reduce((inner, branch) => inner + count(branch.States), 0),
        0,
      );
    expect(count(innerStates(reporting({ heartbeat: Duration.minutes(5) }), 'Ingest'))).toBe(6);
  });
});

describe('what it may', () => {
  it('its program reads its own tokens and answers them; the machine writes them and nothing else', () => {
    const sales = reporting();
    const policies = Object.entries(template(sales).findResources('AWS::IAM::Policy')).filter(([id]) =>
      id.includes('IngestRole'),
    );
    const statements = policies.flatMap(([, policy]) => policy['Properties'].PolicyDocument.Statement as any[]);
    const of = (action: string) =>
      statements
        .filter(({ Action }) => [Action].flat().includes(action))
        .flatMap(({ Resource }) => [Resource].flat().map(flat));
    expect(of('s3:GetObject')).toEqual([expect.stringMatching(/Outputs.*\/outputs\/Ingest\/\*$/)]);
    expect(of('states:SendTaskSuccess')).toEqual(['*']);
    expect(allowed(sales)['s3:PutObject']).toEqual([expect.stringMatching(/\/outputs\/\*$/)]);
  });
});
