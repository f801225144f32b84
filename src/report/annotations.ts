import type { RunOutcome } from '../record/outcome.ts';
import type { Environment, Job, Reporter, RunnerEvent } from '../runner/events.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { clip, manyLines } from './escape.ts';
import { failureLine, failureText, runName } from './failure-text.ts';
import { appendText } from './file.ts';
import { codeBlock, markdownText } from './markdown.ts';
import type { Summary } from './results.ts';
import { type Sources, sourcesOf } from './sources.ts';
import { needsAttention, STATUSES, Tally } from './tally.ts';

export interface AnnotationsOptions {
  /** The job's log: where GitHub reads commands from. */
  readonly write: (text: string) => void;
  /** The file that GITHUB_STEP_SUMMARY names: a Markdown summary is added to it. */
  readonly summary_path?: string;
}

/** GitHub shows no more than this of a kind in a step. */
const ANNOTATIONS_PER_KIND = 10;
/** GitHub drops a summary above 1 MiB whole. */
const SUMMARY_LIMIT = 400_000;
const FAILURES_IN_SUMMARY = 50;

interface Note {
  readonly kind: 'error' | 'warning';
  readonly file: string;
  readonly line: number;
  readonly column?: number;
  readonly title: string;
  readonly message: string;
}

interface Failure {
  readonly job: Job;
  readonly outcome: RunOutcome;
}

/**
 * Annotations for the lines of a pull request, and a job summary. Specs that do not compile come first, then failures.
 */
export function annotationsReporter(options: AnnotationsOptions): Reporter {
  const notes: Note[] = [];
  const failures: Failure[] = [];
  const tally = new Tally();
  let diagnostics: readonly Diagnostic[] = [];
  let sources: Sources = () => undefined;
  let environment: Environment | undefined;

  const event = (event: RunnerEvent): void => {
    switch (event.type) {
      case 'compiled':
        sources = sourcesOf(event.sources);
        diagnostics = event.diagnostics;
        for (const diagnostic of diagnostics) notes.push(diagnosticNote(diagnostic, sources));
        break;
      case 'outcome':
        tally.add(event.job, event.outcome);
        if (!needsAttention(event.outcome.status)) break;
        failures.push(event);
        notes.push(failureNote(event.job, event.outcome, sources));
        break;
      case 'finished':
        environment = event.environment;
        break;
      case 'started':
      case 'progress':
        break;
    }
  };

  const finish = async (): Promise<void> => {
    for (const command of commands(notes)) options.write(command);
    if (options.summary_path === undefined) return;
    const summary = summaryText(tally.summary(), failures, diagnostics, sources, environment);
    await appendText(options.summary_path, summary);
  };

  return { name: 'annotations', event, finish };
}

function diagnosticNote(diagnostic: Diagnostic, sources: Sources): Note {
  const span = diagnostic.labels[0]?.span;
  const at = span === undefined ? undefined : sources(span.file)?.position(span.start);
  const help = diagnostic.help === undefined ? '' : `\nhelp: ${diagnostic.help}`;
  return {
    kind: diagnostic.severity,
    file: span?.file ?? '',
    line: at?.line ?? 1,
    ...(at === undefined ? {} : { column: at.column }),
    title: diagnostic.code,
    message: diagnostic.message + help,
  };
}

/** Points at the first claim that was not met; at the scenario when it failed without one. */
function failureNote(job: Job, outcome: RunOutcome, sources: Sources): Note {
  const claim = outcome.claims.find((one) => one.status === 'unmet' && one.diagnostic !== undefined);
  const span = (claim?.diagnostic ?? outcome.complaints[0])?.labels[0]?.span;
  const at = span === undefined ? undefined : sources(span.file)?.position(span.start);
  return {
    kind: 'error',
    file: at === undefined ? job.scenario.file : (span?.file ?? job.scenario.file),
    line: at?.line ?? job.scenario.line,
    ...(at === undefined ? {} : { column: at.column }),
    title: `${outcome.status}: ${runName(job)}`,
    message: `${failureLine(outcome)}\nto replay: ${outcome.replay}`,
  };
}

/** At most ten of a kind; the tenth says how many more there are. */
function* commands(notes: readonly Note[]): Generator<string> {
  for (const kind of ['error', 'warning'] as const) {
    const all = notes.filter((note) => note.kind === kind);
    const shown = all.length > ANNOTATIONS_PER_KIND ? all.slice(0, ANNOTATIONS_PER_KIND - 1) : all;
    for (const note of shown) yield command(note);
    if (shown.length < all.length)
      yield `::${kind} title=Siren::${all.length - shown.length} more, in the job summary and the reports\n`;
  }
}

function command(note: Note): string {
  const properties = [
    `file=${property(note.file)}`,
    `line=${note.line}`,
    ...(note.column === undefined ? [] : [`col=${note.column}`]),
    `title=${property(note.title)}`,
  ];
  return `::${note.kind} ${properties.join(',')}::${message(clip(note.message, 3000))}\n`;
}

/** What a command's message may hold: `%`, CR and LF are encoded, everything else that does not show is escaped. */
function message(text: string): string {
  return manyLines(text).replaceAll('%', '%25').replaceAll('\n', '%0A');
}

function property(text: string): string {
  return message(clip(text, 300)).replaceAll(':', '%3A').replaceAll(',', '%2C');
}

function summaryText(
  summary: Summary,
  failures: readonly Failure[],
  diagnostics: readonly Diagnostic[],
  sources: Sources,
  environment: Environment | undefined,
): string {
  const errors = diagnostics.filter((diagnostic) => diagnostic.severity === 'error');
  const red = failures.length > 0 || errors.length > 0;
  const parts = [`## Siren: ${red ? 'not as expected' : 'all as expected'}\n\n`];
  const columns = STATUSES.filter((status) => summary[status] > 0);
  if (columns.length > 0) {
    parts.push(`| runs | ${columns.join(' | ')} |\n|${' ---: |'.repeat(columns.length + 1)}\n`);
    parts.push(`| ${summary.runs} | ${columns.map((status) => summary[status]).join(' | ')} |\n\n`);
  }
  if (environment !== undefined)
    parts.push(
      `${summary.scenarios} scenarios in ${(environment.wall_ms / 1000).toFixed(1)} s on ${environment.workers} workers, Node ${markdownText(environment.node)}\n\n`,
    );
  for (const diagnostic of errors.slice(0, FAILURES_IN_SUMMARY)) {
    const note = diagnosticNote(diagnostic, sources);
    parts.push(`- ${markdownText(`${note.file}:${note.line}: ${note.message.replace('\n', '; ')}`)}\n`);
  }
  let size = parts.reduce((total, part) => total + part.length, 0);
  for (const [index, { job, outcome }] of failures.entries()) {
    const block = failureBlock(job, outcome, sources);
    size += block.length;
    if (index >= FAILURES_IN_SUMMARY || size > SUMMARY_LIMIT) {
      parts.push(`\n${failures.length - index} more failures are in the reports.\n`);
      break;
    }
    parts.push(block);
  }
  return parts.join('');
}

function failureBlock(job: Job, outcome: RunOutcome, sources: Sources): string {
  const name = markdownText(`${outcome.status}: ${runName(job)}`);
  const text = codeBlock(clip(failureText(job, outcome, sources), 20_000));
  return `\n<details><summary>${name}</summary>\n\n${markdownText(failureLine(outcome))}\n\n${text}\n</details>\n`;
}
