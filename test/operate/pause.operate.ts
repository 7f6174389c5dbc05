// Pause and resume of what is deployed: the server's own EventBridge Scheduler and event buses are asked before and after.

import {
  DescribeRuleCommand,
  EventBridgeClient,
  ListTargetsByRuleCommand,
  PutRuleCommand,
  PutTargetsCommand,
} from '@aws-sdk/client-eventbridge';
import {
  CreateScheduleCommand,
  type CreateScheduleCommandInput,
  DeleteScheduleCommand,
  GetScheduleCommand,
  SchedulerClient,
} from '@aws-sdk/client-scheduler';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { Assembly } from '../../lib/local/assembly/assembly';
import { Machines } from '../../lib/local/assembly/machines';
import { Resolver } from '../../lib/local/assembly/resolver';
import { synthesize } from '../assembly';
import { type Answer, deployed, here, type Place } from './places';

interface Trigger {
  readonly kind: string;
  readonly name: string;
  readonly group: string;
  readonly expression: string;
  readonly enabled: boolean;
  readonly changed: boolean;
}

const stack = `Pause${process.pid}`;
const folder = synthesize('test/operate/pause-app.ts', { OPERATE_STACK: stack });
const url = inject('operateUrl');
const config = { endpoint: url, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const scheduler = new SchedulerClient(config);
const events = new EventBridgeClient(config);
const rule = `${stack}-arrivals`;
const KEY = 'arn:aws:kms:us-east-1:000000000000:key/0a8b2f0e-6d2f-4b7d-9a55-3d2f6c9b1a10';

/** The schedules of the template, as CloudFormation would make them; names are the logical ids. */
function schedules(): CreateScheduleCommandInput[] {
  const assembly = Assembly.read(folder);
  return assembly.ofType('AWS::Scheduler::Schedule').map(({ stack: own, resource }) => {
    const properties = new Resolver(assembly, own).properties(resource) as unknown as CreateScheduleCommandInput;
    return { ...properties, Name: `${stack}-${resource.logicalId}`, KmsKeyArn: KEY };
  });
}

/** Everything of a schedule but its state and when it was written. */
async function rest(Name: string) {
  const { $metadata, State, LastModificationDate, ...same } = await scheduler.send(new GetScheduleCommand({ Name }));
  return same;
}

const stateOf = async (Name: string) => (await scheduler.send(new GetScheduleCommand({ Name }))).State;

describe('pause and resume', () => {
  let at: Place;
  const made = schedules();
  const own = made.filter(({ Description }) => Description?.endsWith(`${stack}-Daily`)).map(({ Name }) => Name!);
  const other = made.find(({ Description }) => Description?.endsWith(`${stack}-Other`))!.Name!;
  const before = new Map<string, object>();
  const states = async () => Promise.all(own.map(stateOf));
  const told = (answer: Answer) => answer.json<Trigger[]>();

  beforeAll(async () => {
    at = await deployed(url, folder);
    for (const schedule of made) await scheduler.send(new CreateScheduleCommand(schedule));
    for (const { Name } of made) before.set(Name!, await rest(Name!));
    const machines = new Machines(Assembly.read(folder));
    const root = machines.rootOf(Assembly.read(folder).pipeline(`${stack}-Daily`));
    await events.send(
      new PutRuleCommand({ Name: rule, Description: 'files come', EventPattern: '{"source":["aws.s3"]}' }),
    );
    const RoleArn = 'arn:aws:iam::000000000000:role/any';
    await events.send(new PutTargetsCommand({ Rule: rule, Targets: [{ Id: '1', Arn: root, RoleArn, Input: '{}' }] }));
  });
  afterAll(async () => {
    for (const { Name } of made) await scheduler.send(new DeleteScheduleCommand({ Name })).catch(() => undefined);
  });

  it('switch off every schedule and rule of the pipeline, and nothing of another one', async () => {
    expect(own).toHaveLength(3);
    expect((await states()).sort()).toEqual(['DISABLED', 'ENABLED', 'ENABLED']);
    const { code, error, ...answer } = await at.headrace('pause', `${stack}-Daily`, '--json');
    expect([code, error]).toEqual([0, '']);
    const triggers = told({ code, error, ...answer });
    expect(triggers.map(({ kind, enabled }) => `${kind} ${enabled}`).sort()).toEqual([
      'rule false',
      'schedule false',
      'schedule false',
      'schedule false',
    ]);
    // One schedule was off before.
    expect(triggers.filter(({ changed }) => changed)).toHaveLength(3);
    expect(await states()).toEqual(['DISABLED', 'DISABLED', 'DISABLED']);
    expect((await events.send(new DescribeRuleCommand({ Name: rule }))).State).toBe('DISABLED');
    expect(await stateOf(other)).toBe('ENABLED');
  });

  it('leave everything else as it was: times, zone, window, target, retries, dead letters, input, key', async () => {
    for (const name of own) expect(await rest(name)).toEqual(before.get(name));
    const paris = own.map((name) => before.get(name)!).find((one) => JSON.stringify(one).includes('Europe/Paris'));
    expect(paris).toMatchObject({
      KmsKeyArn: KEY,
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 15 },
      Target: {
        RetryPolicy: { MaximumRetryAttempts: 30 },
        DeadLetterConfig: { Arn: expect.stringContaining('arn:aws:sqs:') },
        Input: expect.stringContaining('<aws.scheduler.scheduled-time>'),
      },
    });
    const { EventPattern, Description } = await events.send(new DescribeRuleCommand({ Name: rule }));
    expect([EventPattern, Description]).toEqual(['{"source":["aws.s3"]}', 'files come']);
    expect((await events.send(new ListTargetsByRuleCommand({ Rule: rule }))).Targets).toHaveLength(1);
  });

  it('twice change nothing the second time, and say so', async () => {
    const { code, out } = await at.headrace('pause', `${stack}-Daily`);
    expect([code, out]).toEqual([0, expect.stringContaining('nothing changed; runs that go on are not stopped')]);
    expect(out).toMatch(/^schedule +\S+ +cron\(30 2 \* \* \? \*\) Europe\/Paris +off$/m);
    expect(out).toMatch(/^rule +\S+arrivals +events +off$/m);
  });

  it('switch on again, all of them', async () => {
    const { code, out } = await at.headrace('resume', `${stack}-Daily`);
    expect([code, out]).toEqual([0, expect.stringContaining(`resumed ${stack}-Daily\n`)]);
    expect(await states()).toEqual(['ENABLED', 'ENABLED', 'ENABLED']);
    for (const name of own) expect(await rest(name)).toEqual(before.get(name));
    expect((await events.send(new DescribeRuleCommand({ Name: rule }))).State).toBe('ENABLED');
    expect(told(await at.headrace('resume', `${stack}-Daily`, '--json')).some(({ changed }) => changed)).toBe(false);
  });

  it('keep a start and an end that are to come, and say that a start that is past had to go', async () => {
    const [schedule] = made;
    const input = { ...schedule!, GroupName: 'default' };
    const come = { StartDate: new Date(Date.now() + 3_600_000), EndDate: new Date(Date.now() + 86_400_000) };
    const past = { StartDate: new Date(Date.now() - 60_000) };
    await scheduler.send(new CreateScheduleCommand({ ...input, Name: `${stack}-to-come`, ...come }));
    await scheduler.send(new CreateScheduleCommand({ ...input, Name: `${stack}-begun`, ...past }));
    const toCome = await rest(`${stack}-to-come`);
    expect(toCome.StartDate).toBeInstanceOf(Date);
    const { code, error } = await at.headrace('pause', `${stack}-Daily`);
    expect([code, error]).toEqual([
      0,
      expect.stringMatching(/^headrace: the start date of \S+-begun, .* was left out/),
    ]);
    expect(error).not.toContain('to-come');
    expect(await rest(`${stack}-to-come`)).toEqual(toCome);
    expect((await rest(`${stack}-begun`)).StartDate).toBeUndefined();
    for (const Name of [`${stack}-to-come`, `${stack}-begun`]) {
      expect(await stateOf(Name)).toBe('DISABLED');
      await scheduler.send(new DeleteScheduleCommand({ Name }));
    }
  });

  it('of alerts: a sample is asked for', async () => {
    const { code, error, json } = await at.headrace('alert', 'test', `${stack}-Daily`, '--json');
    expect([code, error]).toEqual([0, '']);
    expect(json()).toMatchObject({ pipeline: `${stack}-Daily` });
  });

  it('of a pipeline that nothing starts say so', async () => {
    const { code, out } = await at.headrace('pause', `${stack}-Idle`);
    expect([code, out]).toEqual([0, `${stack}-Idle has no schedule and no rule: nothing starts it by itself\n`]);
    expect(told(await at.headrace('pause', `${stack}-Idle`, '--json'))).toEqual([]);
    const wrong = await at.headrace('pause', `${stack}-Dialy`);
    expect([wrong.code, wrong.error]).toEqual([2, expect.stringContaining(`did you mean ${stack}-Daily?`)]);
  });

  it('on this machine say what there is to pause: nothing', async () => {
    const { code, error } = await here(folder).headrace('pause', `${stack}-Daily`);
    expect([code, error]).toEqual([
      2,
      expect.stringContaining('nothing starts a pipeline by itself on this machine, so there is nothing to pause'),
    ]);
  });
});
