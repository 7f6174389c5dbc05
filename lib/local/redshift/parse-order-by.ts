/** ORDER BY lists. */
import type { OrderItem } from './syntax';
import type { TokenCursor } from './token-cursor';

export function parseOrderBy(cursor: TokenCursor): OrderItem[] {
  cursor.expect('order', 'by');
  return cursor.list(() => {
    const expr = cursor.expression();
    const descending = cursor.acceptAny('asc', 'desc') === 'desc';
    let nulls: 'first' | 'last' | undefined;
    if (cursor.accept('nulls', 'first')) nulls = 'first';
    else if (cursor.accept('nulls', 'last')) nulls = 'last';
    return { expr, descending, nulls };
  });
}
