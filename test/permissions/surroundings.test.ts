// What platform teams lay around stacks, and what must not leak out of them: boundaries, synthesizers, keys, roles, networks, tags,
// Aspects, secrets; and the roles of very large pipelines.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  App,
  Aspects,
  BootstraplessSynthesizer,
  CfnResource,
  CliCredentialsStackSynthesizer,
  aws_ec2 as ec2,
  aws_iam as iam,
  type IStackSynthesizer,
  aws_kms as kms,
  LegacyStackSynthesizer,
  PermissionsBoundary,
  aws_secretsmanager as secretsmanager,
  SecretValue,
  aws_sns as sns,
  Stack,
  Stage,
  Tags,
} from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { ContainerImage, Secret } from 'aws-cdk-lib/aws-ecs';
import { describe, expect, it } from 'vitest';
import {
  Alert,
  FargateTask,
  GlueCrawlerTask,
  GlueJobTask,
  GlueScript,
  HttpTask,
  LambdaTask,
  Pipeline,
  RedshiftQueryTask,
  Schedule,
  Sql,
  SqsSendMessageTask,
  Warehouse,
} from '../../lib';
import { file, flat } from '../tasks/run-task';
import { ENV, newPipeline } from './every-kind';
import { Authorization, Connection, HttpMethod } from 'aws-cdk-lib/aws-events';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';

const image = ContainerImage.fromRegistry('busybox');

function newApp(): App {
  return new App({ outdir: mkdtempSync(join(tmpdir(), 'headrace-around-')), analyticsReporting: false });
}

/** A bit of everything that makes roles, functions, jobs, buckets. */
function mixed(stack: Stack): Pipeline {
  const sales = new Pipeline(stack, 'Sales', {
    triggers: [Schedule.cron({ hour: '2' })],
    alerts: [Alert.email('a@b.example')],
  });
  const ingest = new FargateTask(sales, 'Ingest', { image });
  const load = new LambdaTask(sales, 'Load', {
    code: file('index.mjs', 'export const handler = async () => ({});\n'),
    payload: { rows: ingest.output('rows') },
  });
  new GlueCrawlerTask(sales, 'Crawl', { database: 'raw', path: 's3://raw/x/' }).after(load);
  new GlueCrawlerTask(sales, 'CrawlUs', { database: 'raw', path: 's3://raw/x/', region: 'us-west-2' }).after(load);
  return sales;
}

type Resources = { readonly [id: string]: { readonly Type: string; readonly Properties?: { [name: string]: any } } };

function resources(stack: Stack): Resources {
  return Template.fromStack(stack).toJSON()['Resources'] as Resources;
}

describe('a permissions boundary', () => {
  it('of a stage holds for every role, those of other regions too', () => {
    const app = newApp();
    const stage = new Stage(app, 'Prod', {
      permissionsBoundary: PermissionsBoundary.fromName('data-platform'),
      env: ENV,
    });
    mixed(new Stack(stage, 'Demo'));
    const assembly = stage.synth();
    const roles = assembly.stacks.flatMap((stack) =>
      Object.values((stack.template as { Resources: Resources }).Resources).filter(
        ({ Type }) => Type === 'AWS::IAM::Role',
      ),
    );
    expect(assembly.stacks).toHaveLength(2);
    expect(roles.length).toBeGreaterThan(6);
    for (const role of roles)
      expect(JSON.stringify(role.Properties?.['PermissionsBoundary'])).toContain('policy/data-platform');
  });
});

describe('a synthesizer', () => {
  it.each<[string, () => IStackSynthesizer]>([
    ['of the CLI’s own credentials', () => new CliCredentialsStackSynthesizer()],
    ['of the old bootstrap', () => new LegacyStackSynthesizer()],
  ])('%s deploys files and machines', (_, synthesizer) => {
    const app = newApp();
    const stack = new Stack(app, 'Demo', { env: ENV, synthesizer: synthesizer() });
    mixed(stack);
    expect(() => app.synth()).not.toThrow();
    Template.fromStack(stack).resourceCountIs('AWS::StepFunctions::StateMachine', 2);
  });

  it('without bootstrap takes pipelines that have no files', () => {
    const app = newApp();
    const stack = new Stack(app, 'Demo', { env: ENV, synthesizer: new BootstraplessSynthesizer() });
    const sales = new Pipeline(stack, 'Sales');
    new SqsSendMessageTask(sales, 'Tell', { queue: new Queue(stack, 'Queue'), messageBody: 'x' });
    expect(() => app.synth()).not.toThrow();
  });

  it('without bootstrap refuses pipelines that have files, at synth', () => {
    const stack = new Stack(newApp(), 'Demo', { env: ENV, synthesizer: new BootstraplessSynthesizer() });
    expect(() => mixed(stack)).toThrow(/asset/i);
  });
});

describe('what is given', () => {
  it('is used in place of what would be made: network, roles', () => {
    const stack = new Stack(newApp(), 'Demo', { env: ENV });
    const vpc = ec2.Vpc.fromVpcAttributes(stack, 'Own', {
      vpcId: 'vpc-1',
      availabilityZones: ['a', 'b'],
      privateSubnetIds: ['subnet-1', 'subnet-2'],
    });
    const sales = new Pipeline(stack, 'Sales', { vpc });
    const role = (name: string) =>
      iam.Role.fromRoleArn(stack, name, `arn:aws:iam::111122223333:role/${name}`, { mutable: false });
    new FargateTask(sales, 'Ingest', { image, taskRole: role('task'), executionRole: role('start') });
    new GlueJobTask(sales, 'Job', { script: GlueScript.pySpark(file('a.py', '')), role: role('glue') });
    const found = Object.values(resources(stack));
    expect(found.filter(({ Type }) => Type === 'AWS::EC2::VPC' || Type === 'AWS::EC2::Subnet')).toEqual([]);
    // The machine has a role of its own; containers and jobs have those that were given.
    expect(found.filter(({ Type }) => Type === 'AWS::IAM::Role')).toHaveLength(1);
    const text = JSON.stringify(found);
    for (const name of ['task', 'start', 'glue']) expect(text).toContain(`role/${name}`);
    expect(text).toContain('subnet-1');
  });

  it('is encrypted with the key that was given', () => {
    const stack = new Stack(newApp(), 'Demo', { env: ENV });
    const key = new kms.Key(stack, 'Key');
    const topic = new sns.Topic(stack, 'Oncall', { masterKey: key });
    const sales = new Pipeline(stack, 'Sales', { alerts: [Alert.topic(topic)] });
    new SqsSendMessageTask(sales, 'Tell', {
      queue: new Queue(stack, 'Queue', { encryptionMasterKey: key }),
      messageBody: 'x',
    });
    const policies = Object.entries(resources(stack)).filter(([, { Type }]) => Type === 'AWS::IAM::Policy');
    const mayUseKey = policies
      .filter(([, policy]) => JSON.stringify(policy).includes('kms:GenerateDataKey'))
      .map(([id]) => id);
    expect(mayUseKey.some((id) => id.startsWith('SalesHeadraceMachineRole'))).toBe(true);
    expect(mayUseKey.some((id) => id.startsWith('Headracedeliver'))).toBe(true);
    expect(JSON.stringify(policies)).not.toContain('"kms:*"');
  });

  it('by Aspects and tags reaches everything', () => {
    const app = newApp();
    const stack = new Stack(app, 'Demo', { env: ENV });
    Tags.of(app).add('cost-centre', '4711');
    const seen = new Set<string>();
    Aspects.of(app).add({
      visit: (node) => {
        if (!CfnResource.isCfnResource(node)) return;
        seen.add(node.cfnResourceType);
        if (node.cfnResourceType === 'AWS::StepFunctions::StateMachine')
          node.addPropertyOverride('TracingConfiguration.Enabled', false);
      },
    });
    mixed(stack);
    const found = Object.values(resources(stack));
    const machines = found.filter(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
    expect(machines.length).toBeGreaterThan(0);
    for (const { Properties } of machines) expect(Properties!['TracingConfiguration']).toEqual({ Enabled: false });
    for (const type of [
      'AWS::StepFunctions::StateMachine',
      'AWS::IAM::Role',
      'AWS::Lambda::Function',
      'AWS::S3::Bucket',
    ])
      for (const { Properties } of found.filter(({ Type }) => Type === type))
        expect(Properties!['Tags']).toContainEqual({ Key: 'cost-centre', Value: '4711' });
    expect(seen).toContain('AWS::StepFunctions::StateMachine');
  });
});

describe('a secret', () => {
  it('stands in no file of the assembly', () => {
    const app = newApp();
    const stack = new Stack(app, 'Demo', { env: ENV });
    const arn = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:login-AbCdEf';
    const login = secretsmanager.Secret.fromSecretCompleteArn(stack, 'Login', arn);
    const sales = new Pipeline(stack, 'Sales', { alerts: [Alert.slack(login)] });
    new RedshiftQueryTask(sales, 'Load', {
      warehouse: Warehouse.serverless({ workgroupName: 'dw', database: 'dev', secret: login }),
      sql: Sql.fromString('select 1'),
    });
    new FargateTask(sales, 'Ingest', { image, secrets: { PASSWORD: Secret.fromSecretsManager(login, 'password') } });
    new HttpTask(sales, 'Call', {
      connection: new Connection(stack, 'Api', {
        authorization: Authorization.apiKey('x-api-key', SecretValue.secretsManager(arn, { jsonField: 'key' })),
      }),
      endpoint: 'https://api.example.com/',
      method: HttpMethod.GET,
    });
    const { directory } = app.synth();
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
    const template = JSON.parse(readFileSync(join(directory, 'Demo.template.json'), 'utf8')) as {
      Resources: Resources;
    };
    for (const [id, resource] of Object.entries(template.Resources)) {
      // A secret is resolved in one place alone: CloudFormation hands the connection its key.
      const resolved = JSON.stringify(resource).includes('{{resolve:');
      expect([id, resolved]).toEqual([id, resource.Type === 'AWS::Events::Connection']);
    }
    expect(template).not.toHaveProperty('Outputs');
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type !== 'AWS::ECS::TaskDefinition') continue;
      const [container] = Properties!['ContainerDefinitions'] as {
        Environment?: { Name: string }[];
        Secrets: { Name: string }[];
      }[];
      expect(container!.Secrets.map(({ Name }) => Name)).toEqual(['PASSWORD']);
      expect((container!.Environment ?? []).map(({ Name }) => Name)).not.toContain('PASSWORD');
    }
    for (const { Type, Properties } of Object.values(template.Resources)) {
      if (Type !== 'AWS::StepFunctions::StateMachine') continue;
      // Runs are logged without what goes through them.
      expect(Properties!['LoggingConfiguration']?.IncludeExecutionData ?? false).toBe(false);
    }
    expect(files.length).toBeGreaterThan(0);
  });
});

/** Length of a document when its references are resolved. */
function deployed(document: unknown): number {
  const text = JSON.stringify(document, (_, value: unknown) => {
    const intrinsic = typeof value === 'object' && value !== null && /^(Ref|Fn::)/.test(Object.keys(value)[0] ?? '');
    return intrinsic ? flat(value) : value;
  });
  return text.replaceAll('<AWS::Partition>', 'aws-us-gov').length;
}

describe('a thousand Glue jobs', () => {
  it('have one role with at most ten policies, in a template below 1 MB', () => {
    const sales = newPipeline();
    for (let i = 0; i < 1_000; i++) new GlueJobTask(sales, `Job${i}`, { jobName: `team-etl-${i}` });
    const stack = Stack.of(sales);
    const found = resources(stack);
    const machines = Object.values(found).filter(({ Type }) => Type === 'AWS::StepFunctions::StateMachine');
    // The definition is too large for one machine.
    expect(machines.length).toBeLessThanOrEqual(3);
    const [role, ...more] = new Set(
      machines.map(({ Properties }) => Properties!['RoleArn']['Fn::GetAtt'][0] as string),
    );
    expect(more).toEqual([]);
    const policies = Object.values(found).filter(({ Type }) => /^AWS::IAM::(Managed)?Policy$/.test(Type));
    const own = policies.filter(({ Properties }) => JSON.stringify(Properties!['Roles']).includes(`"${role}"`));
    expect(own.length).toBeGreaterThan(0);
    expect(own.length).toBeLessThanOrEqual(10);
    // IAM's limits count what is deployed: 10,240 characters of policies inside a role, 6,144 of each managed one.
    for (const { Type, Properties } of own)
      expect(deployed(Properties!['PolicyDocument'])).toBeLessThan(Type === 'AWS::IAM::Policy' ? 10_240 : 6_144);
    expect(JSON.stringify(Template.fromStack(stack).toJSON()).length).toBeLessThan(1_000_000);
  });
});
