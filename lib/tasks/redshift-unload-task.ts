import { type aws_iam as iam, type Size, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { FileCompression } from './redshift-copy-task';
import { redshiftBody } from './redshift-statements';
import { pathProblem } from './s3-path';
import { parameterProblems, splitStatements } from './split-statements';
import type { Sql } from './sql';
import { withLiterals } from './sql-literal';
import { identifierProblem } from './sql-name';
import type { Warehouse } from './warehouse';

/** What UNLOAD writes. */
export enum UnloadFormat {
  TEXT = 'text',
  CSV = 'csv',
  PARQUET = 'parquet',
  JSON = 'json',
}

/** What a Redshift unload may say. Options have UNLOAD's names and meaning: docs.aws.amazon.com/redshift/latest/dg/r_UNLOAD.html */
export interface RedshiftUnloadTaskProps extends TaskProps {
  /** Where it runs. */
  readonly warehouse: Warehouse;
  /** One SELECT. */
  readonly query: Sql;
  /** `s3://bucket/prefix` that the files' names begin with; run values may stand behind the bucket's name. */
  readonly target: string;
  /** @default UnloadFormat.PARQUET */
  readonly format?: UnloadFormat;
  /**
   * Values of `:name` in the query: texts that never become SQL, cast them where something else is meant.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
  /**
   * Role with which Redshift writes to the bucket.
   * @default - the warehouse's default role
   */
  readonly iamRole?: iam.IRole;
  /**
   * Columns that become folders, `column=value/`.
   * @default - none
   */
  readonly partitionBy?: string[];
  /**
   * What lies at the target already is overwritten where names are the same.
   * @default false
   */
  readonly allowOverwrite?: boolean;
  /**
   * What lies at the target already is removed first: a repeated unload leaves the same files.
   * @default false
   */
  readonly cleanPath?: boolean;
  /** @default `|` for text, `,` for CSV */
  readonly delimiter?: string;
  /**
   * A first line with the columns' names.
   * @default false
   */
  readonly header?: boolean;
  /**
   * Text that stands for NULL.
   * @default - nothing for CSV, `\N` for text
   */
  readonly nullAs?: string;
  /**
   * Quotes around every field.
   * @default false
   */
  readonly addQuotes?: boolean;
  /**
   * A backslash before line ends, quotes and delimiters in texts.
   * @default false
   */
  readonly escape?: boolean;
  /** @default - not compressed; Parquet is by itself */
  readonly compression?: FileCompression;
  /**
   * One file a slice instead of one after the other in the query's order.
   * @default true
   */
  readonly parallel?: boolean;
  /**
   * Largest file, 5 MB to 6.2 GB.
   * @default 6.2 GB
   */
  readonly maxFileSize?: Size;
  /**
   * Also write a manifest of the files.
   * @default false
   */
  readonly manifest?: boolean;
  /**
   * Ending of the files' names, such as `csv`.
   * @default - none
   */
  readonly extension?: string;
  /**
   * Region of the bucket.
   * @default - the warehouse's
   */
  readonly targetRegion?: string;
  /**
   * See `RedshiftQueryTask`.
   * @default false
   */
  readonly longPolling?: boolean;
}

/**
 * Writes the result of a query to S3 with UNLOAD. Outputs: those of `RedshiftQueryTask` that need no result, and `unloadedRows`.
 */
export class RedshiftUnloadTask extends Task {
  private readonly unload: RedshiftUnloadTaskProps;

  constructor(scope: Construct, id: string, props: RedshiftUnloadTaskProps) {
    super(scope, id, props);
    this.unload = props;
    for (const problem of problems(props)) this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { warehouse, parameters = {}, query, longPolling = false } = this.unload;
    const [select = ''] = splitStatements(query.text);
    const { sql, values } = unloadSql(this.unload);
    // Values first become literals inside the query, which then becomes one literal itself.
    const statement = withLiterals(sql, { ...values, query: withLiterals(select, parameters) });
    const counted = this.askedOutputs.includes('unloadedRows')
      ? ['SELECT pg_last_unload_count() AS unloaded_rows']
      : [];
    return {
      kind: 'RedshiftUnloadTask',
      ...redshiftBody({
        task: this,
        warehouse,
        statements: [statement, ...counted],
        shown: [sql.replace(':query', () => select), ...counted],
        transaction: true,
        longPolling,
        ...(counted.length > 0 && { resultRows: 1 }),
      }),
      // Redshift folds the names of columns, so the output gets its name here.
      ...(counted.length > 0 && { outputs: "$merge([$states.result,{'unloadedRows':$states.result.unloaded_rows}])" }),
    };
  }
}

/** UNLOAD with `:name` in place of every text. */
function unloadSql(props: RedshiftUnloadTaskProps): { sql: string; values: { [name: string]: string } } {
  const values: { [name: string]: string } = { target: props.target };
  const words: string[] = [];
  const add = (clause: string, name: string, value: string | undefined) => {
    if (value === undefined) return;
    values[name] = value;
    words.push(`${clause} :${name}`);
  };
  if (props.iamRole === undefined) words.push('IAM_ROLE DEFAULT');
  else add('IAM_ROLE', 'iamRole', props.iamRole.roleArn);
  const format = props.format ?? UnloadFormat.PARQUET;
  if (format !== UnloadFormat.TEXT) words.push(`FORMAT AS ${format.toUpperCase()}`);
  if (props.partitionBy !== undefined) words.push(`PARTITION BY (${props.partitionBy.join(', ')})`);
  if (props.manifest) words.push('MANIFEST');
  if (props.header) words.push('HEADER');
  add('DELIMITER AS', 'delimiter', props.delimiter);
  add('NULL AS', 'nullAs', props.nullAs);
  if (props.addQuotes) words.push('ADDQUOTES');
  if (props.escape) words.push('ESCAPE');
  if (props.compression !== undefined) words.push(props.compression);
  if (props.allowOverwrite) words.push('ALLOWOVERWRITE');
  if (props.cleanPath) words.push('CLEANPATH');
  if (props.parallel === false) words.push('PARALLEL OFF');
  if (props.maxFileSize !== undefined) words.push(`MAXFILESIZE ${props.maxFileSize.toMebibytes()} MB`);
  add('EXTENSION', 'extension', props.extension);
  add('REGION AS', 'targetRegion', props.targetRegion);
  return { sql: `UNLOAD (:query) TO :target ${words.join(' ')}`, values };
}

const { TEXT, CSV, PARQUET, JSON: JSON_FORMAT } = UnloadFormat;

/** Which formats know an option; options that are not here go with every format. */
const KNOWN_BY: { readonly [option in keyof RedshiftUnloadTaskProps]?: readonly UnloadFormat[] } = {
  delimiter: [TEXT, CSV],
  header: [TEXT, CSV],
  nullAs: [TEXT, CSV],
  addQuotes: [TEXT],
  escape: [TEXT],
  compression: [TEXT, CSV, JSON_FORMAT],
};

function problems(props: RedshiftUnloadTaskProps): string[] {
  const format = props.format ?? PARQUET;
  const statements = splitStatements(props.query.text);
  const found: (string | undefined)[] = [
    pathProblem('target', props.target),
    ...(props.partitionBy ?? []).map((column) => identifierProblem('partitionBy', column)),
  ];
  if (statements.length !== 1)
    found.push(`query holds ${statements.length} statements: expected one SELECT; write others with RedshiftQueryTask`);
  for (const [option, formats] of Object.entries(KNOWN_BY)) {
    const value = props[option as keyof RedshiftUnloadTaskProps];
    if (value !== undefined && value !== false && !formats.includes(format))
      found.push(`${option} is given with format ${format}, which UNLOAD refuses: it goes with ${formats.join(', ')}`);
  }
  if (props.compression === FileCompression.LZOP)
    found.push('compression is LZOP, which COPY reads but UNLOAD refuses');
  if (props.partitionBy?.length === 0) found.push('partitionBy is empty: name a column, or leave it out');
  if (props.allowOverwrite && props.cleanPath)
    found.push('allowOverwrite and cleanPath are both given, which UNLOAD refuses: cleanPath removes what is there');
  const { maxFileSize, extension, targetRegion } = props;
  const megabytes = maxFileSize?.isUnresolved() === false ? maxFileSize.toMebibytes() : undefined;
  if (megabytes !== undefined && !(megabytes >= 5 && megabytes <= 6348))
    found.push(`maxFileSize is ${megabytes} MB: expected 5 MB to 6.2 GB`);
  for (const [name, text] of Object.entries({ extension, targetRegion }))
    if (text !== undefined && !Token.isUnresolved(text) && !/^[\w.-]+$/.test(text))
      found.push(`${name} is ${JSON.stringify(text)}: expected letters, digits, dots and dashes`);
  return [
    ...found.filter((one) => one !== undefined),
    ...parameterProblems('query', props.query.text, props.parameters),
  ];
}
