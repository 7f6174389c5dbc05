// Statements whose parameters nobody binds. In: a statement with `:name` and texts that may be known only when the pipeline runs. Out: the
// statement, or a JSONata expression of it, with each value as a quoted literal. Always: a value stays one literal,
// whatever it holds: quotes and backslashes are doubled, as Redshift's own QUOTE_LITERAL does.

import { expression, isExpression, quote } from '../compile/expression';
import { RunToken, textPieces } from '../pipeline/run-token';
import { cutAtParameters } from './split-statements';

export function withLiterals(statement: string, values: { readonly [name: string]: string }): string {
  const pieces = cutAtParameters(statement).map((piece) => {
    if (typeof piece === 'string') return { text: piece };
    const value = values[piece.parameter] ?? '';
    if (isExpression(value)) return { code: `${QUOTE}&${atRunTime(`(${value.slice(2, -2).trim()})`)}&${QUOTE}` };
    const parts = textPieces(value);
    if (!parts.some((part) => part instanceof RunToken)) return { text: `'${doubled(value)}'` };
    const code = parts.map((part) => (part instanceof RunToken ? `$string(${part.toString()})` : quote(String(part))));
    return { code: `${QUOTE}&${atRunTime(code.join('&'))}&${QUOTE}` };
  });
  if (pieces.every((piece) => piece.code === undefined)) return pieces.map((piece) => piece.text).join('');
  return expression(pieces.map((piece) => piece.code ?? quote(piece.text ?? '')).join('&'));
}

const QUOTE = quote("'");
const BACKSLASH = quote('\\');

function doubled(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll("'", "''");
}

function atRunTime(code: string): string {
  return `$replace($replace(${code},${BACKSLASH},${quote('\\\\')}),${QUOTE},${quote("''")})`;
}
