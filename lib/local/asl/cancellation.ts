// A light tree of cancellations: thousands of branches need one each, and most never look at an AbortSignal, so the
// signal is made only when somebody asks for it. Once cancelled, always cancelled; listeners run once, in order.

import { setMaxListeners } from 'node:events';
import type { Cancelled } from './failure';

export class Cancellation {
  private listeners: Set<(reason: Cancelled) => void> | undefined;
  private controller: AbortController | undefined;
  private cancelled: Cancelled | undefined;
  private readonly detach: (() => void) | undefined;

  constructor(parent?: Cancellation) {
    this.detach = parent?.onCancel((reason) => this.cancel(reason));
  }

  get reason(): Cancelled | undefined {
    return this.cancelled;
  }

  get signal(): AbortSignal {
    if (!this.controller) {
      this.controller = new AbortController();
      setMaxListeners(0, this.controller.signal);
      if (this.cancelled) {
        this.controller.abort(this.cancelled);
      }
    }
    return this.controller.signal;
  }

  cancel(reason: Cancelled): void {
    if (this.cancelled) {
      return;
    }
    this.cancelled = reason;
    const listeners = [...(this.listeners ?? [])];
    this.listeners = undefined;
    for (const listener of listeners) {
      listener(reason);
    }
    this.controller?.abort(reason);
    this.detach?.();
  }

  /** Calls back on cancellation (at once when it already happened); returns how to forget the listener. */
  onCancel(listener: (reason: Cancelled) => void): () => void {
    if (this.cancelled) {
      listener(this.cancelled);
      return () => undefined;
    }
    this.listeners ??= new Set();
    const listeners = this.listeners;
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  /** The work ended by itself: the parent need not remember it. */
  close(): void {
    this.detach?.();
  }

  throwIfCancelled(): void {
    if (this.cancelled) {
      throw this.cancelled;
    }
  }
}
