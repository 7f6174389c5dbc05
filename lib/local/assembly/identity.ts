// What a resource would be called once deployed: its Ref and its attributes, as the laptop spells them. In: a resource, its
// stack and a function that resolves its properties. Out: names and ARNs in AWS's own form, under the local account.
// Always: the same template gives the same names.

import type { Json } from '../engine';
import { LOCAL_ACCOUNT, type Resource, type Stack } from './assembly';

/** How a type is named: the property that names it, what Ref gives, the ARN's parts. */
interface Identity {
  readonly name?: string;
  readonly ref?: 'name' | 'arn' | 'url' | 'id';
  /** ARN after `arn:aws:`; `%` is the name, `@` is region:account. */
  readonly arn: string;
  /** Characters a generated name may have. @default 64 */
  readonly length?: number;
  readonly lower?: boolean;
  /** GetAtt names beside Arn: `%` = name, `#` = ARN; other text stands for itself. */
  readonly attributes?: { readonly [attribute: string]: string };
}

const IDENTITIES: { readonly [type: string]: Identity } = {
  'AWS::S3::Bucket': {
    name: 'BucketName',
    arn: 's3:::%',
    length: 63,
    lower: true,
    attributes: { DomainName: '%.s3.amazonaws.com', RegionalDomainName: '%.s3.amazonaws.com' },
  },
  'AWS::Glue::Database': { name: 'DatabaseInput.Name', arn: 'glue:@:database/%', lower: true },
  'AWS::Glue::Table': { name: 'TableInput.Name', arn: 'glue:@:table/%', lower: true },
  'AWS::Glue::Job': { name: 'Name', arn: 'glue:@:job/%' },
  'AWS::Glue::Crawler': { name: 'Name', arn: 'glue:@:crawler/%' },
  'AWS::Glue::SecurityConfiguration': { name: 'Name', arn: 'glue:@:security-configuration/%' },
  'AWS::ECS::Cluster': { name: 'ClusterName', arn: 'ecs:@:cluster/%' },
  'AWS::ECS::TaskDefinition': {
    name: 'Family',
    ref: 'arn',
    arn: 'ecs:@:task-definition/%:1',
    attributes: { TaskDefinitionArn: '#' },
  },
  'AWS::StepFunctions::StateMachine': {
    name: 'StateMachineName',
    ref: 'arn',
    arn: 'states:@:stateMachine:%',
    length: 80,
    attributes: { Name: '%', StateMachineRevisionId: 'INITIAL' },
  },
  'AWS::StepFunctions::Activity': { name: 'Name', ref: 'arn', arn: 'states:@:activity:%', attributes: { Name: '%' } },
  'AWS::Lambda::Function': { name: 'FunctionName', arn: 'lambda:@:function:%' },
  'AWS::IAM::Role': { name: 'RoleName', arn: 'iam::account:role/%', attributes: { RoleId: 'AROALOCAL%' } },
  'AWS::IAM::ManagedPolicy': { name: 'ManagedPolicyName', ref: 'arn', arn: 'iam::account:policy/%' },
  'AWS::DynamoDB::Table': { name: 'TableName', arn: 'dynamodb:@:table/%', attributes: { StreamArn: '#/stream/local' } },
  'AWS::DynamoDB::GlobalTable': {
    name: 'TableName',
    arn: 'dynamodb:@:table/%',
    attributes: { StreamArn: '#/stream/local' },
  },
  'AWS::SNS::Topic': { name: 'TopicName', ref: 'arn', arn: 'sns:@:%', attributes: { TopicName: '%', TopicArn: '#' } },
  // Nobody serves it here; what would link to it knows that it runs on a laptop.
  'AWS::Lambda::Url': { arn: 'lambda:@:url/%', attributes: { FunctionUrl: 'https://%.lambda-url.invalid/' } },
  'AWS::SQS::Queue': { name: 'QueueName', ref: 'url', arn: 'sqs:@:%', attributes: { QueueName: '%', QueueUrl: 'url' } },
  'AWS::Events::Rule': { name: 'Name', arn: 'events:@:rule/%' },
  'AWS::Events::EventBus': { name: 'Name', arn: 'events:@:event-bus/%', attributes: { Name: '%' } },
  'AWS::SecretsManager::Secret': {
    name: 'Name',
    ref: 'arn',
    arn: 'secretsmanager:@:secret:%-LoCaL1',
    attributes: { Id: '#' },
  },
  'AWS::Logs::LogGroup': { name: 'LogGroupName', arn: 'logs:@:log-group:%:*' },
  'AWS::KMS::Key': { ref: 'id', arn: 'kms:@:key/%', attributes: { KeyId: '%' } },
  'AWS::SSM::Parameter': { name: 'Name', arn: 'ssm:@:parameter/%' },
  'AWS::RedshiftServerless::Workgroup': {
    name: 'WorkgroupName',
    lower: true,
    arn: 'redshift-serverless:@:workgroup/%',
    attributes: {
      'Workgroup.WorkgroupArn': '#',
      'Workgroup.WorkgroupName': '%',
      'Workgroup.WorkgroupId': '%',
      'Workgroup.Endpoint.Address': '%.localhost',
      'Workgroup.Endpoint.Port': '5439',
    },
  },
  'AWS::RedshiftServerless::Namespace': {
    name: 'NamespaceName',
    lower: true,
    arn: 'redshift-serverless:@:namespace/%',
    attributes: {
      'Namespace.NamespaceArn': '#',
      'Namespace.NamespaceName': '%',
      'Namespace.NamespaceId': '%',
      'Namespace.AdminPasswordSecretArn': 'arn:aws:secretsmanager:@:secret:redshift!%-admin-LoCaL1',
    },
  },
  'AWS::Redshift::Cluster': {
    name: 'ClusterIdentifier',
    lower: true,
    arn: 'redshift:@:cluster:%',
    attributes: {
      'Endpoint.Address': '%.localhost',
      'Endpoint.Port': '5439',
      ClusterNamespaceArn: 'arn:aws:redshift:@:namespace:%',
      Id: '%',
    },
  },
  'AWS::Batch::JobDefinition': { name: 'JobDefinitionName', ref: 'arn', arn: 'batch:@:job-definition/%:1' },
  'AWS::Batch::JobQueue': {
    name: 'JobQueueName',
    ref: 'arn',
    arn: 'batch:@:job-queue/%',
    attributes: { JobQueueArn: '#' },
  },
  'AWS::Athena::WorkGroup': { name: 'Name', arn: 'athena:@:workgroup/%' },
  'AWS::Scheduler::ScheduleGroup': { name: 'Name', arn: 'scheduler:@:schedule-group/%' },
  'AWS::EC2::VPC': { ref: 'id', arn: 'ec2:@:vpc/%', attributes: { VpcId: '%', DefaultSecurityGroup: 'sg-%' } },
  'AWS::EC2::Subnet': { ref: 'id', arn: 'ec2:@:subnet/%', attributes: { SubnetId: '%', AvailabilityZone: 'az' } },
  'AWS::EC2::SecurityGroup': {
    ref: 'id',
    arn: 'ec2:@:security-group/%',
    attributes: { GroupId: '%', VpcId: 'vpc-local' },
  },
};

/** Resolves one property of the resource to text; undefined if it is not set. */
export type PropertyText = (name: string) => string | undefined;

export function resourceName(stack: Stack, resource: Resource, property: PropertyText): string {
  const identity = IDENTITIES[resource.type];
  const given = identity?.name === undefined ? undefined : property(identity.name);
  if (given !== undefined) return given;
  const text = `${stack.name}-${resource.logicalId}`;
  const length = identity?.length ?? 64;
  // The logical id's end holds its hash, so the end is what must survive a cut.
  const cut = text.length <= length ? text : text.slice(text.length - length).replace(/^[^A-Za-z0-9]+/, '');
  return identity?.lower ? cut.toLowerCase().replace(/[^a-z0-9.-]/g, '-') : cut;
}

export function resourceArn(stack: Stack, resource: Resource, property: PropertyText): string {
  const place = `${stack.region}:${LOCAL_ACCOUNT}`;
  const name = resourceName(stack, resource, property);
  const identity = IDENTITIES[resource.type];
  const service = resource.type.split('::')[1]?.toLowerCase() ?? 'custom';
  const pattern = identity?.arn ?? `${service}:@:${resource.type.split('::')[2]?.toLowerCase() ?? 'resource'}/%`;
  return `arn:aws:${pattern}`
    .replace('::account:', `::${LOCAL_ACCOUNT}:`)
    .replace('@', place)
    .replace('%', () => name.replace(/^\//, ''));
}

/** What `Ref` gives. */
export function resourceRef(stack: Stack, resource: Resource, property: PropertyText): string {
  const identity = IDENTITIES[resource.type];
  if (identity?.ref === 'arn') return resourceArn(stack, resource, property);
  const name = resourceName(stack, resource, property);
  if (identity?.ref === 'url') return queueUrl(stack.region, name);
  // Here a machine has no versions but the one that the template tells.
  if (resource.type === 'AWS::StepFunctions::StateMachineVersion') return property('StateMachineArn') ?? name;
  if (resource.type === 'AWS::Lambda::Version') return `${property('FunctionName') ?? name}:1`;
  return name;
}

/** The URL of a local queue, in AWS's form. */
export function queueUrl(region: string, name: string): string {
  return `https://sqs.${region}.amazonaws.com/${LOCAL_ACCOUNT}/${name}`;
}

/** What `Fn::GetAtt` gives; undefined if this attribute is not known here. */
export function resourceAttribute(
  stack: Stack,
  resource: Resource,
  attribute: string,
  property: PropertyText,
): Json | undefined {
  if (attribute === 'Arn') return resourceArn(stack, resource, property);
  const pattern = IDENTITIES[resource.type]?.attributes?.[attribute];
  if (pattern === undefined) return property(attribute);
  const name = resourceName(stack, resource, property);
  if (pattern === 'url') return queueUrl(stack.region, name);
  if (pattern === 'az') return property('AvailabilityZone') ?? `${stack.region}a`;
  return pattern
    .replace('#', () => resourceArn(stack, resource, property))
    .replace('@', `${stack.region}:${LOCAL_ACCOUNT}`)
    .replace('%', () => name);
}
