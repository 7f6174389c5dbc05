/** Calls: aggregates, window functions, the user's SQL functions and the built-in ones. A name nobody knows is refused. */
import { bindAggregate, isAggregate } from './bind-aggregate';
import { bindWindow, isWindowFunction } from './bind-window';
import type { Binder } from './binder';
import { BUILTINS } from './builtins/builtins';
import { type Routine, signature } from './catalog';
import { describeType, storageOf } from './data-type';
import { RedshiftError, unsupported } from './redshift-error';
import type { CallExpr, Expr } from './syntax';
import type { Typed } from './typed';

/** Functions PostgreSQL has and Redshift documents as not supported. */
const NOT_IN_REDSHIFT = new Set([
  'array_agg',
  'string_agg',
  'json_agg',
  'jsonb_agg',
  'xmlagg',
  'corr',
  'covar_pop',
  'covar_samp',
  'regr_slope',
  'regr_intercept',
  'every',
  'mode',
  'format',
  'bit_length',
  'width_bucket',
  'regexp_split_to_array',
  'regexp_split_to_table',
  'regexp_matches',
  'overlay',
  'to_ascii',
  'encode',
  'decode_bytes',
  'convert_from',
  'convert_to',
  'array_to_string',
  'string_to_array',
  'unnest',
  'clock_timestamp',
  'statement_timestamp',
  'justify_days',
  'justify_hours',
  'justify_interval',
  'transaction_timestamp',
  'make_date',
  'make_time',
  'make_timestamp',
  'nextval',
  'currval',
  'setval',
  'lastval',
  'concat_ws',
  'left_pad',
  'div',
  'setseed',
  'pg_sleep',
  'row_to_json',
  'json_build_object',
  'array_length',
  'array_append',
  'array_cat',
  'gen_random_uuid',
]);

/** Functions whose first argument is the bare name of a date part. */
const DATE_PART_FIRST = new Set(['dateadd', 'date_add', 'datediff', 'date_diff', 'date_part', 'date_trunc', 'extract']);

function datePartWord(expr: Expr | undefined): Expr {
  const step = expr?.kind === 'column' && expr.path.length === 1 ? expr.path[0] : undefined;
  if (step && 'name' in step) return { kind: 'string', value: step.name };
  if (expr?.kind === 'string') return expr;
  throw new RedshiftError('the date part must be a name or a string literal');
}

export function bindCall(call: CallExpr, binder: Binder): Typed {
  const { name } = call;
  if (isAggregate(call)) return bindAggregate(call, binder);
  if (isWindowFunction(name)) return bindWindow(call, binder);
  if (call.over)
    throw new RedshiftError(`OVER specified, but ${name} is not a window function nor an aggregate function`, {
      position: call.position,
    });
  if (call.distinct || call.star || call.withinGroup || (call.ignoreNulls !== undefined && call.ignoreNulls)) {
    throw new RedshiftError(`${name} is not an aggregate function`, { position: call.position });
  }
  const routine = findFunction(call, binder);
  if (routine) return userFunction(routine, call, binder);
  const builtin = BUILTINS.get(name);
  if (!builtin)
    throw NOT_IN_REDSHIFT.has(name)
      ? new RedshiftError(`function ${name} does not exist`, { position: call.position })
      : unsupported(`the function ${name}`, call.position);
  const exprs = DATE_PART_FIRST.has(name) ? [datePartWord(call.args[0]), ...call.args.slice(1)] : call.args;
  const args = exprs.map((arg) => binder.bind(arg));
  const value = builtin({ name, args, exprs, binder, position: call.position });
  return { ...value, label: value.label ?? name, aggregated: value.aggregated ?? args.some((arg) => arg.aggregated) };
}

function findFunction(call: CallExpr, binder: Binder): Routine | undefined {
  for (const schema of binder.session.searchPath()) {
    const found = (binder.session.catalog.routines.get(`${schema}\u0000${call.name}`) ?? []).filter(
      (routine) => routine.kind === 'function' && routine.parameters.length === call.args.length,
    );
    if (found.length > 1) {
      const types = call.args.map((arg) => binder.bind(arg).type.name).join(',');
      return found.find((routine) => signature(routine) === types) ?? found[0];
    }
    if (found[0]) return found[0];
  }
  return undefined;
}

/** A SQL function is its body, with the arguments in place of the parameters. */
function userFunction(routine: Routine, call: CallExpr, binder: Binder): Typed {
  if (routine.language !== 'sql')
    throw unsupported(`calling the ${routine.language} function ${routine.name}`, call.position);
  const parameters = new Map<string, Typed>();
  routine.parameters.forEach((parameter, index) => {
    const arg = binder.bind(call.args[index] as CallExpr['args'][number]);
    if (arg.aggregated) throw unsupported(`an aggregate as argument of the function ${routine.name}`);
    const value = binder.implicit(arg, parameter.type);
    const typed: Typed = { ...value, sql: `CAST(${value.sql} AS ${storageOf(value.type)})` };
    parameters.set(String(index + 1), typed);
    if (parameter.name) parameters.set(parameter.name, typed);
  });
  const query = binder.bindText(routine.body, parameters);
  const only = query.columns[0];
  if (!only || query.columns.length !== 1 || !routine.returns)
    throw new RedshiftError(
      `function ${routine.name} must select one value of type ${routine.returns ? describeType(routine.returns) : 'void'}`,
    );
  return {
    ...binder.caster.cast({ sql: `(${query.sql})`, type: only.type }, routine.returns, 'explicit'),
    label: routine.name,
  };
}
