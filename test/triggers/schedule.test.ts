import { Duration, TimeZone } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { type CronProps, CustomTask, Param, Schedule } from '../../lib';
import { mistakes, pipeline, template } from '../tasks/run-task';

function scheduled(...triggers: Schedule[]) {
  const sales = pipeline({ triggers, params: { day: Param.string({ default: 'x' }) } });
  new CustomTask(sales, 'a', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
  return sales;
}

describe('cron', () => {
  it.each<[CronProps, string]>([
    [{ hour: '2', minute: '30' }, 'cron(30 2 * * ? *)'],
    [{ hour: '2' }, 'cron(0 2 * * ? *)'],
    [{ minute: '0/15' }, 'cron(0/15 * * * ? *)'],
    [{ weekDay: 'MON-FRI' }, 'cron(0 0 ? * MON-FRI *)'],
    [{ day: '1', hour: '6' }, 'cron(0 6 1 * ? *)'],
    [{ month: 'JAN' }, 'cron(0 0 * JAN ? *)'],
  ])('%j is %s', (props, expression) => {
    expect(Schedule.cron(props).expression).toBe(expression);
  });

  it.each<[CronProps, string]>([
    [{}, 'no field is given: a run every minute has to be said'],
    [{ day: '1', weekDay: 'MON' }, 'day (1) and weekDay (MON) are both given'],
    [{ weekDay: '1-5' }, 'write names such as MON-FRI'],
    [{ hour: '25' }, 'Schedule.cron: hour is "25": expected numbers from 0 to 23'],
    [{ weekDay: 'MON-FRY' }, 'weekday is "MON-FRY": expected SUN to SAT'],
    [{ day: '32' }, 'day is "32"'],
    [{ minute: '*/0' }, 'minute is "*/0"'],
  ])('fails for %j', (props, message) => {
    expect(() => Schedule.cron(props)).toThrow(message);
  });
});

it.each([
  [Duration.minutes(5), 'rate(5 minutes)'],
  [Duration.hours(1), 'rate(1 hour)'],
  [Duration.days(7), 'rate(7 days)'],
])('a rate of %s', (every, expression) => {
  expect(Schedule.rate(every).expression).toBe(expression);
});

it('fails for half a minute', () =>
  expect(() => Schedule.rate(Duration.seconds(30))).toThrow('is not a whole number of minutes'));

describe('what is deployed', () => {
  it('is a schedule on the clock of its zone, which tells the function its own time', () => {
    const made = template(
      scheduled(
        Schedule.cron({
          hour: '2',
          timeZone: TimeZone.EUROPE_PARIS,
          params: { day: 'y' },
          window: Duration.minutes(10),
        }),
      ),
    );
    made.hasResourceProperties('AWS::Scheduler::Schedule', {
      ScheduleExpression: 'cron(0 2 * * ? *)',
      ScheduleExpressionTimezone: 'Europe/Paris',
      State: 'ENABLED',
      FlexibleTimeWindow: { Mode: 'FLEXIBLE', MaximumWindowInMinutes: 10 },
      Target: { RetryPolicy: { MaximumRetryAttempts: 30 }, DeadLetterConfig: {} },
    });
    const text = JSON.stringify(made.findResources('AWS::Scheduler::Schedule'));
    expect(text).toContain('<aws.scheduler.scheduled-time>');
    expect(text).toContain('\\"params\\":{\\"day\\":\\"y\\"}');
    made.hasResourceProperties('AWS::SQS::Queue', { SqsManagedSseEnabled: true });
  });

  it('may start runs of its pipeline and nothing else', () => {
    const made = template(scheduled(Schedule.rate(Duration.hours(1))));
    const policies = Object.entries(made.findResources('AWS::IAM::Policy')).filter(([id]) => id.includes('startrun'));
    const text = JSON.stringify(policies);
    expect(text).toContain('states:StartExecution');
    expect(text).toContain(':states:eu-west-1:111122223333:stateMachine:Demo-Sales-C8F38FD9');
    expect(text).not.toContain('"Resource":"*"');
  });

  it('has one function for all schedules of a stack', () => {
    const made = template(scheduled(Schedule.rate(Duration.hours(1)), Schedule.cron({ hour: '3' })));
    made.resourceCountIs('AWS::Scheduler::Schedule', 2);
    made.resourceCountIs('AWS::Lambda::Function', 1);
  });
});

it('fails when it is given twice', () => {
  expect(mistakes(scheduled(Schedule.cron({ hour: '3' }), Schedule.cron({ hour: '3' })))).toContain(
    'the schedule cron(0 3 * * ? *) (Etc/UTC) is given twice',
  );
});
