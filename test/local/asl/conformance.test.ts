// Every recorded case, compared as the recordings' README says. What is not met stands here with its reason; anything
// else that differs is a regression, and so is an entry that no longer differs.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCases } from '../../conformance/asl-case';
import { compareCase } from '../../conformance/asl-compare';
import { runCase } from '../../conformance/asl-run';

/** Reason, and the cases it explains by the start of their name and the kind of field that differs. */
const KNOWN: readonly { readonly reason: string; readonly field: RegExp; readonly names: readonly RegExp[] }[] = [
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

describe('recordings of AWS', () => {
  for (const test of readCases(join(__dirname, '../../corpus/asl-conformance/cases'))) {
    it(test.name, async () => {
      // Of TestState the wording and the inspection data are not promised.
      const differences = compareCase(test, await runCase(test)).filter(
        ({ level }) => test.kind !== 'testState' || level === 'must',
      );
      const known = KNOWN.find(({ names }) => names.some((name) => name.test(test.name)));
      expect(differences.filter(({ field }) => !known?.field.test(field))).toEqual([]);
      if (known) {
        expect(differences, `no longer differs, take it off the list: ${known.reason}`).not.toEqual([]);
      }
    });
  }
});
