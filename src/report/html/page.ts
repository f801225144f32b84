import type { Status } from '../../record/outcome.ts';
import type { Environment, Job } from '../../runner/events.ts';
import { htmlText, scriptJson } from '../escape.ts';
import { reasonText, runName } from '../failure-text.ts';
import type { Summary } from '../results.ts';
import { needsAttention, specErrors, STATUSES } from '../tally.ts';
import { readAssets } from './assets.ts';
import type { PageRun } from './page-data.ts';

export interface Page {
  readonly version: string;
  readonly target: string;
  readonly summary: Summary;
  readonly rows: readonly RunRow[];
  /** What the compiler said, as text with carets. */
  readonly problems: readonly string[];
  /** How many of them are errors, not warnings. */
  readonly spec_errors: number;
  /** JSON of each machine. */
  readonly topologies: readonly string[];
  readonly sources: readonly string[];
  readonly environment: Environment | undefined;
  readonly exit_code: number;
  readonly bailed: boolean;
  /** How many were to run. */
  readonly jobs: number;
  readonly interrupted: boolean;
}

/** A run's place in the list: a line that opens. Its data stands beside it and is read when it is opened. */
export interface RunRow {
  readonly file: string;
  readonly status: Status;
  readonly tags: readonly string[];
  readonly html: string;
}

const MARKS: Readonly<Record<Status, string>> = {
  failed: '✗',
  errored: '!',
  xpassed: '✗',
  passed: '✓',
  xfailed: '~',
  inconclusive: '?',
  skipped: '–',
};

/** `open`: it is seen in full when the report is opened. */
export function runRow(index: number, job: Job, run: PageRun, wall_ms: number, open: boolean): RunRow {
  const name = runName(job);
  const words = [name, run.file, run.status, ...run.tags, ...causesOf(run)].join(' ').toLowerCase();
  // Runs that need attention stand apart from their file's heading.
  const where = needsAttention(run.status) ? `${run.file}:${run.line}` : `line ${run.line}`;
  const html = `<details class="run" id="r${index}" data-status="${run.status}" data-tags="${htmlText(run.tags.join(' '))}" data-text="${htmlText(words)}"${open ? ' open' : ''}>
<summary><span class="status ${run.status}" title="${run.status}">${MARKS[run.status]}</span><span class="name">${htmlText(name)}</span><span class="hint">${htmlText(hintOf(run))}</span><span class="where">${htmlText(where)}</span><span class="wall">${Math.round(wall_ms)} ms</span></summary>
<div class="body">${plainBody(run)}</div>
<script type="application/json">${scriptJson(run)}</script></details>
`;
  return { file: run.file, status: run.status, tags: run.tags, html };
}

function causesOf(run: PageRun): readonly string[] {
  return (run.record?.rescues ?? []).map((rescue) => rescue.diagnosis[0]?.cause ?? rescue.health);
}

/** What one wants to know before opening a run. */
function hintOf(run: PageRun): string {
  if (run.reason !== undefined) return reasonText(run.status, run.reason);
  if (!needsAttention(run.status)) return [...new Set(causesOf(run))].join(', ');
  const unmet = run.claims.filter((claim) => claim.status === 'unmet').length;
  const claims = unmet === 0 ? '' : `${unmet} of ${run.claims.length} claims not met`;
  const others = run.complaints.length === 0 ? '' : (run.complaints[0]?.message ?? '');
  return [claims, others].filter((text) => text !== '').join('; ');
}

/** What is seen without scripts. */
function plainBody(run: PageRun): string {
  const problems =
    run.problems.length === 0
      ? ''
      : `<div class="problems">${run.problems.map(problemHtml).join('\n')}</div>`;
  const claims = run.claims.length === 0 ? '' : `<p>${run.claims.length} claims.</p>`;
  return `${problems || claims}<p class="replay"><span>replay</span> <code>${htmlText(run.replay)}</code></p>`;
}

/** The whole file, in pieces. */
export function* pageText(page: Page): Generator<string> {
  const { style, script, policy } = readAssets();
  const title = titleOf(page);
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Siren: ${title}</title>
<style>${style}</style>
</head>
<body>
<header>
<h1><span class="brand">Siren</span> ${title}</h1>
<p class="facts">${factsOf(page)}</p>
${filters(page)}
</header>
<main>
`;
  if (page.problems.length > 0) yield problemsSection(page.problems);
  if (page.rows.length === 0) yield '<p class="none">No scenario was run.</p>\n';
  yield* groups(page.rows);
  yield `</main>\n<footer><p>${FOOTERS[page.target] ?? ''}</p></footer>\n`;
  yield `<script type="application/json" id="topologies">[${page.topologies.map(scriptSafe).join(',')}]</script>\n`;
  for (const [index, text] of page.sources.entries())
    yield `<script type="application/json" id="source-${index}">${scriptJson(text)}</script>\n`;
  yield `<script>${script}</script>\n</body>\n</html>\n`;
}

/** What times are, and what a replay gives, by target. */
const FOOTERS: Readonly<Record<string, string>> = {
  sim: 'Times are virtual unless they say otherwise. Every run can be repeated to the bit with its replay command.',
  qemu: 'Times are those that the machines were running, without what the host took from them. A replay is another run of the same scenario: its times, and what the guest was at, differ. When the guest reads damage is not seen.',
  core: 'A dump is one instant: nothing runs, and a replay says the same.',
};

function titleOf(page: Page): string {
  const { rows, jobs, interrupted } = page;
  return interrupted ? `interrupted, ${rows.length} of ${jobs} runs had ended: ${endOf(page)}` : endOf(page);
}

function endOf({ summary, spec_errors }: Page): string {
  const bad = summary.failed + summary.errored + summary.xpassed;
  const broken = spec_errors === 0 ? '' : `, ${specErrors(spec_errors)}`;
  if (bad > 0) return `${bad} of ${summary.runs} runs need attention${broken}`;
  if (summary.runs === 0) return spec_errors > 0 ? `the specs do not compile${broken}` : 'nothing ran';
  if (spec_errors > 0) return `${summary.runs} runs as expected${broken}`;
  return summary.runs === 1 ? 'the run as expected' : `all ${summary.runs} runs as expected`;
}

function factsOf({ summary, environment, target, version, exit_code, bailed, interrupted }: Page): string {
  const facts = [
    `${summary.runs} ${summary.runs === 1 ? 'run' : 'runs'} of ${summary.scenarios} ${summary.scenarios === 1 ? 'scenario' : 'scenarios'} on ${target}`,
    `exit code ${exit_code}${bailed ? ', stopped early' : ''}${interrupted ? ', interrupted' : ''}`,
  ];
  if (environment !== undefined) {
    const { date, node, platform, workers, wall_ms } = environment;
    facts.push(
      `${(wall_ms / 1000).toFixed(2)} s wall time`,
      date.replace('T', ' ').replace(/\.\d+Z$/, ' UTC'),
      `${workers} ${workers === 1 ? 'worker' : 'workers'}`,
      `Node ${node}`,
      platform,
    );
  }
  facts.push(`Siren ${version}`);
  return facts.map(htmlText).join(' · ');
}

function filters({ summary, rows, spec_errors }: Page): string {
  const buttons = STATUSES.filter((status) => summary[status] > 0).map(
    (status) =>
      `<button type="button" class="count ${status}" data-status="${status}" aria-pressed="false"><b>${summary[status]}</b> ${status}</button>`,
  );
  if (summary.undecided !== undefined)
    buttons.push(`<span class="dim">${summary.undecided} of them passed with undecided claims</span>`);
  const tags = [...new Set(rows.flatMap((row) => row.tags))].sort();
  const options = tags.map((tag) => `<option>${htmlText(tag)}</option>`).join('');
  if (spec_errors > 0) buttons.push(`<strong class="bad">${specErrors(spec_errors)}</strong>`);
  return `<div class="filters">${buttons.join('\n')}
<label class="live-only">find <input id="text" type="search" placeholder="name, file, cause" autocomplete="off"></label>
<label class="live-only">tag <select id="tag"><option value="">any</option>${options}</select></label>
<span class="live-only dim" id="shown" aria-live="polite">${rows.length} shown</span></div>`;
}

/** A diagnostic as the terminal shows it: its message and its help wrap, the lines with carets scroll. */
function problemHtml(text: string): string {
  const lines = text.split('\n');
  const help = /^ *= help: (.*)$/.exec(lines.at(-1) ?? '')?.[1];
  const body = lines.slice(1, help === undefined ? undefined : -2).join('\n');
  const said = help === undefined ? '' : `<p>help: ${htmlText(help)}</p>`;
  return `<div class="problem"><p><strong>${htmlText(lines[0] ?? '')}</strong></p><pre>${htmlText(body)}</pre>${said}</div>`;
}

function problemsSection(problems: readonly string[]): string {
  const shown = problems.slice(0, 200).map(problemHtml);
  const more = problems.length > 200 ? `<p class="none">${problems.length - 200} more.</p>` : '';
  return `<section><h2>What the compiler says</h2>\n<div class="problems">${shown.join('\n')}</div>${more}</section>\n`;
}

/** What needs attention first, whatever file it is in; then file by file. */
function* groups(rows: readonly RunRow[]): Generator<string> {
  const bad = rows.filter((row) => needsAttention(row.status));
  if (bad.length > 0) yield* group('Needs attention', bad);
  const files = new Map<string, RunRow[]>();
  for (const row of rows) {
    if (needsAttention(row.status)) continue;
    const list = files.get(row.file);
    if (list === undefined) files.set(row.file, [row]);
    else list.push(row);
  }
  for (const [file, list] of files) yield* group(file, list);
}

function* group(name: string, rows: readonly RunRow[]): Generator<string> {
  yield `<section class="group"><h2>${htmlText(name)} <span class="dim">${rows.length}</span></h2>\n`;
  for (const row of rows) yield row.html;
  yield '</section>\n';
}

/** JSON text made safe for a script element, as `scriptJson` does for values. */
function scriptSafe(json: string): string {
  return scriptJson(JSON.parse(json));
}
