// Recordings that are not met, with the reason. In: the name of a case. Out: why, and which of its fields may differ.

export interface Known {
  readonly reason: string;
  /** Fields that differ. */
  readonly field: RegExp;
  readonly names: readonly RegExp[];
}

/** Reason, and the cases it explains by the start of their name and the kind of field that differs. */
const KNOWN: readonly Known[] = [
  {
    reason: 'recorded before November 2024, when MapStateExited of a distributed Map followed MapRunSucceeded',
    field: /^events\[6\]$/,
    names: [
      /^base-scenarios-map-item-reader-(base-csv-headers-first-line|csv-max-items-(paths-)?(0|2|100000000))$/,
      /^base-scenarios-map-state-(config-distributed-parameters|label|legacy-config-distributed-)/,
      /^base-scenarios-map-state-tolerated-failure-(percentage-path-(0|1-2|100)|values-percentage-literal)$/,
    ],
  },
  {
    reason: 'the recording holds the literal "date" for a time stamp without listing it as a placeholder',
    field: /^(output|events\[6\])$/,
    names: [/^base-scenarios-map-item-batching-base-json-max-per-batch-jsonata$/],
  },
  {
    reason: 'recorded in 2023, before the context object had Execution.RedriveCount',
    field: /^events\[2\]$/,
    names: [/^base-scenarios-lambda-invoke-with-retry-extended-input$/],
  },
  {
    reason: 'the name of the activity worker is not in the recorded answers',
    field: /^events\[3\]$/,
    names: [/^activities-/],
  },
];

export function knownReason(name: string): Known | undefined {
  return KNOWN.find(({ names }) => names.some((pattern) => pattern.test(name)));
}
