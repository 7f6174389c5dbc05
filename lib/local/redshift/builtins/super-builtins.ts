/** SUPER and JSON functions. */
import { BOOLEAN, type DataType, INTEGER, isTextual, SUPER, varchar, VARBYTE } from '../data-type';
import { RedshiftError } from '../redshift-error';
import type { Typed } from '../typed';
import { argument, arity, as, type Builtin, type BuiltinCall, integer, text } from './builtin';

function superArg(call: BuiltinCall, index: number): string {
  const arg = argument(call, index);
  if (arg.type.name !== 'super' && !arg.isNull)
    throw new RedshiftError(`function ${call.name} takes a SUPER argument, not ${arg.type.name}`, {
      position: call.position,
    });
  return arg.isNull ? 'CAST(NULL AS VARCHAR)' : arg.sql;
}

const kind =
  (name: string): Builtin =>
  (call) => {
    arity(call, 1);
    return { sql: `rs_super_is(${superArg(call, 0)}, '${name}')`, type: BOOLEAN };
  };

const sized =
  (what: string): Builtin =>
  (call) => {
    arity(call, 1);
    return { sql: `rs_super_decimal_size(${superArg(call, 0)}, '${what}')`, type: INTEGER };
  };

const flag = (call: BuiltinCall, index: number, otherwise = 'false'): string =>
  call.args.length > index ? as(call, index, BOOLEAN) : otherwise;

/** `(array, value [, null_match])` */
const search =
  (name: string, type: DataType): Builtin =>
  (call) => {
    arity(call, 2, 3);
    const wanted = items(call, [argument(call, 1)]);
    return { sql: `rs_array_${name}(${superArg(call, 0)}, ${wanted}, ${flag(call, 2, 'true')})`, type };
  };

/** `(array1, array2 [, distinct])` */
const asSets =
  (name: string): Builtin =>
  (call) => {
    arity(call, 2, 3);
    return { sql: `rs_array_${name}(${superArg(call, 0)}, ${superArg(call, 1)}, ${flag(call, 2)})`, type: SUPER };
  };

const attributeNames =
  (upper: boolean): Builtin =>
  (call) => {
    arity(call, 1);
    return { sql: `rs_super_names(${superArg(call, 0)}, ${upper})`, type: SUPER };
  };

/** Values as a JSON list of JSON texts, NULLs kept. */
function items(call: BuiltinCall, values: readonly Typed[]): string {
  if (values.length === 0) return "'[]'";
  return `CAST(to_json([${values.map((value) => (value.isNull ? 'CAST(NULL AS VARCHAR)' : call.binder.caster.toSuper(value))).join(', ')}]) AS VARCHAR)`;
}

const array: Builtin = (call) => ({ sql: `rs_super_array(${items(call, call.args)})`, type: SUPER });

const parse: Builtin = (call) => {
  arity(call, 1);
  const arg = argument(call, 0);
  if (!isTextual(arg.type) && arg.type.name !== 'varbyte')
    throw new RedshiftError('json_parse takes a character string');
  const source = arg.type.name === 'varbyte' ? `rs_bytes_text(${arg.sql}, 'utf8')` : text(call, 0);
  const strict = !call.binder.session.isOn('parse_super_null_on_error');
  const sql = strict
    ? `rs_super_parse(${source})`
    : `CASE WHEN rs_super_valid(${source}) THEN rs_super_parse(${source}) END`;
  return { sql, type: SUPER };
};

const path: Builtin = (call) => {
  if (call.args.length < 2) throw new RedshiftError('json_extract_path_text takes a JSON string and path elements');
  const keys: string[] = [];
  let lenient = 'false';
  call.args.slice(1).forEach((arg, index, all) => {
    if (arg.type.name === 'boolean' && index === all.length - 1) lenient = arg.sql;
    else keys.push(text(call, index + 1));
  });
  if (keys.length > 5) throw new RedshiftError('json_extract_path_text takes at most five path elements');
  return {
    sql: `rs_json_path(${text(call, 0)}, CAST(to_json([${keys.join(', ')}]) AS VARCHAR), ${lenient})`,
    type: varchar(),
  };
};

export const SUPER_BUILTINS: Readonly<Record<string, Builtin>> = {
  array,
  json_parse: parse,
  can_json_parse: (call) => {
    arity(call, 1);
    const arg = argument(call, 0);
    const source = arg.type.name === 'varbyte' ? `rs_bytes_text(${arg.sql}, 'utf8')` : text(call, 0);
    return { sql: `rs_super_valid(${source})`, type: BOOLEAN };
  },
  json_serialize: (call) => {
    arity(call, 1);
    return { sql: `rs_super_serialize(${superArg(call, 0)})`, type: varchar() };
  },
  json_serialize_to_varbyte: (call) => {
    arity(call, 1);
    return { sql: `encode(rs_super_serialize(${superArg(call, 0)}))`, type: VARBYTE };
  },
  json_typeof: (call) => {
    arity(call, 1);
    return { sql: `rs_super_typeof(${superArg(call, 0)})`, type: varchar(16) };
  },
  json_size: (call) => {
    arity(call, 1);
    return { sql: `rs_super_size(${superArg(call, 0)})`, type: INTEGER };
  },
  array_concat: (call) => {
    arity(call, 2);
    return { sql: `rs_super_concat(${superArg(call, 0)}, ${superArg(call, 1)})`, type: SUPER };
  },
  array_contains: search('contains', BOOLEAN),
  array_position: search('position', INTEGER),
  array_positions: search('positions', SUPER),
  array_except: asSets('except'),
  array_intersection: asSets('intersection'),
  array_distinct: (call) => {
    arity(call, 1);
    return { sql: `rs_array_distinct(${superArg(call, 0)})`, type: SUPER };
  },
  array_sort: (call) => {
    arity(call, 1, 3);
    // Unless it is said, NULLs are the largest.
    const ascending = flag(call, 1, 'true');
    return {
      sql: `rs_array_sort(${superArg(call, 0)}, ${ascending}, ${flag(call, 2, `NOT ${ascending}`)})`,
      type: SUPER,
    };
  },
  lower_attribute_names: attributeNames(false),
  upper_attribute_names: attributeNames(true),
  array_flatten: (call) => {
    arity(call, 1);
    return { sql: `rs_super_flatten(${superArg(call, 0)})`, type: SUPER };
  },
  subarray: (call) => {
    arity(call, 3);
    return { sql: `rs_super_subarray(${superArg(call, 0)}, ${integer(call, 1)}, ${integer(call, 2)})`, type: SUPER };
  },
  split_to_array: (call) => {
    arity(call, 1, 2);
    return { sql: `rs_super_split(${text(call, 0)}, ${call.args.length > 1 ? text(call, 1) : "','"})`, type: SUPER };
  },
  get_array_length: (call) => {
    arity(call, 1);
    return { sql: `rs_super_length(${superArg(call, 0)})`, type: INTEGER };
  },
  object: (call) => {
    if (call.args.length % 2 !== 0) throw new RedshiftError('object takes pairs of keys and values');
    return { sql: `rs_super_object(${items(call, call.args)})`, type: SUPER };
  },
  is_array: kind('array'),
  is_object: kind('object'),
  is_scalar: kind('scalar'),
  is_boolean: kind('boolean'),
  is_varchar: kind('varchar'),
  is_char: kind('char'),
  is_decimal: kind('decimal'),
  is_float: kind('float'),
  is_smallint: kind('smallint'),
  is_integer: kind('integer'),
  is_bigint: kind('bigint'),
  decimal_precision: sized('precision'),
  decimal_scale: sized('scale'),
  json_extract_path_text: path,
  json_extract_array_element_text: (call) => {
    arity(call, 2, 3);
    return { sql: `rs_json_element(${text(call, 0)}, ${integer(call, 1)}, ${flag(call, 2)})`, type: varchar() };
  },
  json_array_length: (call) => {
    arity(call, 1, 2);
    return { sql: `rs_json_length(${text(call, 0)}, ${flag(call, 1)})`, type: INTEGER };
  },
  is_valid_json: (call) => {
    arity(call, 1);
    return { sql: `rs_json_valid(${text(call, 0)}, false)`, type: BOOLEAN };
  },
  is_valid_json_array: (call) => {
    arity(call, 1);
    return { sql: `rs_json_valid(${text(call, 0)}, true)`, type: BOOLEAN };
  },
};
