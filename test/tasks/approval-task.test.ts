import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { Duration } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { ApprovalOutcome, ApprovalTask, type ApprovalTaskProps, CustomTask } from '../../lib';
import { readRun } from '../../lib/local/record';
import { runHere, told } from './run-local';
import { flat, innerStates, mistakes, pipeline, play, template } from './run-task';

const day = { logicalDate: '2026-03-29T01:00:00Z' };

function approval(props: Partial<ApprovalTaskProps> = {}) {
  const sales = pipeline();
  const task = new ApprovalTask(sales, 'Approve', {
    question: `Publish ${sales.run.date}?`,
    details: { day: sales.run.date },
    timeout: Duration.hours(2),
    ...props,
  });
  const after = new CustomTask(sales, 'After', {
    resource: 'arn:aws:states:::sqs:sendMessage',
    arguments: { by: task.output('by'), why: task.output('reason'), approved: task.output('approved') },
    permissions: [],
  });
  return { sales, task, after };
}
const said = (approved: boolean) => ({
  approved,
  by: 'Ada',
  reason: 'rows look odd',
  at: '2026-03-29T02:00:00Z',
  via: 'link',
});

async function answered(props: Partial<ApprovalTaskProps>, answer?: object) {
  let asked: any;
  const run = await play(
    approval(props).sales,
    (call, _nth, _now, { machine }) => {
      if (call.service !== 'lambda') return {};
      asked = (call.arguments as { Payload: unknown }).Payload;
      if (answer !== undefined) queueMicrotask(() => machine.sendTaskSuccess(asked.token, answer as never));
      return {};
    },
    day,
  );
  return { run, asked };
}

describe('an approval', () => {
  it('that is given goes on, and says who and why', async () => {
    const { run, asked } = await answered({}, said(true));
    expect(asked).toMatchObject({
      pipeline: 'Demo-Sales',
      run: 'run-1',
      task: 'Approve',
      question: 'Publish 2026-03-29?',
      details: { day: '2026-03-29' },
    });
    expect(asked.token).toBeTruthy();
    expect(run.arguments.at(-1)).toEqual({ by: 'Ada', why: 'rows look odd', approved: true });
  });

  it('that is refused fails with who and why', async () => {
    const { run } = await answered({}, said(false));
    expect(run.failure).toEqual({
      Error: 'Headrace.Rejected',
      Cause: 'Ada said no: rows look odd (link, 2026-03-29T02:00:00Z)',
    });
  });

  it('that is refused may skip, or go on and tell', async () => {
    expect((await answered({ onRejection: ApprovalOutcome.SKIP }, said(false))).run).toMatchObject({
      status: 'SUCCEEDED',
      calls: ['lambda:invoke'],
    });
    const { run } = await answered({ onRejection: ApprovalOutcome.CONTINUE }, said(false));
    expect(run.arguments.at(-1)).toMatchObject({ approved: false });
  });

  it('that nobody answers ends with its time limit', async () => {
    const { run, asked } = await answered({});
    expect(run.failure).toEqual({ Error: 'Headrace.ApprovalTimeout', Cause: 'nobody answered Approve within 2 hours' });
    expect(run.seconds).toBe(7200);
    expect(Date.parse(asked.expires) - Date.parse('1970-01-01')).toBeGreaterThan(0);
    expect((await answered({ onTimeout: ApprovalOutcome.SKIP })).run.calls).toEqual(['lambda:invoke']);
    const { run: open } = await answered({ onTimeout: ApprovalOutcome.CONTINUE });
    expect(open.arguments.at(-1)).toMatchObject({ approved: false, why: 'nobody answered Approve within 2 hours' });
  });

  it('that is answered with anything else is a no', async () => {
    expect((await answered({}, { approved: 'yes' })).run.failure?.Error).toBe('Headrace.Rejected');
  });

  it('has five states at most beside the one that fails', () => {
    expect(Object.keys(innerStates(approval().sales, 'Approve'))).toHaveLength(5);
  });
});

describe('what is deployed', () => {
  it('is one key, one page and one asking function for all approvals of a stack', () => {
    const { sales } = approval();
    new ApprovalTask(sales, 'Second', { question: 'Sure?' });
    const made = template(sales);
    made.resourceCountIs('AWS::KMS::Key', 1);
    made.resourceCountIs('AWS::Lambda::Url', 1);
    made.hasResourceProperties('AWS::KMS::Key', { KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' });
    const may = Object.entries(made.findResources('AWS::IAM::Policy')).flatMap(([id, policy]) =>
      policy['Properties'].PolicyDocument.Statement.flatMap((one: any) =>
        [one.Action]
          .flat()
          .map((action: string) => `${id.replace(/[0-9A-F]{8}$/, '')} ${action} ${flat([one.Resource].flat()[0])}`),
      ),
    );
    const page = may.filter((line) => line.includes('approvalpage'));
    expect(page.map((line) => line.split(' ')[1]).sort()).toEqual(
      [
        'kms:VerifyMac',
        'logs:CreateLogStream',
        'logs:PutLogEvents',
        'sqs:SendMessage',
        'states:SendTaskSuccess',
      ].sort(),
    );
  });

  it.each<[string, Partial<ApprovalTaskProps>, string]>([
    ['without a question', { question: ' ' }, 'question is empty'],
    ['with two years', { timeout: Duration.days(800) }, 'timeout is 800 days: a run ends after a year at most'],
  ])('fails %s', (_, props, message) => {
    expect(mistakes(approval(props).sales)).toContain(message);
  });
});

describe('on this computer', () => {
  it('the message holds the command, and another process can answer by the token in the history', async () => {
    const sales = pipeline();
    const task = new ApprovalTask(sales, 'Approve', { question: 'Publish?' });
    void task;
    const alerts: string[] = [];
    let folder = '';
    const result = await runHere(sales, {
      input: day,
      options: {
        onStart: (run) => (folder = run.folder),
        onNotice: ({ kind, text }) => {
          if (kind !== 'alert') return;
          alerts.push(text);
          const { gateway } = JSON.parse(readFileSync(join(folder, 'live.json'), 'utf8')) as { gateway: string };
          const scheduled = readRun(folder)
            .events.map(({ event }) => event as any)
            .filter((event) => event.type === 'TaskScheduled');
          const { parameters } = scheduled.at(-1).taskScheduledEventDetails;
          const { token } = JSON.parse(parameters).Payload;
          const client = new SFNClient({
            endpoint: gateway,
            region: 'eu-west-1',
            credentials: { accessKeyId: 'x', secretAccessKey: 'x' },
          });
          const output = JSON.stringify({ approved: true, by: 'me', reason: '', at: 'now', via: 'command' });
          void client.send(new SendTaskSuccessCommand({ taskToken: token, output }));
        },
      },
    });
    expect(told(result)).toEqual({ Approve: 'succeeded' });
    expect(alerts.join()).toContain('npx headrace approve Demo-Sales 2026-03-29T01-00-00Z Approve --yes');
  }, 30_000);
});
