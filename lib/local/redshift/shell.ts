/**
 * A small psql for the local warehouse: statements over several lines, `\dt`, `\d TABLE`, `\dn`, `\?` and `\q`, results as
 * aligned tables. In: lines. Out: text. An error is printed and the shell goes on.
 */
import { createInterface } from 'node:readline';
import { RedshiftError } from './redshift-error';
import type { Json, StatementResult } from './result';
import { splitStatements } from './tokenizer';
import { Warehouse } from './warehouse';

export interface ShellOptions {
  /** The DuckDB file of the warehouse. */
  readonly file: string;
  /** @default standard input */
  readonly input?: NodeJS.ReadableStream;
  /** @default standard output */
  readonly output?: NodeJS.WritableStream;
  /** Maps `s3://` names to paths for COPY and UNLOAD. @default they are refused */
  readonly resolveS3?: (uri: string) => { path: string };
  /** @default dev */
  readonly database?: string;
}

/** Runs until the input ends or `\q`. The number of statements that failed is returned. */
export async function sqlShell(options: ShellOptions): Promise<number> {
  const { file, input = process.stdin, output = process.stdout, database } = options;
  const refuse = (uri: string): { path: string } => {
    throw new RedshiftError(`no local object store is open here for "${uri}"`);
  };
  const warehouse = await Warehouse.open({ file, database, resolveS3: options.resolveS3 ?? refuse });
  const terminal = Boolean((input as { isTTY?: boolean }).isTTY);
  const reader = createInterface({ input, output: terminal ? output : undefined, terminal });
  const write = (text: string) => output.write(`${text}\n`);
  let failed = 0;
  let buffer = '';
  const prompt = () => {
    if (!terminal) return;
    reader.setPrompt(buffer === '' ? 'sql=> ' : 'sql-> ');
    reader.prompt();
  };
  const run = async (sql: string) => {
    try {
      for (const result of await warehouse.execute(sql)) write(formatResult(result));
    } catch (error) {
      failed++;
      write(error instanceof Error ? error.message : String(error));
    }
  };
  try {
    prompt();
    for await (const line of reader) {
      const command = buffer === '' ? line.trim() : '';
      if (command === '\\q') break;
      if (command.startsWith('\\')) {
        const sql = commandSql(command);
        if (sql === undefined) write(HELP);
        else await run(sql);
      } else {
        buffer += `${line}\n`;
        if (isComplete(buffer)) {
          const sql = buffer;
          buffer = '';
          await run(sql);
        } else if (buffer.trim() === '') buffer = '';
      }
      prompt();
    }
    if (buffer.trim() !== '') await run(buffer);
  } finally {
    reader.close();
    warehouse.close();
  }
  return failed;
}

const HELP = [
  '\\dt        tables',
  '\\dn        schemas',
  '\\d TABLE   columns of a table',
  '\\q         leave',
  'A statement ends with a semicolon.',
].join('\n');

function commandSql(command: string): string | undefined {
  if (command === '\\dt')
    return "select table_schema as schema, table_name as name, table_type as type from svv_tables where table_schema <> 'headrace' order by 1, 2";
  if (command === '\\dn') return 'select schema_name as name from information_schema.schemata order by 1';
  const table = /^\\d\s+("?[\w$.#]+"?)$/.exec(command)?.[1]?.replace(/"/g, '').toLowerCase();
  if (table === undefined) return undefined;
  const [name, schema] = table.split('.').reverse() as [string, string | undefined];
  const where = `tablename = '${name}'${schema ? ` and schemaname = '${schema}'` : ''}`;
  return `select "column", type, encoding, distkey, sortkey, "notnull" from pg_table_def where ${where}`;
}

/** A statement is complete when its last semicolon is outside quotes, comments and bodies. */
function isComplete(buffer: string): boolean {
  if (!/;\s*(--[^\n]*)?\s*$/.test(buffer)) return false;
  try {
    splitStatements(buffer);
    return true;
  } catch {
    return false;
  }
}

/** A result as psql shows it: numbers to the right, a rule under the names, the row count below. */
export function formatResult(result: StatementResult): string {
  const notices = (result.notices ?? []).map((notice) => `INFO:  ${notice}\n`).join('');
  if (result.columns.length === 0) return `${notices}${result.kind}${result.rowCount > 0 ? ` ${result.rowCount}` : ''}`;
  const cells = result.rows.map((row) => row.map(cellText));
  const widths = result.columns.map((column, index) =>
    Math.max(column.name.length, ...cells.map((row) => (row[index] ?? '').length)),
  );
  const numeric = result.columns.map((column) => /^(int|float|numeric)/.test(column.typeName));
  const line = (row: readonly string[]) =>
    row
      .map((text, index) => ` ${numeric[index] ? text.padStart(widths[index] ?? 0) : text.padEnd(widths[index] ?? 0)} `)
      .join('|')
      .trimEnd();
  const head = result.columns
    .map((column, index) => ` ${column.name.padEnd(widths[index] ?? 0)} `)
    .join('|')
    .trimEnd();
  const rule = widths.map((width) => '-'.repeat(width + 2)).join('+');
  const count = `(${result.rows.length} row${result.rows.length === 1 ? '' : 's'})`;
  return `${notices}${[head, rule, ...cells.map(line), count].join('\n')}\n`;
}

function cellText(value: Json): string {
  if (value === null) return '';
  if (typeof value === 'boolean') return value ? 't' : 'f';
  // A line feed or escape in a value must not reach the terminal as such.
  return String(value).replace(/[\u0000-\u001f\u007f]/g, (char) => JSON.stringify(char).slice(1, -1));
}
