import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { needsAttention } from '../report/tally.ts';
import type { Results } from '../report/results.ts';
import { type CommandLine, usageProblem } from '../runner/command-line.ts';
import type { OptionText, Selection } from '../runner/select.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { Span } from '../text/span.ts';

/** Larger files are not of a run that this machine could have made. */
const MAX_RESULTS_BYTES = 512 * 1_048_576;
const MAX_SHARDS = 10_000;

/** Values of options, and what is wrong with them. */
export class OptionReader {
  readonly diagnostics: Diagnostic[] = [];
  readonly #options: Record<string, unknown>;
  readonly #line: CommandLine;

  constructor(options: Record<string, unknown>, line: CommandLine) {
    this.#options = options;
    this.#line = line;
  }

  flag(name: string): boolean {
    return this.#options[name] === true;
  }

  /** The value and where it stands, when the option was given. */
  text(name: string): OptionText | undefined {
    const text = this.#options[name];
    return typeof text === 'string' ? { text, span: this.#line.span(text) } : undefined;
  }

  /** A whole number in low..high. */
  integer(name: string, low: number, high: number, help?: string): number | undefined {
    const given = this.text(name);
    if (given === undefined) return undefined;
    const value = /^[0-9]{1,16}$/.test(given.text) ? Number(given.text) : Number.NaN;
    if (value >= low && value <= high) return value;
    this.wrong(given.span, `--${name} takes a whole number in ${low}..${high}, not \`${given.text}\``, help);
    return undefined;
  }

  /** Seconds in low..high, to the millisecond. */
  seconds(name: string, low: number, high: number): number | undefined {
    const given = this.text(name);
    if (given === undefined) return undefined;
    const value = /^[0-9]{1,6}(?:\.[0-9]{1,3})?$/.test(given.text) ? Number(given.text) : Number.NaN;
    if (value >= low && value <= high) return value;
    this.wrong(given.span, `--${name} takes seconds in ${low}..${high}, as in 0.5, not \`${given.text}\``);
    return undefined;
  }

  wrong(span: Span, message: string, help?: string, code = 'E0830'): void {
    this.diagnostics.push(usageProblem(code, message, span, 'this one', help));
  }
}

/** Levels of the page tables of real guests. */
export function readLevels(options: OptionReader): 4 | 5 {
  return options.integer('levels', 4, 5) === 5 ? 5 : 4;
}

/** What the options that `run` and `list` share select. */
export function readSelection(options: OptionReader, reports: string): Selection {
  const texts = (['filter', 'name', 'tags'] as const).flatMap((name) => {
    const text = options.text(name);
    return text === undefined ? [] : [[name, text] as const];
  });
  const shard = readShard(options);
  const only = options.flag('lastFailed') ? lastFailed(options, reports) : undefined;
  return {
    ...Object.fromEntries(texts),
    ...(shard === undefined ? {} : { shard }),
    ...(only === undefined ? {} : { only }),
  };
}

function readShard(options: OptionReader): Selection['shard'] {
  const given = options.text('shard');
  if (given === undefined) return undefined;
  const match = /^([0-9]{1,5})\/([0-9]{1,5})$/.exec(given.text);
  const [index, of] = [Number(match?.[1]), Number(match?.[2])];
  if (index >= 1 && index <= of && of <= MAX_SHARDS) return { index, of };
  options.wrong(given.span, `--shard takes \`i/n\` with i in 1..n, as in 2/5, not \`${given.text}\``);
  return undefined;
}

/** Ids of the runs that needed attention, from results.json in `reports` (absolute). */
function lastFailed(options: OptionReader, reports: string): ReadonlySet<string> | undefined {
  const file = join(reports, 'results.json');
  const bad = (why: string): undefined => {
    const span = options.text('lastFailed')?.span ?? { file: 'command line', start: 0, end: 5 };
    options.wrong(
      span,
      `--last-failed needs the results of an earlier run: ${why}`,
      'run once without it',
      'E0824',
    );
    return undefined;
  };
  let results: Partial<Results>;
  try {
    const stat = statSync(file);
    if (!stat.isFile()) return bad('results.json is no regular file');
    if (stat.size > MAX_RESULTS_BYTES) return bad('results.json is too large');
    results = JSON.parse(readFileSync(file, 'utf8')) as Partial<Results>;
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return bad(missing ? 'there is no results.json in the reports folder' : 'results.json cannot be read');
  }
  if (results?.format !== 'siren-results' || results.version !== 3 || !Array.isArray(results.runs)) {
    return bad('results.json has another format');
  }
  return new Set(results.runs.filter((run) => needsAttention(run.status)).map((run) => run.id));
}
