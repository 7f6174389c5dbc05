// Secrets of a local run, from one file that the user keeps out of version control. In: the file's text, one `NAME=value`
// a line; NAME is a secret's name or ARN, or the variable that a container reads. Out: values by name. Always: values
// are given to the programs that ask and are hidden in everything that is printed or logged.

import { readFileSync } from 'node:fs';

export class Secrets {
  private constructor(
    private readonly values: ReadonlyMap<string, string>,
    /** File the values came from; for messages. */
    readonly file: string,
  ) {}

  /** @throws Error naming the line that is not `NAME=value`; never shows a value */
  static read(file: string): Secrets {
    let text = '';
    try {
      text = readFileSync(file, 'utf8');
    } catch (error) {
      // Nor is there one in a store that is no folder; that is told when the run begins.
      if (!['ENOENT', 'ENOTDIR'].includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
    }
    const values = new Map<string, string>();
    text.split(/\r?\n/).forEach((line, index) => {
      if (/^\s*(#|$)/.test(line)) return;
      const match = /^\s*(?:export\s+)?([^=\s]+)\s*=\s*(.*?)\s*$/s.exec(line);
      if (!match)
        throw new Error(`${file} line ${index + 1} is not NAME=value (its text is not shown, it may hold a secret)`);
      values.set(match[1]!, unquoted(match[2]!));
    });
    return new Secrets(values, file);
  }

  /** The value under the first of these names that the file has. */
  find(...names: readonly string[]): string | undefined {
    for (const name of names) {
      const value = this.values.get(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** Every value: none of them may be shown. */
  hidden(): string[] {
    return [...this.values.values()];
  }
}

/** Secret names that an ARN may stand for: `arn:…:secret:name-AbCdEf` -> the ARN, `name-AbCdEf`, `name`. */
export function secretNames(id: string): string[] {
  const name = /^arn:aws[^:]*:(?:secretsmanager:[^:]*:[^:]*:secret:|ssm:[^:]*:[^:]*:parameter\/?)(.+)$/.exec(id)?.[1];
  return name === undefined ? [id] : [id, name, name.replace(/-[A-Za-z0-9]{6}$/, '')];
}

function unquoted(value: string): string {
  if (/^'.*'$/s.test(value)) return value.slice(1, -1);
  if (!/^".*"$/s.test(value)) return value;
  return value.slice(1, -1).replace(/\\(["\\n])/g, (_, character: string) => (character === 'n' ? '\n' : character));
}
