import { Duration } from 'aws-cdk-lib';
import type { Retrier } from '../compile/model';

/** How the attempts of a task follow one another. */
export interface RetryOptions {
  /**
   * Wait before the first repetition.
   * @default 30 seconds
   */
  readonly interval?: Duration;
  /**
   * What the wait is multiplied by from one repetition to the next; 1 keeps it.
   * @default 2
   */
  readonly backoffRate?: number;
  /**
   * The longest wait.
   * @default 15 minutes
   */
  readonly maxDelay?: Duration;
  /**
   * Wait a random part of the time, so that many tasks that failed together do not come back together.
   * @default true
   */
  readonly jitter?: boolean;
  /**
   * Error names that are worth another attempt, as Step Functions spells them: `Glue.ConcurrentRunsExceededException`, `States.Timeout`.
   * @default every error
   */
  readonly on?: string[];
}

/** How often a task that failed is tried again. */
export class Retry {
  /** A task that fails has failed. */
  public static none(): Retry {
    return new Retry(0, {});
  }

  /**
   * Up to `count` further attempts after the first one.
   * @param count repetitions, 0 to 1000
   */
  public static times(count: number, options: RetryOptions = {}): Retry {
    const wrong = (what: string) => new Error(`Retry.times(${count}): ${what}`);
    if (!Number.isInteger(count) || count < 0 || count > 1000)
      throw wrong('the count should be a whole number from 0 to 1000');
    const interval = (options.interval ?? DEFAULT_INTERVAL).toSeconds();
    if (interval < 1) throw wrong(`interval is ${interval} s, it should be at least 1 s`);
    if (options.backoffRate !== undefined && !(options.backoffRate >= 1)) {
      throw wrong(`backoffRate is ${options.backoffRate}, it should be at least 1`);
    }
    const maxDelay = options.maxDelay?.toSeconds();
    if (maxDelay !== undefined && (maxDelay <= interval || maxDelay >= 31_622_400)) {
      throw wrong(
        `maxDelay is ${maxDelay} s, it should be longer than the interval (${interval} s) and shorter than 366 days`,
      );
    }
    if (options.on?.length === 0)
      throw wrong('on is empty: name the errors to retry, or leave it out to retry every error');
    return new Retry(count, options);
  }

  /** How many further attempts there are. */
  public readonly count: number;

  private constructor(
    count: number,
    private readonly options: RetryOptions,
  ) {
    this.count = count;
  }

  /**
   * ASL's Retrier; none where nothing is retried.
   * @internal
   */
  public _retriers(): Retrier[] {
    if (this.count === 0) return [];
    const interval = (this.options.interval ?? DEFAULT_INTERVAL).toSeconds();
    const backoffRate = this.options.backoffRate ?? 2;
    return [
      {
        ErrorEquals: this.options.on ?? ['States.ALL'],
        IntervalSeconds: interval,
        MaxAttempts: this.count,
        BackoffRate: backoffRate,
        ...(backoffRate > 1
          ? { MaxDelaySeconds: Math.max(interval + 1, (this.options.maxDelay ?? DEFAULT_MAX_DELAY).toSeconds()) }
          : {}),
        ...((this.options.jitter ?? true) ? { JitterStrategy: 'FULL' as const } : {}),
      },
    ];
  }
}

const DEFAULT_INTERVAL = Duration.seconds(30);
const DEFAULT_MAX_DELAY = Duration.minutes(15);
