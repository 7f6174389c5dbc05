// The page of deploy errors: what it says is told at synth is told there, in those words; and it speaks of everything that it has to.

import { App, aws_s3 as s3, BootstraplessSynthesizer, CfnResource, Stack } from 'aws-cdk-lib';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CustomTask, ForEachTask, GlueJobTask, GlueScript, Items, Pipeline, PipelineTask } from '../../lib';
import { ENV } from '../permissions/every-kind';
import { temporaryFolder } from '../local/assembly-fixture';
import { file } from '../tasks/run-task';

const page = readFileSync('docs/deploy-errors.md', 'utf8');
const rows = page.split('\n').filter((line) => /^\| (?!message|---)/.test(line));
const app = () => new App({ outdir: temporaryFolder(), analyticsReporting: false });
const lists = { resource: 'arn:aws:states:::aws-sdk:s3:listBuckets', permissions: [] };

/** What the page says that synth tells: text in the message -> an app that is told so. */
const AT_SYNTH: { readonly [text: string]: () => unknown } = {
  'resources, CloudFormation takes 500': () => {
    const own = app();
    const stack = new Stack(own, 'Team', { env: ENV });
    new CustomTask(new Pipeline(stack, 'Sales'), 'List', lists);
    for (let i = 0; i < 500; i++) new CfnResource(stack, `Topic${i}`, { type: 'AWS::SNS::Topic' });
    return own.synth();
  },
  'items lie in the bucket': () => {
    const own = app();
    const stack = new Stack(own, 'Team', { env: ENV });
    const bucket = s3.Bucket.fromBucketAttributes(stack, 'In', { bucketName: 'raw', region: 'us-west-2' });
    const each = new ForEachTask(new Pipeline(stack, 'Sales'), 'PerFile', { items: Items.fromS3Objects(bucket) });
    new CustomTask(each, 'List', lists);
    return own.synth();
  },
  'target lies in the region': () => {
    const own = app();
    const far = new Pipeline(new Stack(own, 'Far', { env: { ...ENV, region: 'us-west-2' } }), 'Other');
    new CustomTask(far, 'List', lists);
    new PipelineTask(new Pipeline(new Stack(own, 'Team', { env: ENV }), 'Sales'), 'Run', { target: far });
    return own.synth();
  },
  'Cannot add assets to a Stack that uses the BootstraplessSynthesizer': () => {
    const stack = new Stack(app(), 'Team', { env: ENV, synthesizer: new BootstraplessSynthesizer() });
    const script = GlueScript.pySpark(file('job.py', ''));
    return new GlueJobTask(new Pipeline(stack, 'Sales'), 'Clean', { script });
  },
};

describe('the page of deploy errors', () => {
  it.each(Object.entries(AT_SYNTH))('says that synth tells: %s', (text, synthesize) => {
    expect(rows.filter((row) => row.startsWith('| told at synth: ') && row.includes(text))).toHaveLength(1);
    expect(synthesize).toThrow(text);
  });

  it('says so of nothing else', () => {
    const told = rows.filter((row) => row.startsWith('| told at synth: '));
    const texts = told.flatMap((row) => [...row.split(' | ')[0]!.matchAll(/`([^`]+)`/g)].map(([, text]) => text!));
    const known = (text: string) => Object.keys(AT_SYNTH).some((one) => text.includes(one));
    expect(texts.filter((text) => !known(text))).toEqual([]);
    expect(texts).toHaveLength(Object.keys(AT_SYNTH).length);
  });

  it.each([
    ['an account without bootstrap', /cdk-bootstrap/],
    ['a missing quota', /RolesPerAccount/],
    ['a name that exists', /already exists/],
    ['a bucket in another region', /PermanentRedirect/],
    ['a stack too large', /Number of resources, 501/],
    ['expired credentials', /ExpiredToken/],
    ['a role that may not be passed', /iam:PassRole/],
    ['a key that nobody was allowed to use', /The specified KMS key/],
  ])('says what to do about %s', (_what, message) => {
    const found = rows.filter((row) => message.test(row.split(' | ')[0]!));
    expect(found).toHaveLength(1);
    expect(found[0]!.split(' | ')[2]!.length).toBeGreaterThan(20);
  });
});
