import { escapeText } from '../../lib/view/escape-text';

/** A word as a person can paste it into a shell. */
export function shellWord(word: string): string {
  const shown = escapeText(word);
  return /^[\w.:/@=+-]+$/.test(shown) ? shown : `'${shown.replaceAll("'", `'\\''`)}'`;
}
