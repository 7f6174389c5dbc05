import { Aspects, Duration, type aws_ec2 as ec2, aws_iam as iam, Stack, Tags } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { acknowledge } from '../pipeline/acknowledge';
import { type IPipeline, pipelineOf } from '../pipeline/i-pipeline';
import { managedRule } from '../pipeline/machine-role';
import { Task, TaskList } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { markCluster } from './emr-cluster-scope';
import { clusterArn, emrFaults, passRole } from './emr-step-task';
import { syncStates } from './sync-run';

/** What a cluster that lives for one run may say. */
export interface EmrClusterProps {
  /** EMR's release, such as emr-7.5.0. */
  readonly releaseLabel: string;
  /** Where its machines are; with a role made here the subnet is tagged as EMR's managed policy wants it. */
  readonly subnet: ec2.ISubnet;
  /**
   * Applications.
   * @default Spark
   */
  readonly applications?: string[];
  /** @default m5.xlarge */
  readonly masterInstanceType?: string;
  /** @default m5.xlarge */
  readonly coreInstanceType?: string;
  /** @default 2 */
  readonly coreInstanceCount?: number;
  /**
   * Machines that hold no data, on Spot.
   * @default 0
   */
  readonly spotInstanceCount?: number;
  /** @default - the type of the core machines */
  readonly spotInstanceType?: string;
  /**
   * Where logs go: `s3://bucket/prefix/`.
   * @default - nowhere
   */
  readonly logUri?: string;
  /**
   * Settings of the applications, as EMR spells them: `[{ Classification: 'spark-defaults', Properties: {...} }]`.
   * @default - none
   */
  readonly configurations?: { [name: string]: any }[];
  /**
   * The cluster ends by itself when it has been idle for so long: the last word where even the run is gone.
   * @default 1 hour
   */
  readonly idleTimeout?: Duration;
  /**
   * The longest that making it may take.
   * @default 1 hour
   */
  readonly startTimeout?: Duration;
  /**
   * The role that EMR works with.
   * @default - one with AWS's managed policy
   */
  readonly serviceRole?: iam.IRole;
  /**
   * The role of its machines, which reads and writes data. An instance profile is made for it.
   * @default - one allowed nothing; `bucket.grantRead(cluster)` adds to it
   */
  readonly instanceRole?: iam.IRole;
  /**
   * Name of an EMR security configuration: encryption, roles for steps.
   * @default - none
   */
  readonly securityConfiguration?: string;
}

/**
 * An EMR cluster that is made in a run and always terminated: tasks inside it, `new EmrStepTask(cluster, ...)`, run between. It adds
 * two tasks: `<id>Create`, and its teardown `<id>Terminate`, which runs when all inside have ended, however they did; how the run
 * ends is decided by them. Re-run a failed step together with `<id>Create`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr.html
 */
export class EmrCluster extends Construct implements iam.IGrantable {
  public readonly grantPrincipal: iam.IPrincipal;
  /** Id of the cluster of this run, for the props of tasks. */
  public readonly clusterId: string;

  private readonly create: Task;
  private readonly terminate: Task;
  private readonly followers: Task[] = [];

  constructor(scope: Construct, id: string, props: EmrClusterProps) {
    super(scope, id);
    markCluster(this);
    const pipeline = pipelineOf(scope, id);
    const instanceRole = props.instanceRole ?? ownRole(this, 'InstanceRole', 'ec2.amazonaws.com', 'machines');
    this.grantPrincipal = instanceRole.grantPrincipal;
    const profile = new iam.CfnInstanceProfile(this, 'Profile', { roles: [instanceRole.roleName] });
    const serviceRole = props.serviceRole ?? managedRole(this, props.subnet, instanceRole);
    const request = clusterRequest(pipeline, id, props, serviceRole, profile.ref);
    this.create = new EmrCreateTask(this, `${id}Create`, request, [instanceRole, serviceRole], props.startTimeout);
    this.clusterId = this.create.output('clusterId');
    this.terminate = new EmrTerminateTask(this, `${id}Terminate`, this.clusterId);
    if ((props.coreInstanceCount ?? 2) < 1)
      pipeline.addProblem(
        this,
        `coreInstanceCount is ${props.coreInstanceCount}: expected at least 1, which holds the data`,
      );
    // Before the pipeline compiles, when all tasks inside are known.
    Aspects.of(pipeline).add({ visit: (node) => node === pipeline && this.enclose(pipeline) }, { priority: 150 });
  }

  /** Tasks that start when all tasks inside are done; the termination is not waited for. */
  public next(...tasks: Task[]): TaskList {
    this.followers.push(...tasks);
    return new TaskList(tasks);
  }

  /** Tasks that the cluster is made after. */
  public after(...tasks: Task[]): EmrCluster {
    new TaskList([this.create]).after(...tasks);
    return this;
  }

  private enclose(pipeline: IPipeline): void {
    if (pipeline.compiled) return;
    const own: Task[] = [this.create, this.terminate];
    const inside = this.node.findAll().filter((node): node is Task => Task.isTask(node) && !own.includes(node));
    if (inside.length === 0)
      pipeline.addProblem(this, 'no task lies inside it: the cluster would be made and terminated for nothing');
    for (const task of inside) {
      task.after(this.create);
      this.terminate.after(task);
      for (const follower of this.followers) follower.after(task);
    }
    this.terminate.asTeardown([this.create]);
  }
}

class EmrCreateTask extends Task {
  constructor(
    scope: Construct,
    id: string,
    private readonly request: Json,
    private readonly roles: iam.IRole[],
    startTimeout: Duration = Duration.hours(1),
  ) {
    super(scope, id, { timeout: startTimeout });
  }

  public toSpec(): TaskSpec {
    const stack = Stack.of(this);
    const [instanceRole, serviceRole] = this.roles;
    return {
      kind: 'EmrCreateClusterTask',
      states: syncStates({
        resource: 'arn:aws:states:::elasticmapreduce:createCluster.sync',
        arguments: this.request,
        timeout: this.timeout,
        faults: [emrFaults()],
        error: 'EMR.ClusterFailed',
        reason:
          "$s:=$exists($j.Cluster)?$j.Cluster:$j;$d:=$s.Status.StateChangeReason;'cluster '&$s.Id&' ended as '&$s.Status.State&" +
          "($exists($d)?': '&$join([$d.Message,$d.Code],' '):'')",
        outputs: "{'clusterId':$states.result.ClusterId}",
      }),
      permissions: [
        new iam.PolicyStatement({ actions: ['elasticmapreduce:RunJobFlow'], resources: ['*'] }),
        new iam.PolicyStatement({
          actions: [
            'elasticmapreduce:DescribeCluster',
            'elasticmapreduce:TerminateJobFlows',
            'elasticmapreduce:AddTags',
            'elasticmapreduce:PutAutoTerminationPolicy',
          ],
          resources: [clusterArn(stack, '*')],
        }),
        passRole(serviceRole!, 'elasticmapreduce.amazonaws.com'),
        passRole(instanceRole!, 'ec2.amazonaws.com'),
        managedRule(this, 'StepFunctionsGetEventForEMRRunJobFlowRule'),
      ],
    };
  }
}

class EmrTerminateTask extends Task {
  constructor(
    scope: Construct,
    id: string,
    private readonly clusterId: string,
  ) {
    super(scope, id, { timeout: Duration.hours(1) });
  }

  public toSpec(): TaskSpec {
    return {
      kind: 'EmrTerminateClusterTask',
      states: syncStates({
        resource: 'arn:aws:states:::elasticmapreduce:terminateCluster.sync',
        arguments: { ClusterId: this.clusterId },
        timeout: this.timeout,
        faults: [emrFaults()],
        error: 'EMR.TerminationFailed',
        reason: "'the cluster was not terminated: '&$string($j)",
        outputs: "{'clusterId':$states.result.ClusterId}",
      }),
      permissions: [
        new iam.PolicyStatement({
          actions: ['elasticmapreduce:DescribeCluster', 'elasticmapreduce:TerminateJobFlows'],
          resources: [clusterArn(Stack.of(this), '*')],
        }),
        managedRule(this, 'StepFunctionsGetEventForEMRTerminateJobFlowsRule'),
      ],
    };
  }
}

function clusterRequest(
  pipeline: IPipeline,
  id: string,
  props: EmrClusterProps,
  serviceRole: iam.IRole,
  profile: string,
): Json {
  const core = props.coreInstanceType ?? 'm5.xlarge';
  const group = (InstanceRole: string, InstanceType: string, InstanceCount: number, Market: string) => ({
    Name: InstanceRole.toLowerCase(),
    InstanceRole,
    InstanceType,
    InstanceCount,
    Market,
  });
  return {
    Name: `${pipeline.prefix}-${id} ${pipeline.run.id}`,
    ReleaseLabel: props.releaseLabel,
    Applications: (props.applications ?? ['Spark']).map((Name) => ({ Name })),
    ServiceRole: serviceRole.roleArn,
    JobFlowRole: profile,
    Instances: {
      KeepJobFlowAliveWhenNoSteps: true,
      TerminationProtected: false,
      Ec2SubnetId: props.subnet.subnetId,
      InstanceGroups: [
        group('MASTER', props.masterInstanceType ?? 'm5.xlarge', 1, 'ON_DEMAND'),
        group('CORE', core, props.coreInstanceCount ?? 2, 'ON_DEMAND'),
        ...(props.spotInstanceCount === undefined || props.spotInstanceCount === 0
          ? []
          : [group('TASK', props.spotInstanceType ?? core, props.spotInstanceCount, 'SPOT')]),
      ],
    },
    AutoTerminationPolicy: { IdleTimeout: (props.idleTimeout ?? Duration.hours(1)).toSeconds() },
    ...(props.logUri !== undefined && { LogUri: props.logUri }),
    ...(props.configurations !== undefined && { Configurations: props.configurations }),
    ...(props.securityConfiguration !== undefined && { SecurityConfiguration: props.securityConfiguration }),
    Tags: [
      { Key: MANAGED, Value: 'true' },
      { Key: 'headrace:pipeline', Value: pipeline.pipelineName },
    ],
    VisibleToAllUsers: true,
  };
}

/** EMR's managed policy allows what bears this tag. */
const MANAGED = 'for-use-with-amazon-emr-managed-policies';

function ownRole(scope: Construct, id: string, service: string, what: string): iam.Role {
  return new iam.Role(scope, id, {
    description: `${what} of the cluster ${scope.node.path}`,
    assumedBy: new iam.ServicePrincipal(service),
  });
}

function managedRole(scope: Construct, subnet: ec2.ISubnet, instanceRole: iam.IRole): iam.Role {
  const role = ownRole(scope, 'ServiceRole', 'elasticmapreduce.amazonaws.com', 'EMR');
  role.addManagedPolicy(iam.ManagedPolicy.fromAwsManagedPolicyName('service-role/AmazonEMRServicePolicy_v2'));
  role.addToPolicy(passRole(instanceRole, 'ec2.amazonaws.com'));
  acknowledge(
    role,
    'AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/service-role/AmazonEMRServicePolicy_v2]',
    'the policy that EMR is made for; it is limited to resources that bear its tag',
  );
  Tags.of(subnet).add(MANAGED, 'true');
  return role;
}
