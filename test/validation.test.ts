// The one place where CloudFormation's own validator runs over what the examples synthesize (everywhere else it is off: it costs
// some 4 CPU seconds a process). What it finds fails; what is suppressed is CDK's own, never ours.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { synthesize } from './assembly';

interface Finding {
  readonly ruleName: string;
  readonly description: string;
}
interface Report {
  readonly pluginReports: readonly {
    readonly conclusion: string;
    readonly violations: readonly Finding[];
    readonly suppressedViolations?: readonly Finding[];
  }[];
}

describe("CloudFormation's validator", () => {
  // CDK sets AccessControl on a bucket of access logs and acknowledges that by itself: this also proves that the validator ran.
  test.each([
    ['sales-pipeline', ['W3045']],
    ['fan-out', []],
  ])('finds nothing in %s', (name, acknowledged) => {
    const outdir = synthesize(`examples/${name}/app.ts`, { CDK_VALIDATION: 'true' });
    const { pluginReports } = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report;
    expect(pluginReports.flatMap((report) => report.violations)).toEqual([]);
    expect(pluginReports.filter((report) => report.conclusion !== 'success')).toEqual([]);
    const suppressed = pluginReports.flatMap((report) => report.suppressedViolations ?? []);
    expect(suppressed.map((finding) => finding.ruleName)).toEqual(acknowledged);
  });
});
