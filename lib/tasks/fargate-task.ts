import { aws_ec2 as ec2, aws_ecs as ecs, aws_iam as iam, Duration, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { acknowledge, acknowledgeWildcards } from '../pipeline/acknowledge';
import { managedRule } from '../pipeline/machine-role';
import { Retry } from '../pipeline/retry';
import { hasRunToken, holdsRunToken } from '../pipeline/run-token';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import {
  containerGroup,
  containerLogs,
  containerRolePath,
  containerRoles,
  sharedCluster,
  sharedExecutionRole,
} from './container-network';
import { outputPlace, readingStates } from './run-outputs';

/** What a container may say. */
export interface FargateTaskProps extends TaskProps {
  /**
   * The image: from a folder with a Dockerfile, a registry, a repository.
   * @default - `taskDefinition` says what runs
   */
  readonly image?: ecs.ContainerImage;
  /**
   * An existing task definition; `command` and `environment` are laid over its essential container.
   * @default - one is made from `image`
   */
  readonly taskDefinition?: ecs.FargateTaskDefinition;
  /**
   * Command of the container; may hold run values and outputs.
   * @default - the image's own
   */
  readonly command?: string[];
  /**
   * Environment of the container; may hold run values and outputs. `HEADRACE_RUN_ID`, `HEADRACE_TASK` and `HEADRACE_LOGICAL_DATE` are always set.
   * @default - nothing else
   */
  readonly environment?: { [name: string]: string };
  /**
   * Environment from Secrets Manager or the parameter store; the values stand in no definition.
   * @default - none
   */
  readonly secrets?: { [name: string]: ecs.Secret };
  /**
   * CPU units, 1024 is one.
   * @default 256
   */
  readonly cpu?: number;
  /** @default 512 MB */
  readonly memoryLimitMiB?: number;
  /** @default - Linux on x86 */
  readonly runtimePlatform?: ecs.RuntimePlatform;
  /**
   * Where it runs.
   * @default - the pipeline's cluster
   */
  readonly cluster?: ecs.ICluster;
  /** @default - private subnets with a way out where the network has them, else its public ones */
  readonly subnets?: ec2.SubnetSelection;
  /** @default - one without a way in, made for the pipeline's containers */
  readonly securityGroups?: ec2.ISecurityGroup[];
  /** @default - true in public subnets, where there is no other way out */
  readonly assignPublicIp?: boolean;
  /**
   * The role that the program works with.
   * @default - one of its own, allowed nothing; `bucket.grantRead(task)` adds to it
   */
  readonly taskRole?: iam.IRole;
  /**
   * The role that pulls the image and reads secrets.
   * @default - one shared by the pipeline's containers
   */
  readonly executionRole?: iam.IRole;
}

/**
 * Runs a container on Fargate and waits for its end; an exit code other than 0 is a failure. Outputs: `taskArn`, and every field
 * of the JSON object that the program writes to the place in S3 given in `HEADRACE_OUTPUT`, which is set when somebody uses such
 * an output. The cause of a failure is ECS's description of the task; alerts and the command show exit code and reason from it.
 */
export class FargateTask extends Task implements iam.IGrantable, ec2.IConnectable {
  public readonly grantPrincipal: iam.IPrincipal;
  public readonly connections: ec2.Connections;
  /** What runs. */
  public readonly taskDefinition: ecs.FargateTaskDefinition;

  private readonly given: FargateTaskProps;
  private readonly cluster: ecs.ICluster;
  private readonly groups: ec2.ISecurityGroup[];

  constructor(scope: Construct, id: string, props: FargateTaskProps) {
    super(scope, id, props);
    this.given = props;
    this.check(props);
    this.cluster = props.cluster ?? this.pipeline.cluster ?? sharedCluster(this.pipeline);
    this.groups = props.securityGroups ?? [containerGroup(this.pipeline, this.cluster.vpc)];
    this.connections = new ec2.Connections({ securityGroups: this.groups });
    this.taskDefinition = props.taskDefinition ?? this.define(props);
    this.grantPrincipal = this.taskDefinition.taskRole;
  }

  public toSpec(): TaskSpec {
    const own = this.askedOutputs.filter((name) => name !== 'taskArn');
    const place = own.length > 0 ? outputPlace(this.pipeline, this.taskId) : undefined;
    if (place !== undefined) {
      this.taskDefinition.addToTaskRolePolicy(place.write);
      acknowledgeWildcards(
        this.taskDefinition.taskRole,
        place.write.resources,
        'the outputs of this task, one object a run',
      );
    }
    const request = this.request(place?.url);
    const common = {
      kind: 'FargateTask',
      permissions: [...this.permissions(), ...(place?.read ?? [])],
      ...(this.given.taskDefinition === undefined && {
        log: {
          service: 'ecs',
          group: `/headrace/${this.pipeline.prefix}`,
          streamPrefix: `${this.taskId}/${CONTAINER}/`,
        },
      }),
    };
    if (place === undefined) {
      return {
        ...common,
        resource: RUN,
        arguments: request,
        outputs: "{'taskArn':$states.result.TaskArn}",
        serviceRetry: [faults()],
      };
    }
    const run = {
      Type: 'Task',
      Resource: RUN,
      Arguments: request,
      TimeoutSeconds: this.timeout.toSeconds(),
      Retry: faults()._retriers(),
    };
    return {
      ...common,
      states: readingStates(this.taskId, place, own, run as never, "{'taskArn':$states.result.TaskArn}"),
    };
  }

  private define(props: FargateTaskProps): ecs.FargateTaskDefinition {
    const { pipeline, taskId } = this;
    const taskRole =
      props.taskRole ??
      new iam.Role(this, 'Role', {
        description: `program of ${this.node.path}`,
        assumedBy: new iam.ServicePrincipal('ecs-tasks.amazonaws.com', {
          conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
        }),
        path: containerRolePath(pipeline),
      });
    const definition = new ecs.FargateTaskDefinition(this, 'Definition', {
      family: `${pipeline.prefix}-${taskId}`,
      cpu: props.cpu ?? 256,
      memoryLimitMiB: props.memoryLimitMiB ?? 512,
      taskRole,
      executionRole: props.executionRole ?? sharedExecutionRole(pipeline),
      ...(props.runtimePlatform !== undefined && { runtimePlatform: props.runtimePlatform }),
    });
    // What is the same in every run stands in the definition, where it can be read; the rest comes with each run.
    const fixed = Object.entries(props.environment ?? {}).filter(([, value]) => !hasRunToken(value));
    definition.addContainer(CONTAINER, {
      image: props.image ?? ecs.ContainerImage.fromRegistry('missing'),
      essential: true,
      ...(props.command !== undefined && !holdsRunToken(props.command) && { command: props.command }),
      ...(fixed.length > 0 && { environment: Object.fromEntries(fixed) }),
      ...(props.secrets !== undefined && { secrets: props.secrets }),
      logging: ecs.LogDrivers.awsLogs({ logGroup: containerLogs(pipeline), streamPrefix: taskId }),
    });
    if (fixed.length > 0) {
      acknowledge(
        definition,
        'AwsSolutions-ECS2',
        'the environment holds settings; secrets come from Secrets Manager through the prop secrets',
      );
    }
    return definition;
  }

  private request(outputUrl: string | undefined): { [field: string]: any } {
    const { given, pipeline } = this;
    const existing = given.taskDefinition !== undefined;
    const environment = {
      HEADRACE_RUN_ID: pipeline.run.id,
      HEADRACE_TASK: this.taskId,
      HEADRACE_LOGICAL_DATE: pipeline.run.logicalDate,
      ...(outputUrl !== undefined && { HEADRACE_OUTPUT: outputUrl }),
      ...Object.fromEntries(
        Object.entries(given.environment ?? {}).filter(([, value]) => existing || hasRunToken(value)),
      ),
    };
    const command =
      given.command !== undefined && (existing || holdsRunToken(given.command)) ? given.command : undefined;
    const privateOnes = this.cluster.vpc.privateSubnets.length > 0;
    const subnets = this.cluster.vpc.selectSubnets(
      given.subnets ?? { subnetType: privateOnes ? ec2.SubnetType.PRIVATE_WITH_EGRESS : ec2.SubnetType.PUBLIC },
    );
    return {
      LaunchType: 'FARGATE',
      PlatformVersion: 'LATEST',
      Cluster: this.cluster.clusterArn,
      TaskDefinition: this.taskDefinition.taskDefinitionArn,
      PropagateTags: 'TASK_DEFINITION',
      NetworkConfiguration: {
        AwsvpcConfiguration: {
          Subnets: subnets.subnetIds,
          SecurityGroups: this.groups.map((group) => group.securityGroupId),
          AssignPublicIp: (given.assignPublicIp ?? subnets.hasPublic) ? 'ENABLED' : 'DISABLED',
        },
      },
      Overrides: {
        ContainerOverrides: [
          {
            Name: this.taskDefinition.defaultContainer?.containerName ?? CONTAINER,
            ...(command !== undefined && { Command: command.map(asText) }),
            Environment: Object.entries(environment).map(([Name, value]) => ({ Name, Value: asText(value) })),
          },
        ],
      },
    };
  }

  private permissions(): iam.PolicyStatement[] {
    const stack = Stack.of(this);
    const { given, pipeline, taskDefinition } = this;
    const own = given.taskDefinition === undefined;
    const definitions = own
      ? stack.formatArn({ service: 'ecs', resource: 'task-definition', resourceName: `${pipeline.prefix}-*` })
      : taskDefinition.taskDefinitionArn;
    const roles = [
      ...(own ? [containerRoles(pipeline)] : [taskDefinition.taskRole.roleArn]),
      ...(own && given.taskRole !== undefined ? [given.taskRole.roleArn] : []),
      ...(own && given.executionRole !== undefined ? [given.executionRole.roleArn] : []),
      ...(!own && taskDefinition.executionRole !== undefined ? [taskDefinition.executionRole.roleArn] : []),
    ];
    return [
      new iam.PolicyStatement({
        actions: ['ecs:RunTask'],
        resources: [definitions],
        conditions: { ArnEquals: { 'ecs:cluster': this.cluster.clusterArn } },
      }),
      new iam.PolicyStatement({
        actions: ['ecs:StopTask', 'ecs:DescribeTasks'],
        resources: [
          stack.formatArn({ service: 'ecs', resource: 'task', resourceName: `${this.cluster.clusterName}/*` }),
        ],
      }),
      new iam.PolicyStatement({
        actions: ['iam:PassRole'],
        resources: roles,
        conditions: { StringEquals: { 'iam:PassedToService': 'ecs-tasks.amazonaws.com' } },
      }),
      managedRule(this, 'StepFunctionsGetEventsForECSTaskRule'),
    ];
  }

  private check(props: FargateTaskProps): void {
    if (props.taskDefinition === undefined && props.image === undefined) {
      this.addProblem('image is missing: give the image that runs, or an existing taskDefinition');
    }
    if (props.taskDefinition !== undefined) {
      for (const prop of [
        'image',
        'secrets',
        'cpu',
        'memoryLimitMiB',
        'runtimePlatform',
        'taskRole',
        'executionRole',
      ] as const) {
        if (props[prop] !== undefined)
          this.addProblem(
            `${prop} is given beside taskDefinition: it would do nothing to a definition that exists; set it there, or leave taskDefinition out`,
          );
      }
    }
    for (const name of Object.keys(props.environment ?? {})) {
      if (name.startsWith('HEADRACE_'))
        this.addProblem(`the environment variable ${name} is one of headrace's own: choose another name`);
      if (props.secrets !== undefined && name in props.secrets)
        this.addProblem(`${name} is given in environment and in secrets: only one of them can hold`);
    }
  }
}

/** Name of the container: a part of the log stream's name. */
const CONTAINER = 'Main';

const RUN = 'arn:aws:states:::ecs:runTask.sync';

/** Nothing has run yet when these come: throttles, and no capacity for the moment. */
function faults(): Retry {
  return Retry.times(5, {
    on: [
      'ECS.AmazonECSException',
      'ECS.ServerException',
      'ECS.SdkClientException',
      'ECS.ThrottlingException',
      'AmazonECS.Unknown',
    ],
    interval: Duration.seconds(5),
    maxDelay: Duration.minutes(1),
  });
}
