// A service that takes texts only. In: a text that may be nothing but one run value, which would keep its type. Out: a
// text in any case: the number 7 arrives as "7".

import { quote } from '../compile/expression';
import { RunToken, textPieces } from '../pipeline/run-token';

export function asText(value: string): string {
  const parts = textPieces(value);
  return parts.length === 1 && parts[0] instanceof RunToken ? `{% $string(${value}) %}` : value;
}

/** A text that may hold run values, as JSONata that yields a text. */
export function textCode(value: string): string {
  const parts = textPieces(value).map((part) =>
    part instanceof RunToken ? `$string(${part.toString()})` : quote(String(part)),
  );
  return parts.length === 0 ? "''" : parts.join('&');
}
