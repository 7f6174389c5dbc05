/** VARBYTE functions. */
import { INTEGER, isTextual, VARBYTE, varchar } from '../data-type';
import { RedshiftError } from '../redshift-error';
import { argument, arity, type Builtin, type BuiltinCall, integer, text } from './builtin';

function bytes(call: BuiltinCall, index = 0): string {
  const arg = argument(call, index);
  if (arg.type.name === 'varbyte') return arg.sql;
  if (isTextual(arg.type)) return call.binder.implicit(arg, VARBYTE).sql;
  throw new RedshiftError(`function ${call.name} takes a VARBYTE argument, not ${arg.type.name}`, {
    position: call.position,
  });
}

export const VARBYTE_BUILTINS: Readonly<Record<string, Builtin>> = {
  from_hex: (call) => {
    arity(call, 1);
    return { sql: `rs_bytes(${text(call, 0)}, 'hex')`, type: VARBYTE };
  },
  to_varbyte: (call) => {
    arity(call, 2);
    return { sql: `rs_bytes(${text(call, 0)}, ${text(call, 1)})`, type: VARBYTE };
  },
  from_varbyte: (call) => {
    arity(call, 2);
    return { sql: `rs_bytes_text(${bytes(call)}, ${text(call, 1)})`, type: varchar() };
  },
  getbit: (call) => {
    arity(call, 2);
    return { sql: `rs_bytes_bit(${bytes(call)}, ${integer(call, 1)})`, type: INTEGER };
  },
  setbit: (call) => {
    arity(call, 3);
    return { sql: `rs_bytes_set_bit(${bytes(call)}, ${integer(call, 1)}, ${integer(call, 2)})`, type: VARBYTE };
  },
  get_bit: (call) => {
    arity(call, 2);
    return { sql: `rs_bytes_bit(${bytes(call)}, ${integer(call, 1)})`, type: INTEGER };
  },
};
