import type { Construct } from 'constructs';
import type { Json } from '../compile/model';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import {
  ATHENA_OUTPUTS,
  athenaParameterProblems,
  athenaPermissions,
  athenaRun,
  type AthenaStatement,
  type AthenaTaskProps,
} from './athena-run';
import { catalogStatement } from './glue-role';
import { pathProblems } from './s3-path';
import { splitStatements } from './split-statements';
import type { Sql } from './sql';
import { syncStates } from './sync-run';

/** What a query of Athena may say. */
export interface AthenaQueryTaskProps extends AthenaTaskProps {
  /** One statement. */
  readonly sql: Sql;
  /**
   * Where the statement writes (INSERT, UNLOAD), for the permission: `s3://bucket/prefix/`.
   * @default - nowhere: it only reads
   */
  readonly targets?: string[];
  /**
   * Read up to this many rows of the result, as outputs; 1 to 999.
   * @default - no rows are read
   */
  readonly resultRows?: number;
}

/**
 * Runs a statement in Athena and waits for its end; a failure tells Athena's reason with its position, and the statement. Outputs:
 * `queryExecutionId`, `outputLocation`, `dataScannedInBytes`, `seconds`; with the prop `resultRows` also `rows` (a list of objects
 * whose values are texts, as Athena gives them) and every column of the first row under its own name.
 * https://docs.aws.amazon.com/step-functions/latest/dg/connect-athena.html
 */
export class AthenaQueryTask extends Task {
  private readonly statement: AthenaStatement;

  constructor(
    scope: Construct,
    id: string,
    private readonly query: AthenaQueryTaskProps,
  ) {
    super(scope, id, query);
    const statements = splitStatements(query.sql.text);
    if (statements.length !== 1)
      this.addProblem(
        `sql holds ${statements.length} statements, Athena takes one at a time: write a task for each of them`,
      );
    this.statement = { task: this, props: query, sql: statements[0] ?? '' };
    for (const problem of athenaParameterProblems(this.statement.sql, query.parameters)) this.addProblem(problem);
    const rows = query.resultRows;
    if (rows !== undefined && !(Number.isInteger(rows) && rows >= 1 && rows <= 999))
      this.addProblem(`resultRows is ${rows}: expected a whole number from 1 to 999`);
    for (const problem of pathProblems({ sources: query.sources, targets: query.targets })) this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { query, statement } = this;
    const asked = this.askedOutputs.filter((name) => !ATHENA_OUTPUTS.includes(name));
    if (asked.length > 0 && query.resultRows === undefined)
      this.addProblem(
        `the output ${asked.join(', ')} is a part of the result, which is not read: set resultRows (1 is enough for columns of the first row)`,
      );
    return {
      kind: 'AthenaQueryTask',
      states: syncStates({
        ...athenaRun(statement, this.timeout),
        ...(query.resultRows !== undefined && { then: { rows: rowsState(query.resultRows) } }),
      }),
      permissions: [
        ...athenaPermissions(statement, query.targets ?? [], query.resultRows !== undefined),
        ...(query.targets === undefined ? [] : [catalogStatement(this, query.database, CATALOG_WRITES)]),
      ],
    };
  }
}

const CATALOG_WRITES = [
  'glue:UpdateTable',
  'glue:CreatePartition',
  'glue:BatchCreatePartition',
  'glue:UpdatePartition',
];

/** The first row that Athena gives for a SELECT holds the names of the columns. */
function rowsState(most: number): Json {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::athena:getQueryResults',
    Arguments: { QueryExecutionId: '{% $x.queryExecutionId %}', MaxResults: most + 1 },
    Retry: [
      {
        ErrorEquals: ['Athena.TooManyRequestsException', 'Athena.InternalServerException', 'Athena.SdkClientException'],
        IntervalSeconds: 2,
        MaxAttempts: 6,
        BackoffRate: 2,
      },
    ],
    Output:
      '{% ($s:=$states.result.ResultSet;$c:=[$s.ResultSetMetadata.ColumnInfo.Name];$all:=[$s.Rows];' +
      '$row:=function($r){$merge($map($c,function($n,$i){{$n:$exists($r.Data[$i].VarCharValue)?$r.Data[$i].VarCharValue:null}}))};' +
      '$r:=$map($filter($all,function($v,$i){$i>0}),$row);$merge([$r[0],$x,{' +
      "'rows':[$r]}])) %}",
    End: true,
  };
}
