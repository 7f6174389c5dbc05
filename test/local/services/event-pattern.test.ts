import { describe, expect, it } from 'vitest';
import { matchesPattern, targetInput } from '../../../lib/local/services/event-pattern';

const event = {
  source: 'aws.states',
  'detail-type': 'X',
  detail: { status: 'FAILED', count: 5, name: 'run-1', tags: ['a', 'b'] },
};

describe('matchesPattern', () => {
  it.each<[string, any, boolean]>([
    ['a value', { source: ['aws.states'] }, true],
    ['one of several', { detail: { status: ['TIMED_OUT', 'FAILED'] } }, true],
    ['another value', { detail: { status: ['SUCCEEDED'] } }, false],
    ['a list on the other side', { detail: { tags: ['b'] } }, true],
    ['prefix', { detail: { name: [{ prefix: 'run-' }] } }, true],
    ['anything but', { detail: { status: [{ 'anything-but': ['FAILED'] }] } }, false],
    ['anything but a prefix', { detail: { name: [{ 'anything-but': { prefix: 'x' } }] } }, true],
    ['numeric', { detail: { count: [{ numeric: ['>', 1, '<=', 5] }] } }, true],
    ['exists', { detail: { gone: [{ exists: false }], status: [{ exists: true }] } }, true],
    ['wildcard', { detail: { name: [{ wildcard: 'r*-1' }] } }, true],
    ['or', { $or: [{ source: ['x'] }, { detail: { count: [5] } }] }, true],
    ['a name from Object.prototype', { detail: { constructor: [{ exists: true }] } }, false],
  ])('%s', (_, pattern, expected) => {
    expect(matchesPattern(pattern, event)).toBe(expected);
  });
  it('refuses a matcher that it does not know', () => {
    expect(() => matchesPattern({ detail: { name: [{ cidr: '10.0.0.0/8' }] } }, event)).toThrow(/matcher cidr/);
  });
});

describe('targetInput', () => {
  it('gives the whole event without a rule for it', () => {
    expect(targetInput({}, event)).toEqual(event);
  });
  it('fills a template', () => {
    const InputTransformer = {
      InputPathsMap: { s: '$.detail.status', n: '$.detail.count' },
      InputTemplate: '{"status":<s>,"n":<n>,"q":"<s>"}',
    };
    expect(
      targetInput({ InputTransformer: { ...InputTransformer, InputTemplate: '{"n":<n>,"q":"<s>"}' } }, event),
    ).toEqual({ n: 5, q: 'FAILED' });
    expect(targetInput({ InputTransformer }, event)).toEqual({ status: 'FAILED', n: 5, q: 'FAILED' });
  });
});
