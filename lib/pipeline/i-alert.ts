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
  /**
   * Names of the events that it tells of, such as `task_failed`, `late`.
   * @default - it is not known
   */
  readonly events?: string[];
  /**
   * Ids of the tasks that it is about.
   * @default - all
   */
  readonly tasks?: string[];
}

/** Tells somebody what happened to a pipeline. */
export interface IAlert {
  /** Makes what sends the messages; called once by the pipeline. */
  bind(pipeline: IPipeline): AlertConfig;
}
