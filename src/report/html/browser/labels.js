/**
 * A text that belongs to a point of a lane.
 * @typedef {{ x: number, text: string }} Label
 * @typedef {{ x: number, row: number, flipped: boolean } | undefined} Placed `undefined`: there was no room.
 */

/** Width of a character of the drawing's small text, in pixels, a little on the safe side. */
export const CHARACTER = 6.3;

/**
 * The same text again and again, nearer to each other than it is wide, becomes one: `again ×6` at the first of them,
 * and nothing at the others. @param {readonly Label[]} labels ascending in x @returns {Label[]}
 */
export function gathered(labels) {
  /** @type {Map<string, { first: number, last: number, count: number }>} */
  const open = new Map();
  const result = labels.map((label) => ({ ...label }));
  for (const [index, { x, text }] of labels.entries()) {
    const group = open.get(text);
    const room = (text.length + 3) * CHARACTER + 8;
    if (group === undefined || x - group.last > room) {
      open.set(text, { first: index, last: x, count: 1 });
      continue;
    }
    group.last = x;
    group.count++;
    /** @type {Label} */ (result[index]).text = '';
    /** @type {Label} */ (result[group.first]).text = `${text} ×${group.count}`;
  }
  return result;
}

/**
 * Puts each label beside its point, so that no text covers another and no leader (the line from a point up to its text)
 * crosses a text: of points that stand close, the earlier has the higher row. Near the right edge a text goes to the
 * left of its point. @param {readonly Label[]} labels ascending in x @param {number} left @param {number} right @param
 * {number} rows the most that there may be @returns {Placed[]}
 */
export function placeLabels(labels, left, right, rows) {
  /** @type {{ from: number, to: number, at: number, row: number }[]} */
  const taken = [];
  /** @type {Placed[]} */
  const placed = labels.map(() => undefined);
  for (let index = labels.length - 1; index >= 0; index--) {
    const { x, text } = /** @type {Label} */ (labels[index]);
    const width = text.length * CHARACTER + 8;
    // What fits on neither side goes where more of it is seen.
    const flipped = x + width > right && (x - width >= left || x - left > right - x);
    const [from, to] = flipped ? [x - width, x] : [x, x + width];
    let row = 0;
    for (const other of taken) {
      const covers = from < other.to + 2 && to > other.from - 2;
      const crossed = other.at > from - 2 && other.at < to + 2;
      if (covers || crossed) row = Math.max(row, other.row + 1);
    }
    if (row >= rows) continue;
    taken.push({ from, to, at: x, row });
    placed[index] = { x: flipped ? x - 5 : x + 5, row, flipped };
  }
  return placed;
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
