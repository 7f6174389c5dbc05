// The function that talks to databases inside a network. In: a database and who asks. Out: the function, one for each network and
// groups, and what it takes to call it. Always: it may read the secrets of its tasks and write its log, nothing else; its way out
// of the function's own network is an interface of its groups.

import { Duration, aws_ec2 as ec2, aws_iam as iam, type aws_lambda as lambda, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { hash } from '../compile/names';
import { acknowledge } from '../pipeline/acknowledge';
import { packagedFunction } from '../pipeline/stack-function';
import type { NetworkDatabaseProps } from './database';

export function sqlFunction(scope: Construct, network: NetworkDatabaseProps): lambda.Function {
  const stack = Stack.of(scope);
  const groups = network.securityGroups?.map((group) => group.node.addr) ?? [];
  const where = JSON.stringify(network.subnets?.subnets?.map((subnet) => subnet.node.addr) ?? network.subnets ?? '');
  const id = `Headrace-sql-${network.vpc.node.addr.slice(-8)}${hash([...groups, where].join())}`;
  const existing = stack.node.tryFindChild(id);
  const made = (existing?.node.findChild('Function') as lambda.Function | undefined) ?? make(stack, id, network);
  made.addToRolePolicy(
    new iam.PolicyStatement({ actions: ['secretsmanager:GetSecretValue'], resources: [network.secret.secretArn] }),
  );
  if (network.secret.encryptionKey !== undefined)
    made.addToRolePolicy(
      new iam.PolicyStatement({ actions: ['kms:Decrypt'], resources: [network.secret.encryptionKey.keyArn] }),
    );
  return made;
}

function make(stack: Stack, id: string, network: NetworkDatabaseProps): lambda.Function {
  const scope = new Construct(stack, id);
  const made = packagedFunction(scope, 'sql', {
    description: 'runs SQL of tasks on databases in its network',
    timeout: Duration.minutes(15),
    memorySize: 512,
    // Without it Node.js does not know the authority of RDS's certificates: docs.aws.amazon.com/lambda/latest/dg/lambda-nodejs.html
    environment: { NODE_EXTRA_CA_CERTS: '/var/runtime/ca-cert.pem' },
    vpc: network.vpc,
    ...(network.subnets !== undefined && { vpcSubnets: network.subnets }),
    securityGroups: network.securityGroups ?? [group(scope, network.vpc)],
  });
  made.addToRolePolicy(
    new iam.PolicyStatement({
      actions: [
        'ec2:CreateNetworkInterface',
        'ec2:DescribeNetworkInterfaces',
        'ec2:DescribeSubnets',
        'ec2:DeleteNetworkInterface',
        'ec2:AssignPrivateIpAddresses',
        'ec2:UnassignPrivateIpAddresses',
      ],
      resources: ['*'],
    }),
  );
  acknowledge(
    made.role!,
    'AwsSolutions-IAM5[Resource::*]',
    "Lambda's own calls for its network interfaces know no resources",
  );
  return made;
}

function group(scope: Construct, vpc: ec2.IVpc): ec2.SecurityGroup {
  return new ec2.SecurityGroup(scope, 'Group', { vpc, description: 'functions that run SQL of tasks' });
}
