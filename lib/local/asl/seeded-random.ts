// The first draw of a small generator (mulberry32) for a seed: the same seed gives the same number in [0, 1).
// The service's own generator is not published, so the numbers differ from it; that they repeat does not.

export function seededRandom(seed: number): number {
  let state = (Math.trunc(seed) + 0x6d2b79f5) | 0;
  state = Math.imul(state ^ (state >>> 15), state | 1);
  state ^= state + Math.imul(state ^ (state >>> 7), state | 61);
  return ((state ^ (state >>> 14)) >>> 0) / 4_294_967_296;
}
