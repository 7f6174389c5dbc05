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
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    const values = new Map<string, string>();
    text.split(/\r?\n/).forEach((line, index) => {
      if (/^\s*(#|$)/.test(line)) return;
      const match = /^\s*(?:export\s+)?([^=\s]+)\s*=\s*(.*?)\s*$/.exec(line);
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

  /** Every text that must not be shown: values, and the strings inside values that are JSON. */
  hidden(): string[] {
    return (
      [...this.values.values()]
        .flatMap((value) => [value, ...innerStrings(value)])
        // A log is hidden line by line; a key in PEM has several.
        .flatMap((value) => [value, ...(value.includes('\n') ? value.split(/\r?\n/) : [])])
        .filter((text) => text !== '')
        .sort((a, b) => b.length - a.length)
    );
  }
}

/** Shorter ones would hide half of every text, and guessing them is no work. */
export const isTelling = (secret: string): boolean => secret.length > 3;

/** A text with every secret in it replaced. */
export function masked(text: string, hidden: readonly string[]): string {
  return hidden.filter(isTelling).reduce((out, secret) => out.replaceAll(secret, '***'), text);
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

function innerStrings(value: string): string[] {
  try {
    const parsed: unknown = JSON.parse(value);
    return typeof parsed === 'object' && parsed !== null
      ? Object.values(parsed).filter((inner) => typeof inner === 'string')
      : [];
  } catch {
    return [];
  }
}
