/** The error every statement raises: worded as Redshift words it, with the position in the statement where known. */
export class RedshiftError extends Error {
  /** Offset in the statement text, from 0. */
  public readonly position?: number;
  /** More about the error, such as the file, line and column of a COPY failure. */
  public readonly detail?: Readonly<Record<string, string | number>>;

  public constructor(message: string, options: { position?: number; detail?: Record<string, string | number> } = {}) {
    super(message.startsWith('ERROR:') ? message : `ERROR: ${message}`);
    this.name = 'RedshiftError';
    this.position = options.position;
    this.detail = options.detail;
  }
}

/** A construct that the local stand-in does not know or cannot answer as Redshift would. */
export function unsupported(construct: string, position?: number): RedshiftError {
  return new RedshiftError(`${construct} is not supported by the local Redshift stand-in`, { position });
}
