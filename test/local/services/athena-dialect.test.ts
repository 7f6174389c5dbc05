// The front end of Athena's SQL on whatever comes: it answers or refuses, and never anything else.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseStatement } from '../../../lib/local/services/athena-ddl';
import { athenaToDuckDb } from '../../../lib/local/services/athena-dialect';
import { AthenaError, placeOf } from '../../../lib/local/services/athena-error';
import { athenaText, athenaType } from '../../../lib/local/services/athena-values';
import { partitionTest } from '../../../lib/local/services/partition-expression';

const words = fc.constantFrom(
  ...'select from where ( ) , . / % + - * = <> [ ] ? ; " ` \' a b "q" \'t\' 1 1.5 1e3 case when then end cast as integer over with x concat avg date_trunc create table external drop insert into values msck repair show partition array -- /* */ \n'.split(
    ' ',
  ),
);
const statements = fc.array(words, { maxLength: 30 }).map((parts) => parts.join(' '));

function answers(work: () => unknown): void {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(AthenaError);
  }
}

it('any text is translated or refused', () => {
  fc.assert(
    fc.property(fc.oneof(statements, fc.string({ unit: 'binary', maxLength: 60 })), (text) => {
      answers(() => athenaToDuckDb(text));
      answers(() => parseStatement(text, 'default'));
    }),
    { numRuns: 2000 },
  );
});

it('a very deep or very long statement is refused or answered in time', () => {
  answers(() => athenaToDuckDb(`SELECT ${'abs('.repeat(20_000)}1${')'.repeat(20_000)}`));
  answers(() => athenaToDuckDb(`SELECT ${'('.repeat(20_000)}`));
  expect(athenaToDuckDb(`SELECT ${'1 + '.repeat(20_000)}1`).names.has('select')).toBe(true);
});

it('what is left as it is stands where it stood', () => {
  const text = 'SELECT a,\n  b\nFROM t';
  const query = athenaToDuckDb(text);
  expect(query.place(query.sql.indexOf('b'))).toEqual({ line: 2, column: 3 });
  expect(query.place(query.sql.indexOf('FROM'))).toEqual(placeOf(text, text.indexOf('FROM')));
});

it.each([
  [1e7, 'DOUBLE', '1.0E7'],
  [9999999, 'DOUBLE', '9999999.0'],
  [0.001, 'DOUBLE', '0.001'],
  [0.00012, 'DOUBLE', '1.2E-4'],
  [-0, 'DOUBLE', '-0.0'],
  [0.10000000149011612, 'FLOAT', '0.1'],
  ['2024-01-01 10:00:00', 'TIMESTAMP', '2024-01-01 10:00:00.000'],
  ['2024-01-01 10:00:00.5+00', 'TIMESTAMP WITH TIME ZONE', '2024-01-01 10:00:00.500 UTC'],
  [[1.5, null], 'DOUBLE[]', '[1.5, null]'],
  [{ a: 1, 'b c': [2] }, 'STRUCT(a DOUBLE, "b c" DOUBLE[])', '{a=1.0, b c=[2.0]}'],
  [null, 'VARCHAR', undefined],
])('%j as %s is %s', (value, type, expected) => {
  expect(athenaText(value, type)).toBe(expected);
});

it('numbers are spelled so that they are read back the same', () => {
  fc.assert(
    fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
      expect(Number(athenaText(value, 'DOUBLE'))).toBe(value);
    }),
  );
  expect(athenaType('DECIMAL(10,2)')).toBe('decimal');
});

it("a partition expression is a test or Glue's refusal", () => {
  const keys = [
    { name: 'year', type: 'int' },
    { name: 'day', type: 'string' },
  ];
  const parts = fc.constantFrom(
    ..."year day = < >= <> and or not in between like ( ) , 1 20 'a' 'b%' month".split(' '),
  );
  fc.assert(
    fc.property(
      fc.array(parts, { maxLength: 12 }).map((each) => each.join(' ')),
      (text) => {
        let test: ReturnType<typeof partitionTest> | undefined;
        try {
          test = partitionTest(text, keys);
        } catch (error) {
          expect(error).toMatchObject({ error: 'Glue.InvalidInputException' });
        }
        if (test) expect(typeof test(['2024', 'a'])).toBe('boolean');
      },
    ),
    { numRuns: 1000 },
  );
  // Numbers are compared as numbers.
  expect(partitionTest('year > 9', keys)(['10', ''])).toBe(true);
});
