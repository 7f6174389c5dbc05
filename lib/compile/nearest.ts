// The name somebody probably meant. A third of its letters may differ, two swapped ones always; nothing is better than a wild guess.

export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= least) continue;
    const d = distance(word.toLowerCase(), name.toLowerCase(), least);
    if (d < least) [best, least] = [name, d];
  }
  return best;
}

/** Edit distance, or `limit` as soon as it cannot be less. */
function distance(a: string, b: string, limit: number): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)));
    }
    if (Math.min(...next) >= limit) return limit;
    row = next;
  }
  return row[b.length]!;
}
