import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { find, isPath, parsePath, setAt } from '../../../lib/local/asl/json-path';
import type { Json } from '../../../lib/local/engine';

const STORE: Json = {
  book: [
    { title: 'one', price: 8, tags: ['x'] },
    { title: 'two', price: 12 },
    { title: 'three', price: 22, 'odd.key': true },
  ],
  limit: 10,
};
const at = (path: string): Json | string => {
  const found = find(parsePath(path).path, STORE);
  return 'value' in found ? found.value : found.missing;
};

describe('paths', () => {
  it.each<[string, Json]>([
    ['$.limit', 10],
    ["$['limit']", 10],
    ['$.book[0].title', 'one'],
    ['$.book[-1].title', 'three'],
    ['$.book[*].price', [8, 12, 22]],
    ['$.book[0:2].price', [8, 12]],
    ['$.book[1:].price', [12, 22]],
    ['$.book[0,2].title', ['one', 'three']],
    ['$..price', [8, 12, 22]],
    ['$.book[?(@.price < 10)].title', ['one']],
    ['$.book[?(@.price < $.limit || @.title == "two")].title', ['one', 'two']],
    ['$.book[?(@.tags)].title', ['one']],
    ['$.book[?(!@.tags)].title', ['two', 'three']],
    ["$.book[?(@.title in ['one','three'])].price", [8, 22]],
    ['$.book[?(@.title =~ /t.*/i)].price', [12, 22]],
    ["$.book[2]['odd.key']", true],
    ['$.nothing[*].x', []],
    ['$.book.length()', 3],
    ['$.book[0].title.length()', 3],
    ['$..price.max()', 22],
    ['$.book[*].price.min()', 8],
    ['$..price.avg()', 14],
    ['$.book.sum()', 'No results for path: sum()'],
  ])('%s', (path, expected) => {
    expect(at(path)).toEqual(expected);
  });

  it('says what is missing', () => {
    expect(at('$.nope')).toBe("No results for path: $['nope']");
    expect(at('$.nope.more')).toBe("Missing property in path $['nope']");
  });

  it.each(['', 'limit', '$.', '$[', '$.a[?(@.b', '$..', "$['a", '$.a b', '$[1:2:3:4]'])('refuses %j', (text) => {
    expect(isPath(text)).toBe(false);
  });

  it('never hangs and never throws anything but a SyntaxError', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'$.[]*?()@=&|!\'"a0-:,/ '), maxLength: 30 }), (text) => {
        try {
          find(parsePath(text).path, STORE);
        } catch (error) {
          expect(error).toBeInstanceOf(SyntaxError);
        }
      }),
    );
  });
});

describe('reference paths', () => {
  const set = (target: Json, path: string, value: Json) => setAt(target, parsePath(path).path, value);

  it('makes the objects on the way and leaves the target alone', () => {
    const target = { a: { b: 1 } };
    expect(set(target, '$.a.c.d', 2)).toEqual({ value: { a: { b: 1, c: { d: 2 } } } });
    expect(set(target, '$.x', 1)).toEqual({ value: { a: { b: 1 }, x: 1 } });
    expect(target).toEqual({ a: { b: 1 } });
  });

  it('tells which step does not fit', () => {
    expect(set([1], '$.x', 1)).toEqual({ conflict: 'x' });
    expect(set({ a: 1 }, '$.a.b', 2)).toEqual({ conflict: 'b' });
    expect(set({ a: null }, '$.a.b', 2)).toEqual({ conflict: 'b' });
  });
});
