import { existsSync, statSync } from 'node:fs';

/** The script of a Glue job: a file beside the app that is deployed with it. */
export class GlueScript {
  /**
   * A PySpark script.
   * @param file path of the .py file, from the folder in which the app runs
   */
  public static pySpark(file: string): GlueScript {
    return new GlueScript(file, 'pySpark', 'glueetl');
  }

  /**
   * A Python script that runs without Spark on a small machine.
   * @param file path of the .py file, from the folder in which the app runs
   */
  public static pythonShell(file: string): GlueScript {
    return new GlueScript(file, 'pythonShell', 'pythonshell');
  }

  /**
   * A Python script for a cluster of Ray. Glue offers Ray in some regions only, and to accounts that had it before.
   * https://docs.aws.amazon.com/glue/latest/dg/ray-jobs-section.html
   * @param file path of the .py file, from the folder in which the app runs
   */
  public static ray(file: string): GlueScript {
    return new GlueScript(file, 'ray', 'glueray');
  }

  /** Whether it needs Spark. */
  public readonly spark: boolean;

  private constructor(
    /** Path of the script. */
    public readonly file: string,
    kind: string,
    /** What Glue calls its kind of job: glueetl, pythonshell or glueray. */
    public readonly command: string,
  ) {
    this.spark = command === 'glueetl';
    if (!existsSync(file) || !statSync(file).isFile()) {
      throw new Error(`GlueScript.${kind}(${JSON.stringify(file)}): there is no such file below ${process.cwd()}`);
    }
  }
}

/** When a job is run. */
export enum GlueExecutionClass {
  /** At once, on machines of its own. */
  STANDARD = 'STANDARD',
  /** When there is spare capacity, at a third less; the start may take a while, and machines may be taken away. PySpark only. */
  FLEX = 'FLEX',
}

/** Sizes of a worker, as Glue names them. */
export enum GlueWorker {
  /** 4 vCPU, 16 GB. */
  G_1X = 'G.1X',
  /** 8 vCPU, 32 GB. */
  G_2X = 'G.2X',
  /** 16 vCPU, 64 GB. */
  G_4X = 'G.4X',
  /** 32 vCPU, 128 GB. */
  G_8X = 'G.8X',
  /** 2 vCPU, 4 GB, for streams. */
  G_025X = 'G.025X',
  /** 8 M-DPU: 8 vCPU, 64 GB, for Ray and nothing else. */
  Z_2X = 'Z.2X',
}
