// What a bill needs beside the history of a run: how large things are that history only names. In: who knows it (a cloud assembly, an
// account). Out: plain data. Always: what is not in it is not guessed.

export interface FunctionSize {
  readonly memoryMb: number;
  readonly arm: boolean;
}

/** A crawl, as Glue itself tells of it. */
export interface Crawl {
  readonly crawler: string;
  readonly start: Date;
  readonly dpuHours: number;
}

export interface Sizes {
  /** By the function's name. */
  readonly functions: ReadonlyMap<string, FunctionSize>;
  /** Base capacity of Redshift Serverless in RPU, by workgroup. */
  readonly workgroups: ReadonlyMap<string, number>;
  readonly crawls: readonly Crawl[];
}

export const NO_SIZES: Sizes = { functions: new Map(), workgroups: new Map(), crawls: [] };

/** The name in `arn:...:function:name`, `...:name:alias` or the name itself. */
export function functionName(called: string): string {
  return called.startsWith('arn:') ? (called.split(':')[6] ?? '') : (called.split(':')[0] ?? '');
}
