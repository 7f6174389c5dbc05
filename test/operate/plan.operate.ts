// What a deployment would change, against what is deployed on the server.

import { App, Stack } from 'aws-cdk-lib';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { CustomTask, Param, Pipeline, type PipelineProps, Schedule, TriggerRule } from '../../lib';
import { temporaryFolder } from '../local/assembly-fixture';
import { command, deployed, signedIn } from './places';

const url = inject('operateUrl');
const stack = `Diff${process.pid}`;
const cwd = temporaryFolder();

interface Version {
  readonly load?: string;
  readonly rule?: TriggerRule;
  readonly params?: PipelineProps['params'];
  readonly hour?: string;
  readonly pipeline?: string;
}

const PARAMS = { table: Param.string({ default: 'sales' }), full: Param.boolean({ default: false }) };

function synthesized({ load = 'Load', rule, params = PARAMS, hour = '2', pipeline = 'Sales' }: Version): string {
  const app = new App({ outdir: temporaryFolder(), analyticsReporting: false });
  const env = { account: '000000000000', region: 'us-east-1' };
  const triggers = [Schedule.cron({ hour })];
  const sales = new Pipeline(new Stack(app, stack, { env }), pipeline, { params, triggers });
  const task = (id: string, triggerRule?: TriggerRule) =>
    new CustomTask(sales, id, {
      resource: 'arn:aws:states:::aws-sdk:s3:listBuckets',
      permissions: [],
      ...(triggerRule !== undefined && { triggerRule }),
    });
  task('Extract').next(task(load)).next(task('Report', rule));
  return app.synth().directory;
}

const diff = (version: Version, ...words: string[]) =>
  command(['plan', synthesized(version), '--diff', 'deployed', ...words], signedIn(url), cwd);

describe('headrace plan --diff deployed', () => {
  beforeAll(async () => void (await deployed(url, synthesized({}))));

  it('says that nothing changed', async () => {
    expect(await diff({})).toMatchObject({
      code: 0,
      error: '',
      out: `${stack}-Sales  the tasks and their order are the same, and so are params and schedules\n`,
    });
  });

  it('tells a renamed task as renamed, and what that means for re-runs', async () => {
    const { code, out } = await diff({ load: 'LoadOrders' });
    expect([code, out]).toEqual([0, expect.stringContaining('  renamed: Load -> LoadOrders\n')]);
    expect(out).toContain('a renamed task is a new one to re-runs: the outcomes and outputs that earlier runs kept');
    expect(out).not.toMatch(/added|removed/);
  });

  it('tells another rule, a param that went away or has another default, other times', async () => {
    const { out } = await diff({ rule: TriggerRule.ALL_DONE });
    expect(out).toContain('Report starts on all_done, was all_success');
    const params = await diff({
      params: { full: Param.boolean({ default: true }), day: Param.number({ default: 1 }) },
    });
    expect(params.out.split('\n')).toEqual([
      `${stack}-Sales`,
      '  param day is new',
      '  param table goes away: runs that give it are refused',
      '  param full is boolean, default true, was boolean, default false',
      '  runs that are going on end as they began; a re-run takes the new definition',
      '',
    ]);
    const times = await diff({ hour: '3' });
    expect(times.out).toContain('schedule cron(0 3 * * ? *) Etc/UTC is new');
    expect(times.out).toContain('schedule cron(0 2 * * ? *) Etc/UTC goes away: no run comes at its times any more');
  });

  it('prints data', async () => {
    const { json } = await diff({ load: 'LoadOrders', params: {} }, '--json');
    expect(json()).toMatchObject({
      pipeline: `${stack}-Sales`,
      new: false,
      renamed: [{ from: 'Load', to: 'LoadOrders' }],
      params: { added: [], removed: ['table', 'full'], changed: [] },
      triggers: { added: [], removed: [], changed: [] },
    });
  });

  it('of a pipeline that is not deployed says that it is new', async () => {
    expect(await diff({ pipeline: 'Orders' })).toMatchObject({ code: 0, out: `${stack}-Orders  new: 3 tasks\n` });
  });

  it('that cannot ask says so, with exit code 3', async () => {
    const words = ['plan', synthesized({}), '--diff', 'deployed'];
    const nobody = { ...signedIn('http://127.0.0.1:9'), AWS_MAX_ATTEMPTS: '1' };
    expect(await command(words, nobody, cwd)).toMatchObject({
      code: 3,
      error: expect.stringContaining('AWS cannot be reached'),
    });
    const { AWS_ACCESS_KEY_ID: _id, AWS_SECRET_ACCESS_KEY: _secret, ...anonymous } = signedIn(url);
    expect(await command(words, anonymous, cwd)).toMatchObject({
      code: 3,
      error: expect.stringContaining('there are no AWS credentials'),
    });
  });
});
