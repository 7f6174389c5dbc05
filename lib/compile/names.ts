// Names of states and variables. A task's state is its id, unaltered; every helper state is the id plus a suffix, so that
// adding a task renames nothing. Where that would pass the limit or meet another task's id, a shortened id with a hash of the
// whole stands in.

import { STATE_NAME_CHARS } from './limits';

/** Suffixes: guard, wait, late answer, signal, end of a branch, parallel, child machine, stop. */
export type Suffix =
  | '?'
  | '~'
  | '='
  | '>'
  | '>?'
  | '>!'
  | '>+'
  | '>.'
  | '.'
  | '|'
  | '*'
  | '*>'
  | '*.'
  | '!'
  | `${string}`;

export class Names {
  private readonly taken: ReadonlySet<string>;

  constructor(private readonly ids: readonly string[]) {
    this.taken = new Set(ids);
  }

  task(task: number): string {
    return this.ids[task]!;
  }

  helper(task: number, suffix: Suffix): string {
    const id = this.ids[task]!;
    const plain = id + suffix;
    if (plain.length <= STATE_NAME_CHARS && !this.taken.has(plain)) return plain;
    const tail = `#${hash(id)}${suffix}`;
    return id.slice(0, STATE_NAME_CHARS - tail.length) + tail;
  }

  /** A state of the machine itself: `Done`, `Failed`; moved aside if a task is called so. */
  fixed(name: string): string {
    return this.taken.has(name) ? `=${name}` : name;
  }
}

/** 32 bits of a text, seven characters; FNV-1a with a final mix. */
export function hash(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return ((h ^ (h >>> 13)) >>> 0).toString(36).padStart(7, '0');
}

/**
 * Variables besides these: `r` run key, `k` what the run keeps, `p` what the parent machine knew, `t` and `z` the rendezvous
 * table and its expiry, `w<task>` outputs that came with a rendezvous, `run` the run's context, `x...` free for bodies.
 */
const DEPTH_LETTERS = 'abcdefghijlmnoqsuv';

/** The variable of outcomes known at a nesting depth: an inner scope may not assign a name of an outer one. */
export function depthVariable(depth: number): string {
  const letter = DEPTH_LETTERS[depth % DEPTH_LETTERS.length]!;
  const round = Math.floor(depth / DEPTH_LETTERS.length);
  return round === 0 ? letter : `${letter}${round}`;
}
