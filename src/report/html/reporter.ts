import type { TopologyModel } from '../../model/machine.ts';
import type { RunOutcome } from '../../record/outcome.ts';
import type { Environment, Job, Reporter, RunnerEvent } from '../../runner/events.ts';
import type { Diagnostic } from '../../text/diagnostic.ts';
import { diagnosticText } from '../diagnostic-text.ts';
import { writeAtomically } from '../file.ts';
import { type Sources, sourcesOf } from '../sources.ts';
import { needsAttention, Tally } from '../tally.ts';
import { pageRun, pageTopology } from './page-data.ts';
import { pageText, type RunRow, runRow } from './page.ts';
import type { Detail } from '../run-result.ts';

export interface HtmlOptions {
  /** Where report.html goes. */
  readonly path: string;
  /** Siren's own version. */
  readonly version: string;
}

/**
 * Runs that passed are kept in full while there are few; a page of thousands keeps them brief, so that it opens at
 * once.
 */
const FULL_RUNS = 200;
/** Past this many characters of data even a failed run is kept brief. */
const FULL_BUDGET = 30_000_000;
/** So many of those that need attention are open from the start; each draws its pictures. */
const OPEN_RUNS = 20;
const LONGEST_SOURCE = 1_000_000;
const SOURCES_BUDGET = 16_000_000;

/** One self-contained file: no network, no other file, opens from disk. */
export function htmlReporter(options: HtmlOptions): Reporter {
  const rows: RunRow[] = [];
  const tally = new Tally();
  const topologies = new Topologies();
  const texts = new Texts();
  let sources: Sources = () => undefined;
  let diagnostics: readonly Diagnostic[] = [];
  let jobs = 0;
  let target = 'sim';
  let size = 0;
  let opened = 0;
  let end: { environment: Environment; exit_code: number; bailed: boolean; interrupted?: true } | undefined;

  const detailOf = (outcome: RunOutcome): Detail => {
    if (size > FULL_BUDGET) return 'brief';
    return needsAttention(outcome.status) || jobs <= FULL_RUNS ? 'full' : 'brief';
  };

  const onOutcome = (job: Job, outcome: RunOutcome, wall_ms: number): void => {
    tally.add(job, outcome);
    const text = texts.place(job.scenario.file, sources);
    const topology = topologies.place(job.scenario.topology);
    const run = pageRun(job, outcome, sources, detailOf(outcome), { topology, text, target });
    const open = needsAttention(outcome.status) && opened < OPEN_RUNS;
    if (open) opened++;
    const row = runRow(rows.length, job, run, wall_ms, open);
    size += row.html.length;
    rows.push(row);
  };

  const event = (event: RunnerEvent): void => {
    switch (event.type) {
      case 'compiled':
        sources = sourcesOf(event.sources);
        diagnostics = event.diagnostics;
        break;
      case 'started':
        jobs = event.jobs.length;
        target = event.target;
        break;
      case 'outcome':
        onOutcome(event.job, event.outcome, event.wall_ms);
        break;
      case 'finished':
        end = event;
        break;
      case 'progress':
        break;
    }
  };

  const finish = (): Promise<void> =>
    writeAtomically(
      options.path,
      pageText({
        version: options.version,
        target,
        summary: tally.summary(),
        rows,
        problems: diagnostics.map((diagnostic) => diagnosticText(diagnostic, sources)),
        spec_errors: diagnostics.filter(({ severity }) => severity === 'error').length,
        topologies: topologies.all,
        sources: texts.all,
        environment: end?.environment,
        exit_code: end?.exit_code ?? 4,
        bailed: end?.bailed ?? true,
        jobs,
        interrupted: end?.interrupted === true,
      }),
    );

  return { name: 'html', event, finish };
}

/** Each different machine once. */
class Topologies {
  readonly all: string[] = [];
  readonly #seen = new Map<TopologyModel, number>();
  readonly #texts = new Map<string, number>();

  place(topology: TopologyModel): number {
    const seen = this.#seen.get(topology);
    if (seen !== undefined) return seen;
    const text = JSON.stringify(pageTopology(topology));
    const place = this.#texts.get(text) ?? this.all.length;
    if (place === this.all.length) {
      this.#texts.set(text, place);
      this.all.push(text);
    }
    this.#seen.set(topology, place);
    return place;
  }
}

/** Each spec's text once, within a budget. */
class Texts {
  readonly all: string[] = [];
  readonly #places = new Map<string, number>();
  #size = 0;

  /** -1 where the text is not to be had, or too long to be put into a page. */
  place(file: string, sources: Sources): number {
    const known = this.#places.get(file);
    if (known !== undefined) return known;
    const text = sources(file)?.text;
    const fits =
      text !== undefined && text.length <= LONGEST_SOURCE && this.#size + text.length <= SOURCES_BUDGET;
    const place = fits ? this.all.length : -1;
    if (fits) {
      this.all.push(text);
      this.#size += text.length;
    }
    this.#places.set(file, place);
    return place;
  }
}
