import { markup } from './dom.js';

/**
 * @typedef {import('../../results.ts').FindingResult} FindingResult
 * @typedef {{ offset: number, bytes: number, name: string }} Row
 */

const WIDTH = 16;

/**
 * Bytes as hex in groups that can be read, with those of `wrong` marked.
 * @param {string} hex
 * @param {(index: number) => boolean} wrong
 */
function hexBytes(hex, wrong) {
  const pairs = hex.match(/../g) ?? [];
  return pairs.map((pair, index) => {
    const space = index > 0 ? (index % 8 === 0 ? '  ' : ' ') : '';
    return wrong(index) ? markup`${space}<mark>${pair}</mark>` : markup`${space}${pair}`;
  });
}

/**
 * Before and after, the bytes that changed marked in both.
 * @param {string} before
 * @param {string} after
 */
export function changedBytes(before, after) {
  /** @param {number} index */
  const changed = (index) => before.slice(2 * index, 2 * index + 2) !== after.slice(2 * index, 2 * index + 2);
  return markup`<code class="bytes">${hexBytes(before, changed)}</code>
    <span class="arrow-down" aria-label="became">→</span>
    <code class="bytes">${hexBytes(after, changed)}</code>`;
}

/**
 * What `set` wrote, as the number that its bytes are with the least significant one first.
 * @param {string} before
 * @param {string} after
 */
export function asNumbers(before, after) {
  /** @param {string} hex */
  const number = (hex) =>
    `0x${(hex.match(/../g) ?? [])
      .reverse()
      .join('')
      .replace(/^0+(?=.)/, '')}`;
  return markup`<br /><span class="dim">little-endian: <code>${number(before)}</code> → <code>${number(after)}</code></span>`;
}

/** Rows shown on either side of the wrong field, where there are many. */
const NEAR = 5;

/**
 * The bytes around a finding, a row for each field, the wrong field marked; what lies between named fields in rows of
 * sixteen. Of a large structure the neighbours of the wrong field stand open, and all of it is folded below. @param
 * {FindingResult} finding
 */
export function memoryView(finding) {
  const { context } = finding;
  if (context === undefined) return markup``;
  const rows = rowsOf(context.fields, context.hex.length / 2);
  const wrong = wrongBytes(finding);
  const at = rows.findIndex((row) => hits(row, wrong));
  const title = markup`${finding.structure} at <code>${context.base}</code>`;
  if (at < 0 || rows.length <= 2 * NEAR + 3) return memoryTable(rows, context, wrong, title);
  const near = rows.slice(Math.max(0, at - NEAR), at + NEAR + 1);
  return markup`${memoryTable(near, context, wrong, title)}
    <details><summary>all ${context.hex.length / 2} bytes around it</summary>${memoryTable(rows, context, wrong, title)}</details>`;
}

/**
 * @param {readonly Row[]} rows
 * @param {{ base: string, hex: string }} context
 * @param {{ from: number, to: number }} wrong
 * @param {import('./dom.js').Markup} title
 */
function memoryTable(rows, context, wrong, title) {
  return markup`<table class="memory">
    <caption>${title}</caption>
    <thead><tr><th>address</th><th>field</th><th>bytes</th><th>little-endian</th><th>text</th></tr></thead>
    <tbody>${rows.map((row) => memoryRow(row, context, wrong))}</tbody>
  </table>`;
}

/**
 * @param {Row} row
 * @param {{ base: string, hex: string }} context
 * @param {{ from: number, to: number }} wrong
 */
function memoryRow(row, context, wrong) {
  const hex = context.hex.slice(2 * row.offset, 2 * (row.offset + row.bytes));
  /** @param {number} index */
  const isWrong = (index) => row.offset + index >= wrong.from && row.offset + index < wrong.to;
  const hit = hits(row, wrong);
  return markup`<tr class="${hit ? 'wrong' : row.name === '' ? 'gap' : ''}">
    <td><code>${add(context.base, row.offset)}</code></td>
    <th scope="row">${row.name}${hit && markup` <strong>← wrong</strong>`}</th>
    <td><code class="bytes">${hexBytes(hex, isWrong)}</code></td>
    <td><code>${value(hex)}</code></td>
    <td><code>${ascii(hex)}</code></td>
  </tr>`;
}

/**
 * @param {Row} row
 * @param {{ from: number, to: number }} wrong
 */
function hits(row, wrong) {
  return row.offset < wrong.to && row.offset + row.bytes > wrong.from;
}

/**
 * Which of the bytes are wrong, as offsets, the end exclusive; none where the address is not among them.
 * @param {FindingResult} finding
 */
function wrongBytes({ address, bytes, context }) {
  const none = { from: 0, to: 0 };
  if (address === undefined || context === undefined || !/^[0-9a-f]{1,16}$/.test(context.base)) return none;
  const offset = BigInt(`0x${address}`) - BigInt(`0x${context.base}`);
  return offset >= 0n && offset < 4096n ? { from: Number(offset), to: Number(offset) + bytes } : none;
}

/**
 * Fields in order, gaps filled, none beyond the bytes that are there. A field inside another (a union) is left out.
 * @param {readonly Row[]} fields
 * @param {number} total
 * @returns {Row[]}
 */
export function rowsOf(fields, total) {
  const rows = [];
  let at = 0;
  /** @param {number} end */
  const fill = (end) => {
    for (; at < end; at += WIDTH) rows.push({ offset: at, bytes: Math.min(WIDTH, end - at), name: '' });
    at = end;
  };
  for (const field of fields.toSorted((a, b) => a.offset - b.offset)) {
    if (field.offset < at || field.bytes <= 0 || field.offset >= total) continue;
    fill(field.offset);
    const bytes = Math.min(field.bytes, total - field.offset);
    for (let part = 0; part < bytes; part += WIDTH)
      rows.push({
        offset: at + part,
        bytes: Math.min(WIDTH, bytes - part),
        name: part === 0 ? field.name : '⋯',
      });
    at += bytes;
  }
  fill(total);
  return rows;
}

/**
 * @param {string} base
 * @param {number} offset
 */
function add(base, offset) {
  return BigInt.asUintN(64, BigInt(`0x${base}`) + BigInt(offset))
    .toString(16)
    .padStart(16, '0');
}

/** @param {string} hex */
function value(hex) {
  const pairs = hex.match(/../g) ?? [];
  if (![1, 2, 4, 8].includes(pairs.length)) return '';
  return `0x${pairs.toReversed().join('')}`;
}

/** @param {string} hex */
function ascii(hex) {
  return (hex.match(/../g) ?? [])
    .map((pair) => {
      const code = Number.parseInt(pair, 16);
      return code >= 32 && code < 127 ? String.fromCharCode(code) : '.';
    })
    .join('');
}
