import { Duration, aws_ec2 as ec2, aws_iam as iam, type aws_lambda as lambda } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { expression, quote } from '../compile/expression';
import type { Json } from '../compile/model';
import { Retry } from '../pipeline/retry';
import { Task, type TaskProps } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { textCode } from './as-text';
import type { Database } from './database';
import { cutAtParameters, namedParameters, parameterProblems, splitStatements } from './split-statements';
import type { Sql } from './sql';
import { sqlFunction } from './sql-function';
import { withLiterals } from './sql-literal';

/** What a query on RDS or Aurora may say. */
export interface RdsQueryTaskProps extends TaskProps {
  /** Where it runs. */
  readonly database: Database;
  /** One statement or several, with semicolons between them. */
  readonly sql: Sql;
  /**
   * Values of `:name` in the statements. They are bound and never become SQL; by the Data API as texts, so cast them where something
   * else is meant.
   * @default - none
   */
  readonly parameters?: { [name: string]: any };
  /**
   * Read up to this many rows of the last statement that returns any, as outputs; together at most 256 KiB.
   * @default - no rows are read
   */
  readonly resultRows?: number;
  /**
   * Several statements run in one transaction, all of them or none.
   * @default true
   */
  readonly transaction?: boolean;
}

/**
 * Runs SQL on PostgreSQL or MySQL: by Aurora's Data API, or through a function in the database's network. A statement has 45 seconds by
 * the Data API, 15 minutes by the function. Outputs: `resultRows` (rows returned or changed by the last statement), `rowCounts`;
 * with the prop `resultRows` also `rows` and every column of the first row under its own name.
 */
export class RdsQueryTask extends Task implements ec2.IConnectable {
  /** Of the function in the network: let the database accept them. */
  public readonly connections: ec2.Connections;
  private readonly query: RdsQueryTaskProps;
  private readonly statements: string[];
  private readonly made: lambda.Function | undefined;

  constructor(scope: Construct, id: string, props: RdsQueryTaskProps) {
    super(scope, id, { ...props, timeout: props.timeout ?? LONGEST });
    this.query = props;
    this.statements = splitStatements(props.sql.text);
    const network = props.database._network;
    this.made = network === undefined ? undefined : sqlFunction(this, network);
    this.connections = this.made?.connections ?? new ec2.Connections();
    this.check(props);
  }

  public toSpec(): TaskSpec {
    const { database, resultRows } = this.query;
    const asked = this.askedOutputs.filter((name) => name !== 'resultRows' && name !== 'rowCounts');
    if (asked.length > 0 && resultRows === undefined)
      this.addProblem(
        `the output ${asked.join(', ')} is a part of the result, which is not read: set resultRows (1 is enough for columns of the first row)`,
      );
    if (this.made !== undefined) return this.throughFunction(this.made);
    const cluster = database._clusterArn ?? '';
    return {
      kind: 'RdsQueryTask',
      states: this.dataApiStates(cluster),
      permissions: [
        new iam.PolicyStatement({
          actions: ['rds-data:ExecuteStatement', ...(this.together ? TRANSACTION_ACTIONS : [])],
          resources: [cluster],
        }),
        new iam.PolicyStatement({
          actions: ['secretsmanager:GetSecretValue'],
          resources: [database._secret.secretArn],
        }),
      ],
    };
  }

  /** Whether the statements run in one transaction; one statement is a transaction by itself. */
  private get together(): boolean {
    return (this.query.transaction ?? true) && this.statements.length > 1;
  }

  private throughFunction(made: lambda.Function): TaskSpec {
    const { database, parameters = {}, resultRows = 0, transaction = true } = this.query;
    const { host, port } = database._network ?? {};
    const postgres = database._engine === 'postgres';
    return {
      kind: 'RdsQueryTask',
      resource: 'arn:aws:states:::lambda:invoke',
      arguments: {
        FunctionName: made.functionArn,
        Payload: {
          engine: database._engine,
          ...(host !== undefined && { host }),
          ...(port !== undefined && { port }),
          database: database._database,
          secretArn: database._secret.secretArn,
          statements: this.statements.map((one) =>
            LOADS.test(one) ? written(one, parameters) : bound(one, parameters, postgres),
          ),
          transaction,
          resultRows,
        },
      },
      outputs: '$states.result.Payload',
      permissions: [new iam.PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [made.functionArn] })],
      // Only what cannot have run yet is called again.
      serviceRetry: [
        Retry.times(6, {
          on: ['Lambda.TooManyRequestsException', 'Lambda.SdkClientException', 'Sql.ConnectionFailed'],
          interval: Duration.seconds(5),
          maxDelay: Duration.minutes(1),
        }),
      ],
    };
  }

  private dataApiStates(cluster: string): { [name: string]: Json } {
    const { database, resultRows } = this.query;
    const { together } = this;
    const count = this.statements.length;
    const target = { ResourceArn: cluster, SecretArn: database._secret.secretArn, Database: database._database };
    const inTransaction: { [field: string]: Json } = together ? { TransactionId: '{% $xTransaction %}' } : {};
    const ids = { ResourceArn: cluster, SecretArn: database._secret.secretArn, TransactionId: '{% $xTransaction %}' };
    const list = `[${this.statements.map((one) => quote(one)).join(',')}]`;
    const failing = (next: string) => [
      { ErrorEquals: ['States.ALL'], Assign: { xError: '{% $states.errorOutput %}' }, Next: next },
    ];
    return {
      begin: {
        ...(together ? { Type: 'Task', ...rdsData('beginTransaction', target) } : { Type: 'Pass' }),
        Assign: {
          xN: 0,
          xCounts: [],
          xRows: [],
          ...(together && { xTransaction: '{% $states.result.TransactionId %}' }),
        },
        Next: 'each',
      },
      each: {
        Type: 'Task',
        ...rdsData('executeStatement', {
          ...target,
          ...inTransaction,
          Sql: expression(`${list}[$xN]`),
          Parameters: expression(
            `($l:=[${this.statements.map((one) => this.dataApiParameters(one)).join(',')}];[$l[$xN].p])`,
          ),
          ...(resultRows !== undefined && { FormatRecordsAs: 'JSON' }),
        } as Json),
        Assign: {
          xRows: "{% ($f:=$states.result.FormattedRecords;$f&''!=''?[$parse($f)]:$xRows) %}",
          xCounts:
            "{% ($f:=$states.result.FormattedRecords;$append($xCounts,$f&''!=''?$count($parse($f)):$states.result.NumberOfRecordsUpdated)) %}",
          xN: '{% $xN+1 %}',
        },
        Catch: failing(together ? 'rollback' : 'failed'),
        Next: 'more',
      },
      more: {
        Type: 'Choice',
        Choices: [{ Condition: `{% $xN<${count} %}`, Next: 'each' }],
        Default: together ? 'commit' : 'done',
      },
      ...(together && {
        commit: { Type: 'Task', ...rdsData('commitTransaction', ids), Catch: failing('failed'), Next: 'done' },
        rollback: {
          Type: 'Task',
          ...rdsData('rollbackTransaction', ids),
          Catch: [{ ErrorEquals: ['States.ALL'], Next: 'failed' }],
          Next: 'failed',
        },
      }),
      done: {
        Type: 'Succeed',
        Output: `{% ($r:=[$xRows][[0..${(resultRows ?? 1) - 1}]];$merge([${resultRows === undefined ? '' : '$r[0],'}{'resultRows':$xCounts[-1],'rowCounts':[$xCounts]}${resultRows === undefined ? '' : ",{'rows':[$r]}"}])) %}`,
      },
      failed: {
        Type: 'Fail',
        Error: '{% $xError.Error %}',
        Cause: `{% ($xN<${count}?${count > 1 ? `'statement '&($xN+1)&' of ${count}: '` : "''"}:'commit: ')&$xError.Cause&($xN<${count}?'; SQL: '&$substring(${list}[$xN],0,300):'') %}`,
      },
    };
  }

  /** The parameters of one statement as a JSONata object; a bare list of none would vanish from the list of lists. */
  private dataApiParameters(statement: string): string {
    const { parameters = {} } = this.query;
    const list = namedParameters(statement).map((name) => {
      const value = parameters[name];
      const code = typeof value === 'string' ? textCode(value) : quote(String(value));
      return `{'Name':${quote(name)},'Value':{'StringValue':(${code})}}`;
    });
    return `{'p':[${list.join(',')}]}`;
  }

  private check(props: RdsQueryTaskProps): void {
    if (this.statements.length === 0) this.addProblem('sql holds no statement');
    if (!this.timeout.isUnresolved() && this.timeout.toSeconds() > 900 && this.made !== undefined)
      this.addProblem(`timeout is ${this.timeout.toHumanString()}: a function runs for at most 15 minutes`);
    if (props.resultRows !== undefined && !(Number.isInteger(props.resultRows) && props.resultRows >= 1))
      this.addProblem(`resultRows is ${props.resultRows}: expected a whole number from 1`);
    for (const problem of parameterProblems('sql', props.sql.text, props.parameters)) this.addProblem(problem);
  }
}

const TRANSACTION_ACTIONS = ['rds-data:BeginTransaction', 'rds-data:CommitTransaction', 'rds-data:RollbackTransaction'];

const LONGEST = Duration.minutes(15);

/** MySQL prepares no LOAD DATA: there the values become literals, as nothing else can be bound. */
const LOADS = /^\s*LOAD\s+DATA\b/i;

function written(statement: string, parameters: { readonly [name: string]: Json }): Json {
  const texts = Object.entries(parameters).map(([name, value]) => [
    name,
    typeof value === 'string' ? value : String(value),
  ]);
  return {
    sql: withLiterals(statement, Object.fromEntries(texts) as { [name: string]: string }),
    values: [],
    shown: statement,
  };
}

/** A statement with the engine's own placeholders. */
function bound(statement: string, parameters: { readonly [name: string]: Json }, numbered: boolean): Json {
  const values: Json[] = [];
  const places = new Map<string, number>();
  const sql = cutAtParameters(statement).map((piece) => {
    if (typeof piece === 'string') return piece;
    const known = numbered ? places.get(piece.parameter) : undefined;
    if (known !== undefined) return `$${known}`;
    values.push(parameters[piece.parameter] ?? null);
    places.set(piece.parameter, values.length);
    return numbered ? `$${values.length}` : '?';
  });
  return { sql: sql.join(''), values, shown: statement };
}

function rdsData(action: string, parameters: Json): { Resource: string; Arguments: Json; Retry: Json } {
  return {
    Resource: `arn:aws:states:::aws-sdk:rdsdata:${action}`,
    Arguments: parameters,
    Retry: [
      {
        // A cluster that pauses by itself needs up to a minute to come back; then nothing has run yet.
        ErrorEquals: [
          'RdsData.DatabaseResumingException',
          'RdsData.ServiceUnavailableErrorException',
          'RdsData.SdkClientException',
          'RdsData.ThrottlingException',
        ],
        IntervalSeconds: 3,
        MaxAttempts: 10,
        BackoffRate: 1.5,
        MaxDelaySeconds: 20,
        JitterStrategy: 'FULL',
      },
    ],
  };
}
