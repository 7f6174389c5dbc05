// Where pipelines run, as the operating verbs see it: this machine or an account in AWS. In: names that a person typed. Out: runs with
// their state. Always: what is not there is answered with the names that are; reading changes nothing; a run of either place reads alike.

import type { Manifest, RunInput } from '../compile/manifest';
import type { RunStatus } from '../view/run-state';
import type { KnownRun } from './backfill';
import type { EarlierRun } from './earlier-run';

/** What is known of a run without its history. */
export interface RunHead {
  readonly pipeline: string;
  readonly run: string;
  readonly status: RunStatus;
  readonly input: RunInput;
  /** ISO 8601 */
  readonly start: string;
  readonly end?: string;
  readonly error?: string;
  readonly cause?: string;
  /** Folder of the record, or ARN of the execution. */
  readonly place: string;
}

/** A run with what its tasks did. */
export interface SiteRun {
  readonly head: RunHead;
  readonly run: EarlierRun;
  readonly events: readonly SiteEvent[];
}

/** One event of one of the run's executions, in the shape of GetExecutionHistory. */
export interface SiteEvent {
  readonly executionArn: string;
  readonly event: object;
  /** Something in it is hidden: the run had other values. */
  readonly masked?: true;
}

export interface LogPiece {
  /** The run that wrote it: one earlier than asked for where the task was kept. */
  readonly run: string;
  readonly task: string;
  /** Counted from 1; absent if the task wrote no log. */
  readonly attempt?: number;
  /** A file, or `group stream`. */
  readonly place?: string;
  readonly link?: string;
  readonly lines: readonly string[];
  /** What the reader should know, such as that no log was found and why. */
  readonly note?: string;
  /** What `after` takes to get only what comes behind these lines, where the site can tell. */
  readonly next?: string;
}

export interface LogRequest {
  readonly task: string;
  readonly attempt?: number;
  /** From the end; infinite for all. */
  readonly lines: number;
  /** Go on behind an earlier piece: its `next`; empty for the first. */
  readonly after?: string;
}

/** One thing that a stop tried to end. */
export interface Stopped {
  /** `execution`, `crawler`, `Redshift statement`... */
  readonly what: string;
  readonly name: string;
  /** Whether it is ended, was asked to end, or goes on. */
  readonly result: 'stopped' | 'asked' | 'failed';
  readonly reason?: string;
}

export interface Site {
  readonly kind: 'local' | 'aws';
  /** For messages: `.headrace on this machine`, `AWS eu-west-1`. */
  readonly where: string;
  pipelines(): Promise<readonly string[]>;
  /** @throws OperatorError naming the nearest */
  pipeline(word: string): Promise<string>;
  /** The definition that a run started now would have. */
  manifest(pipeline: string): Promise<Manifest>;
  /** Newest first. */
  runs(pipeline: string, limit: number): Promise<readonly RunHead[]>;
  /** Every run whose name a new one may not have. @param status only those of it */
  known(pipeline: string, status?: RunStatus): Promise<readonly KnownRun[]>;
  /** @param word a run's name, or `latest` */
  read(pipeline: string, word: string): Promise<SiteRun>;
  /** The run that this one repeated, if it is still known. */
  before(run: SiteRun): Promise<SiteRun | undefined>;
  /** The run whenever it changed, until it is over or the signal says so. */
  follow(pipeline: string, run: string, signal: AbortSignal): AsyncIterable<SiteRun>;
  logs(run: SiteRun, request: LogRequest): Promise<LogPiece>;
  stop(run: SiteRun, cause: string): Promise<readonly Stopped[]>;
  /** Page of a run in AWS's console. */
  link(head: RunHead): string | undefined;
}
