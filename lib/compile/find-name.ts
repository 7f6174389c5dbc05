// A word that an operator typed, as one of the names that exist. In: the word, the names. Out: the name. Always: an exact name wins;
// a short one counts only where it is unambiguous; an unknown one is answered with what is near, else with what there is.

import { nearest } from './nearest';
import { OperatorError } from './operator-error';

const MOST_NAMES = 12;

export interface NameSearch {
  /** `pipeline`, `run`, `task` */
  readonly what: string;
  readonly word: string;
  readonly names: readonly string[];
  /** Where was searched: `.headrace`, `pipeline Sales`. */
  readonly where: string;
  /** Whether `Sales` and `sales` may stand for `Demo-Sales`. @default false */
  readonly short?: boolean;
}

/** @throws OperatorError */
export function findName({ what, word, names, where, short = false }: NameSearch): string {
  if (names.includes(word)) return word;
  const similar = short ? nearby(word, names) : [];
  if (similar.length === 1) return similar[0]!;
  if (similar.length > 1) {
    throw new OperatorError(`${what} ${word} is ambiguous in ${where}: say which of ${list(similar)}`);
  }
  if (names.length === 0) throw new OperatorError(`no ${what} ${word} in ${where}: there is none yet`);
  const near = nearest(word, [...names, ...(short ? names.map(lastPart) : [])]);
  const meant = near === undefined ? '' : `; did you mean ${near}?`;
  throw new OperatorError(`no ${what} ${word} in ${where}: there is ${list(names)}${meant}`);
}

/** Names that end with the word; where none does, those that do but for capitals. */
function nearby(word: string, names: readonly string[]): readonly string[] {
  const exact = names.filter((name) => name.endsWith(`-${word}`));
  if (exact.length > 0) return exact;
  const small = word.toLowerCase();
  return names.filter((name) => name.toLowerCase() === small || name.toLowerCase().endsWith(`-${small}`));
}

/** The first names, and how many more there are. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(', ');
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}

function lastPart(name: string): string {
  return name.slice(name.lastIndexOf('-') + 1);
}
