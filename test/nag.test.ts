// What others' tools say of what we synthesize: AwsSolutions finds nothing, or an acknowledgement stands with its reason beside the
// resource; every definition is one to asl-validator. Over both examples and every kind of task in every form.

import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, Duration, Stack, Validations } from 'aws-cdk-lib';
import aslValidator = require('asl-validator');
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import { buildFanOut } from '../examples/fan-out/stack';
import { buildSales } from '../examples/sales-pipeline/stack';
import { Alert, Pipeline, Schedule } from '../lib';
import { definitions } from './assembly';
import { KINDS } from './permissions/every-kind';

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
  const app = new App({ outdir, analyticsReporting: false });
  build(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  try {
    app.synth();
  } catch (error) {
    if ((error as Error).name !== 'ValidationFailed') throw error;
  }
  const report = JSON.parse(readFileSync(join(outdir, 'validation-report.json'), 'utf8')) as Report;
  expect(report.pluginReports.map((plugin) => plugin.pluginName)).toContain('AwsSolutions');
  const found = report.pluginReports.flatMap((plugin) =>
    plugin.violations.flatMap((rule) => rule.violatingConstructs.map((at) => `${rule.ruleName} ${at.constructPath}`)),
  );
  return [...found, ...definitions(outdir).flatMap(({ name, text }) => mistakes(text).map((why) => `${name}: ${why}`))];
}

function mistakes(definition: string): string[] {
  // The validator knows real ARNs and names, not CloudFormation's words for them; its texts end with the line.
  const text = definition
    .replaceAll('${AWS::Partition}', 'aws')
    .replace(/\$\{[^}]*\}/g, 'x')
    .replace(/(?<!\\)\\n/g, ' ');
  const { isValid, errorsText } = aslValidator(JSON.parse(text) as object);
  return isValid ? [] : [errorsText('\n')];
}

describe('others find nothing', () => {
  it('in the sales pipeline', () => expect(findings(buildSales)).toEqual([]));
  it('in the fan-out', () => expect(findings(buildFanOut)).toEqual([]));

  it.each([{ region: 'eu-west-1', account: '111122223333' }, {}])(
    'in any kind of task, in any form, in %j',
    { timeout: 120_000 },
    (env) => {
      const found = findings((app) => {
        Object.values(KINDS).forEach((build, i) => {
          const stack = new Stack(app, `Demo${i}`, { env });
          build(
            new Pipeline(stack, 'Sales', {
              triggers: [Schedule.rate(Duration.hours(1))],
              alerts: [Alert.email('a@example.com')],
            }),
          );
        });
      });
      const names = Object.keys(KINDS);
      expect(found.map((each) => each.replace(/Demo(\d+)/, (_, i) => names[Number(i)]!))).toEqual([]);
    },
  );
});
