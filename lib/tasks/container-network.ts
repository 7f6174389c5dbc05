// Where containers run. In: what the author gave. Out: cluster, network and the log group. Always: what was not given is made
// once per pipeline: a network of public subnets without a way in and without a bill while nothing runs.

import { createHash } from 'node:crypto';
import {
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_iam as iam,
  aws_logs as logs,
  RemovalPolicy,
  Stack,
  Stage,
} from 'aws-cdk-lib';
import type { Json } from '../compile/model';
import { acknowledge } from '../pipeline/acknowledge';
import type { IPipeline } from '../pipeline/i-pipeline';

export function sharedCluster(pipeline: IPipeline): ecs.ICluster {
  const existing = pipeline.shared.node.tryFindChild('Cluster');
  if (existing !== undefined) return existing as ecs.Cluster;
  return new ecs.Cluster(pipeline.shared, 'Cluster', {
    vpc: pipeline.vpc ?? ownVpc(pipeline),
    containerInsightsV2: ecs.ContainerInsights.ENABLED,
  });
}

function ownVpc(pipeline: IPipeline): ec2.Vpc {
  const vpc = new ec2.Vpc(pipeline.shared, 'Vpc', {
    maxAzs: 2,
    natGateways: 0,
    subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false }],
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  });
  vpc.addFlowLog('Rejected', { trafficType: ec2.FlowLogTrafficType.REJECT });
  return vpc;
}

/** Lets out and nothing in: the containers of a pipeline in one network share it. */
export function containerGroup(pipeline: IPipeline, vpc: ec2.IVpc): ec2.ISecurityGroup {
  const id = `ContainerGroup${placeInStage(vpc)}`;
  const existing = pipeline.shared.node.tryFindChild(id);
  if (existing !== undefined) return existing as ec2.SecurityGroup;
  return new ec2.SecurityGroup(pipeline.shared, id, {
    vpc,
    description: `containers of ${pipeline.pipelineName}`,
    allowAllOutbound: true,
  });
}

/** Tells networks apart by where they stand in their stage, so that every stage has the same ids. */
function placeInStage(vpc: ec2.IVpc): string {
  const path = vpc.node.path.slice(Stage.of(vpc)?.node.path.length ?? 0);
  return createHash('sha256').update(path.replace(/^\//, '')).digest('hex').slice(0, 8);
}

/** The network of one task that has an address of its own. */
export function networkOf(
  vpc: ec2.IVpc,
  groups: readonly ec2.ISecurityGroup[],
  selection: ec2.SubnetSelection | undefined,
  publicIp: boolean | undefined,
): Json {
  const privateOnes = vpc.privateSubnets.length > 0;
  const subnets = vpc.selectSubnets(
    selection ?? { subnetType: privateOnes ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PUBLIC },
  );
  return {
    AwsvpcConfiguration: {
      Subnets: subnets.subnetIds,
      SecurityGroups: groups.map((group) => group.securityGroupId),
      AssignPublicIp: (publicIp ?? subnets.hasPublic) ? 'ENABLED' : 'DISABLED',
    },
  };
}

/** A structure of CDK as Step Functions spells it: fields begin in upper case. */
export function spelled(structure: object): Json {
  const fields = Object.entries(structure).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields.map(([name, value]) => [name.charAt(0).toUpperCase() + name.slice(1), value]));
}

/** The log of all containers of a pipeline: one stream per task and run. */
export function containerLogs(pipeline: IPipeline): logs.LogGroup {
  const existing = pipeline.shared.node.tryFindChild('ContainerLogs');
  if (existing !== undefined) return existing as logs.LogGroup;
  return new logs.LogGroup(pipeline.shared, 'ContainerLogs', {
    logGroupName: `/headrace/${pipeline.prefix}`,
    retention: pipeline.logRetention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
}

/** Roles of a pipeline's containers lie under one path, so that one resource covers them in the state machine's policy. */
export function containerRolePath(pipeline: IPipeline): string {
  return `/headrace/${pipeline.prefix}/`;
}

export function containerRoles(pipeline: IPipeline): string {
  return Stack.of(pipeline).formatArn({
    service: 'iam',
    region: '',
    resource: 'role',
    resourceName: `headrace/${pipeline.prefix}/*`,
  });
}

/** Pulls images, reads secrets, writes logs; the container itself never has this role. */
export function sharedExecutionRole(pipeline: IPipeline): iam.Role {
  const existing = pipeline.shared.node.tryFindChild('ContainerStartRole');
  if (existing !== undefined) return existing as iam.Role;
  const role = new iam.Role(pipeline.shared, 'ContainerStartRole', {
    description: 'pulls images, reads secrets and writes logs for containers of a pipeline',
    assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com'),
    path: containerRolePath(pipeline),
  });
  acknowledge(role, 'AwsSolutions-IAM5[Resource::*]', 'ecr:GetAuthorizationToken knows no resources');
  return role;
}
