import { join } from 'node:path';
import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { lambdaAsset } from '../pipeline/assets';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { fileAsset, glueJob, readAsset } from './glue-job';
import { allow, catalogStatement } from './glue-role';
import { glueRunSpec, RUN_OUTPUTS } from './glue-run';
import type { GlueWorker } from './glue-script';
import { outputPlace } from './run-outputs';
import { pathProblems, readPath, writePath } from './s3-path';
import { parameterProblems, splitStatements } from './split-statements';
import type { Sql } from './sql';
import { glueCalls, type ServiceCalls } from './support-stack';

/** How files are written. */
export enum FileFormat {
  PARQUET = 'parquet',
  ORC = 'orc',
  JSON = 'json',
  CSV = 'csv',
}

/** What becomes of files that are there already. */
export enum WriteMode {
  /** Replaced; with `partitionBy`, only the partitions that the result has. */
  OVERWRITE = 'overwrite',
  /** Kept, the new ones come beside them. */
  APPEND = 'append',
  /** Their presence is an error. */
  ERROR = 'error',
}

/** What a Spark SQL task may say. */
export interface SparkSqlTaskProps extends TaskProps {
  /** One SELECT in Spark's SQL, over tables of the catalog. */
  readonly sql: Sql;
  /** Catalog database for table names that name none. */
  readonly database: string;
  /** Where the result is written: `s3://bucket/prefix/`; may hold run values behind the bucket's name. */
  readonly target: string;
  /**
   * Where the tables' data lies, for the permission to read it: `s3://bucket/prefix/`.
   * @default - nothing; give permission with `bucket.grantRead(task)`
   */
  readonly sources?: string[];
  /**
   * Values of `:name` in the statement. They are texts: cast them where something else is meant, `CAST(:day AS date)`.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
  /** @default FileFormat.PARQUET */
  readonly format?: FileFormat;
  /** @default WriteMode.OVERWRITE */
  readonly mode?: WriteMode;
  /**
   * Columns whose values become folders.
   * @default - none
   */
  readonly partitionBy?: string[];
  /** @default GlueWorker.G_1X */
  readonly worker?: GlueWorker;
  /** @default 2 */
  readonly workers?: number;
  /**
   * The role that the job works with.
   * @default - the role that jobs and crawlers of the pipeline share
   */
  readonly role?: iam.IRole;
  /**
   * Name of a Glue security configuration, for encryption with a key of your own.
   * @default - the services' own keys
   */
  readonly securityConfiguration?: string;
}

/**
 * Runs one SELECT with Spark on Glue and writes the result to S3. Outputs: `rows` (how many were written), `jobName`, `jobRunId`,
 * `executionSeconds`.
 */
export class SparkSqlTask extends Task implements iam.IGrantable {
  public readonly grantPrincipal: iam.IPrincipal;
  /** Name of the job. */
  public readonly jobName: string;

  private readonly calls: ServiceCalls;
  private readonly role: iam.IRole;
  private readonly words: { readonly [name: string]: string };

  constructor(
    scope: Construct,
    id: string,
    private readonly sqlProps: SparkSqlTaskProps,
  ) {
    super(scope, id, sqlProps);
    const props = sqlProps;
    this.check(props);
    this.calls = glueCalls(this.pipeline, undefined);
    const home = this.calls.home;
    this.jobName = `${this.pipeline.prefix}-${id}`;
    const { role } = glueJob(this, 'Job', home, {
      name: this.jobName,
      scriptFile: join(lambdaAsset('spark-sql'), 'spark_sql.py'),
      command: 'glueetl',
      timeout: this.timeout,
      defaultArguments: {
        '--enable-metrics': 'true',
        '--enable-continuous-cloudwatch-log': 'true',
        '--enable-glue-datacatalog': 'true',
        '--job-language': 'python',
      },
      ...(props.worker !== undefined && { worker: props.worker }),
      ...(props.workers !== undefined && { workers: props.workers }),
      ...(props.role !== undefined && { role: props.role }),
      ...(props.securityConfiguration !== undefined && { securityConfiguration: props.securityConfiguration }),
    });
    this.role = role;
    this.grantPrincipal = role.grantPrincipal;
    const file = props.sql.file === undefined ? undefined : fileAsset(home, props.sql.file);
    this.words = {
      ...(file === undefined ? { '--headrace_sql_text': props.sql.text } : { '--headrace_sql': file.s3ObjectUrl }),
      '--headrace_database': props.database,
      '--headrace_target': props.target,
      '--headrace_format': props.format ?? FileFormat.PARQUET,
      '--headrace_mode': props.mode ?? WriteMode.OVERWRITE,
      ...(props.partitionBy !== undefined && { '--headrace_partition_by': props.partitionBy.join(',') }),
      ...Object.fromEntries(
        Object.entries(props.parameters ?? {}).map(([name, value]) => [`--headrace_param_${name}`, value]),
      ),
    };
    if (props.role !== undefined) return;
    allow(role, [
      ...(file === undefined ? [] : [readAsset(file)]),
      // Spark looks for a database `default`, whatever it is asked.
      catalogStatement(home, 'default', ['glue:GetDatabase']),
      catalogStatement(home, props.database, [
        'glue:GetDatabase',
        'glue:GetTable',
        'glue:GetTables',
        'glue:GetPartition',
        'glue:GetPartitions',
        'glue:BatchGetPartition',
      ]),
      ...(props.sources ?? []).flatMap(readPath),
      ...writePath(props.target),
    ]);
  }

  public toSpec(): TaskSpec {
    const own = this.askedOutputs.filter((name) => !RUN_OUTPUTS.includes(name));
    const unknown = own.filter((name) => name !== 'rows');
    if (unknown.length > 0)
      this.addProblem(`it has no output ${unknown.join(', ')}: expected rows, ${RUN_OUTPUTS.join(', ')}`);
    const place = own.length > 0 ? outputPlace(this.pipeline, this.taskId) : undefined;
    if (place !== undefined && this.sqlProps.role === undefined) allow(this.role, [place.write]);
    return glueRunSpec({
      pipeline: this.pipeline,
      taskId: this.taskId,
      kind: 'SparkSqlTask',
      timeout: this.timeout,
      jobName: this.jobName,
      calls: this.calls,
      region: undefined,
      arguments: this.words,
      askedOutputs: own,
      ...(place !== undefined && { place }),
    });
  }

  private check(props: SparkSqlTaskProps): void {
    for (const problem of pathProblems({ target: props.target, sources: props.sources })) this.addProblem(problem);
    const statements = splitStatements(props.sql.text).length;
    if (statements !== 1)
      this.addProblem(
        `sql holds ${statements} statements: expected one SELECT, whose result is written to ${props.target}`,
      );
    for (const problem of parameterProblems('sql', props.sql.text, props.parameters)) this.addProblem(problem);
  }
}
