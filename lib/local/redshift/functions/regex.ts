/**
 * Regular expressions: Redshift's POSIX patterns (and, with flag p, PCRE) and SIMILAR TO patterns as JavaScript ones.
 * What the dialects do not share is refused by name.
 */
import { RedshiftError, unsupported } from '../redshift-error';

const CLASSES: Readonly<Record<string, string>> = {
  alnum: 'A-Za-z0-9',
  alpha: 'A-Za-z',
  blank: ' \\t',
  cntrl: '\\x00-\\x1f\\x7f',
  digit: '0-9',
  graph: '\\x21-\\x7e',
  lower: 'a-z',
  print: '\\x20-\\x7e',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\s',
  upper: 'A-Z',
  xdigit: '0-9A-Fa-f',
  word: '\\w',
};
const cache = new Map<string, RegExp>();

export function compilePattern(
  pattern: string,
  { ignoreCase = false, perl = false }: { ignoreCase?: boolean; perl?: boolean } = {},
): RegExp {
  const key = `${ignoreCase ? 'i' : ''}${perl ? 'p' : ''}:${pattern}`;
  const known = cache.get(key);
  if (known) return known;
  if (!perl && /\(\?/.test(pattern)) throw unsupported('a (?...) group in a POSIX pattern (flag p selects PCRE)');
  if (!perl && /\\[1-9]/.test(pattern)) throw unsupported('a back-reference in a POSIX pattern');
  if (perl && /\(\?[>P#|&R+]|\\[AGKQEXzZR]|[*+?}]\+/.test(pattern)) throw unsupported('this PCRE construct');
  const source = pattern.replace(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole);
  let compiled: RegExp;
  try {
    compiled = new RegExp(source, `gs${ignoreCase ? 'i' : ''}`);
  } catch {
    throw new RedshiftError(`invalid regular expression: "${pattern}"`);
  }
  if (cache.size > 500) cache.clear();
  cache.set(key, compiled);
  return compiled;
}

function flagsOf(parameters: string): { ignoreCase: boolean; perl: boolean; extract: boolean } {
  for (const flag of parameters)
    if (!'cipe'.includes(flag)) throw new RedshiftError(`invalid regular expression option: "${flag}"`);
  return {
    ignoreCase: parameters.lastIndexOf('i') > parameters.lastIndexOf('c'),
    perl: parameters.includes('p'),
    extract: parameters.includes('e'),
  };
}

export function matches(text: string, pattern: string, ignoreCase: boolean): boolean {
  const compiled = compilePattern(pattern, { ignoreCase });
  compiled.lastIndex = 0;
  return compiled.test(text);
}

function* occurrences(text: string, pattern: string, position: number, parameters: string): Generator<RegExpExecArray> {
  const compiled = compilePattern(pattern, flagsOf(parameters));
  const characters = [...text];
  compiled.lastIndex = characters.slice(0, Math.max(position - 1, 0)).join('').length;
  for (;;) {
    const match = compiled.exec(text);
    if (!match) return;
    const resume = match[0] === '' ? compiled.lastIndex + 1 : compiled.lastIndex;
    yield match;
    compiled.lastIndex = resume;
  }
}

export function regexpCount(text: string, pattern: string, position: number, parameters: string): number {
  let count = 0;
  for (const _ of occurrences(text, pattern, position, parameters)) count++;
  return count;
}

/** The first group with flag e, as documented; otherwise the whole match. */
export function regexpSubstr(
  text: string,
  pattern: string,
  position: number,
  occurrence: number,
  parameters: string,
): string | null {
  if (occurrence < 1 || occurrence > [...text].length) return null;
  const match = nth(text, pattern, position, occurrence, parameters);
  if (!match) return '';
  return flagsOf(parameters).extract ? (match[1] ?? match[0]) : match[0];
}

export function regexpInstr(
  text: string,
  pattern: string,
  position: number,
  occurrence: number,
  option: number,
  parameters: string,
): number {
  if (option !== 0 && option !== 1) throw new RedshiftError('the option of REGEXP_INSTR must be 0 or 1');
  const match = nth(text, pattern, position, occurrence, parameters);
  if (!match) return 0;
  const group = flagsOf(parameters).extract && match[1] !== undefined ? match[1] : match[0];
  const start = match.index + (group === match[0] ? 0 : match[0].indexOf(group));
  return [...text.slice(0, start + (option === 1 ? group.length : 0))].length + 1;
}

function nth(
  text: string,
  pattern: string,
  position: number,
  occurrence: number,
  parameters: string,
): RegExpExecArray | undefined {
  let count = 0;
  for (const match of occurrences(text, pattern, position, parameters)) if (++count === occurrence) return match;
  return undefined;
}

export function regexpReplace(
  text: string,
  pattern: string,
  replacement: string,
  position: number,
  parameters: string,
): string {
  const { perl } = flagsOf(parameters);
  let out = '';
  let last = 0;
  for (const match of occurrences(text, pattern, position, parameters)) {
    out += text.slice(last, match.index);
    out += replacement.replace(
      perl ? /\$(\d)|\\(\d)/g : /\\(\d)|\$(\d)/g,
      (_, one: string | undefined, two: string | undefined) => match[Number(one ?? two)] ?? '',
    );
    last = match.index + match[0].length;
  }
  return out + text.slice(last);
}

/** SIMILAR TO: the whole text, with % and _ beside alternation, groups and repetition. */
export function similarTo(text: string, pattern: string, escape: string): boolean {
  const key = `similar:${escape}:${pattern}`;
  let compiled = cache.get(key);
  if (!compiled) {
    compiled = new RegExp(`^(?:${similarSource(pattern, escape)})$`, 'su');
    cache.set(key, compiled);
  }
  return compiled.test(text);
}

function similarSource(pattern: string, escape: string): string {
  let source = '';
  let bracket = false;
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at] as string;
    if (escape !== '' && char === escape) {
      at++;
      source += (pattern[at] ?? '').replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
    } else if (bracket) {
      source += char === '\\' ? '\\\\' : char;
      if (char === ']') bracket = false;
    } else if (char === '%') source += '.*';
    else if (char === '_') source += '.';
    else if (char === '[') {
      bracket = true;
      source += '[';
    } else if ('|*+?{}()'.includes(char)) source += char === '(' ? '(?:' : char;
    else source += char.replace(/[.^$\\/\]]/g, '\\$&');
  }
  return source.replace(/\[:(\w+):\]/g, (whole, name: string) => CLASSES[name] ?? whole);
}
