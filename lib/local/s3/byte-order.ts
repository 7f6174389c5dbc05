// Compares strings in the order of their UTF-8 bytes, S3's order of keys. JavaScript's own `<` compares UTF-16 units and
// puts U+E000..U+FFFF after the characters beyond U+FFFF; everything else is the same.

/** Negative, zero or positive, as `a` sorts before, with or after `b`. */
export function compareBytes(a: string, b: string): number {
  const shorter = Math.min(a.length, b.length);
  for (let at = 0; at < shorter; at++) {
    const left = a.charCodeAt(at);
    const right = b.charCodeAt(at);
    if (left !== right) return rank(left) - rank(right);
  }
  return a.length - b.length;
}

function rank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x10000 : unit;
}
