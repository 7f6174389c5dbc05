import { aws_ec2 as ec2, aws_ecs as ecs, aws_s3 as s3, aws_sns as sns } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { IPlatform } from './i-platform';
import { checkedName } from './platform';
import { fact, facts } from './platform-parameters';

/** Which platform, and what CDK has to know of it before it is deployed. */
export interface PlatformImportProps {
  /** Its `platformName`. */
  readonly platformName: string;
  /**
   * In how many zones its containers run.
   * @default 2
   */
  readonly availabilityZones?: number;
  /**
   * Its containers run in private subnets, which have a way out of their own: a platform that was given such a `vpc`.
   * @default false
   */
  readonly privateSubnets?: boolean;
}

/**
 * A platform that another app has deployed to this account and region, found by its name: its SSM parameters
 * `/headrace/platform/<name>/...` are read when the stack is deployed, so nothing is looked up at synth and either side is deployed alone.
 */
export class PlatformImport extends Construct implements IPlatform {
  public readonly platformName: string;
  public readonly vpc: ec2.IVpc;
  public readonly cluster: ecs.ICluster;
  public readonly alertTopic: sns.ITopic;

  private readonly buckets = new Map<string, s3.IBucket>();

  constructor(scope: Construct, id: string, props: PlatformImportProps) {
    super(scope, id);
    this.platformName = checkedName(this, props.platformName);
    const { platformName } = this;
    const count = props.availabilityZones ?? 2;
    const subnets = facts(this, platformName, 'subnet-ids', count);
    this.vpc = ec2.Vpc.fromVpcAttributes(this, 'Vpc', {
      vpcId: fact(this, platformName, 'vpc-id'),
      // The names of the zones are of no use to containers, their number is.
      availabilityZones: subnets.map((_, index) => `zone-${index}`),
      ...(props.privateSubnets === true ? { privateSubnetIds: subnets } : { publicSubnetIds: subnets }),
    });
    this.cluster = ecs.Cluster.fromClusterAttributes(this, 'Cluster', {
      clusterName: fact(this, platformName, 'cluster-name'),
      vpc: this.vpc,
    });
    this.alertTopic = sns.Topic.fromTopicArn(this, 'Alerts', fact(this, platformName, 'alert-topic-arn'));
  }

  public get workgroupName(): string {
    return fact(this, this.platformName, 'workgroup-name');
  }

  public get workgroupArn(): string {
    return fact(this, this.platformName, 'workgroup-arn');
  }

  public get warehouseDatabase(): string {
    return fact(this, this.platformName, 'warehouse-database');
  }

  public bucket(name: string): s3.IBucket {
    const known = this.buckets.get(name);
    if (known !== undefined) return known;
    const found = s3.Bucket.fromBucketName(this, `Bucket-${name}`, fact(this, this.platformName, `bucket/${name}`));
    this.buckets.set(name, found);
    return found;
  }
}
