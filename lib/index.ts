// The only door of the library: what authors of pipelines use, in TypeScript and in Python.

export type { WebhookOptions } from './alerts/alert';
export { Alert } from './alerts/alert';
export { AlertEvent } from './alerts/alert-event';
export type { PipelineDashboardProps } from './alerts/pipeline-dashboard';
export { PipelineDashboard } from './alerts/pipeline-dashboard';
export { Condition } from './pipeline/condition';
export type { AlertConfig, IAlert } from './pipeline/i-alert';
export type { IPipeline } from './pipeline/i-pipeline';
export type { IPlatform } from './pipeline/i-platform';
export type { ITrigger, TriggerConfig } from './pipeline/i-trigger';
export type { BooleanParamOptions, NumberParamOptions, ParamOptions, StringParamOptions } from './pipeline/param';
export { Param, ParamType } from './pipeline/param';
export type { PipelineProps } from './pipeline/pipeline';
export { OnTaskFailure, Pipeline } from './pipeline/pipeline';
export type { PlatformProps } from './pipeline/platform';
export { Platform } from './pipeline/platform';
export type { PlatformImportProps } from './pipeline/platform-import';
export { PlatformImport } from './pipeline/platform-import';
export type { RetryOptions } from './pipeline/retry';
export { Retry } from './pipeline/retry';
export { RunContext } from './pipeline/run-context';
export type { TaskProps, TeardownOptions } from './pipeline/task';
export { Task, TaskList } from './pipeline/task';
export type { TaskGroupProps } from './pipeline/task-group';
export { TaskGroup } from './pipeline/task-group';
export type { TaskSpec } from './pipeline/task-spec';
export { TriggerRule } from './pipeline/trigger-rule';
export type { ApprovalTaskProps } from './tasks/approval-task';
export { ApprovalOutcome, ApprovalTask } from './tasks/approval-task';
export type { AthenaCtasTaskProps } from './tasks/athena-ctas-task';
export { AthenaCtasTask } from './tasks/athena-ctas-task';
export type { AthenaQueryTaskProps } from './tasks/athena-query-task';
export { AthenaQueryTask } from './tasks/athena-query-task';
export type { AthenaTaskProps } from './tasks/athena-run';
export type { BatchTaskProps } from './tasks/batch-task';
export { BatchTask } from './tasks/batch-task';
export type { BranchTaskProps } from './tasks/branch-task';
export { BranchTask } from './tasks/branch-task';
export type { ContainerTaskProps } from './tasks/container-program';
export type {
  CrawlerTargetOptions,
  DeltaCrawlerTargetOptions,
  IcebergCrawlerTargetOptions,
  JdbcCrawlerTargetOptions,
  S3CrawlerTargetOptions,
} from './tasks/crawler-target';
export { CrawlerTarget } from './tasks/crawler-target';
export type { CustomTaskProps } from './tasks/custom-task';
export { CustomTask } from './tasks/custom-task';
export type { Ec2TaskProps } from './tasks/ec2-task';
export { Ec2Task } from './tasks/ec2-task';
export type { EventBridgePutEventsTaskProps } from './tasks/event-bridge-put-events-task';
export { EventBridgePutEventsTask } from './tasks/event-bridge-put-events-task';
export type { DataApiProps, NetworkDatabaseProps } from './tasks/database';
export { Database } from './tasks/database';
export type { EmrClusterProps } from './tasks/emr-cluster';
export { EmrCluster } from './tasks/emr-cluster';
export type { EmrContainersTaskProps } from './tasks/emr-containers-task';
export { EmrContainersTask } from './tasks/emr-containers-task';
export type { EmrServerlessTaskProps, HiveJobOptions, SparkSubmitOptions } from './tasks/emr-serverless-task';
export { EmrServerlessJob, EmrServerlessTask } from './tasks/emr-serverless-task';
export type { EmrHiveOptions, EmrJarOptions, EmrSparkOptions } from './tasks/emr-step';
export { EmrStep } from './tasks/emr-step';
export type { EmrStepTaskProps } from './tasks/emr-step-task';
export { EmrStepTask } from './tasks/emr-step-task';
export type {
  ExpectedAthenaQueryProps,
  ExpectedFilesProps,
  ExpectedRedshiftQueryProps,
  ExpectedTableProps,
} from './tasks/expect-schema-data';
export { ExpectedData, ExpectedFormat } from './tasks/expect-schema-data';
export type {
  ExpectedColumn,
  ExpectedFreshness,
  ExpectSchemaTaskProps,
  QuarantineProps,
} from './tasks/expect-schema-task';
export { ExpectSchemaTask, SchemaPolicy } from './tasks/expect-schema-task';
export type { FargateTaskProps } from './tasks/fargate-task';
export { FargateTask } from './tasks/fargate-task';
export type { ForEachTaskProps } from './tasks/for-each-task';
export { ForEachTask } from './tasks/for-each-task';
export type { GlueCrawlerTaskProps } from './tasks/glue-crawler-task';
export { GlueCrawlerTask } from './tasks/glue-crawler-task';
export type { GlueDataQualityTaskProps } from './tasks/glue-data-quality-task';
export { GlueDataQualityTask } from './tasks/glue-data-quality-task';
export type { GlueJobTaskProps } from './tasks/glue-job-task';
export { GlueJobTask } from './tasks/glue-job-task';
export { GlueExecutionClass, GlueScript, GlueWorker } from './tasks/glue-script';
export type { GluePartitionSensorProps } from './tasks/glue-partition-sensor';
export { GluePartitionSensor } from './tasks/glue-partition-sensor';
export type { HttpTaskProps } from './tasks/http-task';
export { HttpTask } from './tasks/http-task';
export type { CsvItemsOptions, ItemFileOptions } from './tasks/items';
export { CsvDelimiter, Items } from './tasks/items';
export type { LambdaTaskProps } from './tasks/lambda-task';
export { LambdaTask } from './tasks/lambda-task';
export type { PipelineRunSensorProps } from './tasks/pipeline-run-sensor';
export { PipelineRunSensor } from './tasks/pipeline-run-sensor';
export type { PipelineTaskProps } from './tasks/pipeline-task';
export { PipelineTask } from './tasks/pipeline-task';
export type { RdsImportTaskProps } from './tasks/rds-import-task';
export { RdsImportTask } from './tasks/rds-import-task';
export type { RdsQueryTaskProps } from './tasks/rds-query-task';
export { RdsQueryTask } from './tasks/rds-query-task';
export type { RedshiftCopyTaskProps } from './tasks/redshift-copy-task';
export { CopyFormat, FileCompression, RedshiftCopyTask } from './tasks/redshift-copy-task';
export { LatestOnlyTask } from './tasks/latest-only-task';
export type { RedshiftQueryTaskProps } from './tasks/redshift-query-task';
export { RedshiftQueryTask } from './tasks/redshift-query-task';
export type { RedshiftUnloadTaskProps } from './tasks/redshift-unload-task';
export { RedshiftUnloadTask, UnloadFormat } from './tasks/redshift-unload-task';
export type { S3CopyTaskProps } from './tasks/s3-copy-task';
export { S3CopyTask } from './tasks/s3-copy-task';
export type { S3DeleteTaskProps } from './tasks/s3-delete-task';
export { S3DeleteTask } from './tasks/s3-delete-task';
export type { S3KeySensorProps } from './tasks/s3-key-sensor';
export { S3KeySensor } from './tasks/s3-key-sensor';
export type { SensorProps } from './tasks/sensor';
export type { SnsPublishTaskProps } from './tasks/sns-publish-task';
export { SnsPublishTask } from './tasks/sns-publish-task';
export type { SparkSqlTaskProps } from './tasks/spark-sql-task';
export { FileFormat, SparkSqlTask, WriteMode } from './tasks/spark-sql-task';
export { Sql } from './tasks/sql';
export type { AthenaSource, SqlSensorProps } from './tasks/sql-sensor';
export { SqlSensor } from './tasks/sql-sensor';
export type { SqsSendMessageTaskProps } from './tasks/sqs-send-message-task';
export { SqsSendMessageTask } from './tasks/sqs-send-message-task';
export type { ProvisionedWarehouseProps, ServerlessWarehouseProps } from './tasks/warehouse';
export { Warehouse } from './tasks/warehouse';
export type { CronProps, ScheduleOptions } from './triggers/schedule';
export { Schedule } from './triggers/schedule';
export { WhenBusy } from './pipeline/max-active-runs';
export { Pool, type PoolProps } from './pipeline/pool';
