// The SQL shell as a person and as a program use it.

import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { sqlShell } from '../../../lib/local/redshift/shell';
import type { ShellFormat } from '../../../lib/local/redshift/shell-format';

async function typed(lines: readonly string[], format?: ShellFormat) {
  const folder = mkdtempSync(join(tmpdir(), 'headrace-shell-'));
  const [output, errors] = [new PassThrough(), new PassThrough()];
  const input = Readable.from([`${lines.join('\n').replace('FOLDER', folder)}\n`]);
  writeFileSync(join(folder, 'more.sql'), "insert into t values (3, 'from a file');\nselect count(*) as n from t;\n");
  const failed = await sqlShell({ file: join(folder, 'w.duckdb'), input, output, errors, format });
  return { failed, output: String(output.read() ?? ''), errors: String(errors.read() ?? '') };
}

const TABLE = ['create table t(a int, b varchar(20));', "insert into t values (1, 'x,y'),", ' (2, null);'];

describe('the SQL shell', () => {
  it('takes statements over several lines and shows tables', async () => {
    const { output, failed } = await typed([...TABLE, 'select * from t order by 1;']);
    expect(failed).toBe(0);
    expect(output).toBe('CREATE TABLE\nINSERT 2\n a | b\n---+-----\n 1 | x,y\n 2 |\n(2 rows)\n\n');
  });

  it('prints rows as CSV and as JSON', async () => {
    expect((await typed([...TABLE, 'select * from t order by 1;'], 'csv')).output).toBe('a,b\n1,"x,y"\n2,\n');
    expect((await typed([...TABLE, 'select * from t order by 1;'], 'json')).output).toBe(
      '{"a":1,"b":"x,y"}\n{"a":2,"b":null}\n',
    );
  });

  it('tells an error apart from the rows, with its line and place, and goes on', async () => {
    const { failed, output, errors } = await typed(['select 1,', '  nosuch;', 'select 2 as two;'], 'csv');
    expect(failed).toBe(1);
    expect(output).toBe('two\n2\n');
    expect(errors).toBe('ERROR: column "nosuch" does not exist\nLINE 2:   nosuch\n          ^\n');
  });

  it('knows its commands, and says so of another', async () => {
    const { output, errors, failed } = await typed([
      ...TABLE,
      '\\d',
      '\\d t',
      '\\i FOLDER/more.sql',
      '\\nosuch',
      '\\q',
      'select 9;',
    ]);
    expect(output).toContain(' public | t    | BASE TABLE');
    expect(output).toContain(' b      | character varying(20) | YES      | lzo ');
    expect(output).toContain(' n\n---\n 3\n');
    expect(output).not.toContain('9');
    expect(errors).toBe('invalid command \\nosuch: \\? shows the commands\n');
    expect(failed).toBe(1);
  });
});
