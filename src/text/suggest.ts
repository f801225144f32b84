/** Longer words are never typos of anything, and comparing them would cost. */
const MAX_WORD = 64;

/**
 * Edits that turn `a` into `b`: a letter added, dropped, changed, or two neighbours swapped (Damerau's optimal string
 * alignment). Stops counting above `limit` and then returns `limit + 1`.
 */
function distance(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) > limit) return limit + 1;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const line = [row];
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1];
      let best = Math.min(
        (last[column - 1] as number) + (same ? 0 : 1),
        (last[column] as number) + 1,
        (line[column - 1] as number) + 1,
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) best = Math.min(best, (before[column - 2] as number) + 1);
      line.push(best);
    }
    if (Math.min(...line) > limit) return limit + 1;
    before = last;
    last = line;
  }
  return last[b.length] as number;
}

/**
 * The candidate that `word` was probably meant to be: at most a third of its letters wrong (one at least), the first of the
 * nearest ones. Case does not count: `Tasks` finds `tasks`. Undefined when nothing is near.
 */
export function nearest(word: string, candidates: Iterable<string>): string | undefined {
  if (word.length > MAX_WORD) return undefined;
  const lower = word.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(word.length / 3)) + 1;
  for (const candidate of candidates) {
    if (candidate === word || candidate.length > MAX_WORD) continue;
    const found = distance(lower, candidate.toLowerCase(), least - 1);
    if (found < least) [best, least] = [candidate, found];
    if (least === 0) break;
  }
  return best;
}
