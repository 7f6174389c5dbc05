import { Duration, aws_iam as iam, type aws_lambda as lambda, Stack, TimeZone, Token } from 'aws-cdk-lib';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { parseCron } from '../compile/cron';
import type { IPipeline } from '../pipeline/i-pipeline';
import type { ITrigger, TriggerConfig } from '../pipeline/i-trigger';
import { stackFunction, undelivered } from '../pipeline/stack-function';

/** What every schedule may say. */
export interface ScheduleOptions {
  /**
   * Params of the runs that it starts.
   * @default - the params' own defaults
   */
  readonly params?: { [name: string]: any };
  /**
   * Start each run at a time of the service's choice within this window after the schedule's time; the logical date stays that time.
   * @default - at the minute
   */
  readonly window?: Duration;
  /** @default true */
  readonly enabled?: boolean;
}

/** A schedule in the fields of cron. */
export interface CronProps extends ScheduleOptions {
  /** @default '*' - every minute; '0' where an hour is given */
  readonly minute?: string;
  /** @default '*' - every hour; '0' where a day, weekday or month is given */
  readonly hour?: string;
  /** @default - every day */
  readonly day?: string;
  /** @default '*' */
  readonly month?: string;
  /**
   * Names, `MON-FRI`.
   * @default - every weekday
   */
  readonly weekDay?: string;
  /** @default '*' */
  readonly year?: string;
  /**
   * Whose clock the fields are read on, daylight saving time included.
   * @default TimeZone.ETC_UTC
   */
  readonly timeZone?: TimeZone;
}

/**
 * Starts runs at fixed times. The logical date of a run is the schedule's time, its interval reaches back to the time before, and
 * its name is made from it: however often a start is repeated, there is one run.
 */
export class Schedule implements ITrigger {
  /** At the times that the fields say. */
  public static cron(props: CronProps): Schedule {
    const dated =
      props.day !== undefined || props.weekDay !== undefined || props.month !== undefined || props.year !== undefined;
    if (props.day !== undefined && props.weekDay !== undefined) {
      throw new Error(
        `Schedule.cron: day (${props.day}) and weekDay (${props.weekDay}) are both given: one of them decides, leave the other out`,
      );
    }
    if (props.minute === undefined && props.hour === undefined && !dated) {
      throw new Error('Schedule.cron: no field is given: a run every minute has to be said, with minute: "*"');
    }
    if (/(^|[,-])\d/.test(props.weekDay ?? '')) {
      throw new Error(
        `Schedule.cron: weekDay is ${props.weekDay}: write names such as MON-FRI, numbers mean different days in different places`,
      );
    }
    const hour = props.hour ?? (dated ? '0' : '*');
    const minute = props.minute ?? (props.hour !== undefined || dated ? '0' : '*');
    const day = props.weekDay !== undefined ? '?' : (props.day ?? '*');
    const expression = `cron(${minute} ${hour} ${day} ${props.month ?? '*'} ${props.weekDay ?? '?'} ${props.year ?? '*'})`;
    checked(expression);
    return new Schedule(
      expression,
      (props.timeZone ?? TimeZone.ETC_UTC).timezoneName,
      nominalSeconds(minute, hour, props),
      props,
    );
  }

  /**
   * Again and again after the same time, counted from the deployment.
   * @param every whole minutes
   */
  public static rate(every: Duration, options: ScheduleOptions = {}): Schedule {
    const minutes = every.toMinutes({ integral: false });
    if (!Number.isInteger(minutes) || minutes < 1)
      throw new Error(`Schedule.rate: ${every.toHumanString()} is not a whole number of minutes`);
    const [count, unit] =
      minutes % 1440 === 0
        ? [minutes / 1440, 'day']
        : minutes % 60 === 0
          ? [minutes / 60, 'hour']
          : [minutes, 'minute'];
    return new Schedule(`rate(${count} ${unit}${count === 1 ? '' : 's'})`, 'Etc/UTC', minutes * 60, options);
  }

  private constructor(
    /** As EventBridge Scheduler takes it. */
    public readonly expression: string,
    /** IANA name. */
    public readonly timeZone: string,
    private readonly seconds: number,
    private readonly options: ScheduleOptions,
  ) {}

  public bind(pipeline: IPipeline): TriggerConfig {
    const { expression, timeZone, options } = this;
    const params = options.params ?? {};
    for (const name of Object.keys(params)) {
      if (!pipeline.paramNames.includes(name))
        pipeline.addProblem(
          pipeline,
          `the schedule ${expression} sets the param ${name}, which the pipeline does not declare: expected ${pipeline.paramNames.join(', ') || 'none'}`,
        );
    }
    for (const name of pipeline.requiredParams.filter((one) => !(one in params))) {
      pipeline.addProblem(
        pipeline,
        `the schedule ${expression} starts runs without the param ${name}, which has no default: give it one, or set it in the schedule's params`,
      );
    }
    if (Token.isUnresolved(params))
      pipeline.addProblem(
        pipeline,
        `the params of the schedule ${expression} are known only at deploy time: give plain values`,
      );
    const stack = Stack.of(pipeline);
    const starter = stackFunction(
      stack,
      'start-run',
      'starts runs of pipelines at the times of their schedules',
      Duration.seconds(30),
    );
    starter.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['states:StartExecution'], resources: [pipeline.stateMachineArn] }),
    );
    const id = this.freeId(pipeline);
    const queue = undelivered(stack);
    new CfnSchedule(pipeline.shared, id, {
      description: `runs of ${pipeline.pipelineName}`,
      scheduleExpression: expression,
      scheduleExpressionTimezone: timeZone,
      state: (options.enabled ?? true) ? 'ENABLED' : 'DISABLED',
      flexibleTimeWindow:
        options.window === undefined
          ? { mode: 'OFF' }
          : { mode: 'FLEXIBLE', maximumWindowInMinutes: options.window.toMinutes() },
      target: {
        arn: starter.functionArn,
        roleArn: this.role(pipeline, starter).roleArn,
        input: stack.toJsonString({
          stateMachineArn: pipeline.stateMachineArn,
          expression,
          timeZone,
          scheduledTime: '<aws.scheduler.scheduled-time>',
          ...(Object.keys(params).length > 0 && { params }),
        }),
        retryPolicy: { maximumRetryAttempts: 30, maximumEventAgeInSeconds: 6 * 3600 },
        deadLetterConfig: { arn: queue.queueArn },
      },
    });
    return { kind: 'schedule', expression, timeZone, intervalSeconds: this.seconds };
  }

  /** The id comes from the schedule itself: another schedule of the pipeline renames nothing. */
  private freeId(pipeline: IPipeline): string {
    const words = `${this.expression} ${this.timeZone}`.replace(/\*/g, 'any').replace(/[^A-Za-z0-9]+/g, '-');
    const id = `Schedule-${words}`;
    if (pipeline.shared.node.tryFindChild(id) === undefined) return id;
    pipeline.addProblem(
      pipeline,
      `the schedule ${this.expression} (${this.timeZone}) is given twice: the second would start nothing`,
    );
    return `${id}-${pipeline.shared.node.children.length}`;
  }

  private role(pipeline: IPipeline, starter: lambda.Function): iam.Role {
    const existing = pipeline.shared.node.tryFindChild('ScheduleRole');
    if (existing !== undefined) return existing as iam.Role;
    const stack = Stack.of(pipeline);
    const role = new iam.Role(pipeline.shared, 'ScheduleRole', {
      description: `starts runs of ${pipeline.pipelineName}`,
      assumedBy: new iam.ServicePrincipal('scheduler.amazonaws.com', {
        conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
      }),
    });
    role.addToPolicy(new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [starter.functionArn] }));
    role.addToPolicy(
      new iam.PolicyStatement({ actions: ['sqs:SendMessage'], resources: [undelivered(stack).queueArn] }),
    );
    return role;
  }
}

function checked(expression: string): void {
  try {
    parseCron(expression);
  } catch (error) {
    throw new Error(`Schedule.cron: ${(error as Error).message}`);
  }
}

/** The usual distance of two runs, for runs that somebody starts by hand without an interval. */
function nominalSeconds(minute: string, hour: string, props: CronProps): number {
  const each = (field: string, size: number): number | undefined => {
    if (field === '*') return 1;
    const step = /^[*\d]+\/(\d+)$/.exec(field)?.[1];
    if (step !== undefined) return Number(step);
    return field.includes(',') || field.includes('-')
      ? Math.max(1, Math.floor(size / field.split(/[,-]/).length))
      : undefined;
  };
  const inMinutes = each(minute, 60);
  if (inMinutes !== undefined) return inMinutes * 60;
  const inHours = each(hour, 24);
  if (inHours !== undefined) return inHours * 3600;
  if (props.month !== undefined && props.month !== '*') return 365 * 86_400;
  if (props.day !== undefined && props.day !== '*') return 30 * 86_400;
  return props.weekDay !== undefined && /^[A-Za-z]{3}$/.test(props.weekDay) ? 7 * 86_400 : 86_400;
}
