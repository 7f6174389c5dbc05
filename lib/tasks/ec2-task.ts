import { type aws_ec2 as ec2, aws_ecs as ecs, type aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { containerGroup, networkOf, sharedExecutionRole, spelled } from './container-network';
import {
  addProgram,
  type ContainerTaskProps,
  containerProblems,
  programPrincipal,
  programRole,
  regionProblems,
} from './container-program';
import { containerRunSpec } from './container-run';

/** What a container on machines of one's own may say. */
export interface Ec2TaskProps extends ContainerTaskProps {
  /**
   * An existing task definition; `command` and `environment` are laid over its essential container.
   * @default - one is made from `image`, with the network mode bridge
   */
  readonly taskDefinition?: ecs.IEc2TaskDefinition;
  /**
   * CPU units that are set aside, 1024 is one.
   * @default - none
   */
  readonly cpu?: number;
  /** @default 512 MB */
  readonly memoryLimitMiB?: number;
  /**
   * GPUs that are set aside.
   * @default - none
   */
  readonly gpuCount?: number;
  /**
   * What the cluster chooses the machines from, in ECS's own words; instead of the launch type EC2.
   * @default - the launch type EC2: any machine of the cluster
   */
  readonly capacityProviderStrategies?: ecs.CapacityProviderStrategy[];
  /**
   * How machines are preferred: spread, packed, random.
   * @default - as ECS does
   */
  readonly placementStrategies?: ecs.PlacementStrategy[];
  /**
   * Which machines come into question.
   * @default - all of the cluster
   */
  readonly placementConstraints?: ecs.PlacementConstraint[];
  /** @default - private subnets; only for a definition with the network mode awsvpc */
  readonly subnets?: ec2.SubnetSelection;
  /** @default - one without a way in; only for a definition with the network mode awsvpc */
  readonly securityGroups?: ec2.ISecurityGroup[];
}

/**
 * Runs a container on the EC2 machines of a cluster and waits for its end. Where no machine has room it tries for some minutes, as
 * ECS asks callers to. Outputs and failures are those of `FargateTask`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
 */
export class Ec2Task extends Task implements iam.IGrantable {
  public readonly grantPrincipal: iam.IPrincipal;
  /** What runs. */
  public readonly taskDefinition: ecs.IEc2TaskDefinition;

  private readonly given: Ec2TaskProps;
  private readonly cluster: ecs.ICluster | undefined;

  constructor(scope: Construct, id: string, props: Ec2TaskProps) {
    super(scope, id, props);
    this.given = props;
    this.cluster = props.cluster ?? this.pipeline.cluster;
    this.check(props);
    this.taskDefinition = props.taskDefinition ?? this.define(props);
    this.grantPrincipal = programPrincipal(this, this.taskDefinition);
  }

  public toSpec(): TaskSpec {
    const { given, cluster } = this;
    if (cluster === undefined) return { kind: 'Ec2Task', states: { done: { Type: 'Succeed' } } };
    return containerRunSpec({
      task: this,
      kind: 'Ec2Task',
      props: given,
      definition: this.taskDefinition,
      existing: given.taskDefinition !== undefined,
      cluster,
      placement: this.placement(cluster),
      askedOutputs: this.askedOutputs,
      problem: (message) => this.addProblem(message),
      ...(given.region !== undefined && { region: given.region }),
    });
  }

  private define(props: Ec2TaskProps): ecs.Ec2TaskDefinition {
    const { pipeline, taskId } = this;
    const definition = new ecs.Ec2TaskDefinition(this, 'Definition', {
      family: `${pipeline.prefix}-${taskId}`,
      taskRole: props.taskRole ?? programRole(this, pipeline),
      executionRole: props.executionRole ?? sharedExecutionRole(pipeline),
    });
    addProgram(definition, pipeline, taskId, props, {
      memoryLimitMiB: props.memoryLimitMiB ?? 512,
      ...(props.cpu !== undefined && { cpu: props.cpu }),
      ...(props.gpuCount !== undefined && { gpuCount: props.gpuCount }),
    });
    return definition;
  }

  private placement(cluster: ecs.ICluster): { [field: string]: Json } {
    const { capacityProviderStrategies, placementStrategies, placementConstraints, ...given } = this.given;
    const flat = (list: readonly { toJson(): object[] }[] | undefined) =>
      list?.flatMap((one) => one.toJson().map(spelled));
    const strategies = flat(placementStrategies);
    const constraints = flat(placementConstraints);
    return {
      ...(capacityProviderStrategies === undefined
        ? { LaunchType: 'EC2' }
        : { CapacityProviderStrategy: capacityProviderStrategies.map(spelled) }),
      ...(strategies !== undefined && { PlacementStrategy: strategies }),
      ...(constraints !== undefined && { PlacementConstraints: constraints }),
      ...(this.awsvpc() && {
        NetworkConfiguration: networkOf(
          cluster.vpc,
          given.securityGroups ?? [containerGroup(this.pipeline, cluster.vpc)],
          given.subnets,
          false,
        ),
      }),
    };
  }

  private awsvpc(): boolean {
    return this.given.taskDefinition?.networkMode === ecs.NetworkMode.AWS_VPC;
  }

  private check(props: Ec2TaskProps): void {
    const existing = props.taskDefinition !== undefined;
    for (const problem of containerProblems(props, existing, ['cpu', 'memoryLimitMiB', 'gpuCount']))
      this.addProblem(problem);
    if (this.cluster === undefined)
      this.addProblem(
        'cluster is missing: containers on EC2 need a cluster with machines; give it here or to the pipeline',
      );
    else if (!this.cluster.hasEc2Capacity && props.capacityProviderStrategies === undefined)
      this.addProblem(
        'cluster has no EC2 machines, so the container would never start: add capacity to it, or use FargateTask',
      );
    if (props.capacityProviderStrategies?.length === 0)
      this.addProblem('capacityProviderStrategies is empty: name at least one provider, or leave it out');
    const home = Stack.of(this).region;
    for (const problem of regionProblems(home, props.region, !existing, [
      ['cluster', this.cluster?.env.region],
      ['taskDefinition', props.taskDefinition?.env.region],
    ]))
      this.addProblem(problem);
    for (const prop of ['subnets', 'securityGroups'] as const) {
      if (props[prop] !== undefined && !this.awsvpc())
        this.addProblem(
          `${prop} is given, but the container shares the network of its machine: give a taskDefinition with the network mode awsvpc, or leave it out`,
        );
    }
  }
}
