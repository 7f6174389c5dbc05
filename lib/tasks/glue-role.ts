// The role that the Glue jobs and crawlers of a pipeline share. In: the place they are made in. Out: the role, made on first
// use. Always: it may write Glue's logs; what else it needs, each task adds.

import { ArnFormat, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledgeWildcards } from '../pipeline/acknowledge';
import { mergeStatements } from '../pipeline/permissions';

export function sharedGlueRole(home: Construct): iam.Role {
  const existing = home.node.tryFindChild('GlueRole');
  if (existing !== undefined) return existing as iam.Role;
  const stack = Stack.of(home);
  const role = new iam.Role(home, 'GlueRole', {
    description: 'Glue jobs and crawlers of a pipeline',
    assumedBy: new iam.ServicePrincipal('glue.amazonaws.com', {
      conditions: { StringEquals: { 'aws:SourceAccount': stack.account } },
    }),
  });
  const groups = stack.formatArn({
    service: 'logs',
    resource: 'log-group',
    resourceName: '/aws-glue/*',
    arnFormat: ArnFormat.COLON_RESOURCE_NAME,
  });
  allow(role, [
    new iam.PolicyStatement({
      actions: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'],
      resources: [groups],
    }),
    new iam.PolicyStatement({
      actions: ['cloudwatch:PutMetricData'],
      resources: ['*'],
      conditions: { StringEquals: { 'cloudwatch:namespace': 'Glue' } },
    }),
  ]);
  return role;
}

/** Adds statements to a role that is ours; a role that was given is its owner's to fill. */
export function allow(role: iam.IRole, statements: readonly iam.PolicyStatement[]): void {
  for (const statement of mergeStatements(statements)) {
    role.addToPrincipalPolicy(statement);
    acknowledgeWildcards(
      role,
      statement.resources,
      'covers the objects, tables and log streams below the place that the task names',
    );
  }
}

/** What reading and writing tables of one catalog database takes. */
export function catalogStatement(scope: Construct, database: string, actions: string[]): iam.PolicyStatement {
  const stack = Stack.of(scope);
  const arn = (resource: string, resourceName?: string) =>
    stack.formatArn({ service: 'glue', resource, ...(resourceName !== undefined && { resourceName }) });
  return new iam.PolicyStatement({
    actions,
    resources: [arn('catalog'), arn('database', database), arn('table', `${database}/*`)],
  });
}

/** What it takes to go through connections, which lead into networks of the account. */
export function connectionStatements(scope: Construct, connections: readonly string[]): iam.PolicyStatement[] {
  if (connections.length === 0) return [];
  const stack = Stack.of(scope);
  const arn = (resource: string, resourceName?: string) =>
    stack.formatArn({ service: 'glue', resource, ...(resourceName !== undefined && { resourceName }) });
  return [
    new iam.PolicyStatement({
      actions: ['glue:GetConnection'],
      resources: [arn('catalog'), ...connections.map((name) => arn('connection', name))],
    }),
    // Glue puts a network interface of its own beside the database; these calls know no resources, or only ones made by them.
    new iam.PolicyStatement({
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DeleteNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeVpcEndpoints',
        'ec2:DescribeRouteTables',
        'ec2:DescribeSubnets',
        'ec2:DescribeSecurityGroups',
        'ec2:DescribeVpcAttribute',
      ],
      resources: ['*'],
    }),
    new iam.PolicyStatement({
      actions: ['ec2:CreateTags', 'ec2:DeleteTags'],
      resources: [
        stack.formatArn({ service: 'ec2', resource: 'network-interface', resourceName: '*' }),
        stack.formatArn({ service: 'ec2', resource: 'security-group', resourceName: '*' }),
      ],
      conditions: { 'ForAllValues:StringEquals': { 'aws:TagKeys': ['aws-glue-service-resource'] } },
    }),
  ];
}
