// Compares an answer with a recording, as the recordings' README says: placeholders match anything, key order is free,
// events of concurrent parts are compared as a multiset.

import type { Json } from '../../lib/local/engine';
import type { ConformanceCase, ExpectedEvent } from './asl-case';
import type { Answer } from './asl-run';

export interface Difference {
  /** `must`: status, output, error, accepted. `should`: events. `may`: wording of causes and messages. */
  readonly level: 'must' | 'should' | 'may';
  readonly field: string;
  readonly expected: unknown;
  readonly actual: unknown;
}

export function matches(expected: Json | undefined, actual: unknown, tokens: readonly string[]): boolean {
  if (typeof expected === 'string') {
    if (tokens.includes(expected)) {
      return true;
    }
    return typeof actual === 'string' && textMatches(expected, actual, tokens);
  }
  if (typeof expected !== 'object' || expected === null) {
    return expected === actual;
  }
  if (Array.isArray(expected)) {
    return (
      Array.isArray(actual) &&
      actual.length === expected.length &&
      expected.every((item, index) => matches(item, actual[index], tokens))
    );
  }
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual)) {
    return false;
  }
  const keys = Object.keys(expected);
  return (
    keys.length === Object.keys(actual).length &&
    keys.every(
      (key) =>
        Object.hasOwn(actual, key) && matches(expected[key], (actual as { [key: string]: unknown })[key], tokens),
    )
  );
}

function textMatches(expected: string, actual: string, tokens: readonly string[]): boolean {
  const inside = tokens.filter((token) => token.startsWith('<') && expected.includes(token));
  if (inside.length === 0) {
    return expected === actual;
  }
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const pattern = expected
    .split(new RegExp(`(?:${inside.map(literal).join('|')})`))
    .map(literal)
    .join('[\\s\\S]*?');
  return new RegExp(`^${pattern}$`).test(actual);
}

function causeMatches(expected: Json | undefined, actual: unknown, tokens: readonly string[]): boolean {
  if (typeof expected === 'object' && expected !== null && typeof actual === 'string') {
    try {
      return matches(expected, JSON.parse(actual), tokens);
    } catch {
      return false;
    }
  }
  return matches(expected, actual, tokens);
}

export function compareCase(test: ConformanceCase, answers: readonly Answer[]): Difference[] {
  const tokens = test.placeholders ?? [];
  const differences: Difference[] = [];
  const check = (level: Difference['level'], field: string, expected: unknown, actual: unknown, same: boolean) => {
    if (!same) {
      differences.push({ level, field, expected, actual });
    }
  };
  if (test.kind === 'table') {
    for (const [index, row] of (test.rows ?? []).entries()) {
      const answer = answers[index];
      check('must', `rows[${index}].status`, 'SUCCEEDED', answer?.status, answer?.status === 'SUCCEEDED');
      check('must', `rows[${index}].output`, row.output, answer?.output, matches(row.output, answer?.output, tokens));
    }
    return differences;
  }
  const { expected } = test;
  const answer = answers[0]!;
  const must =
    test.kind === 'validation'
      ? ['accepted']
      : test.kind === 'execution'
        ? ['status', 'output', 'error']
        : ['refused', 'status', 'output', 'error', 'nextState'];
  for (const field of must) {
    const wanted = (expected as { [field: string]: Json | undefined })[field];
    check('must', field, wanted, answer[field], matches(wanted, answer[field], tokens));
  }
  const may =
    test.kind === 'execution' ? ['cause'] : ['errorCode', 'message', 'diagnostics', 'cause', 'inspectionData'];
  for (const field of may) {
    const wanted = (expected as { [field: string]: Json | undefined })[field];
    if (wanted !== undefined || field === 'cause') {
      check('may', field, wanted, answer[field], causeMatches(wanted, answer[field], tokens));
    }
  }
  if (expected.events) {
    differences.push(...compareEvents(test, expected.events, answer.events ?? []));
  }
  return differences;
}

function compareEvents(
  test: ConformanceCase,
  expected: readonly ExpectedEvent[],
  actual: readonly ExpectedEvent[],
): Difference[] {
  const tokens = test.placeholders ?? [];
  if (test.expected.eventsOrder !== undefined) {
    const left = [...actual];
    for (const event of expected) {
      const found = left.findIndex((candidate) => eventMatches(event, candidate, tokens, false));
      if (found < 0) {
        return [{ level: 'should', field: 'events', expected: event, actual: undefined }];
      }
      left.splice(found, 1);
    }
    return [];
  }
  for (let index = 0; index < Math.max(expected.length, actual.length); index += 1) {
    const [wanted, got] = [expected[index], actual[index]];
    if (!wanted || !got || !eventMatches(wanted, got, tokens, true)) {
      return [{ level: 'should', field: `events[${index}]`, expected: wanted, actual: got }];
    }
  }
  return [];
}

function eventMatches(
  expected: ExpectedEvent,
  actual: ExpectedEvent,
  tokens: readonly string[],
  ids: boolean,
): boolean {
  const { id, prev, cause, ...rest } = expected;
  const { id: actualId, prev: actualPrev, cause: actualCause, ...actualRest } = actual;
  return (
    (!ids || (id === actualId && prev === actualPrev)) &&
    matches(rest as Json, actualRest, tokens) &&
    causeMatches(cause, actualCause, tokens)
  );
}
