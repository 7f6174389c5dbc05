// The schedules of a deployed pipeline. In: the ARN of its root machine. Out: each with its state; switched on or off. Always: a schedule
// is the pipeline's if what it passes on names the pipeline's machine; everything else of it is written back as it was.

import type { GetScheduleCommandOutput, ScheduleSummary } from '@aws-sdk/client-scheduler';
import type { Aws } from './aws';
import { inTurns } from './in-turns';

export interface DeployedSchedule {
  readonly name: string;
  readonly group: string;
  readonly expression: string;
  readonly timeZone: string;
  readonly enabled: boolean;
}

export async function schedulesOf(aws: Aws, rootArn: string): Promise<DeployedSchedule[]> {
  return (await found(aws, rootArn)).map((schedule) => ({
    name: schedule.Name!,
    group: schedule.GroupName ?? 'default',
    expression: schedule.ScheduleExpression!,
    timeZone: schedule.ScheduleExpressionTimezone ?? 'UTC',
    enabled: schedule.State !== 'DISABLED',
  }));
}

/** @returns those whose state was changed */
export async function switchSchedules(aws: Aws, rootArn: string, enabled: boolean): Promise<DeployedSchedule[]> {
  const { UpdateScheduleCommand } = await import('@aws-sdk/client-scheduler');
  const client = await aws.scheduler();
  const State = enabled ? 'ENABLED' : 'DISABLED';
  const changed = (await found(aws, rootArn)).filter((schedule) => (schedule.State ?? 'ENABLED') !== State);
  for (const { $metadata, Arn, CreationDate, LastModificationDate, ...schedule } of changed) {
    await client.send(
      new UpdateScheduleCommand({
        ...schedule,
        Name: schedule.Name,
        ScheduleExpression: schedule.ScheduleExpression,
        FlexibleTimeWindow: schedule.FlexibleTimeWindow,
        Target: schedule.Target,
        State,
      }),
    );
  }
  return (await schedulesOf(aws, rootArn)).filter((schedule) => changed.some(({ Name }) => Name === schedule.name));
}

async function found(aws: Aws, rootArn: string): Promise<GetScheduleCommandOutput[]> {
  const { GetScheduleCommand, ListSchedulesCommand } = await import('@aws-sdk/client-scheduler');
  const client = await aws.scheduler();
  const all: ScheduleSummary[] = [];
  let NextToken: string | undefined;
  do {
    const page = await client.send(new ListSchedulesCommand({ MaxResults: 100, ...(NextToken && { NextToken }) }));
    all.push(...(page.Schedules ?? []));
    NextToken = page.NextToken;
  } while (NextToken);
  // Only a function can be the target that starts runs; which pipeline's stands in what it passes on.
  const likely = all.filter(({ Target }) => /:function:|:states:/.test(Target?.Arn ?? ''));
  const read = await inTurns(likely, 5, ({ Name, GroupName }) =>
    client.send(new GetScheduleCommand({ Name, GroupName })),
  );
  return read.filter(({ Target }) => Target?.Arn === rootArn || Target?.Input?.includes(`"${rootArn}"`));
}
