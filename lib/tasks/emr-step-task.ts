import { Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { managedRule } from '../pipeline/machine-role';
import { Retry } from '../pipeline/retry';
import { hasRunToken } from '../pipeline/run-token';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { clusterOf } from './emr-cluster-scope';
import type { EmrStep } from './emr-step';
import { syncStates } from './sync-run';

/** What a step on an EMR cluster may say. */
export interface EmrStepTaskProps extends TaskProps {
  /** What it does. */
  readonly step: EmrStep;
  /**
   * Id of a running cluster, `j-...`; may be an output of another task.
   * @default - the `EmrCluster` that the task lies in
   */
  readonly clusterId?: string;
  /**
   * The role that the step works with, for clusters that have roles for steps.
   * @default - the cluster's instance role
   */
  readonly executionRole?: iam.IRole;
}

/**
 * Runs a step on an EMR cluster and waits for its end; a failure tells EMR's reason, message and log file. Other steps of the cluster
 * go on. Outputs: `stepId`, `clusterId`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr.html
 */
export class EmrStepTask extends Task {
  constructor(
    scope: Construct,
    id: string,
    private readonly work: EmrStepTaskProps,
  ) {
    super(scope, id, work);
    const inside = clusterOf(this);
    if (work.clusterId === undefined && inside === undefined)
      this.addProblem('clusterId is missing: name a running cluster, or put the task into an EmrCluster');
    if (work.clusterId !== undefined && inside !== undefined)
      this.addProblem(
        `clusterId is given for a task inside ${inside.node.path}, whose cluster it would not use: leave it out, or move the task out of it`,
      );
  }

  public toSpec(): TaskSpec {
    const { work } = this;
    const { jarUri, mainClass, args } = work.step;
    const cluster = work.clusterId ?? clusterOf(this)?.clusterId ?? '';
    const stack = Stack.of(this);
    return {
      kind: 'EmrStepTask',
      states: syncStates({
        resource: 'arn:aws:states:::elasticmapreduce:addStep.sync',
        arguments: {
          ClusterId: asText(cluster),
          Step: {
            Name: `${this.pipeline.run.id} ${this.taskId}`,
            // Nobody else's steps end with this one.
            ActionOnFailure: 'CONTINUE',
            HadoopJarStep: {
              Jar: jarUri,
              ...(mainClass !== undefined && { MainClass: mainClass }),
              Args: args.map(asText),
            },
          },
          ...(work.executionRole !== undefined && { ExecutionRoleArn: work.executionRole.roleArn }),
        },
        timeout: this.timeout,
        faults: [emrFaults()],
        error: 'EMR.StepFailed',
        reason:
          "$s:=$exists($j.Step)?$j.Step:$j;$d:=$s.Status.FailureDetails;'step '&$s.Id&' ended as '&$s.Status.State&" +
          "($exists($d)?': '&$join([$d.Reason,$d.Message,$exists($d.LogFile)?'log in '&$d.LogFile],'; '):'')",
        outputs: `{'stepId':$states.result.Step.Id,'clusterId':$states.result.ClusterId}`,
      }),
      permissions: [
        new iam.PolicyStatement({
          actions: [
            'elasticmapreduce:AddJobFlowSteps',
            'elasticmapreduce:DescribeStep',
            'elasticmapreduce:CancelSteps',
          ],
          // Which cluster a run makes is known only when it runs.
          resources: [clusterArn(stack, hasRunToken(cluster) ? '*' : cluster)],
        }),
        ...(work.executionRole === undefined ? [] : [passRole(work.executionRole, 'elasticmapreduce.amazonaws.com')]),
        managedRule(this, 'StepFunctionsGetEventForEMRAddJobFlowStepsRule'),
      ],
    };
  }
}

export function clusterArn(stack: Stack, id: string): string {
  return stack.formatArn({ service: 'elasticmapreduce', resource: 'cluster', resourceName: id });
}

export function passRole(role: iam.IRole, service: string): iam.PolicyStatement {
  return new iam.PolicyStatement({
    actions: ['iam:PassRole'],
    resources: [role.roleArn],
    conditions: { StringEquals: { 'iam:PassedToService': service } },
  });
}

/** EMR's API bears few calls a second. */
export function emrFaults(): Retry {
  return Retry.times(8, {
    on: [
      'ElasticMapReduce.ThrottlingException',
      'ElasticMapReduce.InternalServerErrorException',
      'ElasticMapReduce.InternalServerException',
      'ElasticMapReduce.SdkClientException',
    ],
    interval: Duration.seconds(5),
    maxDelay: Duration.minutes(2),
  });
}
