// Text from outside made safe for a terminal: error texts and names may hold control characters that move the cursor, change
// colours or hide what stands before them. In: any text. Out: the same with those characters written out. Always: newlines
// stay only where asked for.

/** C0 and C1 controls, escapes, and the marks that change the direction of writing. */
const UNSAFE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]/g;

export function escapeText(text: string, options: { readonly lines?: boolean } = {}): string {
  return text.replace(UNSAFE, (character) => {
    if (character === '\n' && options.lines) return '\n';
    if (character === '\t') return ' ';
    if (character === '\n') return ' ';
    const code = character.charCodeAt(0);
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
