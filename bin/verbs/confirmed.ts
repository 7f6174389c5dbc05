// Asks before something is done to more than one run. In: what would be done. Out: whether to do it. Always: without a terminal nothing is
// asked and --yes is needed.

import { createInterface } from 'node:readline/promises';
import { OperatorError } from '../../lib/compile/operator-error';
import { escapeText } from '../../lib/view/escape-text';

export async function confirmed(what: string, options: { readonly yes?: boolean }): Promise<boolean> {
  if (options.yes) return true;
  if (!process.stdin.isTTY || !process.stderr.isTTY) {
    throw new OperatorError(`would ${what}: say --yes to do it without being asked`);
  }
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${escapeText(what)}? [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
