// A service that takes texts only. In: a text that may be nothing but one run value, which would keep its type. Out: a
// text in any case: the number 7 arrives as "7".

import { RunToken, textPieces } from '../pipeline/run-token';

export function asText(value: string): string {
  const parts = textPieces(value);
  return parts.length === 1 && parts[0] instanceof RunToken ? `{% $string(${value}) %}` : value;
}
