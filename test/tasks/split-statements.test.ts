import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { namedParameters, splitStatements } from '../../lib/tasks/split-statements';

describe('statements', () => {
  it.each([
    ['one', 'select 1', ['select 1']],
    ['two and an empty one', 'a;\n;b;', ['a', 'b']],
    ['a semicolon in a text', "a ';' ; b", ["a ';'", 'b']],
    ['a doubled quote', "a 'x'';' ; b", ["a 'x'';'", 'b']],
    ['a quote behind a backslash', "unload ('select \\'x;\\'') ; b", ["unload ('select \\'x;\\'')", 'b']],
    ['a name', 'a ";" ; b', ['a ";"', 'b']],
    ['a comment line', 'a -- x;y\n; b', ['a -- x;y', 'b']],
    ['comments alone', '-- x\n; /* y; */', []],
    ['a comment in a comment', 'a /* /* ; */ ; */ ; b', ['a /* /* ; */ ; */', 'b']],
    [
      'a body',
      'create function f() as $$ a; b; $$ language plpythonu; c',
      ['create function f() as $$ a; b; $$ language plpythonu', 'c'],
    ],
    ['a named body', 'create $x$ ; $$ ; $x$; c', ['create $x$ ; $$ ; $x$', 'c']],
    ['a text without an end', "a ';", ["a ';"]],
  ])('%s', (_, text, expected) => {
    expect(splitStatements(text)).toEqual(expected);
  });

  it('are whole: none splits again, and together they hold every word in order', () => {
    const word = fc.constantFrom('a', "'x;'", '"y;"', 'b', '$$;$$', ';', "''");
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const found = splitStatements(words.join(' '));
        for (const statement of found) expect(splitStatements(statement)).toEqual([statement]);
        expect(found.join(' ')).toBe(words.filter((each) => each !== ';').join(' '));
      }),
    );
  });
});

describe('parameters', () => {
  it.each([
    ['where day = :day and n = :n_1', ['day', 'n_1']],
    ['cast :day::date, a::int', ['day']],
    ["in a text ':day', a comment -- :x\n and /* :y */", []],
    ['a time 10:30 and a:b', []],
    [':a :a', ['a']],
  ])('%s', (text, names) => {
    expect(namedParameters(text)).toEqual(names);
  });
});
