/**
 * A text that belongs to a point of a lane.
 * @typedef {{ x: number, text: string }} Label
 * @typedef {{ x: number, row: number, flipped: boolean } | undefined} Placed `undefined`: there was no room.
 */

/** Width of a character of the drawing's small text, in pixels, a little on the safe side. */
export const CHARACTER = 6.3;

/**
 * Puts each label beside its point, in the lowest row where it covers no other. Near the right edge it goes to the left of its point.
 * @param {readonly Label[]} labels ascending in x
 * @param {number} left
 * @param {number} right
 * @param {number} rows the most that there may be
 * @returns {Placed[]}
 */
export function placeLabels(labels, left, right, rows) {
  /** @type {[number, number][][]} */
  const taken = [];
  return labels.map(({ x, text }) => {
    const width = text.length * CHARACTER + 8;
    const flipped = x + width > right && x - width >= left;
    const from = flipped ? x - width : x;
    if (from + width > right + 4 && !flipped) return undefined;
    for (let row = 0; row < rows; row++) {
      const used = (taken[row] ??= []);
      if (used.some(([start, end]) => from < end + 2 && from + width > start - 2)) continue;
      used.push([from, from + width]);
      return { x: flipped ? x - 5 : x + 5, row, flipped };
    }
    return undefined;
  });
}

/**
 * Round steps for an axis: 1, 2 or 5 times a power of ten.
 * @param {number} span
 * @param {number} most
 * @returns {number}
 */
export function step(span, most) {
  const rough = Math.max(1, span / Math.max(1, most));
  const power = 10 ** Math.floor(Math.log10(rough));
  const factor = [1, 2, 5, 10].find((one) => one * power >= rough) ?? 10;
  return factor * power;
}
