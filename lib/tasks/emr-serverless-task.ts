import { Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { managedRule } from '../pipeline/machine-role';
import { Retry } from '../pipeline/retry';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { passRole } from './emr-step-task';
import { clientToken, syncStates } from './sync-run';

/** What a Spark job on EMR Serverless or on EKS may say. */
export interface SparkSubmitOptions {
  /**
   * Arguments of the application; may hold run values and outputs.
   * @default - none
   */
  readonly arguments?: string[];
  /**
   * What stands before them on Spark's command line: `--conf spark.executor.memory=4g --class Main`.
   * @default - none
   */
  readonly parameters?: string;
}

/** What a Hive job on EMR Serverless may say. */
export interface HiveJobOptions {
  /**
   * File with statements that come first: `s3://bucket/init.sql`.
   * @default - none
   */
  readonly initQueryFile?: string;
  /**
   * Settings: `--hiveconf hive.exec.scratchdir=s3://bucket/scratch`.
   * @default - none
   */
  readonly parameters?: string;
}

/** What a job on EMR Serverless does. */
export class EmrServerlessJob {
  /**
   * A Spark application.
   * @param entryPoint `s3://bucket/job.py` or a .jar
   */
  public static spark(entryPoint: string, options: SparkSubmitOptions = {}): EmrServerlessJob {
    return new EmrServerlessJob({ SparkSubmit: sparkSubmit(entryPoint, options) });
  }

  /**
   * Statements of Hive.
   * @param query `s3://bucket/query.sql`
   */
  public static hive(query: string, options: HiveJobOptions = {}): EmrServerlessJob {
    return new EmrServerlessJob({
      Hive: {
        Query: query,
        ...(options.initQueryFile !== undefined && { InitQueryFile: options.initQueryFile }),
        ...(options.parameters !== undefined && { Parameters: options.parameters }),
      },
    });
  }

  /** @internal */
  public readonly _driver: Json;

  private constructor(driver: Json) {
    this._driver = driver;
  }
}

/** The words of a Spark job as the services spell them. */
export function sparkSubmit(entryPoint: string, options: SparkSubmitOptions): Json {
  return {
    EntryPoint: entryPoint,
    ...(options.arguments !== undefined && { EntryPointArguments: options.arguments.map(asText) }),
    ...(options.parameters !== undefined && { SparkSubmitParameters: options.parameters }),
  };
}

/** What a job on EMR Serverless may say. */
export interface EmrServerlessTaskProps extends TaskProps {
  /** Id of the application, which starts by itself where it is set to. */
  readonly applicationId: string;
  /** What it does. */
  readonly job: EmrServerlessJob;
  /** The role that the job works with. */
  readonly executionRole: iam.IRole;
  /**
   * Where logs go: `s3://bucket/prefix/`.
   * @default - EMR's own storage, for 30 days
   */
  readonly logUri?: string;
  /**
   * Settings of the applications, as EMR spells them: `[{ Classification: 'spark-defaults', Properties: {...} }]`.
   * @default - the application's
   */
  readonly applicationConfiguration?: { [name: string]: any }[];
}

/**
 * Runs a Spark or Hive job on EMR Serverless and waits for its end; a failure tells the service's details. A call that is repeated
 * because its answer was lost starts no second job, and another attempt starts one. Outputs: `jobRunId`.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-emr-serverless.html
 */
export class EmrServerlessTask extends Task {
  constructor(
    scope: Construct,
    id: string,
    private readonly work: EmrServerlessTaskProps,
  ) {
    super(scope, id, work);
  }

  public toSpec(): TaskSpec {
    const { work } = this;
    const stack = Stack.of(this);
    const application = (rest: string) =>
      stack.formatArn({
        service: 'emr-serverless',
        resource: '',
        resourceName: `applications/${work.applicationId}${rest}`,
      });
    const overrides = {
      ...(work.applicationConfiguration !== undefined && { ApplicationConfiguration: work.applicationConfiguration }),
      ...(work.logUri !== undefined && {
        MonitoringConfiguration: { S3MonitoringConfiguration: { LogUri: work.logUri } },
      }),
    };
    return {
      kind: 'EmrServerlessTask',
      states: syncStates({
        resource: 'arn:aws:states:::emr-serverless:startJobRun.sync',
        arguments: {
          ApplicationId: work.applicationId,
          ExecutionRoleArn: work.executionRole.roleArn,
          Name: `${this.pipeline.run.id} ${this.taskId}`,
          ClientToken: clientToken(this.taskId),
          JobDriver: work.job._driver,
          ...(Object.keys(overrides).length > 0 && { ConfigurationOverrides: overrides }),
          ExecutionTimeoutMinutes: Math.max(5, Math.ceil(this.timeout.toMinutes({ integral: false }))),
        },
        timeout: this.timeout,
        faults: [serverlessFaults()],
        error: 'EMRServerless.JobRunFailed',
        reason: jobRunEnded(),
        outputs: "{'jobRunId':$exists($states.result.JobRun)?$states.result.JobRun.JobRunId:$states.result.JobRunId}",
      }),
      permissions: [
        new iam.PolicyStatement({ actions: ['emr-serverless:StartJobRun'], resources: [application('')] }),
        new iam.PolicyStatement({
          actions: ['emr-serverless:GetJobRun', 'emr-serverless:CancelJobRun'],
          resources: [application('/jobruns/*')],
        }),
        passRole(work.executionRole, 'emr-serverless.amazonaws.com'),
        managedRule(this, 'StepFunctionsGetEventsForEMRServerlessJobRule'),
      ],
    };
  }
}

/** JSONata: why a job run of EMR Serverless or EMR on EKS has ended. */
export function jobRunEnded(): string {
  return (
    "$r:=$exists($j.JobRun)?$j.JobRun:$j;'job run '&($exists($r.JobRunId)?$r.JobRunId:$r.Id)&' ended as '&$r.State" +
    "&($exists($r.StateDetails)?': '&$r.StateDetails:'')&($exists($r.FailureReason)?' ('&$r.FailureReason&')':'')"
  );
}

function serverlessFaults(): Retry {
  return Retry.times(8, {
    on: [
      'EMRServerless.ThrottlingException',
      'EMRServerless.InternalServerException',
      'EMRServerless.ServiceQuotaExceededException',
      'EMRServerless.SdkClientException',
    ],
    interval: Duration.seconds(5),
    maxDelay: Duration.minutes(2),
  });
}
