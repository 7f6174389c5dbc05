import type { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { concat, expression, quote } from '../compile/expression';
import type { Json } from '../compile/model';
import { hasRunToken } from '../pipeline/run-token';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText, textCode } from './as-text';
import type { ExpectedData } from './expect-schema-data';
import { athenaCheck, redshiftCheck } from './expect-schema-states';
import { placeOf } from './s3-prefix';
import { pathProblem } from './s3-path';
import { cutAtParameters } from './split-statements';
import { withLiterals } from './sql-literal';
import { identifierProblem } from './sql-name';

/** A column that data should have. */
export interface ExpectedColumn {
  /** Its name, in any case: the catalog, Athena and Redshift fold it. */
  readonly name: string;
  /** The Data Catalog's word for its type: `string`, `bigint`, `double`, `decimal(10,2)`, `date`, `timestamp`, `array<string>`. */
  readonly type: string;
  /**
   * It may be NULL, which an empty field of a CSV file and a missing key of a JSON object are, too.
   * @default true
   */
  readonly nullable?: boolean;
}

/** How old data may be. */
export interface ExpectedFreshness {
  /** Greatest age. */
  readonly maxAge: Duration;
  /**
   * Column with a date or a time (in UTC, where it names no zone), whose newest value counts.
   * @default - the time at which the newest object came; only for files
   */
  readonly column?: string;
  /**
   * What the age is measured from, in ISO 8601; may hold run values: `pipeline.run.intervalEnd` lets a run of an older interval pass.
   * @default - the time of the check
   */
  readonly asOf?: string;
}

/** Where a quarantine is. */
export interface QuarantineProps {
  /** `s3://bucket/prefix/` for rows and files that break. */
  readonly broken: string;
  /** `s3://bucket/prefix/` for the rows that hold, which the tasks downstream read. */
  readonly clean: string;
}

/** What a check does when data are not as expected. */
export class SchemaPolicy {
  /** The task fails; nothing is changed. */
  public static fail(): SchemaPolicy {
    return new SchemaPolicy('fail');
  }

  /** The task succeeds; its outputs `ok` and `problems` say what was found. */
  public static warn(): SchemaPolicy {
    return new SchemaPolicy('warn');
  }

  /**
   * For what Athena reads. In every run the rows that hold are written as Parquet below `clean`, with the expected types, and those that break
   * below `broken`, as they are; the source stays as it is. A row breaks by a value of another type, by a NULL or by a key that it has
   * in common with another row (all of them go). Of a file set, files that are unlike the others or cannot be read are moved below
   * `broken` first. What is wrong beyond rows, such as a missing column, one whose type is
   * not converted, too few rows or old data, fails the task.
   */
  public static quarantine(props: QuarantineProps): SchemaPolicy {
    return new SchemaPolicy('quarantine', props);
  }

  /**
   * For a table of Redshift: rows that break are moved into another table, in one transaction; the rest stays. It is made like the checked
   * one where there is none. What is wrong beyond rows fails the task, and a column of another type is.
   */
  public static quarantineTable(table: string): SchemaPolicy {
    return new SchemaPolicy('quarantine', undefined, table);
  }

  private constructor(
    /** @internal */
    public readonly _kind: string,
    /** @internal */
    public readonly _places?: QuarantineProps,
    /** @internal */
    public readonly _table?: string,
  ) {}
}

/** What a check of data may say. */
export interface ExpectSchemaTaskProps extends TaskProps {
  /** What is checked. */
  readonly data: ExpectedData;
  /** The columns that it should have, in any order. */
  readonly columns: ExpectedColumn[];
  /**
   * More columns are fine.
   * @default true
   */
  readonly extraColumns?: boolean;
  /** @default - any number of rows, also none */
  readonly minRows?: number;
  /** @default - any number of rows */
  readonly maxRows?: number;
  /**
   * Columns whose values together stand in one row only; a key with a NULL in it is none.
   * @default - rows may be alike
   */
  readonly key?: string[];
  /** @default - of any age */
  readonly freshness?: ExpectedFreshness;
  /** @default SchemaPolicy.fail() */
  readonly policy?: SchemaPolicy;
}

/**
 * Checks a table, files or the result of a query against the columns that it should have, and fails with the error `Headrace.SchemaBroken` and
 * what a person needs to know: "column `amount` was double, now string: 412 rows like '12,50'". All rows are counted by one query.
 * Outputs: `ok`, `rows`, `problems` (sentences), `brokenRows`, `newest`; of files `files`, `filesAside`; with a quarantine `clean` (where
 * the rows that hold are) and, if there are any, `broken`.
 * https://docs.aws.amazon.com/athena/latest/ug/querying.html
 */
export class ExpectSchemaTask extends Task {
  private readonly expected: ExpectSchemaTaskProps;

  constructor(scope: Construct, id: string, props: ExpectSchemaTaskProps) {
    super(scope, id, props);
    this.expected = props;
    for (const problem of [...props.data._facts.problems, ...columnProblems(props), ...policyProblems(props)])
      this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { data, policy } = this.expected;
    const facts = data._facts;
    const places = policy?._places;
    const check = { task: this, facts, expect: this.expectation(), ...(places !== undefined && { places }) };
    const body = facts.warehouse === undefined ? athenaCheck(check) : redshiftCheck(check, facts.warehouse);
    return { kind: 'ExpectSchemaTask', ...body };
  }

  /** As the function takes it. */
  private expectation(): { readonly [field: string]: Json } {
    const { data, columns, key, freshness, policy, minRows, maxRows, extraColumns = true } = this.expected;
    const { select, parameters, files, warehouse, warehouseTable, athena } = data._facts;
    const place = (path: string) => asText(path.endsWith('/') ? path : `${path}/`);
    return {
      engine: warehouse === undefined ? 'athena' : 'redshift',
      ...(select !== undefined && {
        source: warehouse === undefined ? withTexts(select, parameters) : withLiterals(select, parameters),
      }),
      columns: columns.map(({ name, type, nullable = true }) => ({ name: name.toLowerCase(), type, nullable })),
      extraColumns,
      ...(minRows !== undefined && { least: minRows }),
      ...(maxRows !== undefined && { most: maxRows }),
      ...(key !== undefined && { key: key.map((name) => name.toLowerCase()) }),
      ...(freshness !== undefined && {
        fresh: {
          seconds: freshness.maxAge.toSeconds(),
          asOf: freshness.asOf === undefined ? '{% $now() %}' : asText(freshness.asOf),
          ...(freshness.column !== undefined && { column: freshness.column.toLowerCase() }),
        },
      }),
      policy: policy?._kind ?? 'fail',
      ...(policy?._places !== undefined && {
        places: { broken: place(policy._places.broken), clean: place(policy._places.clean) },
      }),
      ...(policy?._table !== undefined && { tables: { checked: warehouseTable ?? '', broken: policy._table } }),
      ...(files !== undefined && {
        files: {
          ...placeOf(files.path.endsWith('/') ? files.path : `${files.path}/`),
          format: files.format,
          delimiter: files.delimiter ?? ',',
          header: files.header ?? true,
          database: athena!.database,
          table: '{% $xName %}',
        },
      }),
    };
  }
}

/** `:name` as texts in Athena's words: quotes are doubled, and nothing else ends a text. */
function withTexts(sql: string, parameters: { readonly [name: string]: string }): string {
  const pieces = cutAtParameters(sql);
  const valueOf = (piece: { readonly parameter: string }) => parameters[piece.parameter] ?? '';
  if (!pieces.some((piece) => typeof piece !== 'string' && hasRunToken(valueOf(piece))))
    return pieces.map((one) => (typeof one === 'string' ? one : `'${valueOf(one).replaceAll("'", "''")}'`)).join('');
  const apostrophe = quote("'");
  const code = (piece: { readonly parameter: string }) =>
    `${apostrophe}&$replace(${textCode(valueOf(piece))},${apostrophe},${quote("''")})&${apostrophe}`;
  return expression(concat(pieces.map((piece) => (typeof piece === 'string' ? quote(piece) : code(piece)))));
}

const TYPE =
  /^(string|varchar|char|boolean|tinyint|smallint|int|integer|bigint|float|real|double|double precision|date|timestamp|timestamptz|binary|super)(\(\d+\))?$|^(decimal|numeric)(\(\d+, *\d+\))?$|^(array|map|struct)(<.+>)?$/i;

function columnProblems(props: ExpectSchemaTaskProps): string[] {
  const names = props.columns.map(({ name }) => name.toLowerCase());
  const named = (prop: string, name: string) =>
    names.includes(name.toLowerCase())
      ? []
      : [`${prop} has ${JSON.stringify(name)}, which is none of the columns: name it there, with its type`];
  const { minRows, maxRows, key, freshness } = props;
  return [
    ...(names.length === 0 ? ['columns is empty: name those that the data should have'] : []),
    ...names
      .filter((name, i) => names.indexOf(name) < i)
      .map((name) => `columns names ${JSON.stringify(name)} twice: names differ by more than their case`),
    ...props.columns.flatMap(({ name, type }) => [
      ...(/\S/.test(name) && !hasRunToken(name) && !/[\u0000-\u001f]/.test(name)
        ? []
        : [`columns has the name ${JSON.stringify(name)}: expected the name of a column, known at synth`]),
      ...(TYPE.test(type.trim())
        ? []
        : [
            `column ${name} has the type ${JSON.stringify(type)}: expected one of the Data Catalog's, such as string, bigint, double, decimal(10,2), date, timestamp`,
          ]),
    ]),
    ...(key?.length === 0 ? ['key is empty: name its columns, or leave it out'] : []),
    ...(key ?? []).flatMap((name) => named('key', name)),
    ...Object.entries({ minRows, maxRows }).flatMap(([prop, value]) =>
      value === undefined || (Number.isInteger(value) && value >= 0)
        ? []
        : [`${prop} is ${value}: expected a whole number from 0`],
    ),
    ...(minRows !== undefined && maxRows !== undefined && minRows > maxRows
      ? [`minRows is ${minRows} and maxRows ${maxRows}: no number of rows is both`]
      : []),
    ...(freshness === undefined ? [] : freshnessProblems(props, freshness, named)),
  ];
}

function freshnessProblems(
  { data }: ExpectSchemaTaskProps,
  { column, asOf }: ExpectedFreshness,
  named: (prop: string, name: string) => string[],
): string[] {
  return [
    ...(column === undefined ? [] : named('freshness.column', column)),
    ...(column === undefined && data._facts.files === undefined
      ? [
          `freshness names no column, but only files have a time of their own: name the column of ${data._facts.what} that holds a date or a time`,
        ]
      : []),
    ...(asOf === undefined || hasRunToken(asOf) || !Number.isNaN(Date.parse(asOf))
      ? []
      : [
          `freshness.asOf is ${JSON.stringify(asOf)}: expected a time in ISO 8601, or a run value such as run.intervalEnd`,
        ]),
  ];
}

function policyProblems({ data, policy }: ExpectSchemaTaskProps): string[] {
  const { files, warehouse, warehouseTable } = data._facts;
  const found: (string | undefined)[] = [];
  const places = policy?._places;
  const table = policy?._table;
  if (places !== undefined) {
    if (warehouse !== undefined)
      found.push('policy is a quarantine in S3, which Redshift does not write here: use SchemaPolicy.quarantineTable');
    for (const [prop, path] of Object.entries({ broken: places.broken, clean: places.clean })) {
      found.push(pathProblem(prop, path));
      for (const source of [files?.path, ...(data._facts.athena?.sources ?? [])])
        if (source !== undefined && path.startsWith(source.replace(/\/?$/, '/')))
          found.push(
            `${prop} is ${path}, which lies in ${source}, so the next check would read it: choose a place beside it`,
          );
    }
  }
  if (table !== undefined) {
    found.push(identifierProblem('quarantineTable', table));
    if (warehouseTable === undefined)
      found.push(
        warehouse === undefined
          ? 'policy is a quarantine in a table, which only Redshift has: use SchemaPolicy.quarantine'
          : 'policy is a quarantine, but the result of a query has no rows to move: check the table with ExpectedData.redshiftTable',
      );
    if (table === warehouseTable) found.push(`quarantineTable is ${table}, the checked table itself: name another one`);
  }
  return found.filter((one) => one !== undefined);
}
