/** Expressions to typed DuckDB SQL. Operators are in bind-operator, calls in bind-call; every unknown form is refused by name. */
import type { Binder } from './binder';
import { arithmetic, compare, logical, matchText, unary } from './bind-operator';
import { BIGINT, BOOLEAN, decimal, DOUBLE, INTEGER, INTERVAL, isTextual, SUPER, UNKNOWN } from './data-type';
import { intervalSql } from './cast';
import { RedshiftError, unsupported } from './redshift-error';
import { resolve } from './scope';
import type { Expr, Step } from './syntax';
import { quoteText, type Typed } from './typed';

export function bindExpression(expr: Expr, binder: Binder): Typed {
  const value = bindBare(expr, binder);
  const key = binder.scope.group?.keys.get(value.sql);
  return key === undefined ? value : { ...value, sql: key };
}

function bindBare(expr: Expr, binder: Binder): Typed {
  switch (expr.kind) {
    case 'string':
      return { sql: quoteText(expr.value), type: UNKNOWN, literal: expr.value };
    case 'number':
      return numberLiteral(expr.text);
    case 'boolean':
      return { sql: String(expr.value), type: BOOLEAN, constant: String(expr.value), label: 'bool' };
    case 'null':
      return { sql: 'NULL', type: UNKNOWN, isNull: true };
    case 'typed':
      return binder.caster.cast(
        { sql: '', type: UNKNOWN, literal: expr.text, label: expr.type.name },
        expr.type,
        'explicit',
      );
    case 'interval': {
      return { sql: intervalSql(expr.text, expr.field), type: INTERVAL, label: 'interval', written: expr.text };
    }
    case 'parameter':
      return parameter(expr.name, binder, expr.position);
    case 'column':
      if (expr.outer)
        throw new RedshiftError('the operator (+) may be used in the WHERE clause of a query only', {
          position: expr.position,
        });
      return column(expr.path, binder, expr.position);
    case 'navigate':
      return navigate(binder.bind(expr.base), expr.path, binder);
    case 'unary':
      return unary(expr.operator, binder.bind(expr.operand), binder);
    case 'binary':
      return binary(expr, binder);
    case 'is':
      return isTest(expr, binder);
    case 'between':
      return between(expr, binder);
    case 'in':
      return inList(expr, binder);
    case 'inQuery':
      return inQuery(expr, binder);
    case 'like':
      return matchText(expr, binder);
    case 'exists':
      return { sql: `EXISTS (${binder.bindQuery(expr.query).sql})`, type: BOOLEAN };
    case 'subquery':
      return scalarQuery(expr, binder);
    case 'quantified':
      return quantified(expr, binder);
    case 'case':
      return caseWhen(expr, binder);
    case 'cast': {
      const operand = binder.bind(expr.operand);
      const value = binder.caster.cast(operand, expr.type, 'explicit');
      return {
        ...value,
        label: operand.label ?? expr.type.name,
        aggregated: operand.aggregated,
        written: operand.literal,
      };
    }
    case 'collate': {
      const value = binder.bind(expr.operand);
      if (!isTextual(value.type)) throw new RedshiftError('COLLATE applies to character strings only');
      const text = binder.implicit(
        value,
        value.type.name === 'unknown' ? { name: 'varchar', length: 65535 } : value.type,
      );
      return { ...text, type: { ...text.type, insensitive: expr.insensitive } };
    }
    case 'call':
      return binder.bindCall(expr);
    case 'row':
      throw unsupported('a row value here');
    case 'star':
      throw new RedshiftError('* is not allowed here');
    case 'prior':
      throw new RedshiftError('PRIOR is allowed only in CONNECT BY');
    case 'default':
      throw new RedshiftError('DEFAULT is not allowed in this context');
  }
}

function numberLiteral(text: string): Typed {
  if (/[eE]/.test(text) && !Number.isFinite(Number(text)))
    throw new RedshiftError(`"${text}" is out of range for type double precision`);
  if (/[eE]/.test(text)) return { sql: `CAST('${text}' AS DOUBLE)`, type: DOUBLE, constant: text };
  if (/^-?\d+$/.test(text)) {
    const value = BigInt(text);
    if (value >= -2147483648n && value <= 2147483647n) return { sql: text, type: INTEGER, constant: text };
    if (value >= -(2n ** 63n) && value < 2n ** 63n)
      return { sql: `CAST(${text} AS BIGINT)`, type: BIGINT, constant: text };
  }
  const [whole = '', fraction = ''] = text.replace('-', '').split('.');
  const digits = whole.replace(/^0+/, '').length + fraction.length;
  if (digits > 38) throw new RedshiftError('numeric value has more than 38 digits');
  const type = decimal(Math.max(digits, fraction.length, 1), fraction.length);
  return { sql: `CAST('${text}' AS DECIMAL(${type.precision},${type.scale}))`, type, constant: text };
}

function parameter(name: string, binder: Binder, position: number): Typed {
  const value = binder.parameters.get(name);
  if (!value)
    throw new RedshiftError(/^\d/.test(name) ? `there is no parameter $${name}` : `parameter :${name} has no value`, {
      position,
    });
  return value;
}

function column(path: readonly Step[], binder: Binder, position: number): Typed {
  const names =
    binder.parameters.size > 0 && path.length < 3 ? path.map((step) => ('name' in step ? step.name : '[')) : [];
  const variable = names.length > 0 ? binder.parameters.get(names.join('.')) : undefined;
  if (variable) return { ...variable, label: names[names.length - 1] };
  const { value, rest } = resolve(path, binder.scope, position);
  return rest.length === 0 ? value : navigate(value, rest, binder);
}

export function navigate(base: Typed, path: readonly Step[], binder: Binder): Typed {
  if (base.type.name !== 'super') {
    const step = path[0];
    throw new RedshiftError(
      `navigation ${step && 'name' in step ? `.${step.name}` : '[...]'} needs a SUPER value, not ${base.type.name}`,
    );
  }
  const caseSensitive = binder.session.isOn('enable_case_sensitive_super_attribute');
  const strict = !binder.session.isOn('navigate_super_null_on_error');
  const keys = path.map((step) => {
    if ('name' in step) return caseSensitive ? (step.raw ?? step.name) : step.name;
    if (step.index.kind === 'string') return step.index.value;
    const index = binder.bind(step.index);
    if (index.constant === undefined || !/^\d+$/.test(index.constant))
      throw unsupported('a computed SUPER array index');
    return Number(index.constant);
  });
  const last = path[path.length - 1];
  const label = last && 'name' in last ? last.name : base.label;
  return {
    sql: `rs_super_navigate(${base.sql}, ${quoteText(JSON.stringify(keys))}, false, ${strict})`,
    type: SUPER,
    label,
    aggregated: base.aggregated,
  };
}

function binary(expr: Expr & { kind: 'binary' }, binder: Binder): Typed {
  const { operator } = expr;
  if (expr.left.kind === 'row' || expr.right.kind === 'row') return rowComparison(expr, binder);
  const left = binder.bind(expr.left);
  const right = binder.bind(expr.right);
  if (operator === 'and' || operator === 'or') return logical(operator, left, right, binder);
  if (['=', '<>', '<', '>', '<=', '>='].includes(operator)) return compare(operator, left, right, binder);
  return arithmetic(operator, left, right, binder);
}

function rowComparison(expr: Expr & { kind: 'binary' }, binder: Binder): Typed {
  if (expr.left.kind !== 'row' || expr.right.kind !== 'row' || !['=', '<>'].includes(expr.operator))
    throw unsupported('this comparison of row values');
  const right = expr.right.items;
  if (right.length !== expr.left.items.length) throw new RedshiftError('unequal number of entries in row expressions');
  const parts = expr.left.items.map(
    (item, index) => compare('=', binder.bind(item), binder.bind(right[index] as Expr), binder).sql,
  );
  return { sql: `${expr.operator === '<>' ? 'NOT ' : ''}(${parts.join(' AND ')})`, type: BOOLEAN };
}

function isTest(expr: Expr & { kind: 'is' }, binder: Binder): Typed {
  const operand = binder.bind(expr.operand);
  const { aggregated } = operand;
  const not = expr.not ? 'NOT ' : '';
  if (expr.what === 'null') {
    // A JSON null is NULL to IS NULL.
    const value = operand.type.name === 'super' ? `nullif(${operand.sql}, 'null')` : operand.sql;
    return { sql: `(${value} IS ${not}NULL)`, type: BOOLEAN, aggregated };
  }
  const wanted = expr.what === 'unknown' ? 'NULL' : expr.what.toUpperCase();
  return { sql: `(${binder.implicit(operand, BOOLEAN).sql} IS ${not}${wanted})`, type: BOOLEAN, aggregated };
}

function between(expr: Expr & { kind: 'between' }, binder: Binder): Typed {
  const operand = binder.bind(expr.operand);
  const low = compare('>=', operand, binder.bind(expr.low), binder);
  const high = compare('<=', operand, binder.bind(expr.high), binder);
  return {
    sql: `${expr.not ? 'NOT ' : ''}(${low.sql} AND ${high.sql})`,
    type: BOOLEAN,
    aggregated: operand.aggregated,
  };
}

function inList(expr: Expr & { kind: 'in' }, binder: Binder): Typed {
  if (expr.operand.kind === 'row') {
    const left = expr.operand;
    const options = expr.list.map(
      (item) => rowComparison({ kind: 'binary', operator: '=', left, right: item }, binder).sql,
    );
    return { sql: `${expr.not ? 'NOT ' : ''}(${options.join(' OR ')})`, type: BOOLEAN };
  }
  const operand = binder.bind(expr.operand);
  const options = expr.list.map((item) => compare('=', operand, binder.bind(item), binder));
  return {
    sql: `${expr.not ? 'NOT ' : ''}(${options.map((option) => option.sql).join(' OR ')})`,
    type: BOOLEAN,
    aggregated: operand.aggregated || options.some((option) => option.aggregated),
  };
}

function inQuery(expr: Expr & { kind: 'inQuery' }, binder: Binder): Typed {
  const operands = expr.operand.kind === 'row' ? expr.operand.items : [expr.operand];
  const query = binder.bindQuery(expr.query);
  if (query.columns.length !== operands.length) {
    throw new RedshiftError(
      query.columns.length > operands.length ? 'subquery has too many columns' : 'subquery has too few columns',
    );
  }
  const pairs = operands.map((operand, index) => {
    const inner = query.columns[index] as { name: string; physical: string; type: Typed['type'] };
    return meetForEquality(
      binder.bind(operand),
      { sql: `"in"."${inner.physical.replace(/"/g, '""')}"`, type: inner.type },
      binder,
    );
  });
  const left = pairs.length === 1 ? (pairs[0]?.[0] as string) : `(${pairs.map(([one]) => one).join(', ')})`;
  const select = pairs.map(([, two]) => two).join(', ');
  return { sql: `(${left} ${expr.not ? 'NOT ' : ''}IN (SELECT ${select} FROM (${query.sql}) AS "in"))`, type: BOOLEAN };
}

/** Both sides in a shape in which DuckDB's equality is Redshift's: one type, trailing blanks gone, case folded if asked. */
function meetForEquality(left: Typed, right: Typed, binder: Binder): [string, string] {
  const comparison = compare('=', left, right, binder, true);
  return comparison.sides as [string, string];
}

function scalarQuery(expr: Expr & { kind: 'subquery' }, binder: Binder): Typed {
  const query = binder.bindQuery(expr.query);
  if (query.columns.length !== 1) throw new RedshiftError('subquery must return only one column');
  const only = query.columns[0];
  return { sql: `(${query.sql})`, type: only?.type ?? UNKNOWN, label: only?.name };
}

function quantified(expr: Expr & { kind: 'quantified' }, binder: Binder): Typed {
  const { operator, all } = expr;
  if (operator === '=' && !all)
    return inQuery({ kind: 'inQuery', operand: expr.left, query: expr.query, not: false }, binder);
  if (operator === '<>' && all)
    return inQuery({ kind: 'inQuery', operand: expr.left, query: expr.query, not: true }, binder);
  const query = binder.bindQuery(expr.query);
  const only = query.columns[0];
  if (!only || query.columns.length !== 1) throw new RedshiftError('subquery must return only one column');
  const { sides } = compare(
    operator,
    binder.bind(expr.left),
    { sql: `"in"."${only.physical.replace(/"/g, '""')}"`, type: only.type },
    binder,
    true,
  );
  const [left, right] = sides as [string, string];
  return {
    sql: `(${left} ${operator} ${all ? 'ALL' : 'ANY'} (SELECT ${right} FROM (${query.sql}) AS "in"))`,
    type: BOOLEAN,
  };
}

function caseWhen(expr: Expr & { kind: 'case' }, binder: Binder): Typed {
  const subject = expr.subject && binder.bind(expr.subject);
  const conditions = expr.branches.map(({ when }) => {
    const condition = binder.bind(when);
    return subject ? compare('=', subject, condition, binder) : binder.implicit(condition, BOOLEAN);
  });
  const results = expr.branches.map(({ then }) => binder.bind(then));
  const otherwise = expr.otherwise ? binder.bind(expr.otherwise) : undefined;
  const { values, type } = binder.unify(otherwise ? [...results, otherwise] : results, 'CASE');
  const branches = conditions.map((condition, index) => ` WHEN ${condition.sql} THEN ${values[index]?.sql}`);
  const last = otherwise ? ` ELSE ${values[values.length - 1]?.sql}` : '';
  const aggregated = [...conditions, ...results, ...(otherwise ? [otherwise] : [])].some((value) => value.aggregated);
  return { sql: `(CASE${branches.join('')}${last} END)`, type, label: 'case', aggregated };
}
