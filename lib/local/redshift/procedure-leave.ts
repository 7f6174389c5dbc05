/** How a procedure's EXIT, CONTINUE and RETURN reach the loop or block that they end: thrown by the statement, caught by its target. */
export class Leave extends Error {
  public constructor(
    public readonly how: 'exit' | 'continue' | 'return',
    public readonly label?: string,
  ) {
    super(how);
  }
}
