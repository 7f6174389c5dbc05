import type { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { hasRunToken } from '../pipeline/run-token';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import {
  athenaParameterProblems,
  athenaPermissions,
  athenaRun,
  type AthenaStatement,
  type AthenaTaskProps,
  PLACE,
} from './athena-run';
import { catalogStatement } from './glue-role';
import { pathProblems } from './s3-path';
import { FileFormat } from './spark-sql-task';
import { splitStatements } from './split-statements';
import type { Sql } from './sql';
import { callState, failedState, jobFailed } from './sync-run';

/** What a table made by Athena may say. */
export interface AthenaCtasTaskProps extends AthenaTaskProps {
  /** One SELECT, whose result becomes the table. */
  readonly sql: Sql;
  /** Name of the table, in `database`; an existing one is replaced. */
  readonly table: string;
  /** Where the table's files go: `s3://bucket/prefix/`, which is emptied before; may hold run values behind the bucket's name. */
  readonly target: string;
  /** @default FileFormat.PARQUET */
  readonly format?: FileFormat;
  /**
   * Columns whose values become folders; they have to be the last ones of the SELECT.
   * @default - none
   */
  readonly partitionBy?: string[];
  /**
   * How the files are compressed: SNAPPY, ZSTD, GZIP, LZ4, as the format allows.
   * @default - Athena's own: GZIP, for Parquet and ORC
   */
  readonly writeCompression?: string;
}

/**
 * Makes a table from a SELECT in Athena (CREATE TABLE AS). The table of the run before and its files are taken away first, and files
 * of a query that failed half-way are taken away too, so nobody reads them. Outputs: those of `AthenaQueryTask`.
 * https://docs.aws.amazon.com/athena/latest/ug/ctas.html
 */
export class AthenaCtasTask extends Task {
  private readonly statement: AthenaStatement;

  constructor(
    scope: Construct,
    id: string,
    private readonly ctas: AthenaCtasTaskProps,
  ) {
    super(scope, id, ctas);
    this.check(ctas);
    const select = splitStatements(ctas.sql.text)[0] ?? '';
    this.statement = { task: this, props: ctas, sql: `${this.head()} AS\n${select}`, place: ctas.target };
    for (const problem of athenaParameterProblems(this.statement.sql, ctas.parameters)) this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { ctas, statement } = this;
    const run = athenaRun(statement, this.timeout);
    const place = ctas.target.endsWith('/') ? ctas.target : `${ctas.target}/`;
    const [bucket = '', ...rest] = place.slice('s3://'.length).split('/');
    const prefix = rest.join('/');
    const failed = '$states.input.headraceFailed';
    return {
      kind: 'AthenaCtasTask',
      states: {
        drop: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:glue:deleteTable',
          Arguments: { DatabaseName: ctas.database, Name: ctas.table },
          Retry: FAULTS,
          Catch: [{ ErrorEquals: ['Glue.EntityNotFoundException'], Output: {}, Next: 'list' }],
          Output: {},
          Next: 'list',
        },
        list: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:s3:listObjectsV2',
          Arguments: { Bucket: bucket, Prefix: prefix },
          Retry: FAULTS,
          Output: `{% $merge([{'headraceKeys':[$states.result.Contents.{'Key':Key}]},$exists(${failed})?{'headraceFailed':${failed}}:{}]) %}`,
          Next: 'more',
        },
        more: {
          Type: 'Choice',
          Choices: [
            { Condition: '{% $count($states.input.headraceKeys)>0 %}', Next: 'delete' },
            { Condition: `{% $exists(${failed}) %}`, Output: `{% ${failed} %}`, Next: 'failed' },
          ],
          Default: 'run',
        },
        delete: {
          Type: 'Task',
          Resource: 'arn:aws:states:::aws-sdk:s3:deleteObjects',
          Arguments: { Bucket: bucket, Delete: { Objects: '{% $states.input.headraceKeys %}', Quiet: true } },
          Retry: FAULTS,
          Output: '{% $states.input %}',
          Next: 'list',
        },
        run: {
          ...callState(run),
          Catch: [
            {
              ...(jobFailed('list') as object),
              ErrorEquals: ['States.TaskFailed', 'States.Timeout'],
              Output: { headraceFailed: '{% $states.errorOutput %}' },
            },
          ],
          Output: `{% ${run.outputs} %}`,
          End: true,
        },
        failed: failedState(run),
      },
      startAt: 'drop',
      permissions: [
        ...athenaPermissions(statement, [ctas.target], false),
        catalogStatement(this, ctas.database, CATALOG_WRITES),
      ],
    };
  }

  /** `CREATE TABLE ... WITH (...)`. */
  private head(): string {
    const { table, database, format, partitionBy, writeCompression } = this.ctas;
    const text = (value: string) => `'${value.replaceAll("'", "''")}'`;
    const options = [
      `format = ${text((format ?? FileFormat.PARQUET) === FileFormat.CSV ? 'TEXTFILE' : (format ?? FileFormat.PARQUET).toUpperCase())}`,
      ...(format === FileFormat.CSV ? ["field_delimiter = ','"] : []),
      `external_location = '${PLACE}'`,
      ...(partitionBy === undefined ? [] : [`partitioned_by = ARRAY[${partitionBy.map(text).join(', ')}]`]),
      ...(writeCompression === undefined ? [] : [`write_compression = ${text(writeCompression)}`]),
    ];
    const name = (part: string) => `"${part.replaceAll('"', '""')}"`;
    return `CREATE TABLE ${name(database)}.${name(table)} WITH (${options.join(', ')})`;
  }

  private check(props: AthenaCtasTaskProps): void {
    const statements = splitStatements(props.sql.text);
    if (statements.length !== 1 || !/^[\s(]*(SELECT|WITH|VALUES|TABLE|--|\/\*)/i.test(statements[0] ?? ''))
      this.addProblem(
        `sql begins with ${JSON.stringify((statements[0] ?? '').slice(0, 40))} and holds ${statements.length} statements: expected one SELECT, whose result becomes the table`,
      );
    for (const problem of pathProblems({ target: props.target, sources: props.sources })) this.addProblem(problem);
    if (/^s3:\/\/[^/]+\/*$/.test(props.target))
      this.addProblem(
        `target is ${props.target}, a whole bucket, which would be emptied: name a prefix in it that holds this table alone`,
      );
    if (!hasRunToken(props.table) && !/^[a-z0-9_]+$/.test(props.table))
      this.addProblem(`table is ${JSON.stringify(props.table)}: expected lower case letters, digits and _`);
    if (hasRunToken(props.table) || hasRunToken(props.database))
      this.addProblem('table holds a value that is known only when the pipeline runs: put it into target, or a column');
    for (const source of props.sources ?? []) {
      if (source.startsWith(props.target) || props.target.startsWith(source))
        this.addProblem(`target ${props.target} lies in the source ${source}, so the query would lose what it reads`);
    }
  }
}

const CATALOG_WRITES = [
  'glue:CreateTable',
  'glue:DeleteTable',
  'glue:UpdateTable',
  'glue:CreatePartition',
  'glue:BatchCreatePartition',
];

const FAULTS: Json = [
  {
    ErrorEquals: [
      'S3.S3Exception',
      'S3.SdkClientException',
      'Glue.InternalServiceException',
      'Glue.SdkClientException',
    ],
    IntervalSeconds: 2,
    MaxAttempts: 6,
    BackoffRate: 2,
    MaxDelaySeconds: 30,
    JitterStrategy: 'FULL',
  },
];
