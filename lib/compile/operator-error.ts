/** What an operator asked for cannot be followed: says what went wrong, what was expected and what to do. */
export class OperatorError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'OperatorError';
  }
}
