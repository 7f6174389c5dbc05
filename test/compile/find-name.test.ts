import { describe, expect, it } from 'vitest';
import { findName } from '../../lib/compile/find-name';

const find = (word: string, names: readonly string[], short = true) =>
  findName({ what: 'pipeline', word, names, where: '.headrace on this machine', short });

describe('a name that was typed', () => {
  it.each([
    ['Demo-Sales', ['Demo-Sales', 'Prod-Demo-Sales'], 'Demo-Sales'],
    ['Sales', ['Demo-Sales', 'Demo-Orders'], 'Demo-Sales'],
    ['sales', ['Demo-Sales', 'Demo-Orders'], 'Demo-Sales'],
    ['demo-sales', ['Demo-Sales', 'Demo-Orders'], 'Demo-Sales'],
    ['sales', ['Demo-Sales', 'Other-sales'], 'Other-sales'],
  ])('%s among %j is %s', (word, names, expected) => {
    expect(find(word, names)).toBe(expected);
  });

  it.each([
    ['Sales', ['A-Sales', 'B-Sales'], 'pipeline Sales is ambiguous in .headrace on this machine: say which of A-Sales'],
    ['sales', ['A-Sales', 'A-SALES'], 'pipeline sales is ambiguous'],
    ['Slaes', ['A-Sales'], 'no pipeline Slaes in .headrace on this machine: there is A-Sales; did you mean Sales?'],
    ['Sales', [], 'no pipeline Sales in .headrace on this machine: there is none yet'],
  ])('%s among %j is none', (word, names, message) => {
    expect(() => find(word, names)).toThrow(message);
  });

  it('is taken word for word where nothing may be short', () => {
    expect(() => find('load', ['Load'], false)).toThrow('did you mean Load?');
  });
});
