// The doctor in an account that has IAM: what a role may do is told verb by verb; what IAM, or a service, does not say is told as that. And
// what each verb really asks for, beside the doctor's table.

import { createServer, request as forward } from 'node:http';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  AttachRolePolicyCommand,
  CreatePolicyCommand,
  CreateRoleCommand,
  IAMClient,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import {
  CreateStateMachineCommand,
  DeleteStateMachineCommand,
  ListStateMachinesCommand,
  SFNClient,
} from '@aws-sdk/client-sfn';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { manifestComment, PIPELINE_TAG, ROOT_TAG } from '../../lib/compile/manifest-comment';
import type { Finding } from '../../lib/ops/aws/finding';
import { NEEDED } from '../../lib/ops/aws/needed-actions';
import { synthesize } from '../assembly';
import { manifestWith } from '../ops/manifest';
import { command, deployed, signedIn } from './places';

const stack = `Doctor${process.pid}`;
const pipeline = `${stack}-Daily`;

interface Watched {
  readonly url: string;
  /** What was asked for, as IAM calls it: `states:ListExecutions`. */
  readonly actions: string[];
  /** In the place of the emulator's answer. */
  answer: (action: string, body: string) => { readonly status: number; readonly body: string } | undefined;
  close(): Promise<void>;
}

const SERVICES: { readonly [target: string]: string } = {
  AWSStepFunctions: 'states',
  ResourceGroupsTaggingAPI_20170126: 'tag',
  Logs_20140328: 'logs',
  AWSEvents: 'events',
  ServiceQuotasV20190624: 'servicequotas',
  AWSGlue: 'glue',
};

async function watchedProxy(target: string): Promise<Watched> {
  const watched: Pick<Watched, 'actions' | 'answer'> = { actions: [], answer: () => undefined };
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) chunks.push(chunk as Buffer);
    const body = Buffer.concat(chunks);
    const text = body.toString('utf8');
    const action = actionOf(incoming.method!, incoming.url!, incoming.headers, text);
    watched.actions.push(action);
    const other = watched.answer(action, text);
    if (other !== undefined) {
      outgoing.writeHead(other.status).end(other.body);
      return;
    }
    const { method, headers, url } = incoming;
    const passed = forward(new URL(url ?? '/', target), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers);
      answer.pipe(outgoing);
    });
    passed.on('error', () => outgoing.destroy());
    passed.end(body);
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const { port } = server.address() as { port: number };
  return Object.assign(watched, {
    url: `http://127.0.0.1:${port}`,
    close: () => new Promise<void>((done) => server.close(() => done())),
  });
}

function actionOf(method: string, url: string, headers: { [name: string]: unknown }, body: string): string {
  const [service, name] = String(headers['x-amz-target'] ?? '').split('.');
  if (name !== undefined) return `${SERVICES[service!] ?? service}:${name}`;
  const query = /(?:^|&)Action=(\w+)/.exec(body)?.[1];
  const signed = /\/([\w-]+)\/aws4_request/.exec(String(headers['authorization'] ?? ''))?.[1] ?? '';
  if (query !== undefined) return `${signed}:${query}`;
  if (signed !== 'scheduler') return `${signed}:${method} ${url}`;
  if (method === 'PUT') return 'scheduler:UpdateSchedule';
  return url.replace(/\?.*/, '') === '/schedules' ? 'scheduler:ListSchedules' : 'scheduler:GetSchedule';
}

describe('the doctor', () => {
  let proxy: Watched;
  let roles = 0;
  const cwd = mkdtempSync(join(tmpdir(), 'headrace-operate-'));
  const config = () => ({
    endpoint: inject('operateUrl'),
    region: 'us-east-1',
    credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
  });
  const headrace = (words: readonly string[], more: NodeJS.ProcessEnv = {}) =>
    command(words, { ...signedIn(proxy.url), AWS_MAX_ATTEMPTS: '1', ...more }, cwd);
  const findings = async (more: NodeJS.ProcessEnv = {}) => {
    const { out, error, code } = await headrace(['doctor', '--json'], more);
    expect(error).toBe('');
    return { code, of: new Map((JSON.parse(out) as Finding[]).map(({ what, ...verdict }) => [what, verdict])) };
  };
  const answered = (action: string, status: number, body: string) => {
    proxy.answer = (asked) => (asked === action ? { status, body } : undefined);
  };

  beforeAll(async () => {
    const at = await deployed(inject('operateUrl'), synthesize('test/operate/app.ts', { OPERATE_STACK: stack }));
    await at.put('raw.json', '{}');
    proxy = await watchedProxy(inject('operateUrl'));
  });
  beforeEach(() => {
    proxy.answer = () => undefined;
    proxy.actions.length = 0;
  });
  afterAll(() => proxy.close());

  /** Environment of somebody who may do these, each on these resources. */
  async function signedInAs(name: string, allowed: readonly (readonly [actions: string[], resources: string[]])[]) {
    const RoleName = `${name}-${process.pid}-${++roles}`;
    const iam = new IAMClient(config());
    const trust = { Effect: 'Allow', Principal: { AWS: '*' }, Action: 'sts:AssumeRole' };
    const { Role } = await iam.send(
      new CreateRoleCommand({
        RoleName,
        Path: '/teams/data/',
        AssumeRolePolicyDocument: JSON.stringify({ Statement: [trust] }),
      }),
    );
    const Statement = allowed.map(([Action, Resource]) => ({ Effect: 'Allow', Action, Resource }));
    const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
    await iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'all', PolicyDocument }));
    const sts = new STSClient(config());
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: Role!.Arn, RoleSessionName: 'someone' }));
    return {
      AWS_ACCESS_KEY_ID: Credentials!.AccessKeyId!,
      AWS_SECRET_ACCESS_KEY: Credentials!.SecretAccessKey!,
      AWS_SESSION_TOKEN: Credentials!.SessionToken!,
    };
  }

  /** Of every pipeline there is: other scripts leave theirs. */
  const reader = async () => {
    const { stateMachines = [] } = await new SFNClient(config()).send(new ListStateMachinesCommand({}));
    const machines = stateMachines.map(({ stateMachineArn }) => stateMachineArn!);
    const runs = machines.map((arn) => `${arn.replace(':stateMachine:', ':execution:')}:headrace-doctor`);
    const named = (on: string) =>
      NEEDED[0]!.actions.filter((each) => each.on === on && !each.instead).map(({ action }) => action);
    return signedInAs('reader', [
      [named('machine'), machines],
      [named('execution'), runs],
      [[...named('any'), 'events:PutEvents'], ['*']],
    ]);
  };

  it('tells the root of an account what there is', async () => {
    const { code, of } = await findings();
    expect(code).toBe(0);
    expect(of.get('credentials')?.text).toBe('arn:aws:iam::000000000000:root');
    expect(of.get('clock')?.state).toBe('ok');
    expect(of.get('pipelines')?.text).toContain(pipeline);
    expect(of.get('deployed versions')?.text).toBe('manifest version 1, as this headrace reads');
    expect(of.get('permissions')?.text).toBe('the root of the account may do everything');
    expect(of.get('open executions')?.text).toMatch(/^\d+ of 1,000,000 open executions \(0 %\) by pipelines/);
    expect(of.get('roles of the account')?.text).toMatch(/^\d+ of 1,000 roles \(\d+ %\)$/);
    expect(of.get('policies of a role')?.text).toBe('not known; there is no role any');
  });

  it('tells somebody who may only read which verbs that is, and what the others lack', async () => {
    const { code, of } = await findings(await reader());
    expect(code).toBe(0);
    expect(of.get('credentials')?.text).toContain(`assumed-role/reader-${process.pid}-${roles}/someone`);
    expect(of.get('may list, graph, runs, status, watch')).toEqual({ state: 'ok', text: 'allowed' });
    expect(of.get('may alert test')).toEqual({ state: 'ok', text: 'allowed' });
    expect(of.get('may run, rerun')).toEqual({
      state: 'warning',
      text: 'denied: states:StartExecution (on a machine or a run of a pipeline)',
    });
    expect(of.get('may stop')?.text).toBe('denied: states:StopExecution (on a machine or a run of a pipeline)');
    expect(of.get('may pause, resume')?.text).toMatch(/scheduler:UpdateSchedule[^;]* \(in general;/);
  });

  it('tries what only reads where IAM may not be asked', async () => {
    const someone = await reader();
    answered('iam:SimulatePrincipalPolicy', 403, xmlError('AccessDenied', 'not authorized to simulate'));
    const { code, of } = await findings(someone);
    expect(code).toBe(0);
    expect(of.get('permissions')?.text).toBe(
      'IAM does not tell (iam:SimulatePrincipalPolicy: not authorized to simulate): only what reads was tried',
    );
    expect(of.get('may list, graph, runs, status, watch')?.text).toContain('is answered; more was not tried');
    expect(of.get('may run, rerun')).toEqual({ state: 'warning', text: 'not known: nothing was tried' });
    expect(proxy.actions).not.toContain('states:StartExecution');
  });

  it('asks for fewer actions at once where IAM takes them only by themselves', async () => {
    const someone = await reader();
    let asked = 0;
    proxy.answer = (action, body) => {
      if (action !== 'iam:SimulatePrincipalPolicy') return undefined;
      asked += 1;
      // The ARN of a session leaves the path of its role out.
      expect(decodeURIComponent(body)).toContain(`:role/teams/data/reader-${process.pid}-${roles}&`);
      const several = body.includes('ActionNames.member.2');
      return several ? { status: 400, body: xmlError('InvalidInput', 'cannot be simulated together') } : undefined;
    };
    const { of } = await findings(someone);
    expect(asked).toBeGreaterThan(20);
    expect(of.get('may list, graph, runs, status, watch')).toEqual({ state: 'ok', text: 'allowed' });
    expect(of.get('may run, rerun')?.state).toBe('warning');
  });

  it.each([
    ['iam:SimulatePrincipalPolicy', 200, '<html>sign in to the network</html>'],
    ['iam:SimulatePrincipalPolicy', 200, ''],
    ['iam:GetRole', 500, 'x'],
    ['iam:GetAccountSummary', 200, '<GetAccountSummaryResponse/>'],
    ['iam:GetAccountSummary', 502, '<html>'],
    ['servicequotas:ListServiceQuotas', 200, '{"Quotas":[{"QuotaName":null},{}]}'],
    ['servicequotas:ListServiceQuotas', 200, 'no JSON'],
    ['states:ListExecutions', 400, '{"__type":"AccessDeniedException","message":"no"}'],
  ])('goes on where %s is answered with %d %s', async (action, status, body) => {
    const someone = await reader();
    answered(action, status, body);
    const { of } = await findings(someone);
    expect(proxy.actions).toContain(action);
    expect([...of.keys()].slice(-3)).toEqual(['state transitions', 'roles of the account', 'policies of a role']);
  });

  it('compares what could go on at once with the applied quota', async () => {
    const quota = (QuotaCode: string, QuotaName: string, Value: number) => ({ QuotaCode, QuotaName, Value });
    const states = [
      quota('L-1', 'StateTransition throttle token bucket size', 20),
      quota('L-2', 'StateTransition throttle token refill rate per second', 3),
    ];
    proxy.answer = (action) => {
      if (action === 'servicequotas:ListServiceQuotas')
        return { status: 200, body: JSON.stringify({ Quotas: states }) };
      if (action !== 'servicequotas:ListAWSDefaultServiceQuotas') return undefined;
      const defaults = [...states.map((each) => ({ ...each, Value: 5000 })), quota('L-3', 'Open executions', 7)];
      return { status: 200, body: JSON.stringify({ Quotas: defaults }) };
    };
    const { of } = await findings();
    expect(of.get('state transitions')).toMatchObject({
      state: 'warning',
      text: expect.stringMatching(
        /^\d+ of 20 transitions at once \(\d+ %\), then 3 a second; .*slower then, not wrong/,
      ),
    });
    expect(of.get('open executions')?.text).toMatch(/of 7 open executions .*, the default/);
  });

  describe('of a pipeline with jobs, functions and a limit of runs', () => {
    const RoleName = `kinds-${process.pid}`;
    const name = `Kinds${process.pid}`;

    beforeAll(async () => {
      const iam = new IAMClient(config());
      const { Role } = await iam.send(
        new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: '{"Statement":[]}' }),
      );
      for (let i = 0; i < 9; i += 1) {
        const Statement = [{ Effect: 'Allow', Action: 's3:GetObject', Resource: '*' }];
        const PolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement });
        const { Policy } = await iam.send(new CreatePolicyCommand({ PolicyName: `${RoleName}-${i}`, PolicyDocument }));
        await iam.send(new AttachRolePolicyCommand({ RoleName, PolicyArn: Policy!.Arn }));
      }
      const call = (Resource: string, Arguments: object, more: object) => ({
        Type: 'Task',
        Resource,
        Arguments,
        ...more,
      });
      const definition = {
        Comment: manifestComment(
          manifestWith([{ id: 'Job', machine: name }], { name, machines: [{ name, root: true, logicalId: 'x' }] }),
          name,
        ),
        QueryLanguage: 'JSONata',
        StartAt: '(',
        States: {
          '(': call(
            'arn:aws:states:::lambda:invoke',
            { FunctionName: 'slots', Payload: { acquire: { limit: 100 } } },
            { Next: 'Job' },
          ),
          Job: call('arn:aws:states:::glue:startJobRun.sync', { JobName: 'nightly' }, { Next: 'Again' }),
          Again: call('arn:aws:states:::glue:startJobRun.sync', { JobName: 'nightly' }, { End: true }),
        },
      };
      await new SFNClient(config()).send(
        new CreateStateMachineCommand({
          name,
          definition: JSON.stringify(definition),
          roleArn: Role!.Arn,
          tags: [
            { key: PIPELINE_TAG, value: name },
            { key: ROOT_TAG, value: name },
          ],
        }),
      );
    });

    it('warns of the role that can hardly be given more, and counts functions', async () => {
      const { of } = await findings();
      expect(of.get('policies of a role')).toEqual({
        state: 'warning',
        text: `9 of 10 managed policies (90 %), of role ${RoleName}: have the quota raised, or use less at once; there is no role any`,
      });
      expect(of.get('Lambda')).toMatchObject({
        state: 'ok',
        text: expect.stringMatching(/^1 of 1,000 functions at once \(0 %\), if all of one run .*; 0 are reserved$/),
      });
      // Who has no Glue is told so, and the rest all the same.
      expect(of.get('Glue')?.text).toMatch(/^not known: /);
    });

    it('counts what its jobs use, and all the runs it may have at once', async () => {
      const quotas = (...all: readonly (readonly [string, number])[]) =>
        JSON.stringify({ Quotas: all.map(([QuotaName, Value]) => ({ QuotaCode: QuotaName, QuotaName, Value })) });
      const bodies: { readonly [service: string]: string } = {
        glue: quotas(['Max concurrent job runs per account', 4], ['Max task DPUs per account', 100]),
        states: quotas(['StateTransition throttle token bucket size', 5000], ['StateTransition refill rate', 1500]),
      };
      const run = (JobRunState: string) => ({ JobName: 'nightly', JobRunState, MaxCapacity: 10 });
      const JobRuns = [run('RUNNING'), run('RUNNING'), run('STARTING'), run('STOPPING'), run('SUCCEEDED')];
      proxy.answer = (action, body) => {
        if (action === 'glue:GetJobRuns') return { status: 200, body: JSON.stringify({ JobRuns }) };
        if (!action.startsWith('servicequotas:')) return undefined;
        return { status: 200, body: bodies[(JSON.parse(body) as { ServiceCode: string }).ServiceCode]! };
      };
      const { of } = await findings();
      expect(of.get('Glue')).toMatchObject({
        state: 'warning',
        text: expect.stringMatching(/^4 of 4 job runs at once \(100 %\).*; 40 of 100 DPUs \(40 %\), the default$/),
      });
      expect(proxy.actions.filter((action) => action === 'glue:GetJobRuns')).toHaveLength(1);
      expect(of.get('state transitions')?.text).toMatch(
        /^319 of 5,000 transitions at once \(6 %\), then 1,500 a second/,
      );
    });
  });

  it('tells of a pipeline that another version deployed', async () => {
    const name = `Old${process.pid}`;
    const Comment = JSON.stringify({ headrace: 0, name, machines: [name], tasks: [] });
    const { stateMachineArn } = await new SFNClient(config()).send(
      new CreateStateMachineCommand({
        name,
        definition: JSON.stringify({ Comment, StartAt: 'A', States: { A: { Type: 'Succeed' } } }),
        roleArn: 'arn:aws:iam::000000000000:role/any',
        tags: [
          { key: PIPELINE_TAG, value: name },
          { key: ROOT_TAG, value: name },
        ],
      }),
    );
    try {
      const { of } = await findings();
      expect(of.get('deployed versions')).toEqual({
        state: 'warning',
        text: `this headrace reads manifest version 1; deployed is ${name} 0: deploy them again, or use the headrace that deployed them`,
      });
    } finally {
      await new SFNClient(config()).send(new DeleteStateMachineCommand({ stateMachineArn }));
    }
  });

  it('is not there to be asked where nobody answers, and says so', async () => {
    const { code, of } = await findings({ AWS_ENDPOINT_URL: 'http://127.0.0.1:9' });
    expect(code).toBe(3);
    expect(of.get('credentials')).toMatchObject({ state: 'error', text: expect.stringContaining('cannot be reached') });
  });

  describe('and the verbs', () => {
    const sent = async (...words: readonly string[]) => {
      proxy.actions.length = 0;
      // Without what earlier commands have kept on disk.
      const answer = await headrace(words, { XDG_CACHE_HOME: mkdtempSync(join(tmpdir(), 'headrace-operate-')) });
      expect(answer.error).not.toMatch(/unknown option|missing required/);
      return new Set(proxy.actions);
    };
    const tableOf = (verb: string) => NEEDED.find(({ verbs }) => verbs.includes(verb))!.actions;
    const date = '2026-11-05T02:30:00Z';

    it.each([
      ['list', [['list'], ['graph', pipeline], ['runs', pipeline], ['status', pipeline]]],
      ['cost', [['cost', pipeline, 'latest']]],
      ['stop', [['stop', pipeline, 'latest']]],
      ['alert test', [['alert', 'test', pipeline]]],
      [
        'backfill',
        [
          ['backfill', pipeline, '2026-09-01', '--yes'],
          ['backfill', pipeline, '--stop', '--yes'],
        ],
      ],
    ])('%s sends what the table says, and all of it', async (verb, commands) => {
      await headrace(['run', pipeline, '--date', date, '--param', 'pause=30']);
      const actions = new Set<string>();
      for (const words of commands) for (const action of await sent(...words)) actions.add(action);
      const table = tableOf(verb);
      expect([...actions].filter((action) => !table.some((each) => each.action === action))).toEqual([]);
      const always = table.filter((each) => each.when === undefined && !each.instead && !each.implied);
      expect(always.map(({ action }) => action).filter((action) => !actions.has(action))).toEqual([]);
    });

    it.each([
      ['run', ['run', pipeline, '--date', '2026-11-06T02:30:00Z', '--wait']],
      ['run', ['rerun', pipeline, 'latest', '--all', '--wait']],
      ['logs', ['logs', pipeline, 'latest', '--task', 'Load']],
      ['pause', ['pause', pipeline]],
      ['approve', ['approve', pipeline, 'latest', '--yes']],
    ])('%s sends nothing that the table does not say (%#)', async (verb, words) => {
      const actions = await sent(...words);
      expect(actions.size).toBeGreaterThan(1);
      expect([...actions].filter((action) => !tableOf(verb).some((each) => each.action === action))).toEqual([]);
    });
  });
});

const xmlError = (code: string, message: string): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error><RequestId>1</RequestId></ErrorResponse>`;
