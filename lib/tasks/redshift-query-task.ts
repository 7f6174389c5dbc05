import { aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { quote } from '../compile/expression';
import type { Json } from '../compile/model';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { type Call, pollingStates } from './polling';
import { namedParameters, splitStatements } from './split-statements';
import { withLiterals } from './sql-literal';
import type { Sql } from './sql';
import type { Warehouse } from './warehouse';

/** What a Redshift query may say. */
export interface RedshiftQueryTaskProps extends TaskProps {
  /** Where it runs. */
  readonly warehouse: Warehouse;
  /** One statement or several; several run in one transaction, all or nothing. */
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
}

/**
 * Runs SQL on Redshift through its Data API and waits for the end. Outputs: `statementId`, `resultRows`, `seconds`; with the prop
 * `resultRows` also `rows` (a list of objects) and every column of the first row under its own name.
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
    const several = this.statements.length > 1;
    return {
      kind: 'RedshiftQueryTask',
      states: pollingStates({
        taskId: this.taskId,
        timeout: this.timeout,
        start: { ...this.startCall(several), keep: { xId: '$states.result.Id' } },
        look: { ...data('describeStatement', { Id: '{% $xId %}' }), meaning: meaning(this.statements.length) },
        stop: data('cancelStatement', { Id: '{% $xId %}' }),
        firstWait: 1,
        longestWait: 30,
        ...(resultRows !== undefined && { then: { rows: this.rowsState(resultRows) } }),
      }),
      permissions: [
        ...warehouse._permissions(this),
        new iam.PolicyStatement({
          actions: [
            'redshift-data:DescribeStatement',
            'redshift-data:GetStatementResult',
            'redshift-data:CancelStatement',
          ],
          resources: ['*'],
          conditions: { StringEquals: { 'redshift-data:statement-owner-iam-userid': '${aws:userid}' } },
        }),
      ],
    };
  }

  private startCall(several: boolean): Call {
    const given = this.query.parameters ?? {};
    const [only = ''] = this.statements;
    // The Data API binds parameters of a single query, not of a batch, and Redshift binds none in COPY and the like.
    const bound = !several && BINDS.test(only);
    const statements = bound ? this.statements : this.statements.map((statement) => withLiterals(statement, given));
    const parameters = bound ? Object.entries(given).map(([Name, value]) => ({ Name, Value: asText(value) })) : [];
    const entered = '$states.context.State.EnteredTime';
    return data(several ? 'batchExecuteStatement' : 'executeStatement', {
      ...this.query.warehouse._target,
      ...(several ? { Sqls: statements } : { Sql: statements[0] ?? '' }),
      ...(parameters.length > 0 && { Parameters: parameters }),
      StatementName: `${this.pipeline.run.id} ${this.taskId}`,
      // One token an attempt: a call that is repeated because its answer was lost starts no second statement.
      ClientToken: `{% $hash($states.context.Execution.Id&${quote(`/${this.taskId}/`)}&${entered},'SHA-256') %}`,
    });
  }

  private rowsState(most: number): Json {
    const none = `no statement of ${this.taskId} returned rows, but resultRows asks for ${most}: end the SQL with a SELECT`;
    const field =
      'function($f){$f.IsNull=true?null:$exists($f.StringValue)?$f.StringValue:$exists($f.LongValue)?$f.LongValue:' +
      '$exists($f.DoubleValue)?$f.DoubleValue:$f.BooleanValue}';
    return {
      Type: 'Task',
      ...data('getStatementResult', { Id: `{% $exists($x.result)?$x.result:$error(${quote(none)}) %}` }),
      Output:
        `{% ($c:=[$states.result.ColumnMetadata];$v:=${field};` +
        `$r:=$map($states.result.Records,function($row,$n){$n<${most}?$merge($map($c,function($h,$i){{($h.Label?$h.Label:$h.Name):$v($row[$i])}}))});` +
        "$merge([$r[0],$x.out,{'rows':[$r]}])) %}",
      End: true,
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
    const inText = new Set(this.statements.flatMap(namedParameters));
    const given = Object.keys(props.parameters ?? {});
    for (const name of given.filter((one) => !inText.has(one)))
      this.addProblem(`the parameter ${name} does nothing: no statement has :${name}`);
    for (const name of [...inText].filter((one) => !given.includes(one)))
      this.addProblem(`a statement has :${name}, which parameters do not give`);
  }
}

/** Statements whose parameters Redshift binds itself. */
const BINDS = /^\s*(?:(?:--[^\n]*\n|\/\*[\s\S]*?\*\/)\s*)*(?:SELECT|INSERT|UPDATE|DELETE|MERGE|WITH)\b/i;

const PLAIN_OUTPUTS = ['statementId', 'resultRows', 'seconds'];

const FAULTS = [
  'RedshiftData.ThrottlingException',
  'RedshiftData.InternalServerException',
  'RedshiftData.SdkClientException',
  'RedshiftData.ActiveStatementsExceededException',
  'RedshiftData.ActiveSessionsExceededException',
];

function data(action: string, parameters: Json): Call {
  return {
    Resource: `arn:aws:states:::aws-sdk:redshiftdata:${action}`,
    Arguments: parameters,
    Retry: [
      {
        ErrorEquals: FAULTS,
        IntervalSeconds: 2,
        MaxAttempts: 20,
        BackoffRate: 1.5,
        MaxDelaySeconds: 60,
        JitterStrategy: 'FULL',
      },
    ],
  };
}

function meaning(statements: number): string {
  const which = statements > 1 ? `($f?'statement '&$substringAfter($f.Id,':')&' of ${statements}: ':'')&` : '';
  const result = statements > 1 ? '$d.SubStatements[HasResultSet=true][-1].Id' : '$d.HasResultSet=true?$xId';
  return (
    "($d:=$states.result;$s:=$d.Status;$f:=$d.SubStatements[Status in ['FAILED','ABORTED']][0];" +
    "{'end':$s in ['FINISHED','FAILED','ABORTED'],'ok':$s='FINISHED'," +
    "'error':$s='ABORTED'?'Redshift.StatementAborted':'Redshift.StatementFailed'," +
    `'cause':${which}($d.Error?$d.Error:$f.Error?$f.Error:'it ended as '&$s)&' (statement '&$xId&')','result':${result},` +
    "'out':{'statementId':$xId,'resultRows':$d.ResultRows,'seconds':$d.Duration/1000000000}})"
  );
}
