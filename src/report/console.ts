import type { createColors } from 'picocolors';
import type { RunOutcome, Status } from '../record/outcome.ts';
import type { Job, Reporter, RunnerEvent } from '../runner/events.ts';
import { colouredDiagnostic } from './diagnostic-text.ts';
import { oneLine } from './escape.ts';
import { failureLine, failureText, notesIn, runName, witnessLines } from './failure-text.ts';
import type { Summary } from './results.ts';
import { type Sources, sourcesOf } from './sources.ts';
import { fit, StatusLine } from './status-line.ts';
import { needsAttention, specErrors, STATUSES, Tally } from './tally.ts';

export type Colors = ReturnType<typeof createColors>;

export interface ConsoleOptions {
  readonly write: (text: string) => void;
  /** Made by the CLI from NO_COLOR, FORCE_COLOR and the terminal. */
  readonly colors: Colors;
  /** A terminal that can rewrite a line: live progress. Without, plain lines. */
  readonly tty: boolean;
  /** Width of the terminal; default 80. */
  readonly columns?: number;
  /** A line for every run, not for those alone that need attention. */
  readonly verbose?: boolean;
  /** Failures shown in full; the others are named. Default 20. */
  readonly failures_shown?: number;
  /** Slowest runs named at the end. Default 3, none when all were quick. */
  readonly slowest?: number;
  /** Milliseconds from any start, so that the live line is not drawn more often than eyes can see. */
  readonly clock: () => number;
}

interface Failure {
  readonly job: Job;
  readonly outcome: RunOutcome;
}

/** Slower than this is worth a line at the end. */
const SLOW_MS = 1000;
/** The line that names a failure is cut here where no terminal says how wide it is; all of it follows below. */
const LONGEST_LINE = 200;
/** Reasons for skips that are told at the end. */
const REASONS_SHOWN = 5;
/** But some of the reason is always there. */
const SHORTEST_REASON = 40;

const MARKS: Readonly<Record<Status, string>> = {
  failed: 'FAILED',
  errored: 'ERROR',
  xpassed: 'XPASSED',
  passed: 'ok',
  xfailed: 'xfailed',
  inconclusive: 'undecided',
  skipped: 'skipped',
};

/** What a person at a terminal, or a reader of a CI log, sees. */
export function consoleReporter(options: ConsoleOptions): Reporter {
  const { colors, write } = options;
  const tally = new Tally();
  const live = new StatusLine(options);
  const failures: Failure[] = [];
  const slow: { readonly name: string; readonly ms: number }[] = [];
  const perFile = new Map<string, Tally>();
  /** Of each file, so that a table of runs says it once. */
  const noted = new Set<string>();
  let sources: Sources = () => undefined;
  let current: string | undefined;
  let spec_errors = 0;
  let jobs = 0;
  /** Why runs were skipped, and how many for that. */
  const skips = new Map<string, number>();
  const begun_ms = options.clock();

  const line = (text: string): void => {
    live.clear();
    write(`${text}\n`);
  };

  /** Where each run is not named, a file is, when its last run is in. */
  const closeFile = (): void => {
    if (current === undefined || options.verbose === true || options.tty) return;
    const of = perFile.get(current);
    if (of !== undefined) line(`${oneLine(current)}  ${coloured(of.summary(), colors)}`);
  };

  const sayNotes = (job: Job, notes: readonly string[]): void => {
    const fresh = notes.filter((note) => !noted.has(`${job.scenario.file} ${note}`));
    for (const note of fresh) noted.add(`${job.scenario.file} ${note}`);
    if (fresh.length > 0) line(`${colors.yellow('noted')} ${whereIs(job)}  ${colors.dim(fresh.join('; '))}`);
  };

  const onOutcome = (job: Job, outcome: RunOutcome, wall_ms: number): void => {
    const { file } = job.scenario;
    if (file !== current) {
      closeFile();
      current = file;
    }
    let of = perFile.get(file);
    if (of === undefined) perFile.set(file, (of = new Tally()));
    of.add(job, outcome);
    tally.add(job, outcome);
    remember(slow, { name: whereIs(job), ms: wall_ms }, options.slowest ?? 3);
    const bad = needsAttention(outcome.status);
    if (bad) failures.push({ job, outcome });
    if (outcome.status === 'skipped') {
      const why = failureLine(outcome);
      skips.set(why, (skips.get(why) ?? 0) + 1);
    }
    if (bad || options.verbose === true) {
      const head = `${MARKS[outcome.status]} ${whereIs(job)}  `;
      const room = (options.tty ? (options.columns ?? 80) : LONGEST_LINE) - head.length;
      const why = fit(failureLine(outcome), Math.max(room, SHORTEST_REASON));
      const said = outcome.status === 'passed' ? '' : `  ${colors.dim(why)}`;
      line(`${mark(outcome.status, colors)} ${whereIs(job)}${said}`);
    }
    // A failed run has them among its details.
    if (bad || outcome.record === undefined) return;
    if (options.verbose === true)
      for (const said of witnessLines(outcome.record)) line(`  ${colors.dim(said)}`);
    sayNotes(job, [...(outcome.record.notes ?? []), ...notesIn(outcome.record.reports)]);
  };

  const event = (event: RunnerEvent): void => {
    switch (event.type) {
      case 'compiled':
        sources = sourcesOf(event.sources);
        spec_errors = event.diagnostics.filter(({ severity }) => severity === 'error').length;
        for (const diagnostic of event.diagnostics)
          line(colouredDiagnostic(diagnostic, sources, colors) + '\n');
        break;
      case 'started':
        jobs = event.jobs.length;
        break;
      case 'progress':
        live.draw({ ...event, failures: tally.bad, elapsed_ms: options.clock() - begun_ms });
        break;
      case 'aside':
        line(`${whereIs(event.job)}  ${colors.dim(oneLine(event.words))}`);
        break;
      case 'outcome':
        onOutcome(event.job, event.outcome, event.wall_ms);
        break;
      case 'finished': {
        closeFile();
        live.clear();
        for (const text of failureBlocks(failures, sources, options)) write(text);
        if (options.verbose !== true) for (const text of skipLines(skips, colors)) write(text);
        for (const text of lastLines(tally.summary(), spec_errors, slow, event.environment.wall_ms, colors))
          write(text);
        if (event.interrupted === true)
          write(colors.yellow(`interrupted: ${tally.runs} of ${jobs} runs had ended\n`));
        if (event.bailed) write(colors.yellow('stopped early: not everything was run\n'));
        break;
      }
    }
  };

  return { name: 'console', event, finish: () => Promise.resolve() };
}

/** The failures in full, then the names of those for which there was no room. */
function* failureBlocks(
  failures: readonly Failure[],
  sources: Sources,
  options: ConsoleOptions,
): Generator<string> {
  const { colors } = options;
  const shown = options.failures_shown ?? 20;
  for (const { job, outcome } of failures.slice(0, shown)) {
    const text = failureText(job, outcome, sources, (one, from) => colouredDiagnostic(one, from, colors));
    yield `\n${mark(outcome.status, colors)} ${colors.bold(whereIs(job))}\n${indent(text)}\n`;
  }
  if (failures.length <= shown) return;
  yield `\n${failures.length - shown} more, in full in report.html:\n`;
  for (const { job, outcome } of failures.slice(shown, shown + 1000))
    yield `${mark(outcome.status, colors)} ${whereIs(job)}\n`;
}

/** Why there were skips, each reason once. */
function* skipLines(skips: ReadonlyMap<string, number>, colors: Colors): Generator<string> {
  const shown = [...skips].slice(0, REASONS_SHOWN);
  if (shown.length > 0) yield '\n';
  for (const [why, count] of shown)
    yield `${colors.yellow(`${count} skipped`)}  ${colors.dim(fit(why, LONGEST_LINE))}\n`;
  if (skips.size > shown.length) yield colors.dim(`${skips.size - shown.length} more reasons: --verbose\n`);
}

function* lastLines(
  summary: Summary,
  spec_errors: number,
  slow: readonly { readonly name: string; readonly ms: number }[],
  wall_ms: number,
  colors: Colors,
): Generator<string> {
  const broken = spec_errors === 0 ? '' : colors.bold(colors.red(specErrors(spec_errors)));
  if (summary.runs === 0) {
    yield broken === '' ? 'nothing ran\n' : `nothing ran, ${broken}\n`;
    return;
  }
  const late = slow.filter(({ ms }) => ms >= SLOW_MS);
  if (late.length > 0) yield '\n';
  for (const { name, ms } of late) yield colors.dim(`slow: ${seconds(ms)}  ${name}\n`);
  const runs = summary.runs === 1 ? '1 run' : `${summary.runs} runs`;
  const scenarios = summary.scenarios === 1 ? '1 scenario' : `${summary.scenarios} scenarios`;
  yield `\n${coloured(summary, colors)}${broken === '' ? '' : `, ${broken}`}  ${colors.dim(`${runs} of ${scenarios} in ${seconds(wall_ms)}`)}\n`;
}

function whereIs(job: Job): string {
  return `${oneLine(`${job.scenario.file}:${job.scenario.line}`)}  ${runName(job)}`;
}

function mark(status: Status, colors: Colors): string {
  return paint(status, colors)(MARKS[status]);
}

function paint(status: Status, colors: Colors): (text: string) => string {
  if (needsAttention(status)) return (text) => colors.bold(colors.red(text));
  return status === 'passed' ? colors.green : colors.yellow;
}

function coloured(summary: Summary, colors: Colors): string {
  const words = STATUSES.filter((status) => summary[status] > 0).map(
    (status) =>
      paint(status, colors)(`${summary[status]} ${status}`) +
      (status === 'passed' ? undecidedOf(summary) : ''),
  );
  return words.join(', ');
}

function undecidedOf({ undecided }: Summary): string {
  return undecided === undefined ? '' : ` (${undecided} of them with undecided claims)`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}

function seconds(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

/** Keeps the `limit` slowest, slowest first. */
function remember<T extends { readonly ms: number }>(slow: T[], one: T, limit: number): void {
  if (slow.length === limit && one.ms <= (slow.at(-1)?.ms ?? 0)) return;
  const place = slow.findIndex((other) => other.ms < one.ms);
  slow.splice(place < 0 ? slow.length : place, 0, one);
  if (slow.length > limit) slow.pop();
}
