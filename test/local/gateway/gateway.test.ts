import { spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import * as path from 'node:path';
import { GlueClient, StartCrawlerCommand } from '@aws-sdk/client-glue';
import { ExecuteStatementCommand, RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { PublishCommand, SNSClient } from '@aws-sdk/client-sns';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Json, ServiceError } from '../../../lib/local/engine';
import { type Gateway, type GatewayRequest, startGateway } from '../../../lib/local/gateway/gateway';

let gateway: Gateway;
let seen: GatewayRequest[];
let reply: (request: GatewayRequest) => Json;

beforeEach(async () => {
  seen = [];
  reply = () => ({});
  gateway = await startGateway({
    dispatch: async (request) => {
      seen.push(request);
      return reply(request);
    },
  });
});
afterEach(() => gateway.close());

const settings = () => ({
  endpoint: gateway.url,
  region: 'eu-west-1',
  maxAttempts: 1,
  credentials: { accessKeyId: 'dummy', secretAccessKey: 'dummy' },
});

describe('the JavaScript SDK', () => {
  it('AWS JSON: service, action, region and input arrive, the output returns', async () => {
    reply = () => ({ Id: 'q-1', CreatedAt: 1_700_000_000 });
    const answer = await new RedshiftDataClient(settings()).send(
      new ExecuteStatementCommand({ Sql: 'select 1', WorkgroupName: 'w' }),
    );
    expect(answer).toMatchObject({ Id: 'q-1', CreatedAt: new Date(1_700_000_000_000) });
    expect(seen).toMatchObject([
      {
        service: 'redshift-data',
        action: 'ExecuteStatement',
        region: 'eu-west-1',
        input: { Sql: 'select 1', WorkgroupName: 'w' },
      },
    ]);
  });

  it('an error is the exception of the service', async () => {
    reply = () => {
      throw new ServiceError('Glue.EntityNotFoundException', 'no crawler named c');
    };
    await expect(new GlueClient(settings()).send(new StartCrawlerCommand({ Name: 'c' }))).rejects.toMatchObject({
      name: 'EntityNotFoundException',
      message: 'no crawler named c',
      $metadata: { httpStatusCode: 400 },
    });
  });

  it('a failure of the stand-in itself is a server fault', async () => {
    reply = () => {
      throw new Error('out of order');
    };
    await expect(new GlueClient(settings()).send(new StartCrawlerCommand({ Name: 'c' }))).rejects.toMatchObject({
      name: 'InternalFailure',
      $metadata: { httpStatusCode: 500 },
    });
  });

  it('Step Functions and SNS (query protocol)', async () => {
    await new SFNClient(settings()).send(new SendTaskSuccessCommand({ taskToken: 't', output: '{}' }));
    reply = () => ({ MessageId: 'm-1' });
    const published = await new SNSClient(settings()).send(
      new PublishCommand({
        TopicArn: 'arn',
        Message: 'a & b',
        MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
      }),
    );
    expect(published.MessageId).toBe('m-1');
    expect(seen).toMatchObject([
      { service: 'states', action: 'SendTaskSuccess', input: { taskToken: 't', output: '{}' } },
      {
        service: 'sns',
        action: 'Publish',
        input: {
          TopicArn: 'arn',
          Message: 'a & b',
          MessageAttributes: { kind: { DataType: 'String', StringValue: 'x' } },
        },
      },
    ]);
  });
});

it.skipIf(process.env.HEADRACE_PYTHON === undefined)('boto3, and Lambda by REST', { timeout: 60_000 }, async () => {
  reply = ({ service, action, input }): Json => {
    if (service === 'lambda')
      return { StatusCode: 200, FunctionError: 'Unhandled', Payload: (input as { Payload: string }).Payload };
    if (action === 'GetItem') return { Item: { id: { S: 'x' } } };
    if (action === 'GetSecretValue')
      throw new ServiceError('SecretsManager.ResourceNotFoundException', 'no such secret');
    if (action === 'GetCallerIdentity') return { Account: '000000000000', Arn: 'arn', UserId: 'u' };
    if (action === 'GetTopicAttributes') return { Attributes: { Owner: 'me' } };
    if (action === 'SendMessage') return { MessageId: 'm', MD5OfMessageBody: '5d41402abc4b2a76b9719d911017c592' };
    return {};
  };
  const child = spawn(process.env.HEADRACE_PYTHON!, [path.join(__dirname, 'compat.py'), gateway.url], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text: Buffer) => (output += text.toString()));
  const code = await new Promise((resolve) => child.on('close', resolve));
  expect(code, output).toBe(0);
  expect(seen.map(({ service, action }) => `${service}:${action}`)).toEqual([
    'lambda:Invoke',
    'dynamodb:GetItem',
    'secretsmanager:GetSecretValue',
    'sts:GetCallerIdentity',
    'sns:GetTopicAttributes',
    'sqs:SendMessage',
    'events:PutEvents',
    'logs:CreateLogGroup',
    'athena:StartQueryExecution',
    'ecs:RunTask',
  ]);
  expect(seen[0]?.input).toEqual({ FunctionName: 'f', Payload: '{"a": 1}' });
});

describe('what is refused', () => {
  it.each([
    ['a page of another origin', { origin: 'http://evil.example.com' }, 403],
    ['a name that is not of this machine', { host: 'rebound.example.com' }, 403],
    ['a request of no known protocol', {}, 501],
  ])('%s', async (_, headers, expected) => {
    const status = await new Promise((resolve, reject) => {
      const outgoing = httpRequest(gateway.url, { method: 'POST', headers });
      outgoing.on('response', (response) => resolve(response.resume().statusCode));
      outgoing.on('error', reject);
      outgoing.end('{}');
    });
    expect(status).toBe(expected);
    expect(seen).toEqual([]);
  });

  it('a body that is not JSON', async () => {
    const response = await fetch(gateway.url, {
      method: 'POST',
      headers: { 'x-amz-target': 'AWSGlue.StartCrawler' },
      body: '{',
    });
    expect(await response.json()).toMatchObject({ __type: 'SerializationException' });
  });
});
