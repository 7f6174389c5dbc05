import { describe, expect, it } from 'vitest';
import { assignments, expand, parseDockerfile } from '../../../lib/local/assembly/dockerfile';

describe('parseDockerfile', () => {
  it('reads stages, continued lines and both forms of commands', () => {
    const stages = parseDockerfile(
      '# syntax\nARG V=20\nFROM node:${V} AS build\nRUN a && \\\n  # between\n  b\nFROM scratch\nCOPY --from=build --chown=1:1 /x /y\nENTRYPOINT ["node", "a b.mjs"]\nCMD run it\n',
      'Dockerfile',
    );
    expect(stages.map((stage) => [stage.base, stage.name])).toEqual([
      ['node:20', 'build'],
      ['scratch', undefined],
    ]);
    expect(stages[0]!.instructions[0]).toMatchObject({ name: 'RUN', text: 'a &&   b', line: 4 });
    expect(stages[1]!.instructions.map(({ flags, words, text }) => [flags, words ?? text])).toEqual([
      [{ from: 'build', chown: '1:1' }, '/x /y'],
      [{}, ['node', 'a b.mjs']],
      [{}, 'run it'],
    ]);
  });

  it('lets build arguments win over defaults', () => {
    expect(parseDockerfile('ARG V=20\nFROM node:$V\n', 'Dockerfile', { V: '22' })[0]!.base).toBe('node:22');
  });

  it.each([
    ['FORM x', /line 1: FORM x/],
    ['RUN x', /RUN before the first FROM/],
    ['', /no FROM/],
    ['FROM a\nRUN cat <<EOF\nx\n', /line 2: the here-document EOF never ends/],
  ])('fails for %j', (text, message) => {
    expect(() => parseDockerfile(text, 'Dockerfile')).toThrow(message);
  });
});

it('expands variables as the builder does', () => {
  const variables = { A: 'x', EMPTY: '' };
  expect(expand('$A ${A} ${B:-d} ${A:+y} ${EMPTY:-e} \\$A $B', variables)).toBe('x x d y e $A ');
});

it('reads ENV in both forms', () => {
  expect(assignments('A=1 B="two words" C=\'$x\' D=a\\ b')).toEqual([
    ['A', '1'],
    ['B', 'two words'],
    ['C', '$x'],
    ['D', 'a b'],
  ]);
  expect(assignments('A one value')).toEqual([['A', 'one value']]);
});
