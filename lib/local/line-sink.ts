// Cuts what a program prints into lines and keeps them in its log. In: pieces of two streams. Out: the log file and the last
// lines. Always: secrets are hidden before anything is written; no line is longer than a log service takes, so a program
// that never ends its line fills no memory; a log that cannot be written loses lines, never the run.

import { writeSync } from 'node:fs';
import type { HiddenValues } from '../view/hidden-values';

const KEPT_LINES = 40;
const KEPT_LENGTH = 4_000;
/** CloudWatch Logs takes events of at most 256 KiB; a longer line is cut into several. */
const LONGEST_LINE = 256 * 1024;

export class LineSink {
  readonly last: string[] = [];
  /** Why lines are missing in the log, if they are. */
  problem: string | undefined;
  private readonly rest: { [stream: string]: string } = {};
  private readonly decoders: { [stream: string]: InstanceType<typeof TextDecoder> } = {};

  constructor(
    private readonly descriptor: number,
    private readonly hidden?: HiddenValues,
    private readonly onLine?: (line: string) => void,
  ) {}

  write(stream: 'out' | 'err', chunk: Uint8Array): void {
    this.decoders[stream] ??= new TextDecoder();
    this.take(stream, this.decoders[stream].decode(chunk, { stream: true }));
  }

  end(): void {
    for (const [stream, decoder] of Object.entries(this.decoders)) this.take(stream, decoder.decode());
    this.put(Object.values(this.rest).filter((rest) => rest !== ''));
  }

  private take(stream: string, text: string): void {
    const lines = ((this.rest[stream] ?? '') + text).split('\n');
    const rest = this.cut(lines.pop() ?? '', lines);
    this.rest[stream] = rest;
    this.put(lines);
  }

  /** A secret whose end has not come yet stays in one piece with it. */
  private cut(text: string, lines: string[]): string {
    const kept = Math.max(0, (this.hidden?.longest ?? 0) - 1);
    if (text.length - kept <= LONGEST_LINE) return text;
    let rest = this.hidden?.text(text) ?? text;
    for (; rest.length - kept > LONGEST_LINE; rest = rest.slice(LONGEST_LINE)) lines.push(rest.slice(0, LONGEST_LINE));
    return rest;
  }

  private put(raw: readonly string[]): void {
    if (raw.length === 0) return;
    let text = `${raw.map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line)).join('\n')}\n`;
    if (this.hidden) text = this.hidden.text(text);
    this.append(text);
    const lines = text.slice(0, -1).split('\n');
    for (const line of lines.slice(-KEPT_LINES)) this.last.push(line.slice(0, KEPT_LENGTH));
    this.last.splice(0, this.last.length - KEPT_LINES);
    if (this.onLine) for (const line of lines) this.onLine(line);
  }

  private append(text: string): void {
    if (this.problem !== undefined) return;
    try {
      const bytes = Buffer.from(text);
      for (let at = 0; at < bytes.length; ) at += writeSync(this.descriptor, bytes, at);
    } catch (error) {
      this.problem = `the log ends early: ${(error as Error).message}`;
    }
  }
}
