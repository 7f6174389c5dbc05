// The cases for a real account are compiled with everything else and synthesized here; they are run by people who have one.

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const place = { CDK_DEFAULT_ACCOUNT: '111122223333', CDK_DEFAULT_REGION: 'eu-west-1' };
const cases = readdirSync('integ').filter((name) => name.startsWith('integ.'));

describe('a case for a real account', () => {
  it.each(cases)('%s synthesizes with a pipeline and what it has to come to', (name) => {
    const outdir = mkdtempSync(join(tmpdir(), 'headrace-integ-'));
    execFileSync(process.execPath, ['--import', 'tsx', resolve('integ', name)], {
      env: { ...process.env, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', ...place },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const manifest = JSON.parse(readFileSync(join(outdir, 'integ.json'), 'utf8')) as { testCases: object };
    expect(Object.keys(manifest.testCases)).toHaveLength(1);
    expect(readdirSync(join(outdir, 'headrace')).length).toBeGreaterThan(0);
    const texts = readdirSync(outdir)
      .filter((file) => file.endsWith('.template.json'))
      .map((file) => readFileSync(join(outdir, file), 'utf8'));
    expect(texts.join()).toContain('Custom::DeployAssert@SdkCallsfnStartExecution');
  });

  it('of the rendezvous has one: a table whose token the same execution answers', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'headrace-integ-'));
    execFileSync(process.execPath, ['--import', 'tsx', resolve('integ/integ.rendezvous.ts')], {
      env: { ...process.env, CDK_OUTDIR: outdir, CDK_VALIDATION: 'false', ...place },
    });
    const template = readFileSync(join(outdir, 'HeadraceIntegRendezvous.template.json'), 'utf8');
    expect(template).toContain('AWS::DynamoDB::Table');
    expect(template).toContain('dynamodb:updateItem.waitForTaskToken');
  });
});
