/** What the assembly says cannot be followed here: names the file or the resource, and what to do. */
export class AssemblyError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'AssemblyError';
  }
}
