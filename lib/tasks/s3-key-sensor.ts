import { Duration } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { quote } from '../compile/expression';
import { Task } from '../pipeline/task';
import type { TaskSpec } from '../pipeline/task-spec';
import { pathProblem } from './s3-path';
import { placeOf, placeStatements, prefixFunction } from './s3-prefix';
import { metOrNot, type SensorProps, sensorProblems, sensorStates } from './sensor';

/** What a sensor of objects may say. */
export interface S3KeySensorProps extends SensorProps {
  /** `s3://bucket/key`, or a prefix; run values may stand behind the bucket's name. The bucket may lie in any region. */
  readonly path: string;
  /**
   * Only keys that end so: `.csv`, `_SUCCESS`.
   * @default - all keys that begin with `path`
   */
  readonly suffix?: string;
  /**
   * How many objects there have to be.
   * @default 1
   */
  readonly minObjects?: number;
  /**
   * How many bytes they have to have together.
   * @default 0
   */
  readonly minBytes?: number;
  /**
   * The objects are there when number, size and newest time have not changed for so long.
   * @default - a prefix that ends in `/`: 1 minute; a key: at once, an object appears whole or not at all
   */
  readonly settledFor?: Duration;
}

/** Waits until objects are in S3 and, behind a prefix, no longer grow in number. Outputs: `objects`, `bytes`, `newest`, `keys` (the first five). */
export class S3KeySensor extends Task {
  private readonly sensor: S3KeySensorProps;

  constructor(scope: Construct, id: string, props: S3KeySensorProps) {
    super(scope, id, props);
    this.sensor = props;
    const wrong = pathProblem('path', props.path);
    if (wrong !== undefined) this.addProblem(wrong);
    for (const [name, least] of [
      ['minObjects', 1],
      ['minBytes', 0],
    ] as const) {
      const value = props[name];
      if (value !== undefined && !(Number.isInteger(value) && value >= least))
        this.addProblem(`${name} is ${value}: expected a whole number from ${least}`);
    }
    for (const problem of sensorProblems(props)) this.addProblem(problem);
  }

  public toSpec(): TaskSpec {
    const { path, suffix, minObjects = 1, minBytes = 0, softFail = false } = this.sensor;
    const settled = this.sensor.settledFor ?? (path.endsWith('/') ? Duration.minutes(1) : Duration.seconds(0));
    const made = prefixFunction(this, placeStatements(path, []));
    return {
      kind: 'S3KeySensor',
      maySkip: softFail,
      states: sensorStates({
        task: this,
        props: this.sensor,
        wanted: `${minObjects === 1 ? 'an object' : `${minObjects} objects`} at its path`,
        begin: { x: {} },
        look: {
          ...made.call({ action: 'look', source: placeOf(path), ...(suffix !== undefined && { suffix }) }),
          // What was seen before is in `$x`: the same picture goes on counting from when it was first seen.
          meaning: metOrNot({
            setup:
              "$p:=$states.result.Payload;$g:=$p.count&'/'&$p.bytes&'/'&$p.newest;$since:=$x.out.picture=$g?$x.out.since:$millis()",
            met: `$p.count>=${minObjects} and $p.bytes>=${minBytes} and $millis()-$since>=${settled.toMilliseconds()}`,
            seen: `$p.count&${quote(' objects with ')}&$p.bytes&${quote(' bytes are there')}&($p.count>=${minObjects}?', not settled':'')`,
            out: "{'objects':$p.count,'bytes':$p.bytes,'newest':$p.newest,'keys':$p.keys,'picture':$g,'since':$since}",
          }),
        },
      }),
      permissions: made.permissions,
    };
  }
}
