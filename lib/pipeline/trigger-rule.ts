/** When a task may start, judged from the outcomes of its direct upstream tasks. Airflow's names and meaning. */
export enum TriggerRule {
  /** All succeeded. The default. */
  ALL_SUCCESS = 'all_success',
  /** All failed or were held back by a failure. */
  ALL_FAILED = 'all_failed',
  /** All are done, however they ended. */
  ALL_DONE = 'all_done',
  /** All are done and at least one succeeded. */
  ALL_DONE_MIN_ONE_SUCCESS = 'all_done_min_one_success',
  /** One succeeded; does not wait for the others. */
  ONE_SUCCESS = 'one_success',
  /** One failed or was held back by a failure; does not wait for the others. */
  ONE_FAILED = 'one_failed',
  /** One succeeded or failed; does not wait for the others. */
  ONE_DONE = 'one_done',
  /** None failed: all succeeded or were skipped. */
  NONE_FAILED = 'none_failed',
  /** None failed and at least one succeeded. */
  NONE_FAILED_MIN_ONE_SUCCESS = 'none_failed_min_one_success',
  /** None was skipped. */
  NONE_SKIPPED = 'none_skipped',
  /** All were skipped. */
  ALL_SKIPPED = 'all_skipped',
  /** Starts with the run, whatever happens upstream. */
  ALWAYS = 'always',
}
