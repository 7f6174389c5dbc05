/** String, regular expression and hash functions. */
import { BIGINT, INTEGER, isTextual, varchar, VARBYTE } from '../data-type';
import { RedshiftError, unsupported } from '../redshift-error';
import type { Typed } from '../typed';
import { argument, arity, type Builtin, type BuiltinCall, integer, text, textLength } from './builtin';

const textResult = (sql: string, length?: number): Typed => ({ sql, type: varchar(length) });
const isBytes = (call: BuiltinCall, index = 0): boolean => argument(call, index).type.name === 'varbyte';

/** A function of one text to one text. */
const oneText =
  (template: (sql: string) => string): Builtin =>
  (call) => {
    arity(call, 1);
    return textResult(template(text(call, 0)), textLength(call, 0));
  };

const charLength: Builtin = (call) => {
  arity(call, 1);
  if (isBytes(call)) return { sql: `CAST(octet_length(${argument(call, 0).sql}) AS INTEGER)`, type: INTEGER };
  return { sql: `CAST(length(${text(call, 0)}) AS INTEGER)`, type: INTEGER };
};

const octetLength: Builtin = (call) => {
  arity(call, 1);
  if (isBytes(call)) return { sql: `CAST(octet_length(${argument(call, 0).sql}) AS INTEGER)`, type: INTEGER };
  return { sql: `CAST(strlen(${text(call, 0)}) AS INTEGER)`, type: INTEGER };
};

const find =
  (needle: number, haystack: number): Builtin =>
  (call) => {
    arity(call, 2);
    if (isBytes(call, 0) || isBytes(call, 1)) {
      const part = (index: number) => call.binder.implicit(argument(call, index), VARBYTE).sql;
      return { sql: `rs_bytes_find(${part(needle)}, ${part(haystack)})`, type: INTEGER };
    }
    return { sql: `CAST(strpos(${text(call, haystack)}, ${text(call, needle)}) AS INTEGER)`, type: INTEGER };
  };

const pad =
  (left: boolean): Builtin =>
  (call) => {
    arity(call, 2, 3);
    const fill = call.args.length > 2 ? text(call, 2) : "' '";
    return textResult(`rs_pad(${text(call, 0)}, ${integer(call, 1, BIGINT)}, ${fill}, ${left})`);
  };

const trim =
  (name: string): Builtin =>
  (call) => {
    arity(call, 1, 2);
    if (isBytes(call)) throw unsupported(`${call.name} on VARBYTE`);
    const characters = call.args.length > 1 ? text(call, 1) : "' '";
    return textResult(`${name}(${text(call, 0)}, ${characters})`, textLength(call, 0));
  };

const edge =
  (name: 'left' | 'right'): Builtin =>
  (call) => {
    arity(call, 2);
    if (isBytes(call)) throw unsupported(`${call.name} on VARBYTE`);
    const count = integer(call, 1, BIGINT);
    const { constant } = argument(call, 1);
    if (constant === undefined)
      return textResult(`${name}(${text(call, 0)}, greatest(${count}, 0))`, textLength(call, 0));
    if (Number(constant) < 0) throw unsupported(`${name.toUpperCase()} with a negative length`);
    return textResult(`${name}(${text(call, 0)}, ${count})`, textLength(call, 0));
  };

const substring: Builtin = (call) => {
  arity(call, 2, 3);
  if (isBytes(call)) {
    const length = call.args.length > 2 ? integer(call, 2) : '2147483647';
    return {
      sql: `rs_bytes_piece(${argument(call, 0).sql}, ${integer(call, 1)}, ${length})`,
      type: argument(call, 0).type,
    };
  }
  const source = text(call, 0);
  const start = integer(call, 1, BIGINT);
  const length = textLength(call, 0);
  if (call.args.length < 3) return textResult(`rs_substring_from(${source}, ${start})`, length);
  const { constant: from } = argument(call, 1);
  const { constant: count } = argument(call, 2);
  // The common case needs no function of ours.
  if (from !== undefined && count !== undefined && Number(from) >= 1 && Number(count) >= 0)
    return textResult(`substr(${source}, ${from}, ${count})`, length);
  return textResult(`rs_substring(${source}, ${start}, ${integer(call, 2, BIGINT)})`, length);
};

const repeat: Builtin = (call) => {
  arity(call, 2);
  return textResult(`repeat(${text(call, 0)}, greatest(${integer(call, 1, BIGINT)}, 0))`);
};

const concat: Builtin = (call) => {
  arity(call, 2);
  if (isBytes(call) && isBytes(call, 1))
    return { sql: `(${argument(call, 0).sql} || ${argument(call, 1).sql})`, type: VARBYTE };
  return textResult(`(${text(call, 0)} || ${text(call, 1)})`, textLength(call, 0) + textLength(call, 1));
};

const parameters = (call: BuiltinCall, index: number): string => (call.args.length > index ? text(call, index) : "'c'");
const place = (call: BuiltinCall, index: number): string => (call.args.length > index ? integer(call, index) : '1');

const hashBytes = (call: BuiltinCall, index: number): string => {
  const arg = argument(call, index);
  if (arg.type.name === 'varbyte') return arg.sql;
  if (!isTextual(arg.type)) throw new RedshiftError(`function ${call.name} takes a string`);
  return `encode(${text(call, index)})`;
};

/** FNV_HASH hashes a value's bytes: an integer's in little-endian order, a string's as they are. */
const fnvBytes = (call: BuiltinCall): string => {
  const arg = argument(call, 0);
  const sizes: Readonly<Record<string, number>> = { smallint: 2, integer: 4, bigint: 8 };
  const size = sizes[arg.type.name];
  if (size !== undefined) return `rs_bytes_reverse(rs_bytes_integer(CAST(${arg.sql} AS BIGINT), ${size}))`;
  if (arg.type.name === 'varbyte' || isTextual(arg.type)) return hashBytes(call, 0);
  throw unsupported(`FNV_HASH of ${arg.type.name}`);
};

const sha1: Builtin = (call) => {
  arity(call, 1);
  return textResult(`rs_sha1(${hashBytes(call, 0)})`, 40);
};

export const TEXT_BUILTINS: Readonly<Record<string, Builtin>> = {
  len: charLength,
  length: charLength,
  char_length: charLength,
  character_length: charLength,
  textlen: charLength,
  octet_length: octetLength,
  lower: oneText((sql) => `lower(${sql})`),
  upper: oneText((sql) => `upper(${sql})`),
  initcap: oneText((sql) => `rs_initcap(${sql})`),
  reverse: oneText((sql) => `reverse(${sql})`),
  btrim: trim('trim'),
  ltrim: trim('ltrim'),
  rtrim: trim('rtrim'),
  lpad: pad(true),
  rpad: pad(false),
  left: edge('left'),
  right: edge('right'),
  substring,
  substr: substring,
  repeat,
  replicate: repeat,
  concat,
  position: find(0, 1),
  charindex: find(0, 1),
  strpos: find(1, 0),
  octetindex: (call) => {
    arity(call, 2);
    return { sql: `rs_bytes_find(encode(${text(call, 0)}), encode(${text(call, 1)}))`, type: INTEGER };
  },
  replace: (call) => {
    arity(call, 3);
    return textResult(`replace(${text(call, 0)}, ${text(call, 1)}, ${text(call, 2)})`);
  },
  translate: (call) => {
    arity(call, 3);
    return textResult(`rs_translate(${text(call, 0)}, ${text(call, 1)}, ${text(call, 2)})`);
  },
  split_part: (call) => {
    arity(call, 3);
    return textResult(
      `rs_split_part(${text(call, 0)}, ${text(call, 1)}, ${integer(call, 2, BIGINT)})`,
      textLength(call, 0),
    );
  },
  ascii: (call) => {
    arity(call, 1);
    return { sql: `CAST(ascii(${text(call, 0)}) AS INTEGER)`, type: INTEGER };
  },
  chr: (call) => {
    arity(call, 1);
    return textResult(`chr(${integer(call, 0)})`, 4);
  },
  quote_ident: oneText(
    (sql) =>
      `CASE WHEN regexp_full_match(${sql}, '[a-z_][a-z0-9_$]*') THEN ${sql} ELSE '"' || replace(${sql}, '"', '""') || '"' END`,
  ),
  quote_literal: oneText((sql) => `'''' || replace(replace(${sql}, '\\', '\\\\'), '''', '''''') || ''''`),
  soundex: (call) => {
    arity(call, 1);
    return textResult(`rs_soundex(${text(call, 0)})`, 4);
  },
  difference: (call) => {
    arity(call, 2);
    return { sql: `rs_difference(${text(call, 0)}, ${text(call, 1)})`, type: INTEGER };
  },
  crc32: (call) => {
    arity(call, 1);
    return textResult(`rs_crc32(${text(call, 0)})`, 8);
  },
  md5: (call) => {
    arity(call, 1);
    return textResult(`md5(${text(call, 0)})`, 32);
  },
  func_sha1: sha1,
  sha: sha1,
  sha1,
  sha2: (call) => {
    arity(call, 2);
    return textResult(`rs_sha2(${hashBytes(call, 0)}, ${integer(call, 1)})`, 128);
  },
  fnv_hash: (call) => {
    arity(call, 1, 2);
    if (call.args.length === 1) return { sql: `rs_fnv(${fnvBytes(call)})`, type: BIGINT };
    return { sql: `rs_fnv_seed(${fnvBytes(call)}, ${integer(call, 1, BIGINT)})`, type: BIGINT };
  },
  farmfingerprint64: (call) => {
    arity(call, 1);
    return { sql: `rs_farm(${hashBytes(call, 0)})`, type: BIGINT };
  },
  strtol: (call) => {
    arity(call, 2);
    return { sql: `rs_strtol(${text(call, 0)}, ${integer(call, 1)})`, type: BIGINT };
  },
  regexp_count: (call) => {
    arity(call, 2, 4);
    return {
      sql: `rs_regexp_count(${text(call, 0)}, ${text(call, 1)}, ${place(call, 2)}, ${parameters(call, 3)})`,
      type: INTEGER,
    };
  },
  regexp_instr: (call) => {
    arity(call, 2, 6);
    const option = call.args.length > 4 ? integer(call, 4) : '0';
    return {
      sql: `rs_regexp_instr(${text(call, 0)}, ${text(call, 1)}, ${place(call, 2)}, ${place(call, 3)}, ${option}, ${parameters(call, 5)})`,
      type: INTEGER,
    };
  },
  regexp_replace: (call) => {
    arity(call, 2, 5);
    const replacement = call.args.length > 2 ? text(call, 2) : "''";
    return textResult(
      `rs_regexp_replace(${text(call, 0)}, ${text(call, 1)}, ${replacement}, ${place(call, 3)}, ${parameters(call, 4)})`,
    );
  },
  regexp_substr: (call) => {
    arity(call, 2, 5);
    return textResult(
      `rs_regexp_substr(${text(call, 0)}, ${text(call, 1)}, ${place(call, 2)}, ${place(call, 3)}, ${parameters(call, 4)})`,
    );
  },
  text_to_int_alt: (call) => {
    arity(call, 1, 2);
    if (call.args.length > 1) throw unsupported('TEXT_TO_INT_ALT with a format');
    return {
      sql: `CAST(trunc(CAST(rs_alternate_number(${text(call, 0)}, 38, 10, true) AS DECIMAL(38,10))) AS INTEGER)`,
      type: INTEGER,
    };
  },
  text_to_numeric_alt: (call) => {
    arity(call, 1, 3);
    if (argument(call, call.args.length - 1).literal !== undefined && call.args.length > 1)
      throw unsupported('TEXT_TO_NUMERIC_ALT with a format');
    const precision = call.args.length > 1 ? Number(argument(call, 1).constant) : 38;
    const scale = call.args.length > 2 ? Number(argument(call, 2).constant) : 0;
    if (!Number.isInteger(precision) || !Number.isInteger(scale))
      throw new RedshiftError('precision and scale must be integer constants');
    const type = { name: 'decimal' as const, precision, scale };
    return {
      sql: `CAST(rs_alternate_number(${text(call, 0)}, ${precision}, ${scale}, false) AS DECIMAL(${precision},${scale}))`,
      type,
    };
  },
  collate: (call) => {
    arity(call, 2);
    const name = argument(call, 1).literal;
    if (name !== 'case_sensitive' && name !== 'case_insensitive' && name !== 'cs' && name !== 'ci')
      throw new RedshiftError(`collation "${name ?? ''}" does not exist`);
    return {
      sql: text(call, 0),
      type: { ...varchar(textLength(call, 0)), insensitive: name === 'case_insensitive' || name === 'ci' },
    };
  },
  bpcharcmp: (call) => bytesCompare(call),
  bttext_pattern_cmp: (call) => bytesCompare(call),
  to_hex: (call) => {
    arity(call, 1);
    const arg = argument(call, 0);
    if (arg.type.name === 'varbyte') return textResult(`rs_bytes_text(${arg.sql}, 'hex')`);
    if (isTextual(arg.type)) return textResult(`rs_bytes_text(encode(${text(call, 0)}), 'hex')`);
    return textResult(`rs_integer_hex(${integer(call, 0, BIGINT)})`, 16);
  },
};

function bytesCompare(call: BuiltinCall): Typed {
  arity(call, 2);
  const side = (index: number) => `rtrim(${text(call, index)}, ' ')`;
  return {
    sql: `CAST(sign(CAST(${side(0)} > ${side(1)} AS INTEGER) - CAST(${side(0)} < ${side(1)} AS INTEGER)) AS INTEGER)`,
    type: INTEGER,
  };
}
