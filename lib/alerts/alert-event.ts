/** What an alert can tell of. */
export enum AlertEvent {
  /** A task has failed for good, its retries used up; what does not depend on it goes on. */
  TASK_FAILED = 'task_failed',
  /** A run has ended without success: one message with all failed tasks. */
  RUN_FAILED = 'run_failed',
  /** The first run that succeeded after one that did not. */
  RECOVERED = 'recovered',
  /** A run takes longer than `expectDuration`, or without it much longer than earlier ones took. */
  LATE = 'late',
  /** No run has succeeded within `expectSuccessEvery`. */
  MISSED = 'missed',
  /** An attempt of a task has failed and it is repeated; read from the log of the state machines, so some seconds later. */
  RETRYING = 'retrying',
  /** A run has succeeded. */
  SUCCEEDED = 'succeeded',
}
