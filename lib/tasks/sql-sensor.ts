import type { aws_iam as iam } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { quote } from '../compile/expression';
import type { Json } from '../compile/model';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { asText } from './as-text';
import { athenaPermissions, athenaRun } from './athena-run';
import { pollingStates } from './polling';
import { data, FIELD_VALUE, redshiftPermissions } from './redshift-statements';
import { type SensorProps, sensorProblems, sensorTimes } from './sensor';
import { parameterProblems, splitStatements } from './split-statements';
import type { Sql } from './sql';
import { syncStates } from './sync-run';
import type { Warehouse } from './warehouse';

/** Where Athena answers a sensor's question. */
export interface AthenaSource {
  /** Catalog database for table names that name none. */
  readonly database: string;
  /** @default primary */
  readonly workGroup?: string;
  /**
   * Where results are written: `s3://bucket/prefix/`.
   * @default - a bucket of the pipeline; with `workGroup`, the workgroup's place
   */
  readonly outputLocation?: string;
  /**
   * Where the data of the tables lies, for the permission to read it.
   * @default - nothing; say it in a policy of your own
   */
  readonly sources?: string[];
}

/** What a sensor of a SQL condition may say. */
export interface SqlSensorProps extends SensorProps {
  /** One SELECT. It is met when its first row has a first column that is not NULL, 0, an empty text or false. */
  readonly sql: Sql;
  /**
   * Values of `:name` in it, as texts.
   * @default - none
   */
  readonly parameters?: { [name: string]: string };
  /**
   * Ask Redshift.
   * @default - `athena` is asked
   */
  readonly warehouse?: Warehouse;
  /**
   * Ask Athena.
   * @default - `warehouse` is asked
   */
  readonly athena?: AthenaSource;
}

/** Waits until a SELECT says yes. A query that fails fails the task. Outputs: `value`, what the first column of the first row was. */
export class SqlSensor extends Task {
  private readonly sensor: SqlSensorProps;
  private readonly statement: string;

  constructor(scope: Construct, id: string, props: SqlSensorProps) {
    super(scope, id, props);
    this.sensor = props;
    const statements = splitStatements(props.sql.text);
    this.statement = statements[0] ?? '';
    if (statements.length !== 1) this.addProblem(`sql holds ${statements.length} statements: expected one SELECT`);
    if ((props.warehouse === undefined) === (props.athena === undefined))
      this.addProblem(
        `warehouse and athena are both ${props.warehouse === undefined ? 'missing' : 'given'}: say who is asked with one of them`,
      );
    for (const problem of [...parameterProblems('sql', props.sql.text, props.parameters), ...sensorProblems(props)])
      this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { warehouse, softFail = false } = this.sensor;
    return {
      kind: 'SqlSensor',
      maySkip: softFail,
      ...(warehouse === undefined ? this.askingAthena() : this.askingRedshift(warehouse)),
    };
  }

  private askingRedshift(warehouse: Warehouse): {
    states: { [name: string]: Json };
    permissions: iam.PolicyStatement[];
  } {
    const parameters = Object.entries(this.sensor.parameters ?? {}).map(([Name, value]) => ({
      Name,
      Value: asText(value),
    }));
    const { growth, late, ...times } = sensorTimes({ task: this, props: this.sensor, wanted: WANTED });
    const states = pollingStates({
      ...times,
      begin: { xPause: times.firstWait, xSeen: {} },
      start: {
        ...data('executeStatement', {
          ...warehouse._target,
          Sql: this.statement,
          ...(parameters.length > 0 && { Parameters: parameters }),
          StatementName: `${this.pipeline.run.id} ${this.taskId}`,
        }),
        keep: { xId: '$states.result.Id' },
      },
      look: {
        ...data('describeStatement', { Id: '{% $xId %}' }),
        meaning:
          "($d:=$states.result;$s:=$d.Status;{'end':$s in ['FINISHED','FAILED','ABORTED'],'ok':$s='FINISHED'," +
          "'error':$s='ABORTED'?'Redshift.StatementAborted':'Redshift.StatementFailed'," +
          "'cause':($d.Error?$d.Error:$s in ['FAILED','ABORTED']?'it ended as '&$s:'the last query was still running')})",
      },
      stop: data('cancelStatement', { Id: '{% $xId %}' }),
      firstWait: 1,
      longestWait: 30,
      quick: { seconds: 2, until: 60 },
      then: {
        read: {
          Type: 'Task',
          ...data('getStatementResult', { Id: '{% $xId %}' }),
          Assign: {
            xSeen: judged(`($v:=${FIELD_VALUE};$f:=$states.result.Records[0][0];$exists($f)?$v($f))`),
            xPause: `{% $min([${times.longestWait},$xPause*${growth}]) %}`,
          },
          Next: 'met',
        },
        ...this.pausing('start', late),
      },
      late,
    });
    return { states, permissions: redshiftPermissions(this, warehouse, states) };
  }

  private askingAthena(): { states: { [name: string]: Json }; permissions: iam.PolicyStatement[] } {
    const source = this.sensor.athena ?? { database: '' };
    const statement = {
      task: this as Task,
      props: { ...source, ...(this.sensor.parameters !== undefined && { parameters: this.sensor.parameters }) },
      sql: this.statement,
    };
    const { growth, late, ...times } = sensorTimes({ task: this, props: this.sensor, wanted: WANTED });
    const run = athenaRun(statement, this.timeout);
    const row = '$states.result.ResultSet.Rows[1].Data[0].VarCharValue';
    const states: { [name: string]: Json } = {
      begin: {
        Type: 'Pass',
        Assign: { xPause: times.firstWait, xSeen: {}, xEnd: `{% $millis()+${this.timeout.toMilliseconds()} %}` },
        Next: 'run',
      },
      ...syncStates({
        ...run,
        then: {
          read: {
            Type: 'Task',
            Resource: 'arn:aws:states:::athena:getQueryResults',
            // The first row of a result holds the names of the columns.
            Arguments: { QueryExecutionId: '{% $x.queryExecutionId %}', MaxResults: 2 },
            Assign: { xSeen: judged(row), xPause: `{% $min([${times.longestWait},$xPause*${growth}]) %}` },
            Next: 'met',
          },
          ...this.pausing('run', late),
        },
      }),
    };
    return { states, permissions: athenaPermissions(statement, [], true) };
  }

  /** Met, over, or asked once more after a pause. */
  private pausing(again: string, late: { error: string; cause: string }): { [name: string]: Json } {
    return {
      met: {
        Type: 'Choice',
        Choices: [
          { Condition: '{% $xSeen.ok %}', Next: 'done' },
          { Condition: '{% $millis()<$xEnd %}', Next: 'pause' },
        ],
        Default: 'over',
      },
      pause: { Type: 'Wait', Seconds: '{% $xPause %}', Next: again },
      done: { Type: 'Succeed', Output: "{% {'value':$xSeen.value} %}" },
      over: { Type: 'Fail', Error: late.error, Cause: `{% ${quote(`${late.cause}; `)}&$xSeen.cause %}` },
    };
  }
}

const WANTED = 'its SQL condition';

/** Airflow's rule: any value that is not nothing. */
function judged(value: string): string {
  return (
    `{% ($value:=${value};$ok:=$exists($value) and $not($value=null) and $not($value in [0,'0','',false,'f','false','0.0']);` +
    "{'ok':$ok,'value':$exists($value)?$value:null,'cause':$exists($value)?'it was '&$string($value):'there was no row'}) %}"
  );
}
