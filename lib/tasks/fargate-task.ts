import { aws_ec2 as ec2, aws_ecs as ecs, type aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { containerGroup, networkOf, sharedCluster, sharedExecutionRole, spelled } from './container-network';
import {
  addProgram,
  type ContainerTaskProps,
  containerProblems,
  programPrincipal,
  programRole,
  regionProblems,
} from './container-program';
import { containerRunSpec } from './container-run';

/** What a container on Fargate may say. */
export interface FargateTaskProps extends ContainerTaskProps {
  /**
   * An existing task definition; `command` and `environment` are laid over its essential container.
   * @default - one is made from `image`
   */
  readonly taskDefinition?: ecs.IFargateTaskDefinition;
  /**
   * CPU units, 1024 is one.
   * @default 256
   */
  readonly cpu?: number;
  /** @default 512 MB */
  readonly memoryLimitMiB?: number;
  /** @default - Linux on x86 */
  readonly runtimePlatform?: ecs.RuntimePlatform;
  /** @default - private subnets with a way out where the network has them, else its public ones */
  readonly subnets?: ec2.SubnetSelection;
  /** @default - one without a way in, made for the pipeline's containers */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /** @default - true in public subnets, where there is no other way out */
  readonly assignPublicIp?: boolean;
  /**
   * Run on Fargate Spot, which costs a third and may be taken away; where Spot has no room, or takes the container away, it runs once more
   * on demand, beside the author's retries. A cluster that was given needs the capacity providers FARGATE and FARGATE_SPOT.
   * @default false
   */
  readonly spot?: boolean;
  /**
   * What the cluster chooses the capacity from, in ECS's own words; instead of the launch type FARGATE.
   * @default - the launch type FARGATE, on demand
   */
  readonly capacityProviderStrategies?: ecs.CapacityProviderStrategy[];
}

/**
 * Runs a container on Fargate and waits for its end; an exit code other than 0 is a failure, which tells exit code and ECS's reason.
 * Outputs: `taskArn`, and every field of the JSON object that the program reports, or without `reports` writes to the place in S3 given
 * in `HEADRACE_OUTPUT`, which is set when somebody uses such an output.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-ecs.html
 */
export class FargateTask extends Task implements iam.IGrantable, ec2.IConnectable {
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;
  /** What runs. */
  public readonly taskDefinition: ecs.IFargateTaskDefinition;

  private readonly given: FargateTaskProps;
  private readonly cluster: ecs.ICluster;
  private readonly networkGroups: ec2.ISecurityGroup[];

  constructor(scope: Construct, id: string, props: FargateTaskProps) {
    super(scope, id, props);
    this.given = props;
    this.check(props);
    this.cluster = props.cluster ?? this.pipeline.cluster ?? sharedCluster(this.pipeline);
    if (props.spot === true && props.cluster === undefined && this.pipeline.cluster === undefined)
      (this.cluster as ecs.Cluster).enableFargateCapacityProviders();
    this.networkGroups = props.securityGroups ?? [containerGroup(this.pipeline, this.cluster.vpc)];
    this.connections = new ec2.Connections({ securityGroups: this.networkGroups });
    this.taskDefinition = props.taskDefinition ?? this.define(props);
    this.grantPrincipal = programPrincipal(this, this.taskDefinition);
  }

  public toSpec(): TaskSpec {
    const { given } = this;
    return containerRunSpec({
      task: this,
      kind: 'FargateTask',
      props: given,
      definition: this.taskDefinition,
      existing: given.taskDefinition !== undefined,
      cluster: this.cluster,
      placement: this.placement(),
      askedOutputs: this.askedOutputs,
      problem: (message) => this.addProblem(message),
      ...(given.spot !== undefined && { spot: given.spot }),
      ...(given.region !== undefined && { region: given.region }),
    });
  }

  private define(props: FargateTaskProps): ecs.FargateTaskDefinition {
    const { pipeline, taskId } = this;
    const definition = new ecs.FargateTaskDefinition(this, 'Definition', {
      family: `${pipeline.prefix}-${taskId}`,
      cpu: props.cpu ?? 256,
      memoryLimitMiB: props.memoryLimitMiB ?? 512,
      taskRole: props.taskRole ?? programRole(this, pipeline),
      executionRole: props.executionRole ?? sharedExecutionRole(pipeline),
      ...(props.runtimePlatform !== undefined && { runtimePlatform: props.runtimePlatform }),
    });
    addProgram(definition, pipeline, taskId, props);
    return definition;
  }

  private placement(): { [field: string]: Json } {
    const { given } = this;
    const strategies = given.capacityProviderStrategies;
    return {
      ...(strategies === undefined
        ? given.spot !== true && { LaunchType: 'FARGATE' }
        : { CapacityProviderStrategy: strategies.map(spelled) }),
      PlatformVersion: 'LATEST',
      NetworkConfiguration: networkOf(this.cluster.vpc, this.networkGroups, given.subnets, given.assignPublicIp),
    };
  }

  private check(props: FargateTaskProps): void {
    const existing = props.taskDefinition !== undefined;
    for (const problem of containerProblems(props, existing, ['cpu', 'memoryLimitMiB', 'runtimePlatform']))
      this.addProblem(problem);
    if (props.spot === true && props.capacityProviderStrategies !== undefined)
      this.addProblem(
        'spot and capacityProviderStrategies are both given: spot chooses the capacity itself; use one of them',
      );
    if (props.capacityProviderStrategies?.length === 0)
      this.addProblem('capacityProviderStrategies is empty: name at least one provider, or leave it out');
    const home = Stack.of(this).region;
    if (props.region !== undefined && props.region !== home && props.spot === true)
      this.addProblem(`spot is given for ${props.region}: name the provider with capacityProviderStrategies there`);
    for (const problem of regionProblems(home, props.region, !existing, [
      ['cluster', props.cluster?.env.region ?? home],
      ['taskDefinition', props.taskDefinition?.env.region],
      ...(props.securityGroups ?? []).map((group) => ['securityGroups', group.env.region] as const),
    ]))
      this.addProblem(problem);
  }
}
