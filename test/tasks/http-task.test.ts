import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aws_events as events, SecretValue, Stack } from 'aws-cdk-lib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CustomTask, HttpTask, type HttpTaskProps } from '../../lib';
import { runHere, told } from './run-local';
import { allowed, definition, fails, flat, mistakes, pipeline, play, template } from './run-task';

function connectionOf(
  stack: Stack,
  authorization = events.Authorization.apiKey('x-api-key', SecretValue.secretsManager('api', { jsonField: 'key' })),
) {
  return new events.Connection(stack, 'Api', { connectionName: 'api', authorization });
}

function call(props: Partial<HttpTaskProps> = {}) {
  const sales = pipeline();
  const task = new HttpTask(sales, 'Call', {
    connection: connectionOf(Stack.of(sales)),
    endpoint: `https://api.example.com/v1/days/${sales.run.date}`,
    ...props,
  });
  return { sales, task };
}
const answer = { StatusCode: 200, Headers: { a: ['b'] }, ResponseBody: { rows: 3 } };

describe('a call', () => {
  it('goes to an address of the run, with credentials that only the connection knows', async () => {
    const { sales, task } = call({
      method: events.HttpMethod.POST,
      headers: { 'x-day': 'd' },
      queryParameters: { page: '1' },
      requestBody: { a: 1 },
    });
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { code: task.output('statusCode'), rows: task.output('rows'), body: task.output('body') },
      permissions: [],
    });
    const run = await play(sales, (one) => (one.service === 'http' ? answer : {}), {
      logicalDate: '2026-03-29T01:00:00Z',
    });
    expect(run.arguments[0]).toMatchObject({
      ApiEndpoint: 'https://api.example.com/v1/days/2026-03-29',
      Method: 'POST',
      Headers: { 'x-day': 'd' },
      QueryParameters: { page: '1' },
      RequestBody: { a: 1 },
    });
    expect(run.arguments[1]).toEqual({ code: 200, rows: 3, body: { rows: 3 } });
  });

  it('of a text gives the text', async () => {
    const { sales, task } = call();
    new CustomTask(sales, 'Tell', {
      resource: 'arn:aws:states:::sqs:sendMessage',
      arguments: { body: task.output('body') },
      permissions: [],
    });
    const run = await play(sales, (one) => (one.service === 'http' ? { ...answer, ResponseBody: 'hi' } : {}));
    expect(run.arguments[1]).toEqual({ body: 'hi' });
  });

  it('may be made to what is known of its address, with its method', () => {
    const { sales } = call();
    const rights = allowed(sales);
    expect(rights['states:InvokeHTTPEndpoint']).toEqual([
      `arn:<AWS::Partition>:states:eu-west-1:111122223333:stateMachine:${sales.prefix}*`,
    ]);
    const text = JSON.stringify(template(sales).toJSON());
    expect(text).toContain('"states:HTTPMethod":"GET"');
    expect(text).toContain('"states:HTTPEndpoint":"https://api.example.com/v1/days/*"');
    expect(rights['secretsmanager:GetSecretValue']).toEqual(['<ApiConnection83A9EAB5.SecretArn>']);
    expect(definition(sales)['States'].Call.TimeoutSeconds).toBe(90);
    expect(flat(definition(sales)['States'].Call.Arguments.InvocationConfig.ConnectionArn)).toContain('Api');
  });

  it.each([
    ['GET', 'States.Http.StatusCode.502', 2],
    ['GET', 'States.Http.StatusCode.429', 2],
    ['POST', 'States.Http.StatusCode.429', 2],
    ['POST', 'States.Http.Socket', 1],
    ['GET', 'States.Http.StatusCode.404', 1],
  ])(
    'by %s that ends in %s is made %i times: what changes something is not sent twice',
    async (method, error, times) => {
      const run = await play(call({ method: method as events.HttpMethod }).sales, (_, nth) =>
        nth === 0 ? fails(error, 'why') : answer,
      );
      expect(run.calls).toHaveLength(times);
      if (times === 1) expect(run.failure).toEqual({ Error: error, Cause: 'why' });
    },
  );
});

describe('on this computer', () => {
  let server: Server;
  let url = '';
  const asked: { path: string; headers: IncomingMessage['headers']; body: string }[] = [];
  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        asked.push({ path: request.url!, headers: request.headers, body });
        if (request.url!.startsWith('/gone')) response.writeHead(410).end('it is gone');
        else response.writeHead(200, { 'content-type': 'application/json' }).end('{"rows":3}');
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

  function here(path: string, authorization?: events.Authorization) {
    const sales = pipeline();
    new CustomTask(sales, 'Call', {
      resource: 'arn:aws:states:::http:invoke',
      arguments: {
        ApiEndpoint: `${url}${path}`,
        Method: 'POST',
        InvocationConfig: { ConnectionArn: connectionOf(Stack.of(sales), authorization).connectionArn },
        QueryParameters: { a: 'b c' },
        RequestBody: { x: 1 },
      },
      permissions: [],
    });
    return sales;
  }

  it('the call is made, with the key of the secrets file', async () => {
    const result = await runHere(here('/days'), { secrets: { api: '{"key":"s3cret"}' } });
    expect(told(result)).toEqual({ Call: 'succeeded' });
    expect(asked.at(-1)).toMatchObject({ path: '/days?a=b+c', body: '{"x":1}', headers: { 'x-api-key': 's3cret' } });
  });

  it('the call is made with a user and a password', async () => {
    const basic = events.Authorization.basic('me', SecretValue.secretsManager('api'));
    await runHere(here('/days', basic), { secrets: { api: 'pw' } });
    expect(asked.at(-1)!.headers.authorization).toBe(`Basic ${Buffer.from('me:pw').toString('base64')}`);
  });

  it('without a line in the secrets file it says which to add', async () => {
    const result = await runHere(here('/days'));
    expect(told(result)['Call']).toMatch(
      /the connection \S+ needs the secret api: add a line api=value to .*secrets\.env/,
    );
  });

  it('an answer that is no success fails with its code', async () => {
    const result = await runHere(here('/gone'), { secrets: { api: '{"key":"x"}' } });
    expect(result.tasks[0]).toMatchObject({ error: 'States.Http.StatusCode.410', reason: 'it is gone' });
  });
});

describe('fails', () => {
  it.each<[string, Partial<HttpTaskProps>, string]>([
    ['without TLS', { endpoint: 'http://a.example.com/' }, 'endpoint is "http://a.example.com/": expected https://'],
    ['with a body that GET does not send', { requestBody: {} }, 'requestBody is given with GET'],
    [
      'with a form that is no object',
      { method: events.HttpMethod.POST, requestBody: 'a=b', urlEncoded: true },
      'urlEncoded is given without an object',
    ],
  ])('%s', (_, props, message) => {
    expect(mistakes(call(props).sales)).toContain(message);
  });

  it('with a host that the run says', () => {
    const { sales } = call();
    new HttpTask(sales, 'B', {
      connection: connectionOf(new Stack(sales.node.root as never, 'Other')),
      endpoint: `https://${sales.run.id}.example.com/`,
    });
    expect(mistakes(sales)).toMatch(/Sales\/B\] endpoint (is|has no host)/);
  });
});
