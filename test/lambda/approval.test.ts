// Links and their page, through the AWS SDK against our own stand-in for KMS.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { handler as ask } from '../../lambda/approval-ask';
import { handler as page, type UrlRequest } from '../../lambda/approval-page';
import { type Question, sign } from '../../lambda/approval-page/link';
import { type Json, ServiceError } from '../../lib/local/engine';
import { type Gateway, startGateway } from '../../lib/local/gateway/gateway';
import { Kms } from '../../lib/local/services/kms';
import { Store } from '../../lib/local/store';

let gateway: Gateway;
let decided: { TaskToken: string; Output: string }[] = [];
let published: { Subject: string; Message: string }[] = [];

beforeAll(async () => {
  const kms = new Kms(new Store(mkdtempSync(join(tmpdir(), 'headrace-kms-'))));
  gateway = await startGateway({
    dispatch: async ({ service, action, input }): Promise<Json> => {
      if (service === 'kms') return kms.handle({ action, input: input as never, region: 'eu-west-1' });
      if (service === 'sns') {
        published.push(input as never);
        return { MessageId: 'm' };
      }
      const given = Object.fromEntries(
        Object.entries(input as object).map(([key, value]) => [key.charAt(0).toUpperCase() + key.slice(1), value]),
      ) as never as (typeof decided)[0];
      if (decided.some((one) => one.TaskToken === given.TaskToken))
        throw new ServiceError('Sfn.TaskTimedOut', 'Task Timed Out: Provided task does not exist anymore');
      decided.push(given);
      return {};
    },
  });
  process.env['AWS_ENDPOINT_URL'] = gateway.url;
  process.env['AWS_ACCESS_KEY_ID'] = 'x';
  process.env['AWS_SECRET_ACCESS_KEY'] = 'x';
  process.env['AWS_REGION'] = 'eu-west-1';
  process.env['HEADRACE_KEY'] = 'arn:aws:kms:eu-west-1:1:key/abc';
});
afterAll(() => gateway.close());
beforeEach(() => {
  decided = [];
  published = [];
});

const question: Question = {
  token: 'T'.repeat(600),
  pipeline: 'Demo-Sales',
  run: '2026-03-29T01-00-00Z',
  task: 'Publish?',
  question: 'Publish <b>1,000</b> rows?',
  expires: '2999-01-01T00:00:00.000Z',
};
const linkOf = (changes: Partial<Question> = {}) => sign({ ...question, ...changes }, 'abc');
const request = (method: string, more: Partial<UrlRequest> = {}) =>
  page({ requestContext: { http: { method, sourceIp: '192.0.2.1' } }, ...more });
const post = (link: string, fields: { [name: string]: string }) =>
  request('POST', { body: new URLSearchParams({ link, ...fields }).toString() });
const yes = { answer: 'yes', by: 'Ada', reason: 'checked' };

describe('the page', () => {
  it.each(['GET', 'HEAD'])(
    'asks and decides nothing when a link is opened by %s, as scanners of mail do',
    async (method) => {
      const answer = await request(method, { rawQueryString: `q=${await linkOf()}` });
      expect(answer.statusCode).toBe(200);
      expect(answer.body).toContain('<form method="post">');
      expect(answer.body).toContain('Publish &lt;b&gt;1,000&lt;/b&gt; rows?');
      expect(answer.headers['content-security-policy']).toContain("default-src 'none'");
      expect(decided).toEqual([]);
    },
  );

  it.each(['yes', 'no'])('takes %s with who and why', async (answer) => {
    const told = await post(await linkOf(), { ...yes, answer });
    expect(told.statusCode).toBe(200);
    expect(decided[0]!.TaskToken).toBe(question.token);
    expect(JSON.parse(decided[0]!.Output)).toEqual({
      approved: answer === 'yes',
      by: 'Ada',
      reason: 'checked',
      at: expect.stringMatching(/^\d{4}-/) as string,
      via: 'link',
      sourceIp: '192.0.2.1',
    });
  });

  it('takes one answer', async () => {
    const link = await linkOf();
    await post(link, yes);
    expect((await post(link, { ...yes, answer: 'no' })).statusCode).toBe(409);
    expect(decided).toHaveLength(1);
  });

  it('takes a body in base 64, as function addresses send it', async () => {
    const body = Buffer.from(new URLSearchParams({ link: await linkOf(), ...yes }).toString()).toString('base64');
    expect((await request('POST', { body, isBase64Encoded: true })).statusCode).toBe(200);
  });

  it.each([
    ['nobody', { ...yes, by: ' ' }],
    ['no button', { by: 'Ada', answer: 'maybe' }],
  ])('wants %s to be put right', async (_, fields) => {
    expect((await post(await linkOf(), fields)).statusCode).toBe(400);
    expect(decided).toEqual([]);
  });
});

describe('a link is refused', () => {
  it('when it is over', async () => {
    const link = await linkOf({ expires: '2020-01-01T00:00:00Z' });
    expect((await post(link, yes)).statusCode).toBe(403);
    expect((await request('GET', { rawQueryString: `q=${link}` })).body).toContain('ended at 2020-01-01');
  });

  it('when another token, task or time was written into it', async () => {
    const [, mac] = (await linkOf()).split('.');
    for (const change of [{ token: 'X' }, { task: 'Other' }, { expires: '2999-02-01T00:00:00Z' }]) {
      const body = Buffer.from(JSON.stringify({ ...question, ...change })).toString('base64url');
      expect((await post(`${body}.${mac}`, yes)).statusCode).toBe(403);
    }
    expect(decided).toEqual([]);
  });

  it.each(['', 'abc', 'a.b.c', '.x', `${'a'.repeat(9000)}.b`])('when it is %.20j', async (link) => {
    expect((await post(link, yes)).statusCode).toBe(403);
  });
});

describe('the message', () => {
  it('on a computer holds the command and no link', async () => {
    process.env['HEADRACE_PAGE'] = 'https://page.example.com/';
    await ask({ ...question, topicArn: 'arn:aws:sns:eu-west-1:1:t', details: { rows: 3 } });
    expect(published[0]!.Subject).toBe('Demo-Sales waits for an answer: Publish?');
    expect(published[0]!.Message).toContain(
      "npx headrace approve Demo-Sales 2026-03-29T01-00-00Z 'Publish?' --yes --reason",
    );
    expect(published[0]!.Message).toContain('rows: 3');
    expect(published[0]!.Message).not.toContain('https://');
    expect(published[0]!.Message).not.toContain(question.token);
  });
});
