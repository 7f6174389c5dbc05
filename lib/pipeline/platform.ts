import {
  aws_ec2 as ec2,
  aws_ecs as ecs,
  aws_glue as glue,
  type aws_kms as kms,
  RemovalPolicy,
  aws_s3 as s3,
  aws_sns as sns,
  aws_sns_subscriptions as subscriptions,
  Stack,
  Token,
} from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { acknowledge } from './acknowledge';
import type { IPlatform } from './i-platform';
import { publish } from './platform-parameters';
import { platformWarehouse, type PlatformWarehouse } from './platform-warehouse';

/** What a platform may say. */
export interface PlatformProps {
  /** What other stacks find it by: letters, digits, `-`, `_` and `.`. One of a name per account and region. */
  readonly platformName: string;
  /**
   * A network that is there already.
   * @default - one with public subnets, no way in and no bill while nothing runs
   */
  readonly vpc?: ec2.IVpc;
  /**
   * In how many zones the network lies that is made.
   * @default 2; a warehouse needs 3
   */
  readonly availabilityZones?: number;
  /**
   * Buckets to make, by the names that pipelines know them by: `['raw', 'lake']`.
   * @default - none
   */
  readonly buckets?: string[];
  /**
   * Databases of the Data Catalog to make.
   * @default - none
   */
  readonly databases?: string[];
  /**
   * Name of the database in a Redshift Serverless warehouse to make.
   * @default - no warehouse
   */
  readonly warehouseDatabase?: string;
  /**
   * The warehouse's base capacity in RPUs, 8 to 1024.
   * @default 8
   */
  readonly warehouseCapacity?: number;
  /**
   * Addresses that hear of every alert; each has to confirm.
   * @default - nobody yet: subscribe to `alertTopic`
   */
  readonly alertEmails?: string[];
  /**
   * Key for buckets, topic and warehouse.
   * @default - the services' own keys; the topic is not encrypted at rest
   */
  readonly encryptionKey?: kms.IKey;
  /**
   * What becomes of buckets and warehouse when the platform is taken out of its stack. DESTROY deletes buckets only when they are empty.
   * @default RemovalPolicy.RETAIN
   */
  readonly removalPolicy?: RemovalPolicy;
}

/**
 * What the pipelines of a team share, made once: network, cluster, buckets, catalog databases, warehouse, the topic of alerts. Pipelines
 * beside it take it as `platform`; in other apps `PlatformImport` finds it by its name. Rendezvous tables stay with their
 * pipelines: they cost nothing while nothing runs.
 */
export class Platform extends Construct implements IPlatform {
  public readonly platformName: string;
  public readonly vpc: ec2.IVpc;
  public readonly cluster: ecs.ICluster;
  public readonly alertTopic: sns.ITopic;

  private readonly buckets = new Map<string, s3.Bucket>();
  private readonly warehouse: PlatformWarehouse | undefined;

  constructor(scope: Construct, id: string, props: PlatformProps) {
    super(scope, id);
    this.platformName = checkedName(this, props.platformName);
    const zones = props.availabilityZones ?? (props.warehouseDatabase === undefined ? 2 : 3);
    this.vpc = props.vpc ?? ownNetwork(this, zones);
    const cluster = new ecs.Cluster(this, 'Cluster', {
      vpc: this.vpc,
      containerInsightsV2: ecs.ContainerInsights.ENABLED,
    });
    this.cluster = cluster;
    const topic = new sns.Topic(this, 'Alerts', {
      displayName: `alerts of ${this.platformName}`,
      enforceSSL: true,
      ...(props.encryptionKey !== undefined && { masterKey: props.encryptionKey }),
    });
    for (const address of props.alertEmails ?? []) topic.addSubscription(new subscriptions.EmailSubscription(address));
    this.alertTopic = topic;
    this.makeBuckets(props);
    for (const name of props.databases ?? []) {
      new glue.CfnDatabase(this, `Database-${name}`, {
        catalogId: Stack.of(this).account,
        databaseInput: { name },
      });
    }
    if (props.warehouseDatabase !== undefined) {
      this.warehouse = platformWarehouse(this, this.vpc, {
        name: this.platformName,
        database: props.warehouseDatabase,
        capacity: props.warehouseCapacity ?? 8,
        readable: [...this.buckets.values()],
        removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
        ...(props.encryptionKey !== undefined && { key: props.encryptionKey }),
      });
    } else if (props.warehouseCapacity !== undefined) {
      throw new Error(
        `[${this.node.path}] warehouseCapacity is given without warehouseDatabase: no warehouse is made, it would do nothing`,
      );
    }
    this.tell(cluster, topic);
  }

  public get workgroupName(): string {
    return this.existingWarehouse().workgroupName;
  }

  public get workgroupArn(): string {
    return this.existingWarehouse().workgroupArn;
  }

  public get warehouseDatabase(): string {
    return this.existingWarehouse().database;
  }

  public bucket(name: string): s3.IBucket {
    const found = this.buckets.get(name);
    if (found !== undefined) return found;
    throw new Error(
      `[${this.node.path}] the platform has no bucket ${JSON.stringify(name)}: expected ${[...this.buckets.keys()].join(', ') || 'buckets: it has none'}; add it to buckets`,
    );
  }

  private existingWarehouse(): PlatformWarehouse {
    if (this.warehouse !== undefined) return this.warehouse;
    throw new Error(`[${this.node.path}] the platform has no warehouse: give warehouseDatabase, and it makes one`);
  }

  private makeBuckets(props: PlatformProps): void {
    const names = props.buckets ?? [];
    if (names.length === 0) return;
    const common = {
      blockPublicAccess: s3.BlockPublicAccess.BLOCK_ALL,
      enforceSSL: true,
      removalPolicy: props.removalPolicy ?? RemovalPolicy.RETAIN,
    };
    const accessLogs = new s3.Bucket(this, 'AccessLogs', { ...common, encryption: s3.BucketEncryption.S3_MANAGED });
    acknowledge(accessLogs, 'AwsSolutions-S1', 'this is the bucket that access logs go to');
    for (const name of names) {
      if (!/^[A-Za-z0-9_.-]+$/.test(name) || this.buckets.has(name))
        throw new Error(
          `[${this.node.path}] buckets holds ${JSON.stringify(name)}: expected each name once, of letters, digits, - _ and .`,
        );
      const bucket = new s3.Bucket(this, `Bucket-${name}`, {
        ...common,
        ...(props.encryptionKey === undefined
          ? { encryption: s3.BucketEncryption.S3_MANAGED }
          : { encryption: s3.BucketEncryption.KMS, encryptionKey: props.encryptionKey, bucketKeyEnabled: true }),
        serverAccessLogsBucket: accessLogs,
        serverAccessLogsPrefix: `${name}/`,
      });
      this.buckets.set(name, bucket);
    }
  }

  /** What `PlatformImport` reads. */
  private tell(cluster: ecs.Cluster, topic: sns.Topic): void {
    const { platformName } = this;
    publish(this, platformName, 'vpc-id', this.vpc.vpcId);
    publish(this, platformName, 'subnet-ids', containerSubnets(this.vpc).join(','));
    publish(this, platformName, 'cluster-name', cluster.clusterName);
    publish(this, platformName, 'alert-topic-arn', topic.topicArn);
    for (const [name, bucket] of this.buckets) publish(this, platformName, `bucket/${name}`, bucket.bucketName);
    if (this.warehouse === undefined) return;
    publish(this, platformName, 'workgroup-name', this.warehouse.workgroupName);
    publish(this, platformName, 'workgroup-arn', this.warehouse.workgroupArn);
    publish(this, platformName, 'warehouse-database', this.warehouse.database);
  }
}

export function checkedName(scope: Construct, name: string): string {
  if (!Token.isUnresolved(name) && /^[A-Za-z0-9_.-]+$/.test(name)) return name;
  throw new Error(
    `[${scope.node.path}] platformName is ${JSON.stringify(name)}: expected letters, digits, - _ and ., known at synth, because it is part of the names of SSM parameters`,
  );
}

function containerSubnets(vpc: ec2.IVpc): string[] {
  const subnets = vpc.privateSubnets.length > 0 ? vpc.privateSubnets : vpc.publicSubnets;
  return (subnets.length > 0 ? subnets : vpc.isolatedSubnets).map((subnet) => subnet.subnetId);
}

function ownNetwork(scope: Construct, maxAzs: number): ec2.Vpc {
  const vpc = new ec2.Vpc(scope, 'Vpc', {
    maxAzs,
    natGateways: 0,
    subnetConfiguration: [{ name: 'Public', subnetType: ec2.SubnetType.PUBLIC, mapPublicIpOnLaunch: false }],
    gatewayEndpoints: { S3: { service: ec2.GatewayVpcEndpointAwsService.S3 } },
  });
  vpc.addFlowLog('Rejected', { trafficType: ec2.FlowLogTrafficType.REJECT });
  return vpc;
}
