/**
 * CALL: runs a PL/pgSQL procedure. Always: variables are bound into the SQL as typed values, never pasted; a failing
 * atomic procedure undoes what it did since its last COMMIT; loops end after a bounded number of turns.
 */
import type { Routine } from './catalog';
import { type DataType, INTEGER, varchar } from './data-type';
import type { Engine } from './engine';
import { parseBody } from './parse-procedural';
import { openCursor } from './parse-statement';
import { parseType } from './parse-type';
import type { Block, Code, Declaration } from './procedural-code';
import { RedshiftError, unsupported } from './redshift-error';
import { type Json, resultColumn, type StatementResult, toJson } from './result';
import { constant, fetched, nothing, plainType } from './procedure-value';
import type { Statement } from './statement';
import type { Typed } from './typed';
import { Leave } from './procedure-leave';

type ExecuteText = (sql: string, engine: Engine, parameters?: ReadonlyMap<string, Typed>) => Promise<StatementResult>;
const MAX_TURNS = 1_000_000;
const MAX_DEPTH = 16;

interface Variable {
  type: DataType | 'record' | 'refcursor';
  value: Typed;
  readonly constant: boolean;
  readonly notNull: boolean;
  query?: string;
}

export async function callProcedure(
  statement: Extract<Statement, { kind: 'call' }>,
  engine: Engine,
  executeText: ExecuteText,
  depth = 0,
): Promise<StatementResult> {
  if (depth > MAX_DEPTH) throw new RedshiftError(`stored procedures can be nested at most ${MAX_DEPTH} levels deep`);
  const binder = engine.binder();
  const args: Typed[] = [];
  for (const arg of statement.args) args.push(binder.bind(arg));
  const routine = findProcedure(statement.name, args.length, engine);
  const run = new ProcedureRun(routine, engine, executeText, depth);
  const outputs = await run.start(args);
  if (outputs.length === 0) return engine.done('CALL');
  return {
    kind: 'CALL',
    columns: outputs.map(({ name, type }) => resultColumn(name, type)),
    rows: [outputs.map(({ value }) => value)],
    rowCount: 1,
  };
}

function findProcedure(name: readonly string[], count: number, engine: Engine): Routine {
  const parts = engine.session.withoutDatabase(name);
  const schemas = parts.length > 1 ? [parts[0] as string] : engine.session.searchPath();
  for (const schema of schemas) {
    const known = engine.session.catalog.routines.get(`${schema}\u0000${parts[parts.length - 1]}`) ?? [];
    const found = known.filter((routine) => routine.kind === 'procedure' && inputs(routine).length === count);
    if (found.length > 1)
      throw unsupported(`choosing between procedures named ${name.join('.')} with as many parameters`);
    if (found[0]) return found[0];
  }
  throw new RedshiftError(`procedure ${name.join('.')} with ${count} argument(s) does not exist`);
}

function inputs(routine: Routine): Routine['parameters'][number][] {
  return routine.parameters.filter((parameter) => parameter.mode !== 'out');
}

class ProcedureRun {
  private readonly variables = new Map<string, Variable>();
  private readonly cursors = new Map<string, { rows: Typed[][]; names: string[]; at: number }>();
  private readonly records = new Map<string, Map<string, Typed>>();
  private rowCount = 0;
  private turns = 0;

  public constructor(
    private readonly routine: Routine,
    private readonly engine: Engine,
    private readonly executeText: ExecuteText,
    private readonly depth: number,
  ) {}

  public async start(args: readonly Typed[]): Promise<{ name: string; type: DataType; value: Json }[]> {
    const { routine } = this;
    if (routine.language !== 'plpgsql') throw unsupported(`a procedure in ${routine.language}`);
    let next = 0;
    for (const [index, parameter] of routine.parameters.entries()) {
      const given =
        parameter.mode === 'out' ? nothing(parameter.type) : await this.settle(args[next++] as Typed, parameter.type);
      const variable: Variable = { type: parameter.type, value: given, constant: false, notNull: false };
      this.variables.set(String(index + 1), variable);
      if (parameter.name) this.variables.set(parameter.name, variable);
    }
    this.set('found', 'false');
    const block = parseBody(openCursor(routine.body, this.engine.session.isOn('enable_case_sensitive_identifier')));
    try {
      await this.block(block);
    } catch (signal) {
      if (!(signal instanceof Leave) || signal.how !== 'return') throw signal;
    }
    const outputs: { name: string; type: DataType; value: Json }[] = [];
    for (const [index, parameter] of routine.parameters.entries()) {
      if (parameter.mode === 'in') continue;
      const { value } = this.variables.get(String(index + 1)) as Variable;
      outputs.push({
        name: parameter.name ?? `column${index + 1}`,
        type: parameter.type,
        value: await this.json(value),
      });
    }
    return outputs;
  }

  private set(name: string, sql: string): void {
    this.variables.set(name, {
      type: { name: 'boolean' },
      value: { sql, type: { name: 'boolean' } },
      constant: false,
      notNull: false,
    });
  }

  /** What SQL inside the procedure can name. */
  private parameters(): Map<string, Typed> {
    const known = new Map<string, Typed>();
    for (const [name, variable] of this.variables)
      if (variable.type !== 'record' && variable.type !== 'refcursor') known.set(name, variable.value);
    for (const [name, record] of this.records)
      for (const [column, value] of record) known.set(`${name}.${column}`, value);
    return known;
  }

  /** Runs a value once and keeps what came out, as a literal of its type. */
  private async settle(value: Typed, type: DataType): Promise<Typed> {
    const cast = this.engine.binder().caster.cast(value, type, 'assign');
    const { rows } = await this.engine.rows(`SELECT ${cast.sql}`);
    return constant(toJson(rows[0]?.[0] ?? null, type), type);
  }

  private async json(value: Typed): Promise<Json> {
    const { rows } = await this.engine.rows(`SELECT ${value.sql}`);
    return toJson(rows[0]?.[0] ?? null, value.type);
  }

  private async evaluate(text: string): Promise<Typed> {
    const { engine } = this;
    engine.session.usage = { userTable: false, relations: new Set() };
    const bound = engine.bind(engine.binder().parse(`select ${text}`), this.parameters());
    const { rows } = await engine.rows(bound.sql);
    const type = plainType(bound.columns[0]?.type as DataType);
    return constant(toJson(rows[0]?.[0] ?? null, type), type);
  }

  private async test(text: string): Promise<boolean> {
    const value = await this.evaluate(text);
    return (await this.json(this.engine.binder().implicit(value, { name: 'boolean' }))) === true;
  }

  private async text(text: string): Promise<string | null> {
    const value = await this.evaluate(text);
    if (value.isNull) return null;
    return String(await this.json({ sql: this.engine.binder().caster.toText(value), type: varchar() }));
  }

  private async block(block: Block): Promise<void> {
    const shadowed = new Map<string, Variable | undefined>();
    for (const declaration of block.declarations) {
      shadowed.set(declaration.name, this.variables.get(declaration.name));
      await this.declare(declaration);
    }
    try {
      await this.run(block.body);
    } catch (error) {
      if (error instanceof Leave || !block.handler) {
        if (error instanceof Leave && error.how === 'exit' && error.label !== undefined && error.label === block.label)
          return;
        throw error;
      }
      await this.handle(block.handler, error);
    } finally {
      for (const [name, variable] of shadowed)
        variable ? this.variables.set(name, variable) : this.variables.delete(name);
    }
  }

  /** The work is undone, the handler runs and is kept, and the error goes on, as in an atomic procedure. */
  private async handle(handler: readonly Code[], error: unknown): Promise<void> {
    const { engine } = this;
    if (engine.explicit) throw error;
    await engine.rollback();
    await engine.begin();
    const message = error instanceof Error ? error.message.replace(/^ERROR: /, '') : String(error);
    const text = (value: string): Variable => ({
      type: varchar(),
      value: constant(value, varchar()),
      constant: true,
      notNull: false,
    });
    this.variables.set('sqlerrm', text(message));
    this.variables.set('sqlstate', text('XX000'));
    await this.run(handler);
    if (this.routine.nonatomic) return;
    await engine.commit();
    await engine.begin();
    throw error;
  }

  private async declare(declaration: Declaration): Promise<void> {
    const { name, constant: fixed, notNull, initial, query, aliasFor } = declaration;
    if (aliasFor !== undefined) {
      const variable = this.variables.get(aliasFor);
      if (!variable) throw new RedshiftError(`there is no parameter ${aliasFor}`);
      this.variables.set(name, variable);
      return;
    }
    const lower = declaration.type.trim().toLowerCase();
    if (lower === 'record' || lower === 'refcursor') {
      this.variables.set(name, { type: lower, value: nothing(varchar()), constant: fixed, notNull, query });
      this.records.delete(name);
      return;
    }
    const type = this.typeOf(declaration.type);
    const value = initial === undefined ? nothing(type) : await this.settle(await this.evaluate(initial), type);
    if (notNull && value.isNull) throw new RedshiftError(`variable "${name}" declared NOT NULL cannot default to NULL`);
    this.variables.set(name, { type, value, constant: fixed, notNull });
  }

  private typeOf(text: string): DataType {
    const reference = /^\s*([\w.]+)\s*%\s*(type|rowtype)\s*$/i.exec(text);
    if (reference) {
      if (reference[2]?.toLowerCase() === 'rowtype') throw unsupported('%ROWTYPE');
      const parts = (reference[1] as string).toLowerCase().split('.');
      const column = parts.pop() as string;
      const found = this.engine.session.relation(parts).columns.find((one) => one.name === column);
      if (!found) throw new RedshiftError(`column "${column}" does not exist`);
      return found.type;
    }
    const cursor = openCursor(text, false);
    const type = parseType(cursor);
    cursor.expectEnd();
    return type;
  }

  private async assign(name: string, value: Typed): Promise<void> {
    const variable = this.variables.get(name);
    if (!variable) throw new RedshiftError(`"${name}" is not a known variable`);
    if (variable.constant) throw new RedshiftError(`"${name}" is declared CONSTANT`);
    if (variable.type === 'record' || variable.type === 'refcursor')
      throw new RedshiftError(`"${name}" is not a scalar variable`);
    variable.value = await this.settle(value, variable.type);
    if (variable.notNull && variable.value.isNull)
      throw new RedshiftError(`NULL cannot be assigned to variable "${name}" declared NOT NULL`);
  }

  private async run(codes: readonly Code[]): Promise<void> {
    for (const code of codes) {
      if (++this.turns > MAX_TURNS) throw new RedshiftError(`the procedure ran more than ${MAX_TURNS} statements`);
      await this.step(code);
    }
  }

  private async step(code: Code): Promise<void> {
    const { engine } = this;
    switch (code.kind) {
      case 'block':
        return this.block(code);
      case 'assign':
        return this.assign(code.target, await this.evaluate(code.value));
      case 'if': {
        for (const branch of code.branches) if (await this.test(branch.test)) return this.run(branch.body);
        return this.run(code.otherwise);
      }
      case 'loop': {
        for (;;) {
          if (code.test !== undefined && !(await this.test(code.test))) return;
          if (await this.turn(code.body, code.label)) return;
        }
      }
      case 'count':
        return this.count(code);
      case 'each':
        return this.each(code);
      case 'exit':
        if (code.test === undefined || (await this.test(code.test)))
          throw new Leave(code.next ? 'continue' : 'exit', code.label);
        return;
      case 'return':
        throw new Leave('return');
      case 'raise':
        return this.raise(code);
      case 'execute': {
        const sql = await this.text(code.sql);
        if (sql === null) throw new RedshiftError('cannot EXECUTE a null query string');
        const result = await this.sql(sql, new Map());
        if (code.into.length > 0) await this.store(code.into, result);
        return;
      }
      case 'select': {
        const result = await this.sql(code.sql, this.parameters());
        this.set('found', String(result.rows.length > 0));
        return this.store(code.into, result);
      }
      case 'sql':
        await this.sql(code.sql, this.parameters());
        return;
      case 'commit':
      case 'rollback':
        if (engine.explicit)
          throw new RedshiftError(
            `${code.kind.toUpperCase()} cannot be invoked from a procedure that is executing in an atomic context`,
          );
        await (code.kind === 'commit' ? engine.commit() : engine.rollback());
        return engine.begin();
      case 'null':
        return;
      case 'rowCount':
        return this.assign(code.target, constant(this.rowCount, INTEGER));
      case 'open':
        return this.open(code);
      case 'fetchInto': {
        const cursor = this.cursor(code.cursor);
        const row = cursor.rows[cursor.at++];
        this.set('found', String(row !== undefined));
        return this.put(code.into, cursor.names, row ?? []);
      }
      case 'close':
        this.cursor(code.cursor);
        this.cursors.delete(code.cursor);
    }
  }

  private async sql(sql: string, parameters: ReadonlyMap<string, Typed>): Promise<StatementResult> {
    const { engine } = this;
    engine.written = true;
    const call = /^\s*call\b/i.test(sql) ? await this.nested(sql, parameters) : undefined;
    const result = call ?? (await this.executeText(sql, engine, parameters));
    this.rowCount = result.rowCount;
    this.set('found', String(result.rowCount > 0));
    if (/^\s*truncate\b/i.test(sql) && !engine.explicit) {
      await engine.commit();
      await engine.begin();
    } else if (this.routine.nonatomic && !engine.explicit) {
      await engine.commit();
      await engine.begin();
    }
    return result;
  }

  /** CALL inside a procedure: its INOUT and OUT parameters write back to the variables given for them. */
  private async nested(sql: string, parameters: ReadonlyMap<string, Typed>): Promise<StatementResult> {
    const { engine } = this;
    const cursor = openCursor(sql, false);
    cursor.expect('call');
    const name = [cursor.label()];
    while (cursor.accept('.')) name.push(cursor.label());
    const args = cursor.parenthesized(() => (cursor.is(')') ? [] : cursor.list(() => cursor.expression())));
    cursor.expectEnd();
    const binder = engine.binder(parameters);
    const routine = findProcedure(name, args.length, engine);
    const run = new ProcedureRun(routine, engine, this.executeText, this.depth + 1);
    if (this.depth + 1 > MAX_DEPTH)
      throw new RedshiftError(`stored procedures can be nested at most ${MAX_DEPTH} levels deep`);
    const outputs = await run.start(args.map((arg) => binder.bind(arg)));
    const written = inputs(routine).flatMap((parameter, index) => (parameter.mode === 'inout' ? [args[index]] : []));
    for (const [index, target] of written.entries()) {
      const step = target?.kind === 'column' && target.path.length === 1 ? target.path[0] : undefined;
      const output = outputs[index];
      if (step && 'name' in step && output) await this.assign(step.name, constant(output.value, output.type));
    }
    return engine.done('CALL');
  }

  private async store(into: readonly string[], result: StatementResult): Promise<void> {
    const names = result.columns.map((column) => column.name);
    const row = result.rows[0]?.map((value, index) => fetched(value, result, index));
    return this.put(into, names, row ?? []);
  }

  private async put(into: readonly string[], names: readonly string[], row: readonly Typed[]): Promise<void> {
    const first = into[0] as string;
    if (into.length === 1 && this.variables.get(first)?.type === 'record') {
      this.records.set(first, new Map(names.map((name, index) => [name, row[index] ?? nothing(varchar())])));
      return;
    }
    for (const [index, name] of into.entries()) await this.assign(name, row[index] ?? nothing(varchar()));
  }

  /** One turn of a loop; true when the loop is left. */
  private async turn(body: readonly Code[], label: string | undefined): Promise<boolean> {
    try {
      await this.run(body);
      return false;
    } catch (signal) {
      if (!(signal instanceof Leave) || signal.how === 'return') throw signal;
      if (signal.label !== undefined && signal.label !== label) throw signal;
      return signal.how === 'exit';
    }
  }

  private async count(code: Extract<Code, { kind: 'count' }>): Promise<void> {
    const number = async (text: string) =>
      Number(await this.json(this.engine.binder().implicit(await this.evaluate(text), INTEGER)));
    const from = await number(code.from);
    const to = await number(code.to);
    const by = code.by === undefined ? 1 : await number(code.by);
    if (by < 1) throw new RedshiftError('BY value of FOR loop must be greater than zero');
    const outer = this.variables.get(code.name);
    for (let value = from; code.reverse ? value >= to : value <= to; value += code.reverse ? -by : by) {
      this.variables.set(code.name, {
        type: INTEGER,
        value: constant(value, INTEGER),
        constant: false,
        notNull: false,
      });
      if (await this.turn(code.body, code.label)) break;
    }
    outer ? this.variables.set(code.name, outer) : this.variables.delete(code.name);
  }

  private async each(code: Extract<Code, { kind: 'each' }>): Promise<void> {
    const sql = code.query ?? (await this.text(code.dynamic as string)) ?? '';
    const result = await this.sql(sql, code.query === undefined ? new Map() : this.parameters());
    const names = result.columns.map((column) => column.name);
    for (const row of result.rows) {
      await this.put(
        code.target,
        names,
        row.map((value, index) => fetched(value, result, index)),
      );
      if (await this.turn(code.body, code.label)) break;
    }
    this.set('found', String(result.rows.length > 0));
  }

  private async open(code: Extract<Code, { kind: 'open' }>): Promise<void> {
    const declared = this.variables.get(code.cursor);
    const query = code.query ?? declared?.query;
    const sql = query ?? (code.dynamic === undefined ? null : await this.text(code.dynamic));
    if (sql === null) throw new RedshiftError(`cursor "${code.cursor}" has no query`);
    const parameter = this.routine.parameters.find((one) => one.name === code.cursor);
    if (parameter && !parameter.cursor)
      throw new RedshiftError(`variable "${code.cursor}" must be of type cursor or refcursor`);
    const result = await this.sql(sql, query === undefined ? new Map() : this.parameters());
    if (parameter) {
      // The caller fetches from it by the name that it gave, until the transaction ends.
      const name = await this.text(code.cursor);
      if (name === null) throw unsupported('a cursor parameter without a name');
      this.engine.openCursor(name.toLowerCase(), result);
      return;
    }
    const rows = result.rows.map((row) => row.map((value, index) => fetched(value, result, index)));
    this.cursors.set(code.cursor, { rows, names: result.columns.map((column) => column.name), at: 0 });
  }

  private cursor(name: string): { rows: Typed[][]; names: string[]; at: number } {
    const cursor = this.cursors.get(name);
    if (!cursor) throw new RedshiftError(`cursor "${name}" does not exist`);
    return cursor;
  }

  private async raise(code: Extract<Code, { kind: 'raise' }>): Promise<void> {
    const args: (string | null)[] = [];
    for (const arg of code.args) args.push(await this.text(arg));
    let used = 0;
    const message = code.format.replace(/%%|%/g, (mark) => (mark === '%%' ? '%' : (args[used++] ?? '<NULL>')));
    if (used !== args.length) throw new RedshiftError('RAISE has another number of parameters than its format');
    if (code.level === 'exception') throw new RedshiftError(message);
    if (code.level !== 'debug' && code.level !== 'log') this.engine.notices.push(message);
  }
}
