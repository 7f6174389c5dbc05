import { RunToken } from './run-token';

/**
 * What a run knows of itself, for the props of its tasks. Every value is a text that can stand inside other texts:
 * `s3://bucket/day=${pipeline.run.date}/`.
 */
export class RunContext {
  /** @param pipelinePath construct path of the pipeline */
  constructor(private readonly pipelinePath: string) {}

  /** Name of the run, unique for 90 days in the account; made from the logical date where a schedule started it. */
  public get id(): string {
    return this.field('id', 'the id of the run');
  }

  /** Day of the logical date in UTC, `2026-11-21`. */
  public get date(): string {
    return this.field('date', 'the date of the run');
  }

  /** The time that the run stands for, ISO 8601 in UTC: the schedule's time, not the clock's. Where nobody set it, the time the run started. */
  public get logicalDate(): string {
    return this.field('logicalDate', 'the logical date of the run');
  }

  /** Begin of the time that the run covers: the schedule's previous time, ISO 8601 in UTC. */
  public get intervalStart(): string {
    return this.field('intervalStart', 'the interval start of the run');
  }

  /** End of the time that the run covers, exclusive: the logical date, ISO 8601 in UTC. */
  public get intervalEnd(): string {
    return this.field('intervalEnd', 'the interval end of the run');
  }

  /**
   * The value of a declared param. Alone in a prop it keeps its type, inside a text it becomes text.
   * @param name a key of the pipeline's `params`
   */
  public param(name: string): string {
    return new RunToken(
      { kind: 'run', field: 'param', param: name },
      this.pipelinePath,
      `the param ${name} of the run`,
    ).toString();
  }

  private field(field: string, what: string): string {
    return new RunToken({ kind: 'run', field }, this.pipelinePath, what).toString();
  }
}
