// Clients of AWS, each loaded when it is first asked for. In: profile and region as the AWS CLI takes them; everything else, endpoint
// included, from the environment and the shared config files. Out: clients. Always: throttles and faults are tried again with
// jitter, six times unless AWS_MAX_ATTEMPTS says otherwise.

import type { AthenaClient } from '@aws-sdk/client-athena';
import type { BatchClient } from '@aws-sdk/client-batch';
import type { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { ECSClient } from '@aws-sdk/client-ecs';
import type { EMRClient } from '@aws-sdk/client-emr';
import type { EMRServerlessClient } from '@aws-sdk/client-emr-serverless';
import type { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { GlueClient } from '@aws-sdk/client-glue';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { LambdaClient } from '@aws-sdk/client-lambda';
import type { RedshiftDataClient } from '@aws-sdk/client-redshift-data';
import type { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api';
import type { S3Client } from '@aws-sdk/client-s3';
import type { SchedulerClient } from '@aws-sdk/client-scheduler';
import type { ServiceQuotasClient } from '@aws-sdk/client-service-quotas';
import type { SFNClient } from '@aws-sdk/client-sfn';
import type { STSClient } from '@aws-sdk/client-sts';
import { UnreachableError } from '../unreachable-error';

export interface AwsOptions {
  readonly profile?: string;
  readonly region?: string;
}

/** What every client of the SDK takes. */
export interface ClientConfig {
  readonly profile?: string;
  readonly region?: string;
  readonly maxAttempts?: number;
}

const ATTEMPTS = 6;

export class Aws {
  private readonly clients = new Map<string, Promise<unknown>>();

  constructor(
    private readonly options: AwsOptions = {},
    private readonly environment: NodeJS.ProcessEnv = process.env,
  ) {}

  /** Where requests go if not to AWS: an emulator. */
  get endpoint(): string | undefined {
    const { environment } = this;
    return environment['AWS_ENDPOINT_URL_SFN'] ?? environment['AWS_ENDPOINT_URL'];
  }

  async region(): Promise<string> {
    const { region } = (await this.sfn()).config;
    try {
      return await region();
    } catch (error) {
      if (!/region is missing/i.test((error as Error).message)) throw error;
      throw new UnreachableError('no AWS region is set: say it with --region, or set AWS_REGION');
    }
  }

  sfn(): Promise<SFNClient> {
    return this.client('sfn', async (config) => new (await import('@aws-sdk/client-sfn')).SFNClient(config));
  }

  tagging(): Promise<ResourceGroupsTaggingAPIClient> {
    return this.client('tagging', async (config) => {
      const { ResourceGroupsTaggingAPIClient } = await import('@aws-sdk/client-resource-groups-tagging-api');
      return new ResourceGroupsTaggingAPIClient(config);
    });
  }

  sts(): Promise<STSClient> {
    return this.client('sts', async (config) => new (await import('@aws-sdk/client-sts')).STSClient(config));
  }

  logs(region?: string): Promise<CloudWatchLogsClient> {
    return this.client(
      'logs',
      async (config) => new (await import('@aws-sdk/client-cloudwatch-logs')).CloudWatchLogsClient(config),
      region,
    );
  }

  ecs(region?: string): Promise<ECSClient> {
    return this.client('ecs', async (config) => new (await import('@aws-sdk/client-ecs')).ECSClient(config), region);
  }

  glue(region?: string): Promise<GlueClient> {
    return this.client('glue', async (config) => new (await import('@aws-sdk/client-glue')).GlueClient(config), region);
  }

  lambda(): Promise<LambdaClient> {
    return this.client('lambda', async (config) => new (await import('@aws-sdk/client-lambda')).LambdaClient(config));
  }

  redshiftData(): Promise<RedshiftDataClient> {
    return this.client(
      'redshift-data',
      async (config) => new (await import('@aws-sdk/client-redshift-data')).RedshiftDataClient(config),
    );
  }

  emr(): Promise<EMRClient> {
    return this.client('emr', async (config) => new (await import('@aws-sdk/client-emr')).EMRClient(config));
  }

  emrServerless(): Promise<EMRServerlessClient> {
    return this.client(
      'emr-serverless',
      async (config) => new (await import('@aws-sdk/client-emr-serverless')).EMRServerlessClient(config),
    );
  }

  athena(): Promise<AthenaClient> {
    return this.client('athena', async (config) => new (await import('@aws-sdk/client-athena')).AthenaClient(config));
  }

  eventBridge(): Promise<EventBridgeClient> {
    return this.client(
      'eventbridge',
      async (config) => new (await import('@aws-sdk/client-eventbridge')).EventBridgeClient(config),
    );
  }

  batch(): Promise<BatchClient> {
    return this.client('batch', async (config) => new (await import('@aws-sdk/client-batch')).BatchClient(config));
  }

  iam(): Promise<IAMClient> {
    return this.client('iam', async (config) => new (await import('@aws-sdk/client-iam')).IAMClient(config));
  }

  serviceQuotas(): Promise<ServiceQuotasClient> {
    return this.client(
      'service-quotas',
      async (config) => new (await import('@aws-sdk/client-service-quotas')).ServiceQuotasClient(config),
    );
  }

  scheduler(): Promise<SchedulerClient> {
    return this.client(
      'scheduler',
      async (config) => new (await import('@aws-sdk/client-scheduler')).SchedulerClient(config),
    );
  }

  dynamodb(): Promise<DynamoDBClient> {
    return this.client(
      'dynamodb',
      async (config) => new (await import('@aws-sdk/client-dynamodb')).DynamoDBClient(config),
    );
  }

  s3(): Promise<S3Client> {
    return this.client('s3', async (config) => new (await import('@aws-sdk/client-s3')).S3Client(config));
  }

  private client<T>(name: string, make: (config: ClientConfig) => Promise<T>, region?: string): Promise<T> {
    const key = `${name} ${region ?? ''}`;
    const existing = this.clients.get(key);
    if (existing) return existing as Promise<T>;
    // The SDK tells every command of Node 20 that a later SDK will need a later Node: nothing its user could act on.
    this.environment['AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED'] ??= 'true';
    const { profile } = this.options;
    const chosen =
      region ?? this.options.region ?? this.environment['AWS_REGION'] ?? this.environment['AWS_DEFAULT_REGION'];
    const made = make({
      ...(profile !== undefined && { profile }),
      ...(chosen !== undefined && { region: chosen }),
      ...(this.environment['AWS_MAX_ATTEMPTS'] === undefined && { maxAttempts: ATTEMPTS }),
    });
    this.clients.set(key, made);
    return made;
  }
}
