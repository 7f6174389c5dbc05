import type { aws_ec2 as ec2, aws_ecs as ecs, aws_s3 as s3, aws_sns as sns } from 'aws-cdk-lib';
import type { IConstruct } from 'constructs';

/** What pipelines share, wherever it was made: in this app, or in another team's. */
export interface IPlatform extends IConstruct {
  /** What it is known by in the account and region. */
  readonly platformName: string;
  /** Where containers run. */
  readonly vpc: ec2.IVpc;
  /** Where containers run. */
  readonly cluster: ecs.ICluster;
  /** Hears of everything that alerts tell: `Alert.topic(platform.alertTopic)`. */
  readonly alertTopic: sns.ITopic;
  /**
   * A bucket of the platform.
   * @param name as the platform's `buckets` names it
   */
  bucket(name: string): s3.IBucket;
  /** Name of the Redshift Serverless workgroup, for `Warehouse.ofPlatform(platform)`. */
  readonly workgroupName: string;
  /** ARN of the Redshift Serverless workgroup. */
  readonly workgroupArn: string;
  /** Database in the warehouse. */
  readonly warehouseDatabase: string;
}
