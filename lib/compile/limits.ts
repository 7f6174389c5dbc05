// Every limit of AWS that shapes what is emitted, one constant each, with the page that states it; and beside it the margin
// that headrace keeps, because text grows between here and AWS (tokens become ARNs) and retries add events.

/** Bytes of one state machine definition. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const DEFINITION_BYTES = 1_048_576;
/** What a machine is filled to before it is cut. */
export const DEFINITION_TARGET = 900_000;

/** Events of one execution's history. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const HISTORY_EVENTS = 25_000;
/** What a run without failures may use of it; the rest is for retries. */
export const HISTORY_TARGET = 18_000;

/** Characters of a state name. https://docs.aws.amazon.com/step-functions/latest/dg/statemachine-structure.html */
export const STATE_NAME_CHARS = 80;

/** Characters of a machine name. https://docs.aws.amazon.com/step-functions/latest/apireference/API_CreateStateMachine.html */
export const MACHINE_NAME_CHARS = 80;

/** Bytes of a state's input, output or variable. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html */
export const PAYLOAD_BYTES = 262_144;
/** Task tokens (about 1 KB each) that one payload may hold well. */
export const WOKEN_TOGETHER = 100;
/** Characters that all outputs of a run share inside that payload; the rest is for outcomes. */
export const OUTPUTS_TARGET = 196_608;
/** Characters that the outputs of one task may have, however few tasks have outputs. */
export const TASK_OUTPUTS_MAX = 32_768;
/** Characters that the outputs of one task may have, however many tasks have outputs. */
export const TASK_OUTPUTS_MIN = 512;

/** Characters of a cause. https://docs.aws.amazon.com/step-functions/latest/apireference/API_SendTaskFailure.html */
export const CAUSE_CHARS = 32_768;

/** Nested Parallel states in one machine. AWS names no number: ours, far above real pipelines, far below JSON parsers' 1,000. */
export const NESTING = 60;

/** How long items of the rendezvous table live, seconds: longer than a run that waits for people, shorter than name reuse (90 days). */
export const RENDEZVOUS_TTL_SECONDS = 2_592_000;
