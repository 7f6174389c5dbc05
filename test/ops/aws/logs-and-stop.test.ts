// The rooms behind `headrace logs` and `headrace stop` against recorded services.

import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LogPiece, Stopped } from '../../../lib/ops/site';
import { ACTS, type Logs, WORKS } from './acts';
import { type Replay, replay } from './replay';
import { siteAt } from './site-at';

const said = (who: string) => ['begins', 'works', 'ends'].map((what) => `${who} ${what}`);
const kept = { ...process.env };
let at: Replay;

async function act<T>(name: keyof typeof ACTS): Promise<T> {
  at = await replay(name);
  return (await ACTS[name](await siteAt(at.url))) as T;
}

beforeEach(() => {
  at = undefined as unknown as Replay;
});
afterEach(async () => {
  Object.assign(process.env, kept);
  await at.close();
  expect(at.unknown).toEqual([]);
});

const asked = (operation: string) =>
  at.asked.filter(({ target }) => target?.endsWith(`.${operation}`)).map(({ body }) => JSON.parse(body) as object);

describe('logs', () => {
  it('of what worked lie where each service writes them', async () => {
    const logs = await act<Logs>('works');
    const places = Object.fromEntries(WORKS.map((task) => [task, logs[task]!.place ?? '']));
    expect(places).toMatchObject({
      Job: expect.stringMatching(/^\/aws-glue\/jobs\/output jr_\w+$/),
      Crawl: '/aws-glue/crawlers crawler-works',
      Array: expect.stringMatching(/^\/aws\/batch\/job definition-works\/default\/[-\w]+$/),
      Step: expect.stringMatching(/^s3:\/\/services-logs\/emr\/j-\w+\/steps\/s-\w+\/stderr\.gz$/),
      Spark: expect.stringMatching(
        /^s3:\/\/services-logs\/serverless\/applications\/\w+\/jobs\/\w+\/SPARK_DRIVER\/stderr\.gz$/,
      ),
      Function: expect.stringMatching(/^\/aws\/lambda\/function-works 2026\/11\/21\/\[\$LATEST\]/),
    });
    expect(logs['Job']!.lines).toEqual(said('job'));
    expect(logs['Crawl']!.lines).toEqual(said('crawl'));
    expect(logs['Array']!.lines).toEqual(said('batch'));
    expect(logs['Step']!.lines).toEqual(said('step'));
    expect(logs['Spark']!.lines).toEqual(said('driver'));
    expect(logs['Function']!.lines[1]).toBe('function-works works');
    expect([logs['Query']!.note, logs['Statement']!.note]).toEqual([
      expect.stringMatching(/^Athena writes no log/),
      expect.stringMatching(/^Redshift writes no log/),
    ]);
  });

  it('are read from the end: three lines of many cost one request of three', async () => {
    const logs = await act<Logs>('works');
    const [, run] = logs['Job']!.place!.split(' ');
    const requests = asked('GetLogEvents').filter(
      (body) => 'startFromHead' in body && JSON.stringify(body).includes(run!),
    );
    expect(requests[0]).toMatchObject({ limit: 3, startFromHead: false });
    expect(requests.filter((body) => (body as { limit?: number }).limit === 3)).toHaveLength(1);
  });

  it('that are followed go on behind what was shown', async () => {
    const logs = await act<Logs>('works');
    expect(logs['Job followed']!.lines).toEqual(said('job').slice(1));
    expect(logs['Job later']!.lines).toEqual([]);
  });

  it('of what failed: the last attempt, or the one that is asked for; what is gone is told', async () => {
    const { last, first, gone } = await act<{ last: LogPiece; first: LogPiece; gone: LogPiece }>('fails');
    expect(last).toMatchObject({ attempt: 2, lines: said('it') });
    expect(first).toMatchObject({ attempt: 1, lines: said('it').slice(1) });
    expect(first.place).not.toBe(last.place);
    expect(gone.note).toMatch(/^nothing in \/aws-glue\/jobs\/error jr_\w+ \(there is no such log group\), /);
  });
});

describe('a run that is over', () => {
  const looks = async (later: number) => {
    at = await replay('works', ({ asked: { target }, answers }) => {
      if (target?.endsWith('.DescribeExecution') !== true) return answers;
      const [first] = answers;
      const told = JSON.parse(first!.body) as { stopDate: number };
      return [first!, { ...first!, body: JSON.stringify({ ...told, stopDate: told.stopDate + later }) }];
    });
    const site = await siteAt(at.url);
    for (let i = 0; i < 2; i += 1) await site.read('Services-Works', 'latest');
    return asked('GetExecutionHistory').length;
  };

  it('is read once; one that somebody let go on by a redrive is read again', async () => {
    const once = await looks(0);
    await at.close();
    expect(await looks(3600)).toBe(2 * once);
  });
});

describe('stop', () => {
  it('ends the run before all else, and then all that it left, each at its service', async () => {
    const done = await act<Stopped[]>('holds');
    const ends = at.asked.map(
      ({ target, method, path }) => target?.split('.')[1] ?? `${method} ${path.split('/').slice(0, 4).join('/')}`,
    );
    const first = ends.findIndex((name) => /^(Stop|Cancel|Terminate|BatchStop)/.test(name));
    expect(ends[first]).toBe('StopExecution');
    expect(done.map(({ what, result }) => `${result} ${what}`).sort()).toEqual(
      [
        'stopped execution',
        'stopped run of Services-Inner',
        'asked ECS task',
        'asked Glue job run',
        'asked crawler',
        'asked crawler',
        'asked data quality run',
        'asked Batch job',
        'asked EMR step',
        'asked EMR step',
        'asked EMR cluster',
        'failed EMR step',
        'asked EMR Serverless job run',
        'stopped Athena query',
        'stopped Redshift statement',
        'failed Lambda invocation',
      ].sort(),
    );
    expect(asked('StopExecution')).toMatchObject([{ cause: 'wrong file' }, { cause: 'wrong file' }]);
  });

  it('reads on where the last look at the run had ended', async () => {
    await act<Stopped[]>('holds');
    const looks = asked('GetExecutionHistory') as { executionArn: string; maxResults: number }[];
    const [root] = looks;
    const ofRoot = looks.filter(({ executionArn }) => executionArn === root!.executionArn);
    expect(ofRoot.map(({ maxResults }) => maxResults)).toEqual([1000, 100]);
  });

  it('believes what a service answers, not that it answered', async () => {
    const done = await act<Stopped[]>('holds');
    expect(done.find(({ what, result }) => what === 'EMR step' && result === 'failed')).toMatchObject({
      reason: 'a step that is RUNNING cannot be cancelled',
    });
  });
});
