// What Athena says when a statement cannot be done. In: the kind, the place, the message. Out: an error whose text is Athena's state
// change reason. Always: a construct that the laptop's engine does not follow is told as that, never as an error of Athena.

export interface Place {
  readonly line: number;
  /** From 1, as Athena counts. */
  readonly column: number;
}

export class AthenaError extends Error {
  /** @param kind `TABLE_NOT_FOUND`; empty where Athena gives none */
  constructor(
    readonly kind: string,
    message: string,
    place?: Place,
  ) {
    const where = place === undefined ? '' : `line ${place.line}:${place.column}: `;
    super(`${kind === '' ? '' : `${kind}: `}${where}${message}`);
  }
}

/** The statement itself is wrong: Athena does not even begin it. */
export class AthenaSyntaxError extends AthenaError {
  constructor(message: string, place: Place) {
    super('', message, place);
  }
}

/** Athena can, the laptop cannot. */
export class NotFollowed extends AthenaError {
  constructor(what: string, place?: Place) {
    super(
      'NOT_SUPPORTED',
      `${what} is not supported where Athena's SQL runs on the laptop's engine; run the task on AWS, or write the statement without it`,
      place,
    );
  }
}

/** Where a character of a text stands. */
export function placeOf(text: string, offset: number): Place {
  const before = text.slice(0, offset);
  const line = before.split('\n').length;
  return { line, column: offset - before.lastIndexOf('\n') };
}
