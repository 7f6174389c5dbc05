import { Stack } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { hasRunToken } from '../pipeline/run-token';
import type { TaskProps } from '../pipeline/task';
import type { Database } from './database';
import { RdsQueryTask } from './rds-query-task';
import { pathProblem } from './s3-path';
import { Sql } from './sql';
import { identifierProblem } from './sql-name';

/** What a load of S3 files into RDS or Aurora may say. */
export interface RdsImportTaskProps extends TaskProps {
  /**
   * Where it runs; its instance or cluster needs a role that may read the bucket. By the Data API it has to be PostgreSQL. PostgreSQL needs
   * the extension `aws_s3`; of MySQL's kind only Aurora can do it.
   */
  readonly database: Database;
  /** `schema.table` */
  readonly table: string;
  /** `s3://bucket/key` of one file; run values may stand behind the bucket's name. With Aurora MySQL all keys that begin so. */
  readonly source: string;
  /**
   * Columns in the order of the file's fields.
   * @default - all columns of the table, in its order
   */
  readonly columns?: string[];
  /** @default `,` */
  readonly delimiter?: string;
  /**
   * The first line holds names, not data.
   * @default false
   */
  readonly header?: boolean;
  /**
   * Text that stands for NULL; PostgreSQL only.
   * @default - an empty field without quotes
   */
  readonly nullAs?: string;
  /**
   * Region of the bucket.
   * @default - the stack's
   */
  readonly sourceRegion?: string;
}

/**
 * Loads CSV files of S3 into a table: `aws_s3.table_import_from_s3` of PostgreSQL, LOAD DATA FROM S3 of Aurora MySQL. Outputs: those of
 * `RdsQueryTask`, and with PostgreSQL `message`, its own words for what was loaded.
 * See docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PostgreSQL.S3Import.html and
 * docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/AuroraMySQL.Integrating.LoadFromS3.html
 */
export class RdsImportTask extends RdsQueryTask {
  constructor(scope: Construct, id: string, props: RdsImportTaskProps) {
    const { database, table, source, columns = [], delimiter = ',', nullAs, sourceRegion } = props;
    const mysql = database._engine === 'mysql';
    super(scope, id, {
      ...props,
      ...(mysql ? loadData(props) : tableImport(props, sourceRegion ?? Stack.of(scope).region)),
    });
    const wrong = [
      identifierProblem('table', table),
      ...columns.map((column) => identifierProblem('columns', column)),
      pathProblem('source', source),
    ];
    for (const problem of wrong) if (problem !== undefined) this.addProblem(problem);
    if (!/^s3:\/\/[^/]+\/./.test(source))
      this.addProblem(`source is ${JSON.stringify(source)}: name a key in the bucket`);
    for (const [name, text] of Object.entries({ delimiter, nullAs }))
      if (text !== undefined && (hasRunToken(text) || (name === 'delimiter' && [...text].length !== 1)))
        this.addProblem(
          `${name} is ${JSON.stringify(text)}: expected ${name === 'delimiter' ? 'one character' : 'a text'} that is known at synth`,
        );
    if (mysql && nullAs !== undefined)
      this.addProblem('nullAs is given for MySQL, where it would do nothing: there \\N stands for NULL');
  }
}

interface Written {
  readonly sql: Sql;
  readonly parameters: { [name: string]: any };
  readonly resultRows?: number;
}

function tableImport(props: RdsImportTaskProps, region: string): Written {
  const { table, source, columns = [], delimiter = ',', header = false, nullAs } = props;
  const [bucket = '', ...key] = source.slice('s3://'.length).split('/');
  const quoted = (text: string) => `'${text.replaceAll("'", "''")}'`;
  const options = [
    'FORMAT csv',
    `DELIMITER ${quoted(delimiter)}`,
    ...(header ? ['HEADER true'] : []),
    ...(nullAs === undefined ? [] : [`NULL ${quoted(nullAs)}`]),
  ];
  return {
    sql: Sql.fromString(
      'SELECT aws_s3.table_import_from_s3(:table, :columns, :options, aws_commons.create_s3_uri(:bucket, :key, :region)) AS message',
    ),
    parameters: {
      table,
      columns: columns.join(','),
      options: `(${options.join(', ')})`,
      bucket,
      key: key.join('/'),
      region,
    },
    resultRows: 1,
  };
}

function loadData({ table, source, columns = [], delimiter = ',', header, sourceRegion }: RdsImportTaskProps): Written {
  const place = sourceRegion === undefined ? source : source.replace('s3://', `s3-${sourceRegion}://`);
  const list = columns.length === 0 ? '' : ` (${columns.join(', ')})`;
  return {
    sql: Sql.fromString(
      `LOAD DATA FROM S3 PREFIX :source INTO TABLE ${table} CHARACTER SET utf8mb4 FIELDS TERMINATED BY :delimiter` +
        ` OPTIONALLY ENCLOSED BY '"'${header ? ' IGNORE 1 LINES' : ''}${list}`,
    ),
    parameters: { source: place, delimiter },
  };
}
