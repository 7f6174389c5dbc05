/** The steps `.name` and `[index]` that lead into a SUPER value or qualify a name. */
import type { Step } from './syntax';
import type { TokenCursor } from './token-cursor';

export function parseSteps(cursor: TokenCursor): Step[] {
  const steps: Step[] = [];
  for (;;) {
    if (cursor.is('.') && cursor.peek(1).text !== '*') {
      cursor.next();
      const token = cursor.peek();
      steps.push({ name: cursor.label(), raw: token.kind === 'quoted' ? token.text : token.raw });
    } else if (cursor.accept('[')) {
      steps.push({ index: cursor.expression() });
      cursor.expect(']');
    } else return steps;
  }
}
