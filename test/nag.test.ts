// AwsSolutions over both examples: no finding, or an acknowledgement with its reason beside the resource.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { buildFanOut } from '../examples/fan-out/stack';
import { buildSales } from '../examples/sales-pipeline/stack';

interface Report {
  readonly pluginReports: {
    readonly pluginName: string;
    readonly violations: {
      readonly ruleName: string;
      readonly violatingConstructs: { readonly constructPath: string }[];
    }[];
  }[];
}

function findings(build: (app: App) => unknown): string[] {
  const outdir = mkdtempSync(join(tmpdir(), 'headrace-nag-'));
  const app = new App({ outdir });
  build(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    if (!String(error).includes('Validation failed')) throw error;
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report;
  expect(report.pluginReports.map((plugin) => plugin.pluginName)).toContain('AwsSolutions');
  return report.pluginReports.flatMap((plugin) =>
    plugin.violations.flatMap((rule) => rule.violatingConstructs.map((at) => `${rule.ruleName} ${at.constructPath}`)),
  );
}

describe('AwsSolutions', () => {
  it('finds nothing in the sales pipeline', () => expect(findings(buildSales)).toEqual([]));
  it('finds nothing in the fan-out', () => expect(findings(buildFanOut)).toEqual([]));
});
