import { html } from './dom.js';

/**
 * @typedef {import('../page-data.ts').PageRun} PageRun
 * @typedef {import('../../results.ts').LabelResult} LabelResult
 */

/**
 * The scenario as written, with carets and words under what the diagnostics point at.
 * @param {PageRun} run
 * @param {string} text the file
 */
export function sourceView(run, text) {
  const lines = text.split(/\r?\n/);
  const labels = labelsOf(run);
  const rows = [];
  const { first, last } = run.source;
  const width = String(last).length;
  for (let number = first; number <= Math.min(last, lines.length); number++) {
    const line = lines[number - 1] ?? '';
    const here = labels.filter((label) => label.line === number);
    rows.push(
      html`<span class="${here.length > 0 ? 'line hit' : 'line'}"
        ><span class="no">${String(number).padStart(width)}</span> ${line}</span
      > `,
    );
    for (const label of here.slice(0, 8)) rows.push(caret(label, line, width));
  }
  return html`<pre class="source">${rows}</pre>`;
}

/** @param {PageRun} run */
function labelsOf(run) {
  const all = [...run.claims.flatMap((claim) => claim.diagnostic ?? []), ...run.complaints].flatMap(
    (one) => one.labels,
  );
  const seen = new Set();
  return all.filter((label) => {
    const key = `${label.start} ${label.end} ${label.text}`;
    if (label.file !== run.file || seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

/**
 * @param {LabelResult} label
 * @param {string} line
 * @param {number} width
 */
function caret(label, line, width) {
  const before = line.slice(0, label.column - 1).replace(/[^\t]/g, ' ');
  const long = Math.max(1, Math.min(label.end - label.start, line.length - label.column + 1));
  return html`<span class="caret">${' '.repeat(width)} ${before}${'^'.repeat(long)} ${label.text}</span> `;
}
