/** Conditional functions, and what a session can say about itself. */
import { compare } from '../bind-operator';
import { BIGINT, INTEGER, varchar } from '../data-type';
import { RedshiftError, unsupported } from '../redshift-error';
import { quoteText, type Typed } from '../typed';
import { argument, arity, type Builtin, type BuiltinCall } from './builtin';

const said =
  (read: (call: BuiltinCall) => string): Builtin =>
  (call) => {
    arity(call, 0);
    return { sql: quoteText(read(call)), type: varchar(128) };
  };

const coalesce: Builtin = (call) => {
  arity(call, 1, 10000);
  const { values, type } = call.binder.unify(call.args, call.name.toUpperCase());
  return { sql: `coalesce(${values.map((value) => value.sql).join(', ')})`, type, label: 'coalesce' };
};

const extreme =
  (name: 'greatest' | 'least'): Builtin =>
  (call) => {
    arity(call, 1, 10000);
    const { values, type } = call.binder.unify(call.args, name.toUpperCase());
    if (type.name === 'super') throw unsupported(`${name.toUpperCase()} on SUPER values`);
    return { sql: `${name}(${values.map((value) => value.sql).join(', ')})`, type };
  };

const decode: Builtin = (call) => {
  if (call.args.length < 3) throw new RedshiftError('decode takes an expression, searches and results');
  const subject = argument(call, 0);
  const pairs = Math.floor((call.args.length - 1) / 2);
  const otherwise = call.args.length % 2 === 0 ? argument(call, call.args.length - 1) : undefined;
  const results = Array.from({ length: pairs }, (_, index) => argument(call, index * 2 + 2));
  const { values, type } = call.binder.unify(otherwise ? [...results, otherwise] : results, 'DECODE');
  // In DECODE two NULLs are equal.
  const branches = results.map((_, index) => {
    const search = argument(call, index * 2 + 1);
    const test = search.isNull
      ? `${subject.sql} IS NULL`
      : `coalesce(${compare('=', subject, search, call.binder).sql}, (${subject.sql} IS NULL AND ${search.sql} IS NULL))`;
    return ` WHEN ${test} THEN ${values[index]?.sql}`;
  });
  return {
    sql: `(CASE${branches.join('')}${otherwise ? ` ELSE ${values[pairs]?.sql}` : ''} END)`,
    type,
    label: 'case',
  };
};

const nullif: Builtin = (call) => {
  arity(call, 2);
  const [first, second] = [argument(call, 0), argument(call, 1)];
  const type =
    first.type.name === 'unknown' && !first.isNull ? call.binder.unify([first, second], 'NULLIF').type : first.type;
  const value: Typed =
    type.name === 'unknown' ? call.binder.implicit(first, varchar()) : call.binder.implicit(first, type);
  return {
    sql: `(CASE WHEN ${compare('=', first, second, call.binder).sql} THEN NULL ELSE ${value.sql} END)`,
    type: value.type,
    label: 'case',
  };
};

const nvl2: Builtin = (call) => {
  arity(call, 3);
  const { values, type } = call.binder.unify([argument(call, 1), argument(call, 2)], 'NVL2');
  return {
    sql: `(CASE WHEN ${argument(call, 0).sql} IS NOT NULL THEN ${values[0]?.sql} ELSE ${values[1]?.sql} END)`,
    type,
    label: 'nvl2',
  };
};

const privilege: Builtin = (call) => {
  arity(call, 2, 3);
  call.binder.session.usage.leaderOnly = call.name;
  throw unsupported(call.name.toUpperCase());
};

const count =
  (read: (call: BuiltinCall) => number): Builtin =>
  (call) => {
    arity(call, 0);
    return { sql: `CAST(${read(call)} AS BIGINT)`, type: BIGINT };
  };

const currentSchema: Builtin = (call) => {
  arity(call, 0);
  call.binder.session.usage.leaderOnly = 'current_schema';
  return { sql: quoteText(call.binder.session.currentSchema()), type: varchar(128) };
};

export const GENERAL_BUILTINS: Readonly<Record<string, Builtin>> = {
  coalesce,
  nvl: coalesce,
  nvl2,
  nullif,
  decode,
  greatest: extreme('greatest'),
  least: extreme('least'),
  current_database: said((call) => call.binder.session.options.database),
  current_user: said((call) => call.binder.session.user),
  session_user: said((call) => call.binder.session.user),
  user: said((call) => call.binder.session.user),
  version: said(() => 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, Redshift 1.0.0 (local stand-in)'),
  current_schema: currentSchema,
  current_user_id: (call) => {
    arity(call, 0);
    return { sql: '100', type: INTEGER };
  },
  current_setting: (call) => {
    arity(call, 1, 2);
    const name = argument(call, 0).literal ?? '';
    const value = call.binder.session.settings.get(name.toLowerCase());
    if (value === undefined) throw new RedshiftError(`unrecognized configuration parameter "${name}"`);
    return { sql: quoteText(value), type: varchar() };
  },
  db_collation: said(() => 'case_sensitive'),
  set_config: (call) => {
    arity(call, 3);
    const [name, value] = [argument(call, 0).literal, argument(call, 1).literal];
    if (name === undefined || value === undefined) throw unsupported('SET_CONFIG with computed arguments');
    if (!name.includes('.') && name !== 'query_group') throw unsupported(`SET_CONFIG of ${name}`);
    call.binder.session.settings.set(name.toLowerCase(), value);
    return { sql: quoteText(value), type: varchar() };
  },
  has_table_privilege: privilege,
  has_schema_privilege: privilege,
  has_database_privilege: privilege,
  pg_backend_pid: (call) => {
    arity(call, 0);
    return { sql: '1', type: INTEGER };
  },
  pg_last_copy_count: count((call) => call.binder.session.lastCopyCount),
  pg_last_unload_count: count((call) => call.binder.session.lastUnloadCount),
  // The statement that asks is not the last one yet.
  pg_last_query_id: count((call) => call.binder.session.lastQueryId - 1 || -1),
  pg_last_copy_id: count((call) => call.binder.session.lastCopyId),
  pg_last_unload_id: count((call) => call.binder.session.lastUnloadId),
};
