/**
 * A small psql for the local warehouse: statements over several lines, `\d` and its kin, files with `\i`, a history. In:
 * lines. Out: results as tables, CSV or JSON; errors apart from them. An error is told with its place and the shell goes on.
 */
import { readFileSync } from 'node:fs';
import { createInterface, type Interface } from 'node:readline';
import { RedshiftError } from './redshift-error';
import { formatError, formatted, type ShellFormat } from './shell-format';
import { splitStatements } from './tokenizer';
import { Warehouse } from './warehouse';

export interface ShellOptions {
  /** The DuckDB file of the warehouse. */
  readonly file: string;
  /** @default standard input */
  readonly input?: NodeJS.ReadableStream;
  /** @default standard output */
  readonly output?: NodeJS.WritableStream;
  /** Where errors go. @default the output */
  readonly errors?: NodeJS.WritableStream;
  /** @default table */
  readonly format?: ShellFormat;
  /** Earlier lines, newest first; the lines of this session are put before them. @default none */
  readonly history?: string[];
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
  const reader = createInterface({
    input,
    output: terminal ? output : undefined,
    terminal,
    history: [...(options.history ?? [])],
  });
  reader.on('history', (lines: string[]) => options.history?.splice(0, options.history.length, ...lines));
  try {
    return await new Shell(warehouse, reader, terminal, options).run();
  } finally {
    reader.close();
    warehouse.close();
  }
}

class Shell {
  private buffer = '';
  private failed = 0;
  private readonly output: NodeJS.WritableStream;
  private readonly errors: NodeJS.WritableStream;

  public constructor(
    private readonly warehouse: Warehouse,
    private readonly reader: Interface,
    private readonly terminal: boolean,
    private readonly options: ShellOptions,
  ) {
    this.output = options.output ?? process.stdout;
    this.errors = options.errors ?? this.output;
  }

  public async run(): Promise<number> {
    // An interrupt drops what is typed so far; a second one, on an empty line, leaves.
    this.reader.on('SIGINT', () => {
      if (this.buffer === '' && this.reader.line === '') this.reader.close();
      else {
        this.buffer = '';
        this.output.write('\n');
        this.prompt();
      }
    });
    this.prompt();
    for await (const line of this.reader) {
      if (this.buffer === '' && line.trim().startsWith('\\')) {
        if (line.trim() === '\\q') return this.failed;
        await this.command(line.trim());
      } else await this.take(line);
      this.prompt();
    }
    if (this.buffer.trim() !== '') await this.statements(this.buffer);
    return this.failed;
  }

  private prompt(): void {
    if (!this.terminal) return;
    this.reader.setPrompt(this.buffer === '' ? 'sql=> ' : 'sql-> ');
    this.reader.prompt();
  }

  private async take(line: string): Promise<void> {
    this.buffer += `${line}\n`;
    if (this.buffer.trim() === '') this.buffer = '';
    if (!isComplete(this.buffer)) return;
    const sql = this.buffer;
    this.buffer = '';
    await this.statements(sql);
  }

  private async command(command: string): Promise<void> {
    const file = /^\\i\s+(.+)$/.exec(command)?.[1];
    if (file !== undefined) return this.include(file);
    if (command === '\\?') return this.write(HELP);
    const sql = commandSql(command);
    if (sql === undefined) return this.fail(`invalid command ${command}: \\? shows the commands`);
    await this.statements(sql);
  }

  private async include(file: string): Promise<void> {
    let text: string;
    try {
      text = readFileSync(file, 'utf8');
    } catch {
      return this.fail(`${file}: no such file`);
    }
    await this.statements(text);
  }

  private async statements(sql: string): Promise<void> {
    let parts: string[];
    try {
      parts = splitStatements(sql);
    } catch (error) {
      return this.fail(formatError(error, sql));
    }
    for (const part of parts) {
      try {
        for (const result of await this.warehouse.execute(part)) {
          const text = formatted(result, this.options.format ?? 'table');
          if (text !== '') this.write(text);
        }
      } catch (error) {
        this.fail(formatError(error, part));
      }
    }
  }

  private write(text: string): void {
    this.output.write(`${text}\n`);
  }

  private fail(text: string): void {
    this.failed++;
    this.errors.write(`${text}\n`);
  }
}

const HELP = [
  '\\d          tables and views',
  '\\d NAME     columns of a table or view',
  '\\dt         tables',
  '\\dv         views',
  '\\dn         schemas',
  '\\i FILE     run the statements of a file',
  '\\q          leave',
  'A statement ends with a semicolon.',
].join('\n');

const listing = (kinds: string): string =>
  `select table_schema as schema, table_name as name, table_type as type from svv_tables where table_schema <> 'headrace'${kinds} order by 1, 2`;

function commandSql(command: string): string | undefined {
  if (command === '\\d') return listing('');
  if (command === '\\dt') return listing(" and table_type <> 'VIEW'");
  if (command === '\\dv') return listing(" and table_type = 'VIEW'");
  if (command === '\\dn') return 'select schema_name as name from information_schema.schemata order by 1';
  const table = /^\\d\s+("?[\w$.#]+"?)$/.exec(command)?.[1]?.replace(/"/g, '').toLowerCase();
  if (table === undefined) return undefined;
  const [name, schema] = table.split('.').reverse() as [string, string | undefined];
  const where = `c.table_name = '${name}'${schema ? ` and c.table_schema = '${schema}'` : ''}`;
  // The keys of tables; views and external tables have none.
  return `select c.column_name as "column", coalesce(d.type, c.data_type) as type, c.is_nullable as nullable, d.encoding, d.distkey, d.sortkey
    from svv_columns c left join pg_table_def d
    on d.schemaname = c.table_schema and d.tablename = c.table_name and d."column" = c.column_name
    where ${where} order by c.table_schema, c.ordinal_position`;
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
