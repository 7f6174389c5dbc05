import { type aws_iam as iam, Token } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { redshiftBody } from './redshift-statements';
import { pathProblem } from './s3-path';
import { parameterProblems, splitStatements } from './split-statements';
import type { Sql } from './sql';
import { withLiterals } from './sql-literal';
import { identifierProblem } from './sql-name';
import type { Warehouse } from './warehouse';

/** What COPY reads. */
export enum CopyFormat {
  TEXT = 'text',
  CSV = 'csv',
  FIXED_WIDTH = 'fixedwidth',
  JSON = 'json',
  AVRO = 'avro',
  PARQUET = 'parquet',
  ORC = 'orc',
}

/** How files are packed. */
export enum FileCompression {
  GZIP = 'GZIP',
  BZIP2 = 'BZIP2',
  ZSTD = 'ZSTD',
  /** COPY only. */
  LZOP = 'LZOP',
}

/** What a Redshift load may say. Options have COPY's names and meaning: docs.aws.amazon.com/redshift/latest/dg/r_COPY.html */
export interface RedshiftCopyTaskProps extends TaskProps {
  /** Where it runs. */
  readonly warehouse: Warehouse;
  /** `schema.table` */
  readonly table: string;
  /** `s3://bucket/prefix` of the files, or a manifest; run values may stand behind the bucket's name. */
  readonly source: string;
  /** What the files hold. */
  readonly format: CopyFormat;
  /**
   * Columns in the order of the file's fields.
   * @default - all columns of the table, in its order
   */
  readonly columns?: string[];
  /**
   * Role with which Redshift reads the bucket.
   * @default - the warehouse's default role
   */
  readonly iamRole?: iam.IRole;
  /**
   * Statements that run in the same transaction before the load, such as the DELETE that makes a repeated load give the same rows.
   * @default - none
   */
  readonly before?: Sql;
  /**
   * Values of `:name` in `before`.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
  /** @default `|` for text, `,` for CSV */
  readonly delimiter?: string;
  /** @default - a double quote, for CSV */
  readonly quote?: string;
  /**
   * Lines at the begin of each file that are no data.
   * @default 0
   */
  readonly ignoreHeader?: number;
  /** @default - not compressed; Parquet, ORC and Avro know it by themselves */
  readonly compression?: FileCompression;
  /**
   * Text that stands for NULL.
   * @default - `\N` for text
   */
  readonly nullAs?: string;
  /**
   * `auto`, or a format such as `DD.MM.YYYY`.
   * @default - YYYY-MM-DD
   */
  readonly dateFormat?: string;
  /**
   * `auto`, `epochsecs`, `epochmillisecs`, or a format.
   * @default - YYYY-MM-DD HH:MI:SS
   */
  readonly timeFormat?: string;
  /**
   * `auto`, `auto ignorecase`, `noshred`, or `s3://` of a JSONPaths file; for JSON and Avro.
   * @default auto
   */
  readonly jsonPaths?: string;
  /**
   * `column:width,...`; for fixed width.
   * @default - must be given there
   */
  readonly fixedWidth?: string;
  /**
   * Rows that may be refused before the load fails, 0 to 100,000.
   * @default 0
   */
  readonly maxError?: number;
  /**
   * `source` is a manifest.
   * @default false
   */
  readonly manifest?: boolean;
  /**
   * Characters that are not UTF-8 become this one.
   * @default - they are an error
   */
  readonly acceptInvChars?: string;
  /**
   * Fields that are blank become NULL.
   * @default false
   */
  readonly blanksAsNull?: boolean;
  /**
   * Fields that are empty become NULL.
   * @default false
   */
  readonly emptyAsNull?: boolean;
  /**
   * A backslash makes the next character plain.
   * @default false
   */
  readonly escape?: boolean;
  /**
   * Missing fields at the end of a record are NULL or empty.
   * @default false
   */
  readonly fillRecord?: boolean;
  /**
   * Quotes around fields are removed.
   * @default false
   */
  readonly removeQuotes?: boolean;
  /**
   * Texts that are too long are cut.
   * @default false
   */
  readonly truncateColumns?: boolean;
  /**
   * White space at the end of a text is removed.
   * @default false
   */
  readonly trimBlanks?: boolean;
  /**
   * Region of the bucket.
   * @default - the warehouse's
   */
  readonly sourceRegion?: string;
  /**
   * See `RedshiftQueryTask`.
   * @default false
   */
  readonly longPolling?: boolean;
}

/**
 * Loads files of S3 into a Redshift table with COPY. A failed load names file, line, column and reason. Outputs: those of
 * `RedshiftQueryTask` that need no result, and `loadedRows`.
 */
export class RedshiftCopyTask extends Task {
  private readonly copy: RedshiftCopyTaskProps;

  constructor(scope: Construct, id: string, props: RedshiftCopyTaskProps) {
    super(scope, id, props);
    this.copy = props;
    for (const problem of problems(props)) this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { warehouse, before, parameters = {}, longPolling = false } = this.copy;
    const first = before === undefined ? [] : splitStatements(before.text);
    const { sql, values } = copySql(this.copy);
    const counted = this.askedOutputs.includes('loadedRows') ? ['SELECT pg_last_copy_count() AS loaded_rows'] : [];
    return {
      kind: 'RedshiftCopyTask',
      ...redshiftBody({
        task: this,
        warehouse,
        statements: [...first.map((one) => withLiterals(one, parameters)), withLiterals(sql, values), ...counted],
        shown: [...first, sql, ...counted],
        transaction: true,
        longPolling,
        explainLoad: true,
        ...(counted.length > 0 && { resultRows: 1 }),
      }),
      // Redshift folds the names of columns, so the output gets its name here.
      ...(counted.length > 0 && { outputs: "$merge([$states.result,{'loadedRows':$states.result.loaded_rows}])" }),
    };
  }
}

/** COPY with `:name` in place of every text. */
function copySql(props: RedshiftCopyTaskProps): { sql: string; values: { [name: string]: string } } {
  const values: { [name: string]: string } = { source: props.source };
  const words: string[] = [];
  const add = (clause: string, name: string, value: string | undefined) => {
    if (value === undefined) return;
    values[name] = value;
    words.push(`${clause} :${name}`);
  };
  if (props.iamRole === undefined) words.push('IAM_ROLE DEFAULT');
  else add('IAM_ROLE', 'iamRole', props.iamRole.roleArn);
  words.push(...formatWords(props, add));
  add('DELIMITER', 'delimiter', props.delimiter);
  add('QUOTE AS', 'quote', props.quote);
  if (props.ignoreHeader) words.push(`IGNOREHEADER ${props.ignoreHeader}`);
  if (props.compression !== undefined) words.push(props.compression);
  add('NULL AS', 'nullAs', props.nullAs);
  add('DATEFORMAT', 'dateFormat', props.dateFormat);
  add('TIMEFORMAT', 'timeFormat', props.timeFormat);
  add('ACCEPTINVCHARS AS', 'acceptInvChars', props.acceptInvChars);
  if (props.maxError) words.push(`MAXERROR ${props.maxError}`);
  for (const flag of FLAGS) if (props[flag]) words.push(flag.toUpperCase());
  add('REGION', 'sourceRegion', props.sourceRegion);
  const columns = props.columns === undefined ? '' : ` (${props.columns.join(', ')})`;
  return { sql: `COPY ${props.table}${columns} FROM :source ${words.join(' ')}`, values };
}

function formatWords(
  { format, jsonPaths = 'auto', fixedWidth }: RedshiftCopyTaskProps,
  add: (clause: string, name: string, value: string) => void,
): string[] {
  if (format === CopyFormat.TEXT) return [];
  if (format === CopyFormat.FIXED_WIDTH) add('FIXEDWIDTH', 'fixedWidth', fixedWidth ?? '');
  else if (format === CopyFormat.JSON || format === CopyFormat.AVRO)
    add(`FORMAT AS ${format.toUpperCase()}`, 'jsonPaths', jsonPaths);
  else return [`FORMAT AS ${format.toUpperCase()}`];
  return [];
}

const FLAGS = [
  'manifest',
  'blanksAsNull',
  'emptyAsNull',
  'escape',
  'fillRecord',
  'removeQuotes',
  'truncateColumns',
  'trimBlanks',
] as const;

const { TEXT, CSV, FIXED_WIDTH, JSON: JSON_FORMAT, AVRO, PARQUET, ORC } = CopyFormat;

/** Which formats know an option; options that are not here go with every format. */
const KNOWN_BY: { readonly [option in keyof RedshiftCopyTaskProps]?: readonly CopyFormat[] } = {
  delimiter: [TEXT, CSV],
  quote: [CSV],
  ignoreHeader: [TEXT, CSV, FIXED_WIDTH],
  compression: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT],
  nullAs: [TEXT, CSV, FIXED_WIDTH],
  dateFormat: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT, AVRO],
  timeFormat: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT, AVRO],
  jsonPaths: [JSON_FORMAT, AVRO],
  fixedWidth: [FIXED_WIDTH],
  maxError: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT, AVRO],
  acceptInvChars: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT, AVRO, PARQUET, ORC],
  blanksAsNull: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT, AVRO],
  emptyAsNull: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT, AVRO],
  escape: [TEXT],
  fillRecord: [TEXT, CSV, FIXED_WIDTH, PARQUET, ORC],
  removeQuotes: [TEXT],
  truncateColumns: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT, AVRO],
  trimBlanks: [TEXT, CSV, FIXED_WIDTH, JSON_FORMAT, AVRO],
};

function problems(props: RedshiftCopyTaskProps): string[] {
  const found: (string | undefined)[] = [
    identifierProblem('table', props.table),
    ...(props.columns ?? []).map((column) => identifierProblem('columns', column)),
    pathProblem('source', props.source),
  ];
  for (const [option, formats] of Object.entries(KNOWN_BY)) {
    const value = props[option as keyof RedshiftCopyTaskProps];
    if (value !== undefined && value !== false && !formats.includes(props.format))
      found.push(
        `${option} is given with format ${props.format}, which COPY refuses: it goes with ${formats.join(', ')}`,
      );
  }
  for (const option of ['delimiter', 'quote', 'acceptInvChars'] as const) {
    const value = props[option];
    if (value !== undefined && !Token.isUnresolved(value) && !/^(?:[^\\]|\\t|\\\\|\\[0-7]{3})$/su.test(value))
      found.push(`${option} is ${JSON.stringify(value)}: expected a single character`);
  }
  if (props.format === FIXED_WIDTH && props.fixedWidth === undefined)
    found.push('fixedWidth is missing: say the columns and their widths, such as "id:8,name:40"');
  for (const [option, most] of [
    ['maxError', 100_000],
    ['ignoreHeader', 2_147_483_647],
  ] as const) {
    const value = props[option];
    if (value !== undefined && !(Number.isInteger(value) && value >= 0 && value <= most))
      found.push(`${option} is ${value}: expected a whole number from 0 to ${most}`);
  }
  if (props.sourceRegion !== undefined && props.format === ORC)
    found.push('sourceRegion is given with format orc: COPY reads ORC in its own region only');
  if (props.sourceRegion !== undefined && props.format === PARQUET)
    found.push('sourceRegion is given with format parquet: COPY reads Parquet in its own region only');
  return [
    ...found.filter((one) => one !== undefined),
    ...parameterProblems('before', props.before?.text ?? '', props.parameters),
  ];
}
