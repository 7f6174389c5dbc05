import { quote } from '../compile/expression';
import { RunToken, textPieces } from './run-token';

/**
 * A question that is answered when the pipeline runs: `runIf` of a task. Values are texts, numbers and booleans; a text
 * may hold `pipeline.run...` values and outputs of other tasks, which makes the task wait for them.
 */
export class Condition {
  /** Both are the same. */
  public static isEqual(left: string | number | boolean, right: string | number | boolean): Condition {
    return new Condition(`${value(left)} = ${value(right)}`);
  }

  /** They differ. */
  public static isNotEqual(left: string | number | boolean, right: string | number | boolean): Condition {
    return new Condition(`${value(left)} != ${value(right)}`);
  }

  /** The left one is larger; numbers with numbers, texts with texts (ISO dates are texts in order). */
  public static isGreaterThan(left: string | number, right: string | number): Condition {
    return new Condition(`${value(left)} > ${value(right)}`);
  }

  /** The left one is smaller; numbers with numbers, texts with texts (ISO dates are texts in order). */
  public static isLessThan(left: string | number, right: string | number): Condition {
    return new Condition(`${value(left)} < ${value(right)}`);
  }

  /** The value is `true`. */
  public static isTrue(text: string): Condition {
    return new Condition(`${value(text)} = true`);
  }

  /** All hold. */
  public static all(...conditions: Condition[]): Condition {
    return joined('all', 'and', conditions);
  }

  /** At least one holds. */
  public static any(...conditions: Condition[]): Condition {
    return joined('any', 'or', conditions);
  }

  /** The condition does not hold. */
  public static not(condition: Condition): Condition {
    return new Condition(`$not(${condition.expression})`);
  }

  /** A JSONata expression without `{% %}` that yields true or false; run values and outputs may stand in it where a value may. */
  public static jsonata(expression: string): Condition {
    if (expression.trim() === '') throw new Error('Condition.jsonata: the expression is empty');
    if (expression.startsWith('{%'))
      throw new Error(`Condition.jsonata(${expression}): write the expression without {% %}`);
    return new Condition(expression);
  }

  /** JSONata text. */
  public readonly expression: string;

  private constructor(expression: string) {
    this.expression = expression;
  }
}

function joined(name: string, operator: string, conditions: Condition[]): Condition {
  if (conditions.length === 0) throw new Error(`Condition.${name}() needs at least one condition`);
  return Condition.jsonata(conditions.map((condition) => `(${condition.expression})`).join(` ${operator} `));
}

/** A value as JSONata: what the author typed never leaves its quotes. */
function value(of: string | number | boolean): string {
  if (typeof of !== 'string') return String(of);
  const parts = textPieces(of).map((piece) => (piece instanceof RunToken ? piece.toString() : quote(piece)));
  return parts.length === 0 ? "''" : parts.join(' & ');
}
