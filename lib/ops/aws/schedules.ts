// What starts runs of a deployed pipeline by itself: schedules and rules of event buses. In: the ARN of its root machine. Out: each with its
// state; switched on or off. Always: it is the pipeline's if it passes on or calls the pipeline's machine; all else of it stays as it was.
//
//   EventBridge Scheduler has no switch: a schedule is written again, whole, since what is left out goes back to its default.

import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { GetScheduleCommandOutput, ScheduleSummary } from '@aws-sdk/client-scheduler';
import { said, unreachable, UnreachableError } from '../unreachable-error';
import type { Aws } from './aws';
import { inTurns } from './in-turns';

export interface DeployedTrigger {
  readonly kind: 'schedule' | 'rule';
  readonly name: string;
  /** Of the schedule; for a rule, the event bus. */
  readonly group: string;
  /** When, or `events` for a rule that waits for some. */
  readonly expression: string;
  readonly timeZone: string;
  readonly enabled: boolean;
}

export interface Switched {
  /** As they are now. */
  readonly triggers: readonly (DeployedTrigger & { readonly changed: boolean })[];
  /** What could not be looked at and why, what else was changed. */
  readonly notes: readonly string[];
}

interface Switch {
  readonly trigger: DeployedTrigger;
  /** @returns what the operator should know */
  readonly turn: (enabled: boolean) => Promise<string | undefined>;
}

/** @throws Error that says what was switched before it failed */
export async function switchTriggers(aws: Aws, rootArn: string, enabled: boolean): Promise<Switched> {
  const { switches, notes } = await switchesOf(aws, rootArn);
  const told = [...notes];
  const changed: string[] = [];
  for (const { trigger, turn } of switches.filter((each) => each.trigger.enabled !== enabled)) {
    try {
      const note = await turn(enabled);
      if (note !== undefined) told.push(note);
    } catch (error) {
      throw changed.length === 0 ? error : partly(changed, trigger.name, enabled, error);
    }
    changed.push(trigger.name);
  }
  const triggers = switches.map(({ trigger }) => ({ ...trigger, enabled, changed: trigger.enabled !== enabled }));
  return { triggers, notes: told };
}

function partly(changed: readonly string[], failed: string, enabled: boolean, error: unknown): Error {
  const are = `${changed.join(', ')} ${changed.length === 1 ? 'is' : 'are'}`;
  const text = `${are} ${enabled ? 'on' : 'off'} now, but not ${failed}: ${said(error)}; say it again`;
  return unreachable(error) === undefined ? new Error(text) : new UnreachableError(text);
}

async function switchesOf(aws: Aws, rootArn: string): Promise<{ switches: Switch[]; notes: string[] }> {
  const schedules = await scheduleSwitches(aws, rootArn);
  try {
    return { switches: [...schedules, ...(await ruleSwitches(aws, rootArn))], notes: [] };
  } catch (error) {
    const away = unreachable(error);
    if (away === undefined) throw error;
    return { switches: schedules, notes: [`rules of event buses were not looked at: ${away.message}`] };
  }
}

async function scheduleSwitches(aws: Aws, rootArn: string): Promise<Switch[]> {
  const { GetScheduleCommand, paginateListSchedules } = await import('@aws-sdk/client-scheduler');
  const client = await aws.scheduler();
  const all: ScheduleSummary[] = [];
  for await (const page of paginateListSchedules({ client, pageSize: 100 }, {})) all.push(...(page.Schedules ?? []));
  // Only a function can be the target that starts runs; which pipeline's stands in what it passes on.
  const likely = all.filter(({ Target }) => /:function:|:states:/.test(Target?.Arn ?? ''));
  const read = await inTurns(likely, 5, ({ Name, GroupName }) =>
    client.send(new GetScheduleCommand({ Name, GroupName })),
  );
  return read
    .filter(({ Target }) => Target?.Arn === rootArn || Target?.Input?.includes(`"${rootArn}"`))
    .map((schedule) => ({
      trigger: {
        kind: 'schedule',
        name: schedule.Name!,
        group: schedule.GroupName ?? 'default',
        expression: schedule.ScheduleExpression!,
        timeZone: schedule.ScheduleExpressionTimezone ?? 'UTC',
        enabled: schedule.State !== 'DISABLED',
      },
      turn: (enabled) => rewrite(aws, schedule, enabled),
    }));
}

async function rewrite(aws: Aws, schedule: GetScheduleCommandOutput, enabled: boolean): Promise<string | undefined> {
  const { UpdateScheduleCommand } = await import('@aws-sdk/client-scheduler');
  const client = await aws.scheduler();
  const { $metadata, Arn, CreationDate, LastModificationDate, StartDate, ...same } = schedule;
  const begun = StartDate !== undefined && StartDate.getTime() < Date.now();
  await client.send(
    new UpdateScheduleCommand({
      ...same,
      ...(StartDate !== undefined && !begun && { StartDate }),
      Name: schedule.Name,
      ScheduleExpression: schedule.ScheduleExpression,
      FlexibleTimeWindow: schedule.FlexibleTimeWindow,
      Target: schedule.Target,
      State: enabled ? 'ENABLED' : 'DISABLED',
    }),
  );
  if (!begun) return undefined;
  return `the start date of ${schedule.Name}, ${StartDate.toISOString()}, was left out: EventBridge Scheduler takes none that is past`;
}

async function ruleSwitches(aws: Aws, rootArn: string): Promise<Switch[]> {
  const { DescribeRuleCommand, DisableRuleCommand, EnableRuleCommand } = await import('@aws-sdk/client-eventbridge');
  const client = await aws.eventBridge();
  const rules = await rulesTo(client, rootArn);
  return inTurns(rules, 4, async (at): Promise<Switch> => {
    const rule = await client.send(new DescribeRuleCommand(at));
    return {
      trigger: {
        kind: 'rule',
        name: at.Name,
        group: at.EventBusName,
        expression: rule.ScheduleExpression ?? 'events',
        timeZone: 'UTC',
        enabled: rule.State !== 'DISABLED',
      },
      turn: async (enabled) => {
        await client.send(enabled ? new EnableRuleCommand(at) : new DisableRuleCommand(at));
        return undefined;
      },
    };
  });
}

/** Rules of every bus that start the machine. */
async function rulesTo(
  client: EventBridgeClient,
  TargetArn: string,
): Promise<{ Name: string; EventBusName: string }[]> {
  const { ListEventBusesCommand, ListRuleNamesByTargetCommand } = await import('@aws-sdk/client-eventbridge');
  const buses = await pages(async (NextToken) => {
    const { EventBuses = [], NextToken: next } = await client.send(new ListEventBusesCommand({ NextToken }));
    return { items: EventBuses.map(({ Name = 'default' }) => Name), next };
  });
  const found = await inTurns(buses, 4, (EventBusName) =>
    pages(async (NextToken) => {
      const request = { TargetArn, EventBusName, NextToken };
      const { RuleNames = [], NextToken: next } = await client.send(new ListRuleNamesByTargetCommand(request));
      return { items: RuleNames.map((Name) => ({ Name, EventBusName })), next };
    }),
  );
  return found.flat();
}

/** EventBridge's client has no paginators. */
async function pages<T>(
  page: (token: string | undefined) => Promise<{ readonly items: readonly T[]; readonly next: string | undefined }>,
): Promise<T[]> {
  const found: T[] = [];
  let token: string | undefined;
  do {
    const { items, next } = await page(token);
    found.push(...items);
    token = next;
  } while (token);
  return found;
}
