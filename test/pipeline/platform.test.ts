import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App, aws_kms as kms, NestedStack, RemovalPolicy, Stack, Stage, Validations } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ContainerImage } from 'aws-cdk-lib/aws-ecs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { describe, expect, it } from 'vitest';
import {
  Alert,
  CustomTask,
  FargateTask,
  GlueJobTask,
  GlueScript,
  Pipeline,
  Platform,
  PlatformImport,
  type PlatformProps,
  RedshiftQueryTask,
  Schedule,
  Sql,
  Warehouse,
} from '../../lib';
import { file } from '../tasks/run-task';

const env = { account: '111122223333', region: 'eu-west-1' };
const newApp = () => new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-platform-')), analyticsReporting: false });

const WHOLE: PlatformProps = {
  platformName: 'data',
  buckets: ['raw', 'lake'],
  databases: ['raw'],
  warehouseDatabase: 'dw',
  alertEmails: ['data-oncall@example.com'],
};

function both(app: App, props: Partial<PlatformProps> = {}) {
  const stack = new Stack(app, 'Shared', { env });
  return { stack, platform: new Platform(stack, 'Platform', { ...WHOLE, ...props }) };
}

function load(stack: Stack, id: string, platform: Platform | PlatformImport): Pipeline {
  const sales = new Pipeline(stack, id, {
    platform,
    triggers: [Schedule.cron({ hour: '2' })],
    alerts: [Alert.topic(platform.alertTopic)],
  });
  const ingest = new FargateTask(sales, 'Ingest', {
    image: ContainerImage.fromRegistry('busybox'),
    command: ['extract', '--output', `s3://${platform.bucket('raw').bucketName}/orders/`],
  });
  new RedshiftQueryTask(sales, 'Load', {
    warehouse: Warehouse.ofPlatform(platform),
    sql: Sql.fromString('select 1'),
  }).after(ingest);
  return sales;
}

const types = (stack: Stack) =>
  Object.values(Template.fromStack(stack).toJSON()['Resources'] as { [id: string]: { Type: string } }).map(
    ({ Type }) => Type,
  );

describe('a platform', () => {
  it('is shared by pipelines of other stacks, which make none of it themselves', () => {
    const app = newApp();
    const { platform } = both(app);
    const stack = new Stack(app, 'Team', { env });
    load(stack, 'Sales', platform);
    load(stack, 'Returns', platform);
    const made = types(stack);
    for (const type of ['AWS::EC2::VPC', 'AWS::ECS::Cluster', 'AWS::SNS::Topic', 'AWS::RedshiftServerless::Workgroup'])
      expect(made).not.toContain(type);
    expect(made.filter((type) => type === 'AWS::StepFunctions::StateMachine')).toHaveLength(3);
  });

  it('is found by its name from another app, without a look-up at synth', () => {
    const app = newApp();
    const stack = new Stack(app, 'Team', { env });
    load(stack, 'Sales', new PlatformImport(stack, 'Platform', { platformName: 'data' }));
    const template = Template.fromStack(stack).toJSON() as {
      Parameters: { [id: string]: { Type: string; Default: string } };
    };
    const asked = Object.values(template.Parameters).filter(({ Default }) => Default.startsWith('/headrace/'));
    const told = both(newApp());
    const published = Object.values(Template.fromStack(told.stack).findResources('AWS::SSM::Parameter')).map(
      (parameter) => parameter['Properties'].Name as string,
    );
    expect(asked.length).toBeGreaterThan(5);
    expect(asked.map(({ Default }) => Default).filter((name) => !published.includes(name))).toEqual([]);
    expect(app.synth().manifest.missing ?? []).toEqual([]);
  });

  it('keeps buckets and warehouse when it is taken away, unless told otherwise', () => {
    const policies = (props: Partial<PlatformProps>) => {
      const template = Template.fromStack(both(newApp(), props).stack);
      return ['AWS::S3::Bucket', 'AWS::RedshiftServerless::Namespace'].flatMap((type) =>
        Object.values(template.findResources(type)).map((resource) => resource['DeletionPolicy'] as string),
      );
    };
    expect(new Set(policies({}))).toEqual(new Set(['Retain']));
    expect(new Set(policies({ removalPolicy: RemovalPolicy.DESTROY }))).toEqual(new Set(['Delete']));
  });

  it('encrypts with a key of ones own', () => {
    const app = newApp();
    const keys = new Stack(app, 'Keys', { env });
    const { stack } = both(app, { encryptionKey: new kms.Key(keys, 'Key') });
    const template = Template.fromStack(stack);
    template.hasResourceProperties('AWS::SNS::Topic', { KmsMasterKeyId: {} });
    template.allResourcesProperties('AWS::RedshiftServerless::Namespace', { KmsKeyId: {} });
    const encrypted = Object.values(template.findResources('AWS::S3::Bucket')).filter((bucket) =>
      JSON.stringify(bucket['Properties'].BucketEncryption).includes('aws:kms'),
    );
    expect(encrypted).toHaveLength(2);
  });

  it('is free of findings', () => {
    const app = newApp();
    both(app);
    Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
    let told = '';
    try {
      app.synth();
    } catch (error) {
      told = String(error);
    }
    const report = JSON.parse(readFileSync(join(app.outdir, 'validation-report.json'), 'utf8'));
    expect(report.pluginReports.map((plugin: any) => plugin.pluginName)).toContain('AwsSolutions');
    const found = report.pluginReports.flatMap((plugin: any) =>
      plugin.violations.flatMap((rule: any) =>
        rule.violatingConstructs.map((at: any) => `${rule.ruleName} ${at.constructPath}`),
      ),
    );
    expect([found, told.slice(0, 300)]).toEqual([[], '']);
  });

  it.each<[string, Partial<PlatformProps>, RegExp]>([
    ['a name that SSM refuses', { platformName: 'a b' }, /platformName is "a b"/],
    ['a bucket twice', { buckets: ['raw', 'raw'] }, /buckets holds "raw"/],
    ['two zones for a warehouse', { availabilityZones: 2 }, /a warehouse needs subnets in 3 zones, the network has 2/],
  ])('fails with %s', (_, props, message) => expect(() => both(newApp(), props)).toThrow(message));

  it('fails with a capacity and no warehouse, or when what it does not have is asked for', () => {
    const stack = new Stack(newApp(), 'Shared', { env });
    expect(() => new Platform(stack, 'A', { platformName: 'a', warehouseCapacity: 16 })).toThrow(/would do nothing/);
    const small = new Platform(stack, 'B', { platformName: 'b' });
    expect(() => small.bucket('raw')).toThrow(/has no bucket "raw": expected buckets: it has none/);
    expect(() => Warehouse.ofPlatform(small)).toThrow(/has no warehouse: give warehouseDatabase/);
  });
});

describe('stacks', () => {
  it('of one pipeline differ by stage in nothing but their place', () => {
    const app = newApp();
    const [dev, prod] = ['Dev', 'Prod'].map((name) => {
      const stack = new Stack(new Stage(app, name, { env }), 'Team');
      const sales = new Pipeline(stack, 'Sales');
      new FargateTask(sales, 'Ingest', { image: ContainerImage.fromRegistry('busybox') });
      return { stack, sales };
    }) as [{ stack: Stack; sales: Pipeline }, { stack: Stack; sales: Pipeline }];
    expect(Object.keys(Template.fromStack(dev.stack).toJSON()['Resources'])).toEqual(
      Object.keys(Template.fromStack(prod.stack).toJSON()['Resources']),
    );
    expect(dev.sales.prefix).not.toBe(prod.sales.prefix);
  });

  it('too large for CloudFormation are explained with numbers at synth', () => {
    const app = newApp();
    const stack = new Stack(app, 'Team', { env });
    const script = GlueScript.pySpark(file('a.py', ''));
    for (const name of ['Sales', 'Returns']) {
      const pipeline = new Pipeline(stack, name);
      for (let i = 0; i < 260; i++) new GlueJobTask(pipeline, `Job${i}`, { script });
    }
    expect(() => app.synth()).toThrow(
      /the stack Team has 5\d\d resources, CloudFormation takes 500: 2\d\d Team\/Returns, 2\d\d Team\/Sales.*520 AWS::Glue::Job.*stacks of their own/s,
    );
  });

  it('may be nested: one resource of the stack around them', () => {
    const app = newApp();
    const stack = new Stack(app, 'Team', { env });
    for (const name of ['A', 'B']) {
      const sales = new Pipeline(new NestedStack(stack, `Part${name}`), 'Sales');
      new CustomTask(sales, 'Tell', { resource: 'arn:aws:states:::sqs:sendMessage', permissions: [] });
    }
    expect(() => app.synth()).not.toThrow();
    expect(types(stack).filter((type) => type === 'AWS::CloudFormation::Stack')).toHaveLength(2);
  });
});
