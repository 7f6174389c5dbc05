import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { handler, signature } from '../../lambda/deliver';
import { post } from '../../lambda/deliver/post';
import type { Alerted } from '../../lambda/deliver/request';
import { opsgenie, pagerDuty, slack, teams } from '../../lambda/deliver/shapes';
import { testFacts } from '../../lib/view/alert-facts';
import { alertMessage } from '../../lib/view/alert-message';

const facts = testFacts(
  {
    pipeline: 'Prod-Sales',
    environment: 'Prod',
    stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:Prod-Sales',
  },
  '2026-11-01T03:00:00.000Z',
);
const alert: Alerted = { ...facts, message: alertMessage(facts) };

interface Got {
  readonly body: string;
  readonly headers: IncomingHttpHeaders;
}

/** A receiver that answers as it is told. */
let server: Server;
let url: string;
let got: Got[];
let answers: number[];

beforeEach(async () => {
  got = [];
  answers = [];
  server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += String(piece);
    });
    request.on('end', () => {
      got.push({ body, headers: request.headers });
      const status = answers.shift() ?? 200;
      if (status === 302) response.setHeader('location', 'http://127.0.0.1:1/');
      response.writeHead(status).end();
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
});
afterEach(() => new Promise((resolve) => server.close(resolve)));

describe('a webhook', () => {
  it('gets the facts and the text', async () => {
    await handler({ way: { shape: 'webhook', url }, alert });
    expect(JSON.parse(got[0]!.body)).toEqual(alert);
    expect(got[0]!.headers['content-type']).toBe('application/json');
  });

  it('that is busy is asked again, with the same alert', async () => {
    answers = [503, 429];
    await post({ url, body: '{"a":1}', name: 'webhook', firstPauseMs: 1 });
    expect(got.map(({ body }) => body)).toEqual(['{"a":1}', '{"a":1}', '{"a":1}']);
  });

  it.each([
    [[400], 1, 'it answered 400'],
    [[302], 1, 'it answered 302'],
    [[500, 500, 500, 500, 500], 4, 'it answered 500'],
  ])('that answers %j is asked %i times, then the call fails', async (told, times, message) => {
    answers = told;
    await expect(post({ url, body: '{}', name: 'webhook', firstPauseMs: 1 })).rejects.toThrow(message);
    expect(got).toHaveLength(times);
  });

  it('that is not there fails without telling its address', async () => {
    const secret = 'http://127.0.0.1:1/services/T0/secret';
    const failed = post({ url: secret, body: '{}', name: 'slack of pipeline Prod-Sales', firstPauseMs: 1 });
    await expect(failed).rejects.toThrow(
      'the slack of pipeline Prod-Sales did not take the alert: it could not be reached (',
    );
    await expect(failed).rejects.not.toThrow('T0');
  });

  it.each(['http://example.com/', 'ftp://example.com/', 'example.com', ''])('at %j gets nothing', async (address) => {
    await expect(post({ url: address, body: '{}', name: 'webhook' })).rejects.toThrow('is not https://');
  });
});

it('a signature can be checked, and is another one a second later', () => {
  const { 'headrace-signature': given } = signature('{"a":1}', 'key', 1_700_000_000);
  const v1 = createHmac('sha256', 'key').update('1700000000.{"a":1}').digest('hex');
  expect(given).toBe(`t=1700000000,v1=${v1}`);
  expect(signature('{"a":1}', 'key', 1_700_000_001)['headrace-signature']).not.toContain(v1);
});

describe('shapes', () => {
  const hostile: Alerted = { ...alert, message: { subject: '<!channel> *x*', text: '```&<https://x|y> [a](b)' } };

  it('Slack: nothing of the text is read as markup', () => {
    const text = JSON.stringify(slack(hostile));
    expect(text).not.toContain('<!channel>');
    expect(text).not.toContain('<https');
    expect(text.match(/```/g)).toHaveLength(2);
  });

  it('Slack: a long text stays within its limit', () => {
    const { blocks } = slack({ ...alert, message: { subject: 's', text: '&'.repeat(10_000) } }) as {
      blocks: { text?: { text: string } }[];
    };
    for (const block of blocks) expect(block.text?.text.length ?? 0).toBeLessThan(3_000);
  });

  it('Teams: nothing of the text is read as markdown', () => {
    expect(JSON.stringify(teams(hostile))).toContain('\\\\[a\\\\]\\\\(b\\\\)');
  });

  it('PagerDuty: recovery resolves the incident of the pipeline', () => {
    const triggered = pagerDuty(alert, 'key') as { dedup_key: string; event_action: string };
    const resolved = pagerDuty({ ...alert, event: 'recovered' }, 'key') as typeof triggered;
    expect([triggered.event_action, resolved.event_action]).toEqual(['trigger', 'resolve']);
    expect(resolved.dedup_key).toBe(triggered.dedup_key);
  });

  it('Opsgenie: a failure is more urgent than a remark', () => {
    expect(opsgenie(alert)).toMatchObject({ priority: 'P5', alias: 'headrace/111122223333/eu-west-1/Prod-Sales' });
    expect(opsgenie({ ...alert, severity: 'error' })).toMatchObject({ priority: 'P2' });
  });
});
