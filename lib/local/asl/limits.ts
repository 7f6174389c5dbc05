// The service quotas the interpreter enforces, one constant each, in the unit of its name.
// https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html

/** Largest input or output of a state, task or execution, as UTF-8 text. */
export const MAX_PAYLOAD_BYTES = 262_144;

/** Events of one standard execution, the closing one included. */
export const MAX_HISTORY_EVENTS = 25_000;

/** An express execution keeps no history; this bound only ends a loop that never waits. */
export const MAX_EXPRESS_EVENTS = 1_000_000;

/** How long a standard execution may take: a year. */
export const MAX_EXECUTION_SECONDS = 31_536_000;

/** Length of a variable's name. */
export const MAX_VARIABLE_NAME = 80;

/** One variable, and also everything that a single `Assign` sets. */
export const MAX_ASSIGN_BYTES = 262_144;

/** All variables of one execution together. */
export const MAX_VARIABLES_BYTES = 10 * 1024 * 1024;

/** Concurrent iterations of an inline Map, whatever `MaxConcurrency` says. */
export const MAX_INLINE_CONCURRENCY = 40;

/** Concurrent children of a distributed Map. */
export const MAX_DISTRIBUTED_CONCURRENCY = 10_000;

/** Items that one distributed Map reads. */
export const MAX_READ_ITEMS = 100_000_000;

/** Text of an execution's error and cause. */
export const MAX_CAUSE_CHARACTERS = 32_768;

/** Milliseconds and nested calls that one JSONata expression may take. */
export const JSONATA_TIMEOUT_MILLISECONDS = 1_000;
export const JSONATA_STACK = 500;
export const JSONATA_SEQUENCE = 1_000_000;
/** Characters of any string on the way. */
export const JSONATA_STRING = 4_000_000;

/** Depth of JSON values accepted from outside: deeper ones would overflow recursive walks. */
export const MAX_JSON_DEPTH = 1_000;
