import { existsSync, statSync } from 'node:fs';

/** The script of a Glue job: a file beside the app that is deployed with it. */
export class GlueScript {
  /**
   * A PySpark script.
   * @param file path of the .py file, from the folder in which the app runs
   */
  public static pySpark(file: string): GlueScript {
    return new GlueScript(file, true);
  }

  /**
   * A Python script that runs without Spark on a small machine.
   * @param file path of the .py file, from the folder in which the app runs
   */
  public static pythonShell(file: string): GlueScript {
    return new GlueScript(file, false);
  }

  private constructor(
    /** Path of the script. */
    public readonly file: string,
    /** Whether it needs Spark. */
    public readonly spark: boolean,
  ) {
    if (!existsSync(file) || !statSync(file).isFile()) {
      throw new Error(
        `GlueScript.${spark ? 'pySpark' : 'pythonShell'}(${JSON.stringify(file)}): there is no such file below ${process.cwd()}`,
      );
    }
  }
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
}
