import { markup } from './dom.js';

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
    const hit = here.length > 0 ? ' hit' : '';
    rows.push(
      markup`<span class="line${hit}"><span class="no">${String(number).padStart(width)}</span> ${line}</span>\n`,
    );
    for (const label of here.slice(0, 8)) rows.push(caret(label, line, width));
  }
  return markup`<pre class="source">${rows}</pre>`;
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
  return markup`<span class="caret">${' '.repeat(width)} ${before}${'^'.repeat(long)} ${label.text}</span>\n`;
}

/**
 * A diagnostic as the terminal shows it: its message and its help wrap, the lines with carets scroll.
 * @param {string} text
 */
export function problemView(text) {
  const lines = text.split('\n');
  const help = /^ *= help: (.*)$/.exec(lines.at(-1) ?? '')?.[1];
  const body = lines.slice(1, help === undefined ? undefined : -2);
  return markup`<div class="problem">
    <p><strong>${lines[0]}</strong></p>
    ${body.length > 0 && markup`<pre>${body.join('\n')}</pre>`}
    ${help !== undefined && markup`<p>help: ${help}</p>`}
  </div>`;
}
