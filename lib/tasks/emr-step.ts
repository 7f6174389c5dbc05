/** What a Spark application on EMR may say. */
export interface EmrSparkOptions {
  /**
   * Arguments of the application; may hold run values and outputs.
   * @default - none
   */
  readonly arguments?: string[];
  /**
   * The main class of a jar.
   * @default - none: the application is a Python file
   */
  readonly mainClass?: string;
  /**
   * Spark's settings: `spark.executor.memory` and the like.
   * @default - the cluster's
   */
  readonly conf?: { [name: string]: string };
}

/** What a Hive script on EMR may say. */
export interface EmrHiveOptions {
  /**
   * Variables of the script, for `${name}`; may hold run values and outputs.
   * @default - none
   */
  readonly variables?: { [name: string]: string };
}

/** What a program in a jar may say. */
export interface EmrJarOptions {
  /**
   * Arguments of the program; may hold run values and outputs.
   * @default - none
   */
  readonly arguments?: string[];
  /** @default - the one that the jar names */
  readonly mainClass?: string;
}

/**
 * What a step does.
 * https://docs.aws.amazon.com/emr/latest/ReleaseGuide/emr-commandrunner.html
 */
export class EmrStep {
  /**
   * A Spark application.
   * @param application `s3://bucket/job.py` or a .jar
   */
  public static spark(application: string, options: EmrSparkOptions = {}): EmrStep {
    const conf = Object.entries(options.conf ?? {}).flatMap(([name, value]) => ['--conf', `${name}=${value}`]);
    return new EmrStep('command-runner.jar', undefined, [
      'spark-submit',
      '--deploy-mode',
      'cluster',
      ...(options.mainClass === undefined ? [] : ['--class', options.mainClass]),
      ...conf,
      application,
      ...(options.arguments ?? []),
    ]);
  }

  /**
   * A Hive script.
   * @param script `s3://bucket/script.q`
   */
  public static hive(script: string, options: EmrHiveOptions = {}): EmrStep {
    const variables = Object.entries(options.variables ?? {}).flatMap(([name, value]) => ['-d', `${name}=${value}`]);
    return new EmrStep('command-runner.jar', undefined, [
      'hive-script',
      '--run-hive-script',
      '--args',
      '-f',
      script,
      ...variables,
    ]);
  }

  /**
   * A program in a jar; `command-runner.jar` runs any command of the cluster.
   * @param jar `s3://bucket/program.jar`
   */
  public static jar(jar: string, options: EmrJarOptions = {}): EmrStep {
    return new EmrStep(jar, options.mainClass, options.arguments ?? []);
  }

  private constructor(
    /** Place of the jar. */
    public readonly jarUri: string,
    /** The main class, where the jar names none. */
    public readonly mainClass: string | undefined,
    /** Its arguments. */
    public readonly args: string[],
  ) {}
}
