// The states of a check of data. In: the task, where the data is, what is expected as JSON. Out: the states of its body and what they
// need to be allowed. Always: a function of the stack says which statement comes next and judges, it waits for nothing and may
// read only files that are checked; the state machine runs the statements with its own rights.

import { Duration, aws_iam as iam, Stack } from 'aws-cdk-lib';
import { quote } from '../compile/expression';
import type { Json } from '../compile/model';
import { stackFunction } from '../pipeline/stack-function';
import type { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { athenaPermissions, athenaRun } from './athena-run';
import type { DataFacts } from './expect-schema-data';
import { type CalledFunction, calledFunction, faultRetry, REPEATABLE_FAULTS } from './function-call';
import { pollingStates } from './polling';
import { data, redshiftPermissions } from './redshift-statements';
import { placeStatements } from './s3-prefix';
import { writePath } from './s3-path';
import { syncStates } from './sync-run';
import type { Warehouse } from './warehouse';

export interface SchemaCheck {
  readonly task: Task;
  readonly facts: DataFacts;
  readonly expect: { readonly [field: string]: Json };
  /** Where rows and files go that break, and the rest: `s3://bucket/prefix/`. */
  readonly places?: { readonly broken: string; readonly clean: string };
}

type States = { [name: string]: Json };
export type Body = Required<Pick<TaskSpec, 'states' | 'permissions'>>;

export function athenaCheck(check: SchemaCheck): Body {
  const { task, facts, places } = check;
  const source = facts.athena!;
  const made = stepFunction(check);
  const statement = { task, props: source, sql: '' };
  const { arguments: given, timeout, ...run } = athenaRun(statement, task.timeout);
  const files = facts.files !== undefined;
  const over = files ? 'drop' : 'over';
  const { run: runState, failed } = syncStates({ ...run, arguments: given, timeout }) as { [name: string]: any };
  const first = files ? 'heads' : facts.table === undefined ? 'step' : 'columns';
  const states: States = {
    begin: {
      Type: 'Pass',
      Assign: { ...begun(task), xEnd: `{% $millis()+${timeout.toMilliseconds()} %}` },
      Next: first,
    },
    ...(facts.table !== undefined && { columns: columnsState(source.database, facts.table) }),
    ...(files && headsStates(check, made.call)),
    step: {
      Type: 'Task',
      ...made.call({
        ...nextCall(check),
        ...(facts.table !== undefined && { table: '{% $xTable %}' }),
      }),
      ...(files && { Catch: broken(over) }),
      Assign: STEPPED,
      Next: 'more',
    },
    more: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $exists($x.statements) %}', Next: 'run' }],
      Default: over,
    },
    run: {
      ...runState,
      Arguments: { ...(given as object), QueryString: '{% $x.statements[0] %}' },
      TimeoutSeconds: '{% $max([1,$ceil(($xEnd-$millis())/1000)]) %}',
      Catch: files ? broken(over) : runState.Catch,
      Output: {},
      End: undefined,
      Assign: { xId: '{% $states.result.QueryExecution.QueryExecutionId %}' },
      Next: 'rows',
    },
    rows: {
      Type: 'Task',
      Resource: 'arn:aws:states:::athena:getQueryResults',
      Arguments: { QueryExecutionId: '{% $xId %}', MaxResults: 2 },
      Retry: FAULTS,
      ...(files && { Catch: broken(over) }),
      Assign: { xAnswer: '{% $exists($states.result.ResultSet)?$states.result.ResultSet:{} %}' },
      Next: 'step',
    },
    ...(files && {
      drop: {
        Type: 'Task',
        Resource: 'arn:aws:states:::aws-sdk:glue:deleteTable',
        Arguments: { DatabaseName: source.database, Name: '{% $xName %}' },
        Retry: FAULTS,
        // There may be none, and a table that stays shows nothing that was not there before.
        Catch: [{ ErrorEquals: ['States.ALL'], Next: 'over' }],
        Next: 'over',
      },
    }),
    over: {
      Type: 'Choice',
      Choices: [
        ...(files ? [{ Condition: '{% $exists($xFailed.Error) %}', Output: '{% $xFailed %}', Next: 'failed' }] : []),
        { Condition: '{% $exists($x.cause) %}', Next: 'broken' },
      ],
      Default: 'done',
    },
    ...ends(),
    failed,
  };
  // A field that is undefined is none.
  return {
    states: JSON.parse(JSON.stringify(states)) as States,
    permissions: [
      ...athenaPermissions(statement, [], true),
      ...(places === undefined ? [] : [places.broken, places.clean].flatMap(tableFiles)),
      ...(files || places !== undefined ? [tables(task, source.database)] : []),
      ...made.permissions,
    ],
  };
}

export function redshiftCheck(check: SchemaCheck, warehouse: Warehouse): Body {
  const { task, expect } = check;
  const made = stepFunction(check);
  const probe = `'SELECT * FROM '&${codeOf(expect['source'] as string)}&' t LIMIT 0'`;
  const states = pollingStates({
    taskId: task.taskId,
    timeout: task.timeout,
    begin: { ...begun(task), x: { progress: { stage: 'columns' } }, xSql: `{% [${probe}] %}` },
    start: {
      ...data('batchExecuteStatement', {
        ...warehouse._target,
        Sqls: '{% $xSql %}',
        StatementName: `${task.pipeline.run.id} ${task.taskId}`,
        ClientToken: `{% $hash($xName&$states.context.State.EnteredTime,'SHA-256') %}`,
      }),
      keep: { xId: '$states.result.Id' },
    },
    look: {
      ...data('describeStatement', { Id: '{% $xId %}' }),
      // `x` is what the function said; what a look says stands beside it.
      meaning:
        "($d:=$states.result;$s:=$d.Status;$f:=$d.SubStatements[$exists(Error)][0];$t:=$d.Error?$d.Error:$f.Error?$f.Error:'it ended as '&$s;" +
        "$merge([$x,{'end':$s in ['FINISHED','FAILED','ABORTED'],'ok':$s='FINISHED'," +
        "'error':$s='ABORTED'?'Redshift.StatementAborted':'Redshift.StatementFailed','cause':$t&' (statement '&$xId&')'}]))",
    },
    stop: data('cancelStatement', { Id: '{% $xId %}' }),
    firstWait: 1,
    longestWait: 30,
    quick: { seconds: 2, until: 60 },
    then: {
      ran: {
        Type: 'Choice',
        Choices: [{ Condition: "{% $x.progress.stage='aside' %}", Next: 'done' }],
        Default: 'rows',
      },
      rows: {
        Type: 'Task',
        ...data('getStatementResult', { Id: "{% $xId&':1' %}" }),
        Assign: { xAnswer: '{% $states.result %}' },
        Next: 'step',
      },
      step: {
        Type: 'Task',
        ...made.call(nextCall(check)),
        Assign: {
          ...STEPPED,
          xSql: '{% $exists($states.result.Payload.statements)?[$states.result.Payload.statements]:[] %}',
        },
        Next: 'more',
      },
      more: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $exists($x.statements) %}', Next: 'start' },
          { Condition: '{% $exists($x.cause) %}', Next: 'broken' },
        ],
        Default: 'done',
      },
      ...ends('$x.out?$x.out:$x.progress.out'),
    },
  });
  return { states, permissions: [...redshiftPermissions(task, warehouse, states), ...made.permissions] };
}

/** Name of the error of data that are not as expected. */
export const BROKEN = 'Headrace.SchemaBroken';

function ends(out = '$x.out'): States {
  return {
    done: { Type: 'Succeed', Output: `{% ${out} %}` },
    broken: { Type: 'Fail', Error: BROKEN, Cause: '{% $x.cause %}' },
  };
}

/** What is set once: a name that no other attempt has. */
function begun(task: Task): { [variable: string]: Json } {
  const unique = `$substring($hash($states.context.Execution.Id&${quote(`/${task.taskId}/`)}&$states.context.State.EnteredTime,'SHA-256'),0,16)`;
  return { x: { progress: null }, xAnswer: {}, xFailed: {}, xName: `{% 'headrace_'&${unique} %}` };
}

const STEPPED = { x: '{% $states.result.Payload %}' };

/** The error is told after what has to be taken away. */
function broken(next: string): Json {
  return [{ ErrorEquals: ['States.ALL'], Assign: { xFailed: '{% $states.errorOutput %}' }, Next: next }];
}

function nextCall({ task, facts, expect }: SchemaCheck): { [field: string]: Json } {
  return {
    action: 'next',
    expect,
    what: facts.what,
    progress: '{% $x.progress %}',
    answer: '{% $xAnswer %}',
    names: {
      ...(facts.athena !== undefined && { database: facts.athena.database }),
      unique: '{% $xName %}',
      folder: `{% $replace($states.context.Execution.Name,/[^A-Za-z0-9_.-]/,'_')&${quote(`/${task.taskId}-`)}&$substring($xName,9,8) %}`,
    },
  };
}

function columnsState(database: string, table: string): Json {
  return {
    Type: 'Task',
    Resource: 'arn:aws:states:::aws-sdk:glue:getTable',
    Arguments: { DatabaseName: database, Name: table },
    Retry: FAULTS,
    Assign: {
      xTable: "{% ($t:=$states.result.Table;{'columns':[$t.StorageDescriptor.Columns],'keys':[$t.PartitionKeys]}) %}",
    },
    Next: 'step',
  };
}

/** What the files are, and the table that shows them. */
function headsStates({ expect, facts }: SchemaCheck, call: CalledFunction['call']): States {
  return {
    heads: { Type: 'Task', ...call({ action: 'heads', expect }), Assign: STEPPED, Next: 'readable' },
    readable: {
      Type: 'Choice',
      Choices: [{ Condition: '{% $exists($x.table) %}', Next: 'create' }],
      Default: 'step',
    },
    create: {
      Type: 'Task',
      Resource: 'arn:aws:states:::aws-sdk:glue:createTable',
      Arguments: { DatabaseName: facts.athena!.database, TableInput: '{% $x.table %}' },
      // A call whose answer was lost has made it.
      Retry: FAULTS,
      Catch: [{ ErrorEquals: ['Glue.AlreadyExistsException'], Next: 'step' }],
      Next: 'step',
    },
  };
}

/** Files of tables that a SELECT makes: nothing that is there is taken away. */
function tableFiles(place: string): iam.PolicyStatement[] {
  const more = [['s3:ListMultipartUploadParts'], ['s3:ListBucketMultipartUploads']] as const;
  return writePath(place).map((statement, i) =>
    statement.copy({
      actions: [...statement.actions.filter((action) => action !== 's3:DeleteObject'), ...more[i]!],
    }),
  );
}

/** Tables of checks, whose names nobody else uses. */
function tables(task: Task, database: string): iam.PolicyStatement {
  const stack = Stack.of(task);
  return new iam.PolicyStatement({
    actions: ['glue:CreateTable', 'glue:DeleteTable'],
    resources: [
      stack.formatArn({ service: 'glue', resource: 'catalog' }),
      stack.formatArn({ service: 'glue', resource: 'database', resourceName: database }),
      stack.formatArn({ service: 'glue', resource: 'table', resourceName: `${database}/headrace_*` }),
    ],
  });
}

function codeOf(text: string): string {
  return text.startsWith('{%') ? `(${text.slice(2, -2).trim()})` : quote(text);
}

function stepFunction({ task, facts, places }: SchemaCheck): CalledFunction {
  const made = stackFunction(
    Stack.of(task),
    'expect-schema',
    'says what to ask of data and judges the answers, reads the beginnings of files',
    Duration.minutes(15),
  );
  const needed =
    facts.files === undefined
      ? []
      : [
          ...placeStatements(facts.files.path, ['s3:GetObject', ...(places === undefined ? [] : ['s3:DeleteObject'])]),
          ...(places === undefined ? [] : placeStatements(places.broken, ['s3:PutObject'])),
        ];
  return calledFunction(made, needed, 'the objects behind a prefix that a task names', [
    ...REPEATABLE_FAULTS,
    'SlowDown',
    'InternalError',
    'ServiceUnavailable',
  ]);
}

const FAULTS = faultRetry([
  'Athena.TooManyRequestsException',
  'Athena.InternalServerException',
  'Athena.SdkClientException',
  'Glue.InternalServiceException',
  'Glue.OperationTimeoutException',
  'Glue.SdkClientException',
]);
