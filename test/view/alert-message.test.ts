import { readFileSync } from 'node:fs';
import type { AnySchemaObject } from 'ajv';
import Ajv2020 from 'ajv/dist/2020';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Manifest } from '../../lib/compile/manifest';
import { ALERT_EVENTS, type AlertFacts, cut, missedFacts, runFacts, testFacts } from '../../lib/view/alert-facts';
import { alertMessage, eventDetail } from '../../lib/view/alert-message';
import { RunState } from '../../lib/view/run-state';

const source = {
  pipeline: 'Prod-Sales',
  environment: 'Prod',
  stateMachineArn: 'arn:aws:states:eu-west-1:111122223333:stateMachine:Prod-Sales',
};
const executionArn = 'arn:aws:states:eu-west-1:111122223333:execution:Prod-Sales:2026-11-01';

/** A run whose only task failed with this error and cause. */
function failed(id: string, error: string, cause: string, kind = 'FargateTask'): AlertFacts {
  const task = { id, index: 0, kind, upstream: [] };
  const state = new RunState({ tasks: [task] } as unknown as Manifest);
  const events = [
    { id: 1, previousEventId: 0, type: 'ExecutionStarted', executionStartedEventDetails: { input: '{}' } },
    { id: 2, previousEventId: 0, type: 'TaskStateEntered', stateEnteredEventDetails: { name: id } },
    { id: 3, previousEventId: 2, type: 'TaskScheduled' },
    { id: 4, previousEventId: 3, type: 'TaskFailed' },
    {
      id: 5,
      previousEventId: 4,
      type: 'TaskStateExited',
      stateExitedEventDetails: { name: id, output: JSON.stringify({ Error: error, Cause: cause }) },
    },
  ];
  for (const event of events) state.add(executionArn, { timestamp: new Date(0), ...event } as never);
  return runFacts({
    source,
    event: 'run_failed',
    time: '2026-11-01T03:00:00.000Z',
    executionArn,
    status: 'FAILED',
    state,
  });
}

describe('messages', () => {
  it('of a run that is missing', () => {
    const facts = missedFacts({
      source,
      time: '2026-11-09T00:00:00.000Z',
      expectedSeconds: 8 * 86_400,
      since: '2026-10-31T23:00:00.000Z',
      lastSuccess: '2026-10-31T23:00:00.000Z',
    });
    expect(alertMessage(facts)).toEqual({
      subject: 'Prod-Sales has no successful run since 8 days',
      text: [
        'Pipeline Prod-Sales has had no successful run for 8 days, expected is one every 8 days.',
        '',
        'Where     Prod, account 111122223333, eu-west-1',
        'Success   the last one ended at 2026-10-31T23:00:00.000Z',
        '',
        'Look      npx headrace runs Prod-Sales --region eu-west-1',
      ].join('\n'),
    });
  });

  it('of a test', () => {
    const { subject, text } = alertMessage(testFacts(source, '2026-11-09T00:00:00.000Z'));
    expect(subject).toBe('Prod-Sales: this is a test');
    expect(text).toContain('Alerts of this pipeline reach you this way.');
  });
});

describe('hostile text', () => {
  const text = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 300 }),
    fc.constantFrom(
      '<script>alert(1)</script>',
      '\u001b]0;x\u0007',
      'a\r\nBcc: x@example.com',
      '\u202egnp.exe',
      '\ud800',
      '\0'.repeat(50),
    ),
    fc.string({ maxLength: 20 }).map((piece) => piece.repeat(20_000)),
  );

  it('arrives harmless: one line as the subject, no control character, never too long', () => {
    fc.assert(
      fc.property(text, text, text, (id, error, cause) => {
        const message = alertMessage(failed(id, error, cause));
        expect(message.subject).toMatch(/^[\x20-\x7e]{1,100}$/);
        expect(message.text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/);
        expect(message.text.length).toBeLessThan(1_100_000);
      }),
      { numRuns: 200 },
    );
  });

  it('of a megabyte is cut, its beginning and its end kept', () => {
    const facts = failed('Load', 'Big', `first words ${'x'.repeat(1_000_000)} last words`);
    const [task] = facts.failed;
    expect(task!.reason).toMatch(/^first words .*characters cut.* last words$/s);
    expect(JSON.stringify(facts).length).toBeLessThan(20_000);
  });

  it('with a secret in it is masked', () => {
    expect(JSON.stringify(failed('Load', 'E', 'cannot log in: password=hunter2'))).not.toContain('hunter2');
  });
});

describe('an event on the bus', () => {
  const many = (cause: string): AlertFacts => {
    const facts = failed('Load', 'Big', cause);
    return { ...facts, failed: Array.from({ length: 25 }, () => facts.failed[0]!), failedCount: 25 };
  };

  it.each(['x', '\u{1f4a3}', '\0', '"\\', '\ud800'])(
    'has room for it when 25 tasks failed with a megabyte of %j each',
    (piece) => {
      const detail = eventDetail(many(piece.repeat(1_000_000 / piece.length)));
      expect(Buffer.byteLength(detail)).toBeLessThanOrEqual(256 * 1024 - 10_000);
      const read = JSON.parse(detail) as AlertFacts & { message: { text: string } };
      expect(read.failedCount).toBe(25);
      expect(read.failed[0]).toMatchObject({ id: 'Load', error: 'Big' });
      expect(read.message.text).toContain('25 tasks failed');
    },
  );

  it('has everything where there is room', () => {
    const facts = many('a short cause');
    expect(JSON.parse(eventDetail(facts))).toEqual({ ...facts, message: alertMessage(facts) });
  });
});

it('cut() never splits a character and never gives more than was asked for', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: 'binary', maxLength: 500 }).map((text) => `${text}\ud800`),
      fc.integer({ min: 100, max: 400 }),
      (text, most) => {
        const short = cut(text, most);
        expect(short.length).toBeLessThanOrEqual(most);
        expect(Buffer.from(short).toString()).toBe(short);
      },
    ),
  );
});

it.each(ALERT_EVENTS)('%s has a subject and is as the published schema says', (event) => {
  const schema = JSON.parse(readFileSync('lambda/alert/alert.schema.json', 'utf8')) as AnySchemaObject;
  const validate = new Ajv2020({ strict: true, validateFormats: false, allErrors: true }).compile(schema);
  for (const facts of [
    {
      ...failed('Load', 'E', '{"Containers":[{"ExitCode":1,"Name":"Main"}]}'),
      event,
      seconds: 60,
      expectedSeconds: 30,
    },
    testFacts(source, '2026-11-09T00:00:00.000Z'),
    missedFacts({ source, time: '2026-11-09T00:00:00.000Z', expectedSeconds: 60, since: '2026-11-01T00:00:00.000Z' }),
  ]) {
    const message = alertMessage(facts);
    expect(message.subject).toContain('Prod-Sales');
    expect(validate({ ...facts, message }), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...facts, message, more: 1 })).toBe(false);
  }
});
