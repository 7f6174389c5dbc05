// One query of Athena as parts of a task's body. In: the statement, where it runs. Out: the run, and what the state machine has to
// be allowed: Athena reads and writes with the rights of its caller. Always: values of parameters are bound, never read as SQL.

import { Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { expression, quote } from '../compile/expression';
import { Retry } from '../pipeline/retry';
import { hasRunToken } from '../pipeline/run-token';
import type { Task, TaskProps } from '../pipeline/task';
import { textCode } from './as-text';
import { catalogStatement } from './glue-role';
import { outputBucket } from './run-outputs';
import { readPath, writePath } from './s3-path';
import { cutAtParameters, namedParameters, parameterProblems } from './split-statements';
import { clientToken, type SyncRun } from './sync-run';

/** What every task that asks Athena may say. */
export interface AthenaTaskProps extends TaskProps {
  /** Catalog database for table names that name none. */
  readonly database: string;
  /**
   * Name of the data catalog.
   * @default AwsDataCatalog
   */
  readonly catalog?: string;
  /** @default primary */
  readonly workGroup?: string;
  /**
   * Where results are written: `s3://bucket/prefix/`; a workgroup that enforces its own place has the last word.
   * @default - a bucket of the pipeline, for 30 days; with `workGroup`, the workgroup's place
   */
  readonly outputLocation?: string;
  /**
   * Values of `:name` in the statement. They are bound as texts: cast them where something else is meant, `CAST(:day AS date)`.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
  /**
   * Where the data of the tables that are read lies, for the permission to read it: `s3://bucket/prefix/`.
   * @default - nothing; say it in a policy of your own
   */
  readonly sources?: string[];
}

/** Athena's `?` takes the text of a literal: quotes are doubled, and nothing else ends it. */
function literal(value: string): string {
  const apostrophe = quote("'");
  return hasRunToken(value)
    ? expression(`${apostrophe}&$replace(${textCode(value)},${apostrophe},${quote("''")})&${apostrophe}`)
    : `'${value.replaceAll("'", "''")}'`;
}

export interface AthenaStatement {
  readonly task: Task;
  readonly props: AthenaTaskProps;
  /** Where PLACE stands in it, `place` is written as a literal. */
  readonly sql: string;
  readonly place?: string;
}

/** Stands in no text that AWS takes. */
export const PLACE = '\u0001';

export function athenaRun({ task, props, sql, place: target }: AthenaStatement, timeout: Duration): SyncRun {
  const pieces = cutAtParameters(sql);
  const values = pieces.flatMap((piece) =>
    typeof piece === 'string' ? [] : [literal(props.parameters?.[piece.parameter] ?? '')],
  );
  const place = resultPlace(task, props);
  return {
    resource: 'arn:aws:states:::athena:startQueryExecution.sync',
    arguments: {
      QueryString: withPlace(pieces.map((piece) => (typeof piece === 'string' ? piece : '?')).join(''), target),
      ...(values.length > 0 && { ExecutionParameters: values }),
      QueryExecutionContext: { Database: props.database, Catalog: props.catalog ?? 'AwsDataCatalog' },
      WorkGroup: props.workGroup ?? 'primary',
      ...(place !== undefined && { ResultConfiguration: { OutputLocation: place } }),
      ClientRequestToken: clientToken(task.taskId),
    },
    timeout,
    faults: [
      Retry.times(10, {
        on: [
          'Athena.TooManyRequestsException',
          'Athena.InternalServerException',
          'Athena.AmazonAthenaException',
          'Athena.SdkClientException',
        ],
        interval: Duration.seconds(5),
        maxDelay: Duration.minutes(1),
      }),
    ],
    error: 'Athena.QueryFailed',
    reason:
      "$q:=$exists($j.QueryExecution)?$j.QueryExecution:$j;$s:=$q.Status;'query '&$q.QueryExecutionId&' ended as '&$s.State" +
      "&($exists($s.StateChangeReason)?': '&$s.StateChangeReason:'')&($exists($q.Query)?' in: '&$substring($q.Query,0,1000):'')",
    outputs:
      '($q:=$states.result.QueryExecution;{' +
      "'queryExecutionId':$q.QueryExecutionId,'outputLocation':$q.ResultConfiguration.OutputLocation," +
      "'dataScannedInBytes':$q.Statistics.DataScannedInBytes,'seconds':$q.Statistics.TotalExecutionTimeInMillis/1000})",
  };
}

/** A run value in a place stays inside its quotes, whatever it holds. */
function withPlace(text: string, place: string | undefined): string {
  if (place === undefined) return text;
  if (!hasRunToken(place)) return text.replace(PLACE, () => place.replaceAll("'", "''"));
  const escaped = `$replace(${textCode(place)},${quote("'")},${quote("''")})`;
  return expression(text.split(PLACE).map(textCode).join(`&${escaped}&`));
}

export const ATHENA_OUTPUTS = ['queryExecutionId', 'outputLocation', 'dataScannedInBytes', 'seconds'];

function resultPlace(task: Task, props: AthenaTaskProps): string | undefined {
  if (props.outputLocation !== undefined) return props.outputLocation;
  if (props.workGroup !== undefined) return undefined;
  return `s3://${outputBucket(task.pipeline).bucketName}/athena/${task.taskId}/`;
}

/**
 * @param writes places that the statement writes
 * @param rows whether its result is read back
 */
export function athenaPermissions(
  { task, props }: AthenaStatement,
  writes: readonly string[],
  rows: boolean,
): iam.PolicyStatement[] {
  const stack = Stack.of(task);
  const place = resultPlace(task, props);
  const readCatalog = [
    'glue:GetDatabase',
    'glue:GetTable',
    'glue:GetTables',
    'glue:GetPartition',
    'glue:GetPartitions',
  ];
  return [
    new iam.PolicyStatement({
      actions: [
        'athena:StartQueryExecution',
        'athena:GetQueryExecution',
        'athena:StopQueryExecution',
        ...(rows ? ['athena:GetQueryResults'] : []),
      ],
      resources: [
        stack.formatArn({ service: 'athena', resource: 'workgroup', resourceName: props.workGroup ?? 'primary' }),
      ],
    }),
    new iam.PolicyStatement({
      actions: ['athena:GetDataCatalog'],
      resources: [
        stack.formatArn({
          service: 'athena',
          resource: 'datacatalog',
          resourceName: props.catalog ?? 'AwsDataCatalog',
        }),
      ],
    }),
    catalogStatement(task, props.database, [...readCatalog, 'glue:BatchGetPartition', 'glue:GetDatabases']),
    ...(props.sources ?? []).flatMap(readPath),
    ...(place === undefined ? [] : resultStatements(place)),
    ...writes.flatMap(writePath),
  ];
}

/** What Athena needs where it puts results. https://docs.aws.amazon.com/athena/latest/ug/s3-permissions.html */
function resultStatements(place: string): iam.PolicyStatement[] {
  const more = [['s3:ListMultipartUploadParts'], ['s3:ListBucketMultipartUploads']] as const;
  return writePath(place).map((statement, index) =>
    statement.copy({
      actions: [...statement.actions.filter((action) => action !== 's3:DeleteObject'), ...more[index]!],
    }),
  );
}

/** What is wrong with the parameters of a statement. */
export function athenaParameterProblems(sql: string, parameters: { readonly [name: string]: string } = {}): string[] {
  return [
    ...parameterProblems('sql', sql, parameters),
    ...(namedParameters(sql).length > 0 && !BINDS.test(sql)
      ? [
          `the statement begins with ${JSON.stringify(sql.trim().split(/\s+/, 1)[0])}, in which Athena binds no parameters: write run values into the text itself`,
        ]
      : []),
  ];
}

/** Statements whose parameters Athena binds; in others a `?` is an error. */
const BINDS =
  /^\s*(?:(?:--[^\n]*\n|\/\*[\s\S]*?\*\/)\s*)*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH|UNLOAD|CREATE\s+TABLE|\()/i;
