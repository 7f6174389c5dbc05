import { existsSync, readFileSync } from 'node:fs';

/** SQL text, from a file beside the app or written in it. */
export class Sql {
  /**
   * A file, in UTF-8.
   * @param file path, from the folder in which the app runs
   */
  public static fromFile(file: string): Sql {
    if (!existsSync(file))
      throw new Error(`Sql.fromFile(${JSON.stringify(file)}): there is no such file below ${process.cwd()}`);
    return new Sql(readFileSync(file, 'utf8'), file);
  }

  /** A text. Values belong into `parameters`; a value written into the text is read as SQL. */
  public static fromString(text: string): Sql {
    return new Sql(text, undefined);
  }

  private constructor(
    /** The text. */
    public readonly text: string,
    /** Path of the file it was read from. */
    public readonly file: string | undefined,
  ) {}
}
