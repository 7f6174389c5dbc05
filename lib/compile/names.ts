// Names of states and variables. A task's state is its id, unaltered. A helper state that people meet is the id (its
// beginning and a hash, if it is long) plus a suffix: `?` guard, `~` wait, `>` signal, `|` parallel, `*` child machine, `!`
// stop; the rest is a hash. So adding a task renames nothing else.

import { STATE_NAME_CHARS } from './limits';

export class Names {
  private readonly taken: ReadonlySet<string>;
  private readonly short: readonly string[];

  constructor(private readonly ids: readonly string[]) {
    this.taken = new Set(ids);
    this.short = shortNames(ids);
  }

  task(task: number): string {
    return this.ids[task]!;
  }

  /** The state of a body, `<id> <suffix>`. */
  inner(task: number, suffix: string): string {
    return this.fitting(task, this.ids[task]!, ` ${suffix}`);
  }

  /** A state beside a task. A long id is cut and marked with its hash: it stands in the text four times. */
  helper(task: number, suffix: string): string {
    const id = this.ids[task]!;
    const known = id.length <= WHOLE ? id : `${id.slice(0, BEGINNING)}~${this.short[task]}`;
    return this.fitting(task, known, suffix);
  }

  private fitting(task: number, known: string, suffix: string): string {
    const plain = known + suffix;
    if (plain.length <= STATE_NAME_CHARS && !this.taken.has(plain)) return plain;
    const tail = `#${this.short[task]}${shortened(suffix)}`;
    return this.ids[task]!.slice(0, Math.max(0, STATE_NAME_CHARS - tail.length)) + tail;
  }

  /**
   * A state that nobody looks for: the inside of a signal, the end of a branch. A hash keeps the text small, and stands
   * whatever else is added.
   */
  plumbing(task: number, suffix: string): string {
    const name = this.short[task]! + suffix;
    return this.taken.has(name) ? `#${name}` : name;
  }

  /** A state of the machine itself: `Done`, `Failed`; moved aside if a task is called so. */
  fixed(name: string): string {
    return this.taken.has(name) ? `=${name}` : name;
  }
}

/** Ids up to here stand whole in the names of helper states; of longer ones only the beginning. */
const WHOLE = 16;
const BEGINNING = 10;
/** A suffix may be the name of a state of a machine inside a task. */
const LONGEST_SUFFIX = 60;

/** A suffix that leaves room for what stands before it. */
function shortened(suffix: string): string {
  return suffix.length <= LONGEST_SUFFIX ? suffix : `${suffix.slice(0, LONGEST_SUFFIX - 8)}~${hash(suffix)}`;
}

/** Five characters per id; the whole hash and the position where two ids share them. */
function shortNames(ids: readonly string[]): string[] {
  const first = new Map<string, number>();
  return ids.map((id, i) => {
    const whole = hash(id);
    const name = whole.slice(2);
    if (!first.has(name)) {
      first.set(name, i);
      return name;
    }
    return `${whole}${i}`;
  });
}

/** 32 bits of a text, seven characters; FNV-1a with a final mix. */
export function hash(text: string): string {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) h = Math.imul(h ^ text.charCodeAt(i), 0x01000193);
  h = Math.imul(h ^ (h >>> 15), 0x85ebca6b);
  return ((h ^ (h >>> 13)) >>> 0).toString(36).padStart(7, '0');
}

/**
 * Variables besides these: `r` run key, `k` what the run keeps, `p` what the parent machine knew, `t` what all waits
 * and signals share, `w<task>` outputs that came with a rendezvous, `run` the run's context, `x...` free for bodies.
 */
const DEPTH_LETTERS = 'abcdefghijlmnoqsuv';

/** The variable of outcomes known at a nesting depth: an inner scope may not assign a name of an outer one. */
export function depthVariable(depth: number): string {
  const letter = DEPTH_LETTERS[depth % DEPTH_LETTERS.length]!;
  const round = Math.floor(depth / DEPTH_LETTERS.length);
  return round === 0 ? letter : `${letter}${round}`;
}
