// The warehouse of a platform: one Redshift Serverless workgroup. In: the network, who it is called, what it may read. Out: what tasks
// need to reach it. Always: not reachable from outside its network, its password known to Secrets Manager alone.

import {
  aws_ec2 as ec2,
  aws_iam as iam,
  type aws_kms as kms,
  type RemovalPolicy,
  aws_redshiftserverless as redshift,
  type aws_s3 as s3,
} from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcards } from './acknowledge';

export interface PlatformWarehouse {
  readonly workgroupName: string;
  readonly workgroupArn: string;
  readonly database: string;
}

export interface PlatformWarehouseProps {
  readonly name: string;
  readonly database: string;
  /** RPUs. */
  readonly capacity: number;
  /** Buckets that COPY reads and UNLOAD writes. */
  readonly readable: readonly s3.Bucket[];
  readonly key?: kms.IKey;
  readonly removalPolicy: RemovalPolicy;
}

/** Redshift Serverless wants subnets in so many zones. https://docs.aws.amazon.com/redshift/latest/mgmt/serverless-usage-considerations.html */
const ZONES = 3;

export function platformWarehouse(scope: Construct, vpc: ec2.IVpc, props: PlatformWarehouseProps): PlatformWarehouse {
  const subnets = [vpc.isolatedSubnets, vpc.privateSubnets, vpc.publicSubnets].find((list) => list.length >= ZONES);
  if (subnets === undefined) {
    throw new Error(
      `[${scope.node.path}] a warehouse needs subnets in ${ZONES} zones, the network has ${vpc.availabilityZones.length}: ` +
        'give the stack an env with account and region (without one CDK knows two zones), or a vpc with more',
    );
  }
  const role = new iam.Role(scope, 'WarehouseRole', {
    description: `COPY and UNLOAD of ${props.name}`,
    assumedBy: new iam.ServicePrincipal('redshift.amazonaws.com'),
  });
  for (const bucket of props.readable) {
    bucket.grantReadWrite(role);
    acknowledgeWildcards(role, [bucket.arnForObjects('*')], 'the objects of a bucket of the platform');
  }
  for (const action of ['s3:GetObject*', 's3:GetBucket*', 's3:List*', 's3:DeleteObject*', 's3:Abort*'])
    acknowledge(role, `AwsSolutions-IAM5[Action::${action}]`, 'the kinds of reading and writing objects');
  for (const action of ['kms:ReEncrypt*', 'kms:GenerateDataKey*'])
    acknowledge(role, `AwsSolutions-IAM5[Action::${action}]`, 'the kinds of using the key of the buckets');
  const namespace = new redshift.CfnNamespace(scope, 'Namespace', {
    namespaceName: props.name.toLowerCase().replace(/[^a-z0-9-]/g, '-'),
    dbName: props.database,
    manageAdminPassword: true,
    defaultIamRoleArn: role.roleArn,
    iamRoles: [role.roleArn],
    logExports: ['userlog', 'connectionlog', 'useractivitylog'],
    ...(props.key !== undefined && { kmsKeyId: props.key.keyId }),
  });
  namespace.applyRemovalPolicy(props.removalPolicy);
  const group = new ec2.SecurityGroup(scope, 'WarehouseGroup', { vpc, description: `warehouse of ${props.name}` });
  const workgroup = new redshift.CfnWorkgroup(scope, 'Workgroup', {
    workgroupName: namespace.namespaceName,
    namespaceName: namespace.namespaceName,
    baseCapacity: props.capacity,
    publiclyAccessible: false,
    enhancedVpcRouting: true,
    subnetIds: subnets.map((subnet) => subnet.subnetId),
    securityGroupIds: [group.securityGroupId],
  });
  workgroup.node.addDependency(namespace);
  return {
    workgroupName: workgroup.workgroupName,
    workgroupArn: workgroup.attrWorkgroupWorkgroupArn,
    database: props.database,
  };
}
