// Deploying a newer version of the library over an older one: what keeps state or bears a name stays. Each version's templates are
// recorded beside this file (`HEADRACE_RECORD=0.1.0 npx vitest run test/upgrade/upgrade.test.ts`, once, when it is released);
// what CloudFormation would replace is told by the AWS CDK's own differ.

import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fullDiff, ResourceImpact } from '@aws-cdk/cloudformation-diff';
import { beforeAll, describe, expect, it } from 'vitest';
import { type Templates, templates } from './app';

const RECORDED = join(__dirname, 'recorded');

/** What holds data, is spoken to by name from outside, or would break a run that is going on. */
const KEPT = new Set([
  'AWS::DynamoDB::Table',
  'AWS::EC2::SecurityGroup',
  'AWS::EC2::Subnet',
  'AWS::EC2::VPC',
  'AWS::ECS::Cluster',
  'AWS::Glue::Crawler',
  'AWS::Glue::DataQualityRuleset',
  'AWS::Glue::Database',
  'AWS::Glue::Job',
  'AWS::IAM::Role',
  'AWS::KMS::Key',
  'AWS::Lambda::Function',
  'AWS::Logs::LogGroup',
  'AWS::RedshiftServerless::Namespace',
  'AWS::RedshiftServerless::Workgroup',
  'AWS::S3::Bucket',
  'AWS::SNS::Subscription',
  'AWS::SNS::Topic',
  'AWS::SQS::Queue',
  'AWS::SSM::Parameter',
  'AWS::Scheduler::Schedule',
  'AWS::StepFunctions::StateMachine',
]);

/** One line for each resource that deploying `after` over `before` takes away or replaces. */
function lost(before: Templates, after: Templates): string[] {
  return Object.entries(before).flatMap(([stack, template]) => {
    const diff = fullDiff(template, after[stack] ?? { Resources: {} });
    const lines: string[] = [];
    diff.resources.forEachDifference((id, change) => {
      const type = change.oldResourceType;
      if (type === undefined || !KEPT.has(type)) return;
      const impact = change.changeImpact;
      if (![ResourceImpact.NO_CHANGE, ResourceImpact.WILL_UPDATE, ResourceImpact.WILL_CREATE].includes(impact))
        lines.push(`${stack}/${id} (${type}): ${impact}`);
    });
    return lines;
  });
}

describe('today’s version, deployed over', () => {
  let today: Templates;
  beforeAll(() => {
    today = templates();
    const version = process.env['HEADRACE_RECORD'];
    if (version === undefined) return;
    mkdirSync(RECORDED, { recursive: true });
    writeFileSync(join(RECORDED, `${version}.json`), `${JSON.stringify(today, null, 1)}\n`);
  });

  it.each(existsSync(RECORDED) ? readdirSync(RECORDED) : [])(
    '%s takes away and replaces nothing that is kept',
    (file) => {
      const recorded = JSON.parse(readFileSync(join(RECORDED, file), 'utf8')) as Templates;
      const kept = Object.values(recorded).flatMap(({ Resources }) =>
        Object.values(Resources).filter((resource) => KEPT.has((resource as { Type: string }).Type)),
      );
      expect(kept.length).toBeGreaterThan(60);
      expect(lost(recorded, today)).toEqual([]);
    },
  );

  it('something else would be told: a table renamed, a log group gone, a machine with another name', () => {
    const team = today['Team']!.Resources as {
      [id: string]: { Type: string; Properties: { [name: string]: unknown } };
    };
    const idOf = (type: string) => Object.keys(team).find((id) => team[id]!.Type === type)!;
    const [table, logs, machine] = [
      'AWS::DynamoDB::Table',
      'AWS::Logs::LogGroup',
      'AWS::StepFunctions::StateMachine',
    ].map(idOf);
    const changed = structuredClone(team);
    changed[`${table}New`] = changed[table!]!;
    delete changed[table!];
    delete changed[logs!];
    changed[machine!]!.Properties['StateMachineName'] = 'other';
    expect(lost({ Team: { Resources: team } }, { Team: { Resources: changed } }).sort()).toEqual(
      [
        `Team/${logs} (AWS::Logs::LogGroup): WILL_DESTROY`,
        `Team/${machine} (AWS::StepFunctions::StateMachine): WILL_REPLACE`,
        `Team/${table} (AWS::DynamoDB::Table): WILL_DESTROY`,
      ].sort(),
    );
  });
});
