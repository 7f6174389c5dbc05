/** What a built-in function is: typed arguments in, a typed value out. The helpers check and convert arguments. */
import type { Binder } from '../binder';
import { BIGINT, type DataType, DOUBLE, INTEGER, isInteger, isNumeric, isTextual, varchar } from '../data-type';
import { describeType } from '../data-type';
import { RedshiftError, unsupported } from '../redshift-error';
import type { Expr } from '../syntax';
import type { Typed } from '../typed';

export interface BuiltinCall {
  readonly name: string;
  readonly args: readonly Typed[];
  readonly exprs: readonly Expr[];
  readonly binder: Binder;
  readonly position: number;
}

export type Builtin = (call: BuiltinCall) => Typed;

export function arity(call: BuiltinCall, least: number, most = least): void {
  const { length } = call.args;
  if (length < least || length > most) {
    const types = call.args.map((arg) => describeType(arg.type)).join(', ');
    throw new RedshiftError(`function ${call.name}(${types}) does not exist`, { position: call.position });
  }
}

export function argument(call: BuiltinCall, index: number): Typed {
  const arg = call.args[index];
  if (!arg) throw new RedshiftError(`function ${call.name} takes more arguments`, { position: call.position });
  return arg;
}

const wrong = (call: BuiltinCall, index: number): RedshiftError =>
  new RedshiftError(
    `function ${call.name}: argument ${index + 1} cannot be ${describeType(argument(call, index).type)}`,
    { position: call.position },
  );

/** Functions that answer the same for every collation. */
const BLIND_TO_CASE = new Set([
  'len',
  'length',
  'char_length',
  'character_length',
  'textlen',
  'octet_length',
  'collate',
]);

/** Text, or what Redshift turns into text by itself (numbers and dates). */
export function text(call: BuiltinCall, index: number): string {
  const arg = argument(call, index);
  if (arg.isNull) return 'CAST(NULL AS VARCHAR)';
  if (arg.type.insensitive && !BLIND_TO_CASE.has(call.name))
    throw unsupported(`${call.name.toUpperCase()} on a case-insensitive column`, call.position);
  if (arg.type.name === 'varbyte' || arg.type.name === 'boolean' || arg.type.name === 'interval')
    throw wrong(call, index);
  return isTextual(arg.type)
    ? call.binder.implicit(arg, arg.type.name === 'unknown' ? varchar() : arg.type).sql
    : call.binder.caster.toText(arg);
}

export function textLength(call: BuiltinCall, index: number): number {
  const { type, literal } = argument(call, index);
  return literal === undefined ? (type.length ?? 256) : Math.max(Buffer.byteLength(literal), 1);
}

export function integer(call: BuiltinCall, index: number, type: DataType = INTEGER): string {
  const arg = argument(call, index);
  if (!arg.isNull && arg.type.name !== 'unknown' && !isNumeric(arg.type)) throw wrong(call, index);
  const wide =
    isInteger(arg.type) || arg.type.name === 'unknown' || arg.isNull ? arg : call.binder.implicit(arg, BIGINT);
  return `CAST(${call.binder.implicit(wide, type).sql} AS ${type.name === 'bigint' ? 'BIGINT' : 'INTEGER'})`;
}

export function double(call: BuiltinCall, index: number): string {
  const arg = argument(call, index);
  if (!arg.isNull && arg.type.name !== 'unknown' && !isNumeric(arg.type)) throw wrong(call, index);
  return call.binder.implicit(arg, DOUBLE).sql;
}

export function as(call: BuiltinCall, index: number, type: DataType): string {
  return call.binder.implicit(argument(call, index), type).sql;
}

export function literalText(call: BuiltinCall, index: number): string {
  const { literal } = argument(call, index);
  if (literal === undefined)
    throw new RedshiftError(`function ${call.name}: argument ${index + 1} must be a string literal`, {
      position: call.position,
    });
  return literal;
}
