/** What this room reads of a history event: the fields of GetExecutionHistory, whether an SDK or the laptop gave it. */
export interface RunEvent {
  readonly id?: number;
  readonly previousEventId?: number;
  readonly timestamp?: string | Date;
  readonly type?: string;
  readonly stateEnteredEventDetails?: { readonly name?: string; readonly input?: string };
  readonly stateExitedEventDetails?: {
    readonly name?: string;
    readonly output?: string;
    readonly assignedVariables?: { readonly [name: string]: string };
  };
  readonly executionStartedEventDetails?: { readonly input?: string };
  readonly executionSucceededEventDetails?: { readonly output?: string };
  readonly executionFailedEventDetails?: { readonly error?: string; readonly cause?: string };
  readonly executionAbortedEventDetails?: { readonly error?: string; readonly cause?: string };
  readonly executionTimedOutEventDetails?: { readonly error?: string; readonly cause?: string };
}
