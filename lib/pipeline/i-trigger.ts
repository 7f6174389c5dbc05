import type { IPipeline } from './i-pipeline';

/** What a trigger tells of itself. */
export interface TriggerConfig {
  /** What kind it is: `schedule`. */
  readonly kind: string;
  /**
   * `cron(30 2 * * ? *)` or `rate(1 hour)`.
   * @default - not on a schedule
   */
  readonly expression?: string;
  /**
   * IANA name of the time zone of the expression.
   * @default UTC
   */
  readonly timeZone?: string;
  /**
   * The usual time between two runs in seconds.
   * @default - not known
   */
  readonly intervalSeconds?: number;
}

/** Starts runs of a pipeline. */
export interface ITrigger {
  /** Makes what starts the runs; called once by the pipeline. */
  bind(pipeline: IPipeline): TriggerConfig;
}
