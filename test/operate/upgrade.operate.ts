// A deployment while a run goes on. The first version of a pipeline that is cut into machines waits in its root; the second replaces
// every machine; then the run goes on, and calls what it began with. Versions are the server's own; only CloudFormation's part,
// publishing one for each change and keeping the old, is done by hand as the template says it.

import { App, Stack } from 'aws-cdk-lib';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  DescribeExecutionCommand,
  PublishStateMachineVersionCommand,
  SendTaskSuccessCommand,
  SFNClient,
  StartExecutionCommand,
  UpdateStateMachineCommand,
} from '@aws-sdk/client-sfn';
import { CreateQueueCommand, DeleteMessageCommand, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { afterAll, expect, inject, it, vi } from 'vitest';
import { CustomTask, Pipeline, Retry } from '../../lib';
import { Assembly } from '../../lib/local/assembly/assembly';
import { Machines } from '../../lib/local/assembly/machines';
import { temporaryFolder } from '../local/assembly-fixture';
import { command, signedIn, tagsOf } from './places';

const url = inject('operateUrl');
const config = { endpoint: url, region: 'us-east-1', credentials: { accessKeyId: 'test', secretAccessKey: 'test' } };
const sfn = new SFNClient(config);
const sqs = new SQSClient(config);
const NAME = `Upgrade${process.pid}`;

/** Evaluated to nothing, and long: a machine holds a few of them. */
const LONG = `$substring('${'x'.repeat(150_000)}',0,0)`;
const deployed = new Set<string>();
const LISTS = 'arn:aws:states:::aws-sdk:s3:listBuckets';

function synthesized(version: 1 | 2): string {
  const app = new App({ outdir: temporaryFolder(), analyticsReporting: false });
  const stack = new Stack(app, NAME, { env: { account: '000000000000', region: 'us-east-1' } });
  const sales = new Pipeline(stack, 'Sales', { retry: Retry.none() });
  const hold = new CustomTask(sales, 'Hold', {
    resource: 'arn:aws:states:::sqs:sendMessage.waitForTaskToken',
    arguments: { QueueUrl: `${url}/000000000000/${NAME}`, MessageBody: '{% $states.context.Task.Token %}' },
    permissions: [],
  });
  for (let i = 0; i < 8; i++) {
    // Another task each, so that the tasks have other numbers; and what they do fails.
    if (version === 2)
      new CustomTask(sales, `More${i}`, { resource: LISTS, arguments: {}, permissions: [] }).after(hold);
    new CustomTask(sales, `Part${i}`, {
      resource: version === 1 ? LISTS : 'arn:aws:states:::aws-sdk:s3:headBucket',
      arguments: version === 1 ? { ContinuationToken: `{% ${LONG} %}` } : { Bucket: `{% 'nobody'&${LONG} %}` },
      permissions: [],
    }).after(hold);
  }
  return app.synth().directory;
}

/** What CloudFormation does with the machines and their versions: children first, whoever calls them names the new version. */
async function deploy(folder: string): Promise<string[]> {
  const machines = new Machines(Assembly.read(folder));
  const made = machines.arns().map((arn) => machines.get(arn)!);
  const versions = new Map<string, string>();
  // The root's name is the shortest; no child calls another here.
  for (const { arn, name, definition, logicalId } of made.sort((a, b) => b.name.length - a.name.length)) {
    let text = JSON.stringify(definition);
    for (const [child, version] of versions) text = text.replaceAll(`"${child}"`, `"${version}"`);
    const roleArn = 'arn:aws:iam::000000000000:role/any';
    const tags = tagsOf(folder, logicalId);
    await sfn
      .send(new UpdateStateMachineCommand({ stateMachineArn: arn, definition: text, roleArn }))
      .catch(() => sfn.send(new CreateStateMachineCommand({ name, definition: text, roleArn, tags })));
    const published = await sfn.send(new PublishStateMachineVersionCommand({ stateMachineArn: arn }));
    versions.set(arn, published.stateMachineVersionArn!);
    deployed.add(arn);
  }
  return made.map(({ name }) => name);
}

async function start(name: string): Promise<string> {
  const stateMachineArn = `arn:aws:states:us-east-1:000000000000:stateMachine:${name}`;
  return (await sfn.send(new StartExecutionCommand({ stateMachineArn, input: '{}' }))).executionArn!;
}

/** Answers a run that waits; its token is the message. */
async function goOn(): Promise<void> {
  const QueueUrl = `${url}/000000000000/${NAME}`;
  const message = await vi.waitFor(
    async () => (await sqs.send(new ReceiveMessageCommand({ QueueUrl, WaitTimeSeconds: 1 }))).Messages![0]!,
    { timeout: 60_000 },
  );
  await sqs.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle: message.ReceiptHandle! }));
  await sfn.send(new SendTaskSuccessCommand({ taskToken: message.Body!, output: '{}' }));
}

async function outcomes(executionArn: string): Promise<string[]> {
  const over = async () =>
    expect((await sfn.send(new DescribeExecutionCommand({ executionArn }))).status).not.toBe('RUNNING');
  await vi.waitFor(over, { timeout: 120_000, interval: 300 });
  const run = executionArn.split(':').at(-1)!;
  const status = await command(['status', `${NAME}-Sales`, run, '--json'], signedIn(url), temporaryFolder());
  expect(status.error).toBe('');
  return status.json<{ tasks: { id: string; status: string }[] }>().tasks.map(({ id, status: at }) => `${id} ${at}`);
}

// Others ask for every pipeline of the account.
afterAll(async () => {
  for (const stateMachineArn of deployed) await sfn.send(new DeleteStateMachineCommand({ stateMachineArn }));
});

it('changes nothing for the run, though its machines have other definitions now', async () => {
  await sqs.send(new CreateQueueCommand({ QueueName: NAME }));
  const first = await deploy(synthesized(1));
  const root = first.at(-1)!;
  const before = await start(root);
  const second = await deploy(synthesized(2));
  // It bites: a machine of that name is another one now.
  expect(first.slice(0, -1).filter((child) => second.includes(child))).not.toEqual([]);
  await goOn();
  const parts = Array.from({ length: 8 }, (_, i) => `Part${i} succeeded`);
  expect((await outcomes(before)).sort()).toEqual(['Hold succeeded', ...parts]);
  const after = await start(root);
  await goOn();
  expect((await outcomes(after)).filter((task) => task.endsWith(' failed'))).toHaveLength(8);
});
