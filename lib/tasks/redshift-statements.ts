// Statements on Redshift through its Data API, and the wait for their end. In: the statements of a task, as texts or JSONata
// expressions. Out: the states of its body and what they need to be allowed. Always: FINISHED, FAILED and ABORTED are told
// apart; an error holds the database's text and the author's statement, never the values that were put into it.

import { aws_iam as iam } from 'aws-cdk-lib';
import { expression, isExpression, quote } from '../compile/expression';
import type { Json } from '../compile/model';
import type { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { type Call, pollingStates } from './polling';
import type { Warehouse } from './warehouse';

export interface RedshiftWork {
  readonly task: Task;
  readonly warehouse: Warehouse;
  /** As the service gets them. */
  readonly statements: readonly string[];
  /** As errors show them. */
  readonly shown: readonly string[];
  /** Values that the service binds; only for a single statement. */
  readonly parameters?: readonly Json[];
  /** All or nothing, or one after the other with a commit behind each. */
  readonly transaction: boolean;
  readonly resultRows?: number;
  readonly longPolling: boolean;
  /** A failed load asks Redshift which file, line and column it was. */
  readonly explainLoad?: boolean;
}

/** Outputs that need no result. */
export const PLAIN_OUTPUTS: readonly string[] = ['statementId', 'resultRows', 'rowCounts', 'seconds'];

/** What a task does, and what it has to be allowed for that. */
export function redshiftBody(work: RedshiftWork): Required<Pick<TaskSpec, 'states' | 'permissions'>> {
  const states = redshiftStates(work);
  return { states, permissions: redshiftPermissions(work.task, work.warehouse, states) };
}

function redshiftStates(work: RedshiftWork): { [name: string]: Json } {
  const { statements, resultRows } = work;
  const oneByOne = !work.transaction && statements.length > 1;
  const rows = resultRows === undefined ? undefined : { rows: rowsState(work.task.taskId, resultRows) };
  return pollingStates({
    taskId: work.task.taskId,
    timeout: work.task.timeout,
    ...(oneByOne && { begin: { xN: 0, xDone: {} } }),
    start: { ...startCall(work, oneByOne), keep: { xId: '$states.result.Id' } },
    look: {
      ...data('describeStatement', { Id: '{% $xId %}' }),
      meaning: oneByOne ? meaningOfOne(work) : meaningOfAll(work),
      ...(work.longPolling && { longPolling: LONG_POLLING }),
    },
    stop: data('cancelStatement', { Id: '{% $xId %}' }),
    firstWait: 1,
    longestWait: 30,
    quick: { seconds: 2, until: 60 },
    ...(oneByOne ? { then: nextOfMany(statements.length, rows) } : rows !== undefined && { then: rows }),
    ...(work.explainLoad && { otherwise: explainingStates(work) }),
  });
}

/** Of the Data API's actions those that the states call. */
export function redshiftPermissions(
  task: Task,
  warehouse: Warehouse,
  states: { [name: string]: Json },
): iam.PolicyStatement[] {
  const calls = JSON.stringify(states).matchAll(/:aws-sdk:redshiftdata:(\w)(\w+)/g);
  const called = new Set([...calls].map(([, first, rest]) => `redshift-data:${first!.toUpperCase()}${rest}`));
  const needed = (action: string) => !action.startsWith('redshift-data:') || called.has(action);
  return dataStatements(task, warehouse).map((statement) =>
    statement.copy({ actions: statement.actions.filter(needed) }),
  );
}

function dataStatements(task: Task, warehouse: Warehouse): iam.PolicyStatement[] {
  return [
    ...warehouse._permissions(task),
    new iam.PolicyStatement({
      actions: ['redshift-data:DescribeStatement', 'redshift-data:GetStatementResult', 'redshift-data:CancelStatement'],
      resources: ['*'],
      conditions: { StringEquals: { 'redshift-data:statement-owner-iam-userid': '${aws:userid}' } },
    }),
  ];
}

/** A call of the Data API, repeated while the service itself is at fault or has too much to do. */
export function data(action: string, parameters: Json): Call {
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

/** JSONata of a Field of the Data API (Redshift's or RDS's) as a plain value. */
export const FIELD_VALUE =
  'function($f){$f.IsNull=true?null:$exists($f.StringValue)?$f.StringValue:$exists($f.LongValue)?$f.LongValue:' +
  '$exists($f.DoubleValue)?$f.DoubleValue:$f.BooleanValue}';

const FAULTS = [
  'RedshiftData.ThrottlingException',
  'RedshiftData.InternalServerException',
  'RedshiftData.SdkClientException',
  'RedshiftData.ActiveStatementsExceededException',
  'RedshiftData.ActiveSessionsExceededException',
];

const LONG_POLLING = {
  argument: 'WaitTimeSeconds',
  seconds: 30,
  refusals: ['RedshiftData.ValidationException', 'RedshiftData.ActiveWaitingRequestsExceededException'],
};

function startCall({ task, warehouse, statements, parameters = [] }: RedshiftWork, oneByOne: boolean): Call {
  const batch = statements.length > 1 && !oneByOne;
  const entered = `$states.context.State.EnteredTime${oneByOne ? '&$xN' : ''}`;
  const sql = oneByOne ? expression(`[${statements.map(asCode).join(',')}][$xN]`) : (statements[0] ?? '');
  return data(batch ? 'batchExecuteStatement' : 'executeStatement', {
    ...warehouse._target,
    ...(batch ? { Sqls: [...statements] } : { Sql: sql }),
    ...(parameters.length > 0 && { Parameters: [...parameters] }),
    StatementName: `${task.pipeline.run.id} ${task.taskId}`,
    // One token an attempt: a call that is repeated because its answer was lost starts no second statement.
    ClientToken: `{% $hash($states.context.Execution.Id&${quote(`/${task.taskId}/`)}&${entered},'SHA-256') %}`,
  });
}

function asCode(statement: string): string {
  return isExpression(statement) ? `(${statement.slice(2, -2).trim()})` : quote(statement);
}

/** A list literal of JSONata that stays a list when it has one element. */
function shownList(shown: readonly string[]): string {
  return `[${shown.map((text) => quote(excerpt(text))).join(',')}]`;
}

const LONGEST_SHOWN = 300;

function excerpt(text: string): string {
  const line = text.trim();
  return line.length <= LONGEST_SHOWN ? line : `${line.slice(0, LONGEST_SHOWN)} ...`;
}

const ENDED =
  "'end':$s in ['FINISHED','FAILED','ABORTED'],'ok':$s='FINISHED'," +
  "'error':$s='ABORTED'?'Redshift.StatementAborted':'Redshift.StatementFailed'";

/** The error text points at a system table and says no more. */
const SAYS_NO_MORE = "$contains($t,/load_error[a-z_]*' system table for details[^:]*$/)";

/** One statement, or a batch. */
function meaningOfAll({ statements, shown, explainLoad }: RedshiftWork): string {
  const count = statements.length;
  const failed = "$f:=$d.SubStatements[Status='FAILED'][0];$f:=$exists($f)?$f:$d.SubStatements[Status='ABORTED'][0];";
  // In a batch that was rolled back every statement may be told as aborted: then none of them is to blame.
  const number = "$n:=$f?$number($substringAfter($f.Id,':')):0;";
  const which = count > 1 ? `($n>0?'statement '&$n&' of ${count}: ':'')&` : '';
  const sql = `(${count > 1 ? '$n>0' : 'true'}?'; SQL: '&${shownList(shown)}[${count > 1 ? '$n-1' : '0'}]:'')`;
  const result = count > 1 ? '$d.SubStatements[HasResultSet=true][-1].Id' : '$d.HasResultSet=true?$xId';
  const rowCounts = count > 1 ? '[$d.SubStatements.ResultRows]' : '[$d.ResultRows]';
  const query = count > 1 ? '$f.RedshiftQueryId' : '$d.RedshiftQueryId';
  return (
    `($d:=$states.result;$s:=$d.Status;${failed}${number}$t:=$d.Error?$d.Error:$f.Error?$f.Error:'it ended as '&$s;` +
    `{${ENDED},'cause':${which}$t&' (statement '&$xId&')'&${sql},'result':${result},` +
    (explainLoad ? `'query':${SAYS_NO_MORE}?${query},` : '') +
    `'out':{'statementId':$xId,'resultRows':${rowCounts}[-1],'rowCounts':${rowCounts},'seconds':$d.Duration/1000000000}})`
  );
}

/** The statement whose turn it is; what the earlier ones gave is in `$xDone`. */
function meaningOfOne({ statements, shown }: RedshiftWork): string {
  return (
    "($d:=$states.result;$s:=$d.Status;$t:=$d.Error?$d.Error:'it ended as '&$s;" +
    `{${ENDED},'cause':'statement '&($xN+1)&' of ${statements.length}: '&$t&' (statement '&$xId&'); SQL: '&${shownList(shown)}[$xN]&` +
    `($xN>0?'; the '&$xN&' before it are committed':''),` +
    "'result':$d.HasResultSet=true?$xId:$xDone.result," +
    "'out':{'statementId':$xId,'resultRows':$d.ResultRows,'rowCounts':$append([$xDone.rowCounts],$d.ResultRows)," +
    "'seconds':$sum([$xDone.seconds,$d.Duration/1000000000])}})"
  );
}

function nextOfMany(count: number, rows: { readonly rows: Json } | undefined): { [name: string]: Json } {
  return {
    more: {
      Type: 'Choice',
      Choices: [
        {
          Condition: `{% $xN+1<${count} %}`,
          Assign: { xN: '{% $xN+1 %}', xDone: "{% $merge([$x.out,{'result':$x.result}]) %}" },
          Next: 'start',
        },
      ],
      Default: rows === undefined ? 'done' : 'rows',
    },
    ...(rows ?? { done: { Type: 'Succeed', Output: '{% $x.out %}' } }),
  };
}

function rowsState(taskId: string, most: number): Json {
  const none = `no statement of ${taskId} returned rows, but resultRows asks for ${most}: end the SQL with a SELECT`;
  return {
    Type: 'Task',
    ...data('getStatementResult', { Id: `{% $exists($x.result)?$x.result:$error(${quote(none)}) %}` }),
    Output:
      `{% ($c:=[$states.result.ColumnMetadata];$v:=${FIELD_VALUE};` +
      `$r:=$map($states.result.Records,function($row,$n){$n<${most}?$merge($map($c,function($h,$i){{($h.Label?$h.Label:$h.Name):$v($row[$i])}}))});` +
      "$merge([$r[0],$x.out,{'rows':[$r]}])) %}",
    End: true,
  };
}

/** Redshift's own words for a failed load name a system table only: the table is asked, and what it says is the cause. */
function explainingStates({ task, warehouse }: RedshiftWork): { [name: string]: Json } {
  const ask =
    "'SELECT TRIM(file_name) AS f, line_number AS l, TRIM(column_name) AS c, TRIM(error_message) AS m" +
    " FROM sys_load_error_detail WHERE query_id = '&$x.query&' ORDER BY start_time LIMIT 3'";
  const told =
    "$join([$map($states.result.Records,function($r){$r[0].StringValue&', line '&$r[1].LongValue&', column '&$r[2].StringValue&': '&$r[3].StringValue})],'; ')";
  const silent = [{ ErrorEquals: ['States.ALL'], Next: 'failed' }];
  return {
    unclear: { Type: 'Choice', Choices: [{ Condition: '{% $exists($x.query) %}', Next: 'why' }], Default: 'failed' },
    why: {
      Type: 'Task',
      ...data('executeStatement', {
        ...warehouse._target,
        Sql: expression(ask),
        StatementName: `${task.pipeline.run.id} ${task.taskId} why`,
      }),
      Assign: { xWhy: '{% $states.result.Id %}' },
      Catch: silent,
      Next: 'read',
    },
    read: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:redshiftdata:getStatementResult',
      Arguments: { Id: '{% $xWhy %}' },
      // There is no result before the query is done.
      Retry: [{ ErrorEquals: ['States.ALL'], IntervalSeconds: 1, MaxAttempts: 6, BackoffRate: 1.5 }],
      Assign: { x: `{% ($w:=${told};$merge([$x,{'cause':($w!=''?$w&'; ':'')&$x.cause}])) %}` },
      Catch: silent,
      Next: 'failed',
    },
    failed: { Type: 'Fail', Error: '{% $x.error %}', Cause: '{% $x.cause %}' },
  };
}
