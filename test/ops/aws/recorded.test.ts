// Recordings are what services may answer: see recorded/README.md.

import { describe, expect, it } from 'vitest';
import { ACTS } from './acts';
import { recording } from './replay';
import { misfits } from './service-model';

const all = Object.keys(ACTS).flatMap((name) => recording(name).map((exchange) => ({ name, ...exchange })));

describe('recorded exchanges', () => {
  it('fit the models of the services', () => {
    const wrong = all.flatMap(({ name, asked, answers }) =>
      answers.flatMap((answer) =>
        misfits(asked, answer).map((what) => `${name} ${asked.target ?? asked.path}: ${what}`),
      ),
    );
    expect(wrong).toEqual([]);
  });

  it('are of every service that logs and stop ask', () => {
    const asked = new Set(
      all.map(({ asked: { target, method, path } }) => target ?? `${method} ${path.replace(/[?].*$/, '')}`),
    );
    expect([...asked]).toEqual(
      expect.arrayContaining([
        'Logs_20140328.GetLogEvents',
        'Logs_20140328.FilterLogEvents',
        'AWSGlue.StopCrawler',
        'AWSGlue.BatchStopJobRun',
        'AWSGlue.CancelDataQualityRulesetEvaluationRun',
        'AmazonEC2ContainerServiceV20141113.StopTask',
        'ElasticMapReduce.CancelSteps',
        'AmazonAthena.StopQueryExecution',
        'RedshiftData.CancelStatement',
        'POST /v1/terminatejob',
      ]),
    );
  });

  it.each([
    ['a field that the service does not have', '"events"', '"lines"'],
    ['a value of another type', /"timestamp": ?\d+/, '"timestamp": "now"'],
  ])('do not fit any more with %s', (_, from, to) => {
    const { asked, answers } = all.find(
      ({ asked: { target }, answers: [first] }) =>
        target === 'Logs_20140328.GetLogEvents' && first!.body.includes('timestamp'),
    )!;
    expect(misfits(asked, answers[0]!)).toEqual([]);
    expect(misfits(asked, { ...answers[0]!, body: answers[0]!.body.replace(from, to) })).not.toEqual([]);
  });

  it('hold nothing that signs a request', () => {
    expect(all.filter((one) => /Credential=|Signature=|X-Amz-Security-Token/i.test(JSON.stringify(one)))).toEqual([]);
  });
});
