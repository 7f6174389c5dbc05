// Secret params on this machine: the run has them, nothing that is written or printed does, and what is repeated asks for them again.

import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Stack, TimeZone } from 'aws-cdk-lib';
import { beforeAll, describe, expect, it } from 'vitest';
import { register as backfill } from '../../bin/verbs/backfill';
import { register as local } from '../../bin/verbs/local';
import { register as logs } from '../../bin/verbs/logs';
import { register as rerun } from '../../bin/verbs/rerun';
import { register as run } from '../../bin/verbs/run';
import { register as status } from '../../bin/verbs/status';
import { register as testVerb } from '../../bin/verbs/test';
import { Alert, LambdaTask, Param, Pipeline, Schedule } from '../../lib';
import { folderWith, temporaryFolder } from '../local/assembly-fixture';
import { runVerb, type VerbResult } from './verb';

// What breaks naive replacing: quotes, backslashes, a line break, percent signs; and a number that would stand as one.
const TOKEN = 'p"a\\ss\n%41$& wörd/😀';
const PIN = '73501';
/** Ways in which a file or a terminal could hold them. */
const FORMS = [TOKEN, ...TOKEN.split('\n'), PIN].flatMap((text) => {
  const once = JSON.stringify(text).slice(1, -1);
  return [text, once, JSON.stringify(once).slice(1, -1), encodeURIComponent(text)];
});
const held = (text: string) => FORMS.filter((form) => text.includes(form));

const HANDLER = `
import { existsSync, writeFileSync } from 'node:fs';
export const handler = async ({ task, token, pin, door, session, rows }) => {
  console.log(JSON.stringify({ task, token, pin: Number(pin), session }));
  console.log('the token is ' + token);
  if (token !== ${JSON.stringify(TOKEN)} || pin !== '${PIN}') throw new Error('another token or pin came');
  if (task === 'Check' && !existsSync(door)) throw new Error('login with ' + token + ' was refused: ' + JSON.stringify({ pin }));
  if (task === 'Use' && (rows !== 7 || session !== 'session of ' + token)) throw new Error('another session came');
  return { rows: 7, session: 'session of ' + token };
};
`;

const store = temporaryFolder();
const door = join(temporaryFolder(), 'open');
const secrets = join(folderWith({ 'secrets.env': `token=${JSON.stringify(TOKEN)}\npin=${PIN}\n` }), 'secrets.env');
const code = join(folderWith({ 'index.mjs': HANDLER }), 'index.mjs');
const folder = synthesized();
const place = ['--store', store, '--assembly', folder];

function synthesized(): string {
  const app = new App({ outdir: join(temporaryFolder(), 'cdk.out') });
  const pipeline = new Pipeline(
    new Stack(app, 'Shop', { env: { account: '111122223333', region: 'eu-west-1' } }),
    'Sales',
    {
      params: { token: Param.string({ secret: true }), pin: Param.string({ secret: true }) },
      alerts: [Alert.email('oncall@example.com')],
      triggers: [
        Schedule.cron({ hour: '2', minute: '0', timeZone: TimeZone.ETC_UTC, params: { token: 'none', pin: 'none' } }),
      ],
    },
  );
  const given = { token: pipeline.run.param('token'), pin: pipeline.run.param('pin'), door };
  const task = (id: string, more: object = {}) =>
    new LambdaTask(pipeline, id, { code, payload: { task: id, ...given, ...more } });
  const login = task('Login');
  login.next(task('Check')).next(task('Use', { session: login.output('session'), rows: login.output('rows') }));
  return app.synth().directory;
}

function everythingIn(folderName: string): string {
  return readdirSync(folderName)
    .map((name) => join(folderName, name))
    .map((path) => (statSync(path).isDirectory() ? everythingIn(path) : readFileSync(path, 'utf8')))
    .join('\n');
}

const written = () => everythingIn(store);
const shownBy = ({ out, error = '' }: VerbResult) => out + error;

describe('a run with secret params that fails', () => {
  let ran: VerbResult;
  beforeAll(async () => {
    ran = await runVerb(run, 'run', 'Sales', '--date', '2026-11-01', '--secrets', secrets, ...place);
  });

  it('has them, and neither prints nor writes them', () => {
    expect([ran.code, ran.error]).toEqual([1, undefined]);
    expect(ran.out).toContain('login with *** was refused');
    expect(ran.out).toContain('alert: Shop-Sales failed: Check');
    expect(held(ran.out)).toEqual([]);
    // No console knows of it, whatever account the stack is for.
    expect(ran.out).not.toContain('console.aws');
    expect(written()).toContain('the token is ***');
    expect(held(written())).toEqual([]);
  });

  it.each([
    [status, ['status', 'Sales']],
    [status, ['status', 'Sales', '--json']],
    [logs, ['logs', 'Sales', 'latest', '--task', 'Check']],
    [rerun, ['rerun', 'Sales', 'latest', '--failed', '--dry-run', '--json', '--secrets', secrets]],
  ])('is shown without them (%#)', async (register, words) => {
    const shown = await runVerb(register, ...words, ...place);
    expect(shown.error).toBeUndefined();
    expect(shown.out).toContain('***');
    expect(held(shownBy(shown))).toEqual([]);
  });

  it('is repeated only when they are given again, each asked for by name', async () => {
    const none = await runVerb(rerun, 'rerun', 'Sales', 'latest', '--failed', ...place);
    expect(none.error).toContain('param token is secret, so the record of run 2026-11-01 does not hold it');
    expect(none.error).toContain(`--param token=value, or as a line token=value in ${join(store, 'secrets.env')}`);
    const half = await runVerb(rerun, 'rerun', 'Sales', 'latest', '--failed', '--param', `token=${TOKEN}`, ...place);
    expect(half.error).toContain('param pin is secret');
    const other = await runVerb(rerun, 'rerun', 'Sales', 'latest', '--failed', '--param', 'tokn=x', ...place);
    expect(other.error).toContain('did you mean token');
  });

  it('tells which outputs of kept tasks a secret was in, and carries no mask in their place', async () => {
    writeFileSync(door, '');
    const failed = await runVerb(rerun, 'rerun', 'Sales', 'latest', '--failed', '--secrets', secrets, ...place);
    expect(failed.out).toContain(
      'a secret was in output session of Login, so the record of run 2026-11-01 does not hold it: if Check or Use reads it, add --from Login',
    );
    expect(failed.code).toBe(1);
    const words = ['2026-11-01', '--from', 'Login', '--param', `token=${TOKEN}`, '--param', `pin=${PIN}`, '--json'];
    const from = await runVerb(rerun, 'rerun', 'Sales', ...words, ...place);
    expect([from.code, from.error]).toEqual([0, undefined]);
    expect(held(from.out + written())).toEqual([]);
  });

  it('is not changed by a repetition: other params stay', async () => {
    const app = new App({ outdir: join(temporaryFolder(), 'cdk.out') });
    const plain = new Pipeline(new Stack(app, 'Plain'), 'Daily', { params: { day: Param.string({ default: 'a' }) } });
    new LambdaTask(plain, 'One', { code, payload: { token: plain.run.param('day') } });
    const there = ['--store', temporaryFolder(), '--assembly', app.synth().directory];
    await runVerb(run, 'run', 'Daily', ...there);
    const { error } = await runVerb(rerun, 'rerun', 'Daily', 'latest', '--all', '--param', 'day=b', ...there);
    expect(error).toContain('--param day: run');
    expect(error).toContain('only secret ones are given again');
  });
});

describe('other ways to give them', () => {
  it('`headrace local` takes them from the file, and says where they may stand', async () => {
    const words = ['local', 'run', folder, '--date', '2026-11-02', '--store', store];
    const none = await runVerb(local, ...words, '--json');
    expect(none.code).toBe(2);
    writeFileSync(door, '');
    const ran = await runVerb(local, ...words, '--secrets', secrets, '--json');
    expect([ran.code, ran.error]).toEqual([0, undefined]);
    expect(held(ran.out + written())).toEqual([]);
  });

  it('a backfill keeps its params without them, and goes on when they are given again', async () => {
    rmSync(door, { force: true });
    const first = await runVerb(backfill, 'backfill', 'Sales', '2026-10-01', '--secrets', secrets, ...place);
    expect(first.code).toBe(1);
    const file = join(store, 'backfills', 'Shop-Sales.json');
    expect(existsSync(file)).toBe(true);
    expect(held(readFileSync(file, 'utf8') + shownBy(first))).toEqual([]);
    const none = await runVerb(backfill, 'backfill', 'Sales', '--resume', ...place);
    expect(none.error).toMatch(/param token is secret, so the record of backfill backfill-\w+ does not hold it/);
    writeFileSync(door, '');
    const resumed = await runVerb(backfill, 'backfill', 'Sales', '--resume', '--secrets', secrets, ...place);
    expect([resumed.code, resumed.error]).toEqual([0, undefined]);
    expect(held(shownBy(resumed) + written() + readFileSync(file, 'utf8'))).toEqual([]);
  });

  it('`headrace test` takes the same option, and prints without them', async () => {
    writeFileSync(door, '');
    const ran = await runVerb(testVerb, 'test', folder, '--secrets', secrets);
    expect([ran.code, ran.error]).toEqual([0, undefined]);
    expect(JSON.parse(ran.out)).toMatchObject({ outputs: { Login: { rows: 7, session: 'session of ***' } } });
    expect(held(ran.out)).toEqual([]);
    const missing = await runVerb(testVerb, 'test', folder, '--secrets', '/nowhere/secrets.env');
    expect(missing.error).toContain('--secrets /nowhere/secrets.env: there is no such file');
  });
});

describe('a param that is marked secret', () => {
  it('has no default, which would stand in the template', () => {
    expect(() => Param.string({ secret: true, default: 'x' })).toThrow(/Param\.string: a secret param has a default/);
    expect(() => Param.date({ secret: true, default: '2026-11-01' })).toThrow(/leave it out/);
  });
});
