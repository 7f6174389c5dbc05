import { hasRunToken } from '../pipeline/run-token';
import { pathProblem } from './s3-path';
import { parameterProblems, splitStatements } from './split-statements';
import type { Sql } from './sql';
import { identifierProblem } from './sql-name';
import type { AthenaSource } from './sql-sensor';
import type { Warehouse } from './warehouse';

/** A table of the Data Catalog, asked through Athena. */
export interface ExpectedTableProps extends AthenaSource {
  /** Its name. */
  readonly table: string;
  /**
   * Only rows of which this condition is true, such as one day's partition: `day = :day`.
   * @default - all rows
   */
  readonly where?: Sql;
  /**
   * Values of `:name` in the condition; may hold run values. They are texts that never become SQL.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
}

/** The format of a file set. */
export enum ExpectedFormat {
  CSV = 'csv',
  JSON_LINES = 'json',
  PARQUET = 'parquet',
}

/** Files in S3, asked through Athena by a table that lives as long as the check. */
export interface ExpectedFilesProps extends AthenaSource {
  /** `s3://bucket/prefix/`: all files below it, but those whose names begin with `.` or `_`; run values may stand behind the bucket's name. */
  readonly path: string;
  readonly format: ExpectedFormat;
  /**
   * Between the fields of a CSV file.
   * @default ,
   */
  readonly delimiter?: string;
  /**
   * The first line of each CSV file names its columns. `false`: columns are told by their places.
   * @default true
   */
  readonly header?: boolean;
}

/** The result of a query, in Athena. */
export interface ExpectedAthenaQueryProps extends AthenaSource {
  /** One SELECT. */
  readonly sql: Sql;
  /**
   * Values of `:name` in it; may hold run values. They are texts that never become SQL.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
}

/** The result of a query, in Redshift. */
export interface ExpectedRedshiftQueryProps {
  readonly warehouse: Warehouse;
  /** One SELECT. */
  readonly sql: Sql;
  /**
   * Values of `:name` in it; may hold run values. They are texts that never become SQL.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
}

/** What a check looks at. */
export class ExpectedData {
  /**
   * A table of the Data Catalog. What its SerDe cannot read in the catalog's type is NULL to Athena (and an error on a laptop): where values of
   * text files are the question, use `files`.
   */
  public static table(props: ExpectedTableProps): ExpectedData {
    const name = (part: string) => `"${part.replaceAll('"', '""')}"`;
    const table = `${name(props.database)}.${name(props.table)}`;
    const where = props.where?.text;
    return new ExpectedData({
      what: `table ${props.database}.${props.table}`,
      athena: props,
      table: props.table,
      select: where === undefined ? table : `(SELECT * FROM ${table} WHERE\n${where}\n)`,
      parameters: props.parameters ?? {},
      problems: [
        ...parameterProblems('where', where ?? '', props.parameters),
        ...(hasRunToken(props.table)
          ? ['table holds a value that is known only when the pipeline runs: write its name']
          : []),
      ],
    });
  }

  /** Files in S3. Their columns are those that the files themselves name. */
  public static files(props: ExpectedFilesProps): ExpectedData {
    const wrong = pathProblem('path', props.path);
    const problems = wrong === undefined ? [] : [wrong];
    const csv = props.format === ExpectedFormat.CSV;
    for (const option of ['delimiter', 'header'] as const)
      if (props[option] !== undefined && !csv)
        problems.push(`${option} is given with format ${props.format}, where it does nothing: leave it out`);
    if (props.delimiter !== undefined && (props.delimiter.length !== 1 || /["\n\r\\]/.test(props.delimiter)))
      problems.push(
        `delimiter is ${JSON.stringify(props.delimiter)}: expected one character that is no quote, backslash or line end`,
      );
    if (/^s3:\/\/[^/]+\/?$/.test(props.path))
      problems.push(`path is ${props.path}, a whole bucket: name a prefix in it that holds these files alone`);
    return new ExpectedData({
      what: `the file set ${props.path}`,
      athena: { ...props, sources: [props.path, ...(props.sources ?? [])] },
      files: props,
      parameters: {},
      problems,
    });
  }

  /** The result of a SELECT in Athena. */
  public static athenaQuery(props: ExpectedAthenaQueryProps): ExpectedData {
    return new ExpectedData({
      what: 'the result of the query',
      athena: props,
      select: wrapped(props.sql),
      parameters: props.parameters ?? {},
      problems: queryProblems(props.sql, props.parameters),
    });
  }

  /** A table of Redshift: `orders`, `sales.orders`. */
  public static redshiftTable(warehouse: Warehouse, table: string): ExpectedData {
    const wrong = identifierProblem('table', table);
    return new ExpectedData({
      what: `table ${table}`,
      warehouse,
      warehouseTable: table,
      select: table,
      parameters: {},
      problems: wrong === undefined ? [] : [wrong],
    });
  }

  /** The result of a SELECT in Redshift. */
  public static redshiftQuery(props: ExpectedRedshiftQueryProps): ExpectedData {
    return new ExpectedData({
      what: 'the result of the query',
      warehouse: props.warehouse,
      select: wrapped(props.sql),
      parameters: props.parameters ?? {},
      problems: queryProblems(props.sql, props.parameters),
    });
  }

  /** @internal */
  public readonly _facts: DataFacts;

  private constructor(facts: object) {
    this._facts = facts as DataFacts;
  }
}

/** Of one kind of data. */
export interface DataFacts {
  /** As people read it. */
  readonly what: string;
  readonly athena?: AthenaSource;
  readonly warehouse?: Warehouse;
  /** In the Data Catalog. */
  readonly table?: string;
  readonly warehouseTable?: string;
  readonly files?: ExpectedFilesProps;
  /** What stands behind FROM, with `:name`. */
  readonly select?: string;
  readonly parameters: { readonly [name: string]: string };
  readonly problems: readonly string[];
}

/** A comment at its end does not swallow the bracket. */
function wrapped(sql: Sql): string {
  return `(\n${splitStatements(sql.text)[0] ?? ''}\n)`;
}

function queryProblems(sql: Sql, parameters: { [name: string]: string } | undefined): string[] {
  const statements = splitStatements(sql.text);
  const [first = ''] = statements;
  return [
    ...(statements.length === 1 && /^[\s(]*(SELECT|WITH|VALUES|--|\/\*)/i.test(first)
      ? []
      : [
          `sql begins with ${JSON.stringify(first.slice(0, 40))} and holds ${statements.length} statements: expected one SELECT, whose result is checked`,
        ]),
    ...parameterProblems('sql', first, parameters),
  ];
}
