import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HiddenValues, MASK } from '../../lib/view/hidden-values';

const hide = (...values: string[]) => new HiddenValues(values);
const deep = (value: unknown, levels: number): string =>
  levels === 0 ? JSON.stringify(value) : JSON.stringify({ text: deep(value, levels - 1) });

/** Long enough to be telling, and of nothing that stands in the texts around it. */
const secret = fc
  .string({
    unit: fc.constantFrom(...'<>"\\/\n\r\t{}[]$&*+?.|^%é\u2028😀 ', '\u0000', '\ud800'),
    minLength: 4,
    maxLength: 30,
  })
  .filter((text) => text.split(/\r?\n/).every((line) => line.trim().length > 3));

describe('a value that is hidden', () => {
  it('is in no JSON, however deep and however it is escaped', () => {
    fc.assert(
      fc.property(secret, fc.nat(4), fc.boolean(), (value, levels, ascii) => {
        let text = deep({ [value]: [`a${value}b`, value], n: 1 }, levels);
        if (ascii)
          text = text.replace(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);
        const shown = hide(value).json(text);
        let inner: unknown = JSON.parse(shown);
        for (let level = 0; level < levels; level += 1) inner = JSON.parse((inner as { text: string }).text);
        expect(inner).toEqual({ [MASK]: [`a${MASK}b`, MASK], n: 1 });
      }),
    );
  });

  it('is in no line of a log, as it is, as JSON or percent-encoded', () => {
    fc.assert(
      fc.property(secret, (value) => {
        const json = JSON.stringify(value).slice(1, -1);
        const encoded = value.includes('\ud800') ? '' : encodeURIComponent(value);
        const log = `1 ${value}\n2 "${json}"\n3 ${encoded}`;
        const shown = hide(value).text(log);
        expect([value, json, ...(encoded === '' ? [] : [encoded])].filter((form) => shown.includes(form))).toEqual([]);
      }),
    );
  });

  it('leaves everything else as it was, to the letter', () => {
    const text = '{ "a": 1.0, "b": "\\u00fc", "n": 12345678901234567890 }';
    expect(hide('absent').json(text)).toBe(text);
  });

  it.each([
    ['12345', '{"pin":12345,"other":12346}', '{"pin":"***","other":12346}'],
    ['true', '{"a":"true","b":true}', '{"a":"***","b":true}'],
    ['{"user":"sa","password":"p w d"}', '{"db":{"user":"sa","password":"p w d"}}', '{"db":"***"}'],
    ['{"user": "sa", "password": "p w d"}', 'login failed for p w d', 'login failed for ***'],
    ['line one\nline two', 'line two, not line 3', '***, not line 3'],
    ['not', 'not now', 'not now'],
    ['a.*b', 'aXXb a.*b', 'aXXb ***'],
    ['$&$1', 'x $&$1 y', 'x *** y'],
  ])('%s in %s', (value, text, shown) => {
    expect(hide(value).json(text)).toBe(shown);
  });
});

describe('a run whose definition cannot be read', () => {
  it('may have been given a secret as any of its params', () => {
    const hidden = HiddenValues.ofRun({ name: '', params: [] } as never, { params: { token: 'hunter22' } });
    expect(hidden.error('NoSuchUser-hunter22')).toBe('NoSuchUser-***');
    expect(hidden.input('{"params":{"token":"hunter22"}}')).toBe('{"params":{"token":"***"}}');
  });
});

describe('an event', () => {
  const hidden = HiddenValues.ofRun(
    {
      params: [
        { name: 'token', type: 'string', secret: true },
        { name: 'pin', type: 'string', secret: true },
        { name: 'day', type: 'date' },
      ],
    } as never,
    { params: { token: 'Load', pin: '1', day: '2026-11-01' } },
  );

  it('keeps the names by which a run is read, though a secret is like them', () => {
    const event = {
      id: 1,
      type: 'TaskStateExited',
      stateExitedEventDetails: { name: 'Load', output: '"Load"', assignedVariables: { a: '{"v0":{"rows":"Load"}}' } },
    };
    expect(hidden.event(event)).toEqual({
      ...event,
      stateExitedEventDetails: { name: 'Load', output: '"***"', assignedVariables: { a: '{"v0":{"rows":"***"}}' } },
    });
  });

  it('hides a secret param where it stands, however short, and no other', () => {
    const input = '{"run":"11","params":{"token":"Load","pin":"1","day":"2026-11-01"}}';
    const shown = '{"run":"11","params":{"token":"***","pin":"***","day":"2026-11-01"}}';
    expect(hidden.event({ executionStartedEventDetails: { input, roleArn: 'Load' } })).toEqual({
      executionStartedEventDetails: { input: shown, roleArn: 'Load' },
    });
    const entered = { stateEnteredEventDetails: { name: 'T', input: `{"outer":${input}}` } };
    expect(hidden.event(entered).stateEnteredEventDetails.input).toBe(`{"outer":${shown}}`);
  });

  it('keeps the errors that say how a task ended', () => {
    const failed = (error: string) => ({ taskFailedEventDetails: { error, cause: 'no Load today' } });
    const skip = new HiddenValues(['Skip', 'Load']);
    expect(skip.event(failed('Headrace.Skip'))).toEqual({
      taskFailedEventDetails: { error: 'Headrace.Skip', cause: 'no *** today' },
    });
    expect(skip.event(failed('SkipError')).taskFailedEventDetails.error).toBe('***Error');
  });

  it('is the very same one where there is nothing to hide', () => {
    const event = { type: 'TaskSucceeded', taskSucceededEventDetails: { output: '{"a":"\\u0041"}' } };
    expect(hidden.event(event)).toBe(event);
  });
});
