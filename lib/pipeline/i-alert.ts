import type { IPipeline } from './i-pipeline';

/** What an alert tells of itself. */
export interface AlertConfig {
  /** What kind it is: `email`, `topic`. */
  readonly kind: string;
  /**
   * Who hears of it, for people to read.
   * @default - not told
   */
  readonly target?: string;
}

/** Tells somebody of failed runs of a pipeline. */
export interface IAlert {
  /** Makes what sends the message; called once by the pipeline. */
  bind(pipeline: IPipeline): AlertConfig;
}
