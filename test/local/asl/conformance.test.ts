// Every recorded case, compared as the recordings' README says. What is not met stands in asl-known.ts with its reason;
// anything else that differs is a regression, and so is an entry that no longer differs.

import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readCases } from '../../conformance/asl-case';
import { compareCase } from '../../conformance/asl-compare';
import { knownReason } from '../../conformance/asl-known';
import { runCase } from '../../conformance/asl-run';

describe('recordings of AWS', () => {
  for (const test of readCases(join(__dirname, '../../corpus/asl-conformance/cases'))) {
    it(test.name, async () => {
      // Of TestState the wording and the inspection data are not promised.
      const differences = compareCase(test, await runCase(test)).filter(
        ({ level }) => test.kind !== 'testState' || level === 'must',
      );
      const known = knownReason(test.name);
      expect(differences.filter(({ field }) => !known?.field.test(field))).toEqual([]);
      if (known) {
        expect(differences, `no longer differs, take it off the list: ${known.reason}`).not.toEqual([]);
      }
    });
  }
});
