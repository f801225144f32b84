/*
 * Text to markup. Everything that comes from a spec or from guest memory passes through `markup`, which escapes every value that is put
 * into it; nothing else in these modules makes markup. (It is not called `html`, for then formatters would take its blanks for their own.)
 */

/** Markup that is already escaped. */
export class Markup {
  /** @param {string} text */
  constructor(text) {
    this.text = text;
  }
}

const ENTITIES = /** @type {Record<string, string>} */ ({
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
});

const HIDDEN =
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff0-\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/**
 * Shows what would not show, or would reorder what is shown, as text/escape.ts does: `\x1b`, `\u202e`. Line feeds and
 * tabs stay. @param {string} text @returns {string}
 */
export function visible(text) {
  return text.replace(HIDDEN, (character) => {
    if (character === '\r') return '\\r';
    if (character === '\0') return '\\0';
    const code = character.charCodeAt(0).toString(16);
    return code.length < 3 ? `\\x${code.padStart(2, '0')}` : `\\u${code.padStart(4, '0')}`;
  });
}

/**
 * @param {unknown} value
 * @returns {string}
 */
function escaped(value) {
  if (value === undefined || value === null || value === false) return '';
  if (value instanceof Markup) return value.text;
  if (Array.isArray(value)) return value.map(escaped).join('');
  return visible(String(value)).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');
}

/**
 * A template whose values are escaped, for elements and quoted attributes. Arrays are joined; `undefined`, `null` and
 * `false` are nothing. @param {TemplateStringsArray} strings @param {...unknown} values @returns {Markup}
 */
export function markup(strings, ...values) {
  return new Markup(strings.map((text, index) => text + escaped(values[index])).join(''));
}

/**
 * `31.4 ms`, `1.200281 s`: the largest unit that keeps the number at 1 or above, as base/units.ts writes it. The nanosecond before 0 is when a guest that is
 * restored says again what it said as it booted. @param {number} time_ns @returns {string}
 */
export function time(time_ns) {
  if (time_ns === -1) return 'before it began';
  const size = Math.abs(time_ns);
  if (size >= 1e9) return `${Number((time_ns / 1e9).toFixed(6))} s`;
  if (size >= 1e6) return `${Number((time_ns / 1e6).toFixed(3))} ms`;
  if (size >= 1e3) return `${Number((time_ns / 1e3).toFixed(3))} us`;
  return `${time_ns} ns`;
}

/**
 * @param {number} bytes
 * @returns {string}
 */
export function size(bytes) {
  for (const [unit, scale] of /** @type {const} */ ([
    ['GiB', 2 ** 30],
    ['MiB', 2 ** 20],
    ['KiB', 2 ** 10],
  ])) {
    if (bytes >= scale) return `${Number((bytes / scale).toFixed(2))} ${unit}`;
  }
  return `${bytes} B`;
}

/**
 * `0–3, 5`: numbers as people write them.
 * @param {readonly number[]} numbers ascending
 * @returns {string}
 */
export function ranges(numbers) {
  const parts = [];
  for (let at = 0; at < numbers.length;) {
    let end = at;
    while (end + 1 < numbers.length && numbers[end + 1] === /** @type {number} */ (numbers[end]) + 1) end++;
    parts.push(end > at ? `${numbers[at]}–${numbers[end]}` : `${numbers[at]}`);
    at = end + 1;
  }
  return parts.join(', ');
}

/**
 * Cuts a text that must fit into a drawing.
 * @param {string} text
 * @param {number} characters
 * @returns {string}
 */
export function cut(text, characters) {
  const all = [...text];
  return all.length <= characters ? text : `${all.slice(0, Math.max(0, characters - 1)).join('')}…`;
}

/**
 * Class of a partition's colour, the same in every drawing of a run.
 * @param {import('../page-data.ts').PageTopology | undefined} topology
 * @param {string} name
 * @returns {string}
 */
export function hue(topology, name) {
  const lpar = topology?.lpars.findIndex((one) => one.name === name) ?? -1;
  if (lpar >= 0) return `p${lpar % 8}`;
  return topology?.ambulances.some((one) => one.name === name) ? 'amb' : 'pn';
}
