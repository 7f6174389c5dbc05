import { aws_autoscaling as autoscaling, aws_ec2 as ec2, aws_ecs as ecs, Duration, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { Ec2Task, type Ec2TaskProps, type Pipeline } from '../../lib';
import { fails, innerStates, mistakes, pipeline, play, template } from './run-task';

const image = ecs.ContainerImage.fromRegistry('busybox');

function machines(sales: Pipeline): ecs.Cluster {
  const stack = Stack.of(sales);
  const vpc = new ec2.Vpc(stack, 'Vpc');
  const cluster = new ecs.Cluster(stack, 'Cluster', { vpc });
  const group = new autoscaling.AutoScalingGroup(stack, 'Machines', {
    vpc,
    instanceType: new ec2.InstanceType('m5.large'),
    machineImage: ecs.EcsOptimizedImage.amazonLinux2023(),
  });
  cluster.addAsgCapacityProvider(
    new ecs.AsgCapacityProvider(stack, 'Capacity', { autoScalingGroup: group, capacityProviderName: 'own' }),
  );
  return cluster;
}

function container(props: Partial<Ec2TaskProps> = {}) {
  const sales = pipeline();
  new Ec2Task(sales, 'Ingest', { image, cluster: machines(sales), ...props });
  return sales;
}

describe('a container on machines of ones own', () => {
  it('runs on any of them, in their network', () => {
    const { Arguments } = innerStates(container({ memoryLimitMiB: 1024, gpuCount: 1 }), 'Ingest')['Ingest run'];
    expect(Arguments).toMatchObject({ LaunchType: 'EC2' });
    expect(Arguments).not.toHaveProperty('NetworkConfiguration');
    expect(Arguments).not.toHaveProperty('PlatformVersion');
    template(container({ memoryLimitMiB: 1024, gpuCount: 1 })).hasResourceProperties('AWS::ECS::TaskDefinition', {
      NetworkMode: 'bridge',
      RequiresCompatibilities: ['EC2'],
      ContainerDefinitions: [{ Memory: 1024, ResourceRequirements: [{ Type: 'GPU', Value: '1' }] }],
    });
  });

  it('is placed in the words of ECS', () => {
    const { Arguments } = innerStates(
      container({
        capacityProviderStrategies: [{ capacityProvider: 'own', weight: 1 }],
        placementStrategies: [ecs.PlacementStrategy.packedByMemory()],
        placementConstraints: [ecs.PlacementConstraint.memberOf('attribute:ecs.instance-type =~ m5.*')],
      }),
      'Ingest',
    )['Ingest run'];
    expect(Arguments).not.toHaveProperty('LaunchType');
    expect(Arguments).toMatchObject({
      CapacityProviderStrategy: [{ CapacityProvider: 'own', Weight: 1 }],
      PlacementStrategy: [{ Type: 'binpack', Field: 'MEMORY' }],
      PlacementConstraints: [{ Type: 'memberOf', Expression: 'attribute:ecs.instance-type =~ m5.*' }],
    });
  });

  it('has an address of its own where its definition says so', () => {
    const sales = pipeline();
    const cluster = machines(sales);
    const taskDefinition = new ecs.Ec2TaskDefinition(Stack.of(sales), 'Own', { networkMode: ecs.NetworkMode.AWS_VPC });
    taskDefinition.addContainer('app', { image, memoryLimitMiB: 512 });
    new Ec2Task(sales, 'Ingest', { taskDefinition, cluster });
    const { Arguments } = innerStates(sales, 'Ingest')['Ingest run'];
    expect(Arguments.NetworkConfiguration.AwsvpcConfiguration.AssignPublicIp).toBe('DISABLED');
    expect(Arguments.Overrides.ContainerOverrides[0].Name).toBe('app');
  });

  it('that found no room for some minutes fails with the reason of ECS', async () => {
    const run = await play(container(), () => fails('AmazonECS.Unknown', 'RESOURCE:MEMORY'));
    expect(run.calls).toHaveLength(6);
    expect(run.failure).toEqual({ Error: 'AmazonECS.Unknown', Cause: 'RESOURCE:MEMORY' });
  });

  it('may report', () => {
    const states = innerStates(container({ reports: true, heartbeat: Duration.minutes(5) }), 'Ingest');
    expect(states['Ingest both'].Branches).toHaveLength(2);
  });
});

describe('fails', () => {
  it('without a cluster', () => {
    const sales = pipeline();
    new Ec2Task(sales, 'Ingest', { image });
    expect(mistakes(sales)).toContain('[Demo/Sales/Ingest] cluster is missing: containers on EC2 need a cluster');
  });

  it('with a cluster without machines', () => {
    const sales = pipeline();
    const vpc = new ec2.Vpc(Stack.of(sales), 'Vpc');
    new Ec2Task(sales, 'Ingest', { image, cluster: new ecs.Cluster(Stack.of(sales), 'Cluster', { vpc }) });
    expect(mistakes(sales)).toContain('[Demo/Sales/Ingest] cluster has no EC2 machines');
  });

  it.each([
    ['with subnets of a container in its machine', { subnets: {} }, 'subnets is given, but the container shares'],
    ['with no capacity to choose from', { capacityProviderStrategies: [] }, 'capacityProviderStrategies is empty'],
    [
      'with a network of another region',
      { region: 'us-west-2' },
      'region is us-west-2, but cluster is bound to a network',
    ],
    ['with a container of no definition', { containerName: 'app' }, 'containerName is given without taskDefinition'],
  ])('%s', (_, props, message) => {
    expect(mistakes(container(props))).toContain(`[Demo/Sales/Ingest] ${message}`);
  });
});
