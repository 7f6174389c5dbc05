import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { handler } from '../../lambda/regional';

let server: Server;
const asked: { target: string; region: string; body: unknown }[] = [];

beforeAll(async () => {
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk: Buffer) => {
      body += chunk.toString();
    });
    request.on('end', () => {
      const target = String(request.headers['x-amz-target']);
      const region = /\/([a-z0-9-]+)\/glue\//.exec(String(request.headers.authorization))?.[1] ?? '';
      asked.push({ target, region, body: JSON.parse(body) });
      if (target.includes('ContainerService')) {
        response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' });
        response.end(JSON.stringify({ tasks: [{ taskArn: 'arn:t', lastStatus: 'RUNNING' }], failures: [] }));
        return;
      }
      const busy = target.endsWith('StartCrawler');
      response.writeHead(busy ? 400 : 200, { 'content-type': 'application/x-amz-json-1.1' });
      response.end(
        JSON.stringify(
          busy
            ? { __type: 'CrawlerRunningException', message: 'busy' }
            : { Crawler: { State: 'READY', LastCrawl: { StartTime: 1_774_000_000 } } },
        ),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  process.env['AWS_ENDPOINT_URL'] = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  process.env['AWS_ACCESS_KEY_ID'] = 'x';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'x';
});
afterAll(() => new Promise<void>((resolve) => server.close(() => resolve())));

const call = (action: string, service = 'glue') =>
  handler({ region: 'us-west-2', service, action, parameters: { Name: 'c' } });

describe('a call to another region', () => {
  it('is passed on, and its answer is plain', async () => {
    expect(JSON.parse(JSON.stringify(await call('getCrawler')))).toEqual({
      Crawler: { State: 'READY', LastCrawl: { StartTime: '2026-03-20T09:46:40.000Z' } },
    });
    expect(asked).toEqual([{ target: 'AWSGlue.GetCrawler', region: 'us-west-2', body: { Name: 'c' } }]);
  });

  it('fails with the name that Step Functions gives', async () => {
    await expect(call('startCrawler')).rejects.toMatchObject({ name: 'Glue.CrawlerRunningException', message: 'busy' });
  });

  it('to ECS is spelled as Step Functions spells it, there and back', async () => {
    const parameters = { Cluster: 'c', Overrides: { ContainerOverrides: [{ Name: 'Main', Command: ['Go'] }] } };
    expect(await handler({ region: 'us-west-2', service: 'ecs', action: 'runTask', parameters })).toEqual({
      Tasks: [{ TaskArn: 'arn:t', LastStatus: 'RUNNING' }],
      Failures: [],
    });
    expect(asked.at(-1)!.body).toMatchObject({
      cluster: 'c',
      overrides: { containerOverrides: [{ name: 'Main', command: ['Go'] }] },
    });
  });

  it.each(['iam', '__proto__', 'constructor'])('fails for the service %s', async (service) => {
    await expect(call('getCrawler', service)).rejects.toMatchObject({
      name: 'Headrace.NotAllowed',
      message: `${service}:getCrawler is not one of glue, ecs, s3, sfn`,
    });
  });

  it.each(['deleteCrawler', 'constructor', '__proto__'])('fails for %s, which is not allowed', async (action) => {
    await expect(call(action)).rejects.toMatchObject({ name: 'Headrace.NotAllowed' });
  });
});
