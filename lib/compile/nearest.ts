// The name somebody probably meant. A third of its letters may differ, two swapped ones always; nothing is better than a wild guess.

export function nearest(word: string, names: readonly string[]): string | undefined {
  let best: string | undefined;
  let least = (word.length < 4 ? 1 : Math.max(2, Math.floor(word.length / 3))) + 1;
  for (const name of names) {
    if (Math.abs(name.length - word.length) >= least) continue;
    const d = distance(word.toLowerCase(), name.toLowerCase(), least);
    // Where every letter differs nothing is near.
    if (d < least && d < Math.max(word.length, name.length)) [best, least] = [name, d];
  }
  return best;
}

/** Edit distance where swapping two neighbours is one edit, or `limit` as soon as it cannot be less. */
function distance(a: string, b: string, limit: number): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const swapped = a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] ? (before[j - 2] ?? limit) + 1 : limit;
      const kept = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, kept, swapped));
    }
    if (Math.min(...next) >= limit) return limit;
    [before, row] = [row, next];
  }
  return row[b.length]!;
}
