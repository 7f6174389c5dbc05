import { Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Retry } from '../pipeline/retry';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { jobRunEnded, type SparkSubmitOptions, sparkSubmit } from './emr-serverless-task';
import { clientToken, syncStates } from './sync-run';

/** What a job on EMR on EKS may say. */
export interface EmrContainersTaskProps extends TaskProps {
  /** Id of the virtual cluster. */
  readonly virtualClusterId: string;
  /** EMR's release, such as emr-7.5.0-latest. */
  readonly releaseLabel: string;
  /** The Spark application: `s3://bucket/job.py` or a .jar. */
  readonly entryPoint: string;
  /**
   * Arguments and Spark's own words.
   * @default - none
   */
  readonly sparkSubmit?: SparkSubmitOptions;
  /** The role that the job works with; it has to trust the virtual cluster's service accounts. */
  readonly executionRole: iam.IRole;
  /**
   * Settings of the applications, as EMR spells them: `[{ Classification: 'spark-defaults', Properties: {...} }]`.
   * @default - none
   */
  readonly applicationConfiguration?: { [name: string]: any }[];
  /**
   * Where logs go: `s3://bucket/prefix/`.
   * @default - nowhere
   */
  readonly logUri?: string;
}

/**
 * Runs a Spark job on EMR on EKS and waits for its end; a failure tells the service's reason. Outputs: `jobRunId`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr-eks.html
 */
export class EmrContainersTask extends Task {
  constructor(
    scope: Construct,
    id: string,
    private readonly work: EmrContainersTaskProps,
  ) {
    super(scope, id, work);
  }

  public toSpec(): TaskSpec {
    const { work } = this;
    const stack = Stack.of(this);
    const cluster = (rest: string) =>
      stack.formatArn({
        service: 'emr-containers',
        resource: '',
        resourceName: `virtualclusters/${work.virtualClusterId}${rest}`,
      });
    const overrides = {
      ...(work.applicationConfiguration !== undefined && { ApplicationConfiguration: work.applicationConfiguration }),
      ...(work.logUri !== undefined && {
        MonitoringConfiguration: { S3MonitoringConfiguration: { LogUri: work.logUri } },
      }),
    };
    return {
      kind: 'EmrContainersTask',
      states: syncStates({
        resource: 'arn:aws:states:::emr-containers:startJobRun.sync',
        arguments: {
          VirtualClusterId: work.virtualClusterId,
          // The service takes letters, digits and . - _ / # here.
          Name: `${this.pipeline.prefix}-${this.taskId}`.replace(/[^.\-_/#A-Za-z0-9]/g, '-').slice(0, 64),
          ClientToken: clientToken(this.taskId),
          ExecutionRoleArn: work.executionRole.roleArn,
          ReleaseLabel: work.releaseLabel,
          JobDriver: { SparkSubmitJobDriver: sparkSubmit(work.entryPoint, work.sparkSubmit ?? {}) },
          ...(Object.keys(overrides).length > 0 && { ConfigurationOverrides: overrides }),
        },
        timeout: this.timeout,
        faults: [
          Retry.times(8, {
            on: [
              'EMRContainers.ThrottlingException',
              'EMRContainers.InternalServerException',
              'EMRContainers.SdkClientException',
            ],
            interval: Duration.seconds(5),
            maxDelay: Duration.minutes(2),
          }),
        ],
        error: 'EMRContainers.JobRunFailed',
        reason: jobRunEnded(),
        outputs: "{'jobRunId':$exists($states.result.Id)?$states.result.Id:$states.result.JobRun.Id}",
      }),
      permissions: [
        new iam.PolicyStatement({
          actions: ['emr-containers:StartJobRun'],
          resources: [cluster('')],
          conditions: { StringEquals: { 'emr-containers:ExecutionRoleArn': work.executionRole.roleArn } },
        }),
        new iam.PolicyStatement({
          actions: ['emr-containers:DescribeJobRun', 'emr-containers:CancelJobRun'],
          resources: [cluster('/jobruns/*')],
        }),
      ],
    };
  }
}
