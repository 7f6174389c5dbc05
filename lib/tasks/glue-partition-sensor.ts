import type { Construct } from 'constructs';
import { quote } from '../compile/expression';
import { hasRunToken } from '../pipeline/run-token';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { catalogStatement } from './glue-role';
import { metOrNot, type SensorProps, sensorProblems, sensorStates } from './sensor';
import { withLiterals } from './sql-literal';
import { SERVICE_FAULTS } from './support-stack';

/** What a sensor of a partition may say. */
export interface GluePartitionSensorProps extends SensorProps {
  /** Catalog database. */
  readonly database: string;
  /** Its table; a table that does not exist fails the task. */
  readonly table: string;
  /**
   * Partition keys and their values: texts, in which run values and outputs may stand, for keys that are texts and dates; numbers
   * for keys that are numbers. Keys that are left out may have any value.
   */
  readonly partition: { [key: string]: any };
  /**
   * How many partitions that match there have to be.
   * @default 1
   */
  readonly minPartitions?: number;
}

/** Waits until a partition of a Data Catalog table is there. Outputs: `partitions` (how many match, as far as they were counted). */
export class GluePartitionSensor extends Task {
  private readonly sensor: GluePartitionSensorProps;

  constructor(scope: Construct, id: string, props: GluePartitionSensorProps) {
    super(scope, id, props);
    this.sensor = props;
    const keys = Object.keys(props.partition);
    if (keys.length === 0) this.addProblem('partition is empty: name at least one partition key and its value');
    for (const key of keys.filter((one) => !/^[A-Za-z_]\w*$/.test(one)))
      this.addProblem(`partition has the key ${JSON.stringify(key)}: expected a column's name`);
    for (const [key, value] of Object.entries(props.partition))
      if (typeof value !== 'string' && !Number.isFinite(value))
        this.addProblem(`partition has ${JSON.stringify(value)} for ${key}: expected a text or a number`);
    for (const prop of ['database', 'table'] as const)
      if (hasRunToken(props[prop])) this.addProblem(`${prop} has to be known at synth: it is a part of the permission`);
    const least = props.minPartitions ?? 1;
    if (!(Number.isInteger(least) && least >= 1 && least <= 200))
      this.addProblem(`minPartitions is ${least}: expected a whole number from 1 to 200`);
    for (const problem of sensorProblems(props)) this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { database, table, partition, minPartitions = 1, softFail = false } = this.sensor;
    const keys = Object.keys(partition);
    const texts = Object.fromEntries(Object.entries(partition).filter(([, value]) => typeof value === 'string'));
    const terms = keys.map((key) => (key in texts ? `${key} = :${key}` : `${key} = ${String(partition[key])}`));
    return {
      kind: 'GluePartitionSensor',
      maySkip: softFail,
      states: sensorStates({
        task: this,
        props: this.sensor,
        wanted: `a partition of ${database}.${table} by ${keys.join(', ')}`,
        look: {
          Resource: 'arn:aws:states:::aws-sdk:glue:getPartitions',
          Arguments: {
            DatabaseName: database,
            TableName: table,
            Expression: withLiterals(terms.join(' AND '), texts as { [key: string]: string }),
            ExcludeColumnSchema: true,
            MaxResults: minPartitions,
          },
          Retry: [
            {
              ErrorEquals: SERVICE_FAULTS,
              IntervalSeconds: 2,
              MaxAttempts: 8,
              BackoffRate: 2,
              MaxDelaySeconds: 60,
              JitterStrategy: 'FULL',
            },
          ],
          meaning: metOrNot({
            setup: '$n:=$count($states.result.Partitions)',
            met: `$n>=${minPartitions}`,
            seen: `$n&' of '&${quote(String(minPartitions))}&' are there'`,
            out: "{'partitions':$n}",
          }),
        },
      }),
      permissions: [catalogStatement(this, database, ['glue:GetPartitions'])],
    };
  }
}
