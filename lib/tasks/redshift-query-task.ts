import type { Construct } from 'constructs';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { PLAIN_OUTPUTS, redshiftBody } from './redshift-statements';
import { parameterProblems, splitStatements } from './split-statements';
import { withLiterals } from './sql-literal';
import type { Sql } from './sql';
import type { Warehouse } from './warehouse';

/** What a Redshift query may say. */
export interface RedshiftQueryTaskProps extends TaskProps {
  /** Where it runs. */
  readonly warehouse: Warehouse;
  /** One statement or several, with semicolons between them. */
  readonly sql: Sql;
  /**
   * Values of `:name` in the statements. They are texts that never become SQL: cast them where something else is meant, `:day::date`.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
  /**
   * Read up to this many rows of the last statement that returns any, as outputs. The service hands over the whole result, which
   * may not be larger than 256 KiB: limit it in the statement.
   * @default - no rows are read
   */
  readonly resultRows?: number;
  /**
   * Several statements run in one transaction, all of them or none. `false`: one after the other, each committed by itself, up to
   * the first that fails; for statements that Redshift refuses inside a transaction, such as VACUUM or ALTER TABLE APPEND.
   * @default true
   */
  readonly transaction?: boolean;
  /**
   * Ask the Data API to hold its answer back for up to 30 seconds (`WaitTimeSeconds` of DescribeStatement): the end is seen at once,
   * and an hour takes some 840 events of the run's history. A service that does not know the argument is asked plainly instead.
   * Whether Step Functions passes the argument on in your region is worth one try before it is relied on.
   * @default false - looks every 2 seconds in the first minute, then ever more rarely, up to 30 seconds apart
   */
  readonly longPolling?: boolean;
}

/**
 * Runs SQL on Redshift through its Data API and waits for the end. Outputs: `statementId`, `resultRows` (rows returned or changed by
 * the last statement), `rowCounts` (the same of every statement), `seconds`; with the prop `resultRows` also `rows` (a list of
 * objects) and every column of the first row under its own name.
 */
export class RedshiftQueryTask extends Task {
  private readonly query: RedshiftQueryTaskProps;
  private readonly statements: string[];

  constructor(scope: Construct, id: string, props: RedshiftQueryTaskProps) {
    super(scope, id, props);
    this.query = props;
    this.statements = splitStatements(props.sql.text);
    this.check(props);
  }

  public toSpec(): TaskSpec {
    const { warehouse, resultRows } = this.query;
    const asked = this.askedOutputs.filter((name) => !PLAIN_OUTPUTS.includes(name));
    if (asked.length > 0 && resultRows === undefined) {
      this.addProblem(
        `the output ${asked.join(', ')} is a part of the result, which is not read: set resultRows (1 is enough for columns of the first row)`,
      );
    }
    const given = this.query.parameters ?? {};
    const [only = ''] = this.statements;
    // The Data API binds parameters of a single query, not of a batch, and Redshift binds none in COPY and the like.
    const bound = this.statements.length === 1 && BINDS.test(only);
    return {
      kind: 'RedshiftQueryTask',
      ...redshiftBody({
        task: this,
        warehouse,
        statements: bound ? this.statements : this.statements.map((statement) => withLiterals(statement, given)),
        shown: this.statements,
        parameters: bound ? Object.entries(given).map(([Name, value]) => ({ Name, Value: asText(value) })) : [],
        transaction: this.query.transaction ?? true,
        longPolling: this.query.longPolling ?? false,
        explainLoad:
          (this.statements.length === 1 || this.query.transaction !== false) &&
          this.statements.some((statement) => COPIES.test(statement)),
        ...(resultRows !== undefined && { resultRows }),
      }),
    };
  }

  private check(props: RedshiftQueryTaskProps): void {
    if (this.statements.length === 0)
      this.addProblem(`sql holds no statement${props.sql.file === undefined ? '' : `: ${props.sql.file}`}`);
    if (this.statements.length > 40)
      this.addProblem(
        `sql holds ${this.statements.length} statements, the Data API takes 40 at once: split it into several tasks`,
      );
    if (props.resultRows !== undefined && !(Number.isInteger(props.resultRows) && props.resultRows >= 1)) {
      this.addProblem(`resultRows is ${props.resultRows}: expected a whole number from 1`);
    }
    const alone =
      this.statements.length > 1 && props.transaction !== false
        ? this.statements.find((one) => ALONE.test(one))
        : undefined;
    if (alone !== undefined)
      this.addProblem(
        `sql holds ${ALONE.exec(alone)![1]!.replace(/\s+/g, ' ')} beside other statements: Redshift refuses it inside a transaction; set transaction to false`,
      );
    for (const problem of parameterProblems('sql', props.sql.text, props.parameters)) this.addProblem(problem);
  }
}

/** Statements whose parameters Redshift binds itself. */
const BINDS = /^\s*(?:(?:--[^\n]*\n|\/\*[\s\S]*?\*\/)\s*)*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)\b/i;

/** What Redshift refuses inside a transaction block. */
const ALONE =
  /^\s*(?:(?:--[^\n]*\n|\/\*[\s\S]*?\*\/)\s*)*(VACUUM|ALTER\s+TABLE\s+\S+\s+APPEND|(?:CREATE|DROP|ALTER)\s+(?:DATABASE|EXTERNAL\s+TABLE)|ALTER\s+TABLE\s+\S+\s+ALTER\s+COLUMN)\b/i;

const COPIES = /^\s*(?:(?:--[^\n]*\n|\/\*[\s\S]*?\*\/)\s*)*COPY\b/i;
