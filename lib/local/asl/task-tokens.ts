// Task tokens: who waits for which token. A token is given out for one attempt of one task, answered once, and forgotten
// when the attempt ends, so a late or repeated answer is told apart from a valid one.

import type { Json } from '../engine';

export interface TokenHolder {
  succeed(output: Json): void;
  fail(error: string | undefined, cause: string | undefined): void;
  heartbeat(): void;
}

/** The token is unknown, or its task is over. `name` is the service's error. */
export class TokenError extends Error {
  constructor(override readonly name: 'InvalidToken' | 'TaskTimedOut') {
    super(
      name === 'InvalidToken' ? "Invalid Token: 'Invalid token'" : 'Task Timed Out: the task is not waiting any more',
    );
  }
}

export class TaskTokens {
  private readonly holders = new Map<string, TokenHolder>();
  private issued = 0;

  constructor(private readonly prefix: string) {}

  issue(): string {
    this.issued += 1;
    return `${this.prefix}-${this.issued.toString().padStart(8, '0')}`;
  }

  hold(token: string, holder: TokenHolder): void {
    this.holders.set(token, holder);
  }

  release(token: string): void {
    this.holders.delete(token);
  }

  knows(token: string): boolean {
    return this.holders.has(token);
  }

  /** The one who waits. Throws TokenError. */
  holder(token: string): TokenHolder {
    const holder = this.holders.get(token);
    if (!holder) {
      const number = token.startsWith(`${this.prefix}-`) ? Number(token.slice(this.prefix.length + 1)) : Number.NaN;
      throw new TokenError(number >= 1 && number <= this.issued ? 'TaskTimedOut' : 'InvalidToken');
    }
    return holder;
  }
}
