import type { Scenario } from '../model/scenario.ts';
import type { Checked, Diagnostic } from '../text/diagnostic.ts';
import { Source } from '../text/source.ts';
import type { Span } from '../text/span.ts';
import { usageProblem } from './command-line.ts';
import type { WantedLine } from './discover.ts';
import type { Job } from './events.ts';
import { occurrencesIn, runId } from './identity.ts';
import { eachOf } from '../model/each.ts';
import { filterNames } from './name-filter.ts';
import { matchesTags, parseTagExpression, undeclaredTags } from './tag-expression.ts';

/** A value of an option and where it stands. */
export interface OptionText {
  readonly text: string;
  readonly span: Span;
}

/** What narrows a run down; everything given must hold. */
export interface Selection {
  /** Searched for in `file :: name`. */
  readonly filter?: OptionText;
  /** The exact name of a scenario. */
  readonly name?: OptionText;
  readonly tags?: OptionText;
  /** Ids of runs: only these. */
  readonly only?: ReadonlySet<string>;
  readonly shard?: { readonly index: number; readonly of: number };
  /** Replaces the seeds of every scenario. */
  readonly seed?: number;
  /** Of `on each` scenarios: only this one. */
  readonly occurrence?: number;
}

/** What was compiled, as far as selecting needs it. */
export interface Compiled {
  readonly scenarios: readonly Scenario[];
  readonly sources: ReadonlyMap<string, string>;
  readonly declared_tags: ReadonlySet<string>;
  /** Something did not compile: a line may be that of a scenario that was left out. */
  readonly broken: boolean;
}

/** The jobs to run, in the order of the scenarios, numbered from 0. */
export async function selectJobs(
  compiled: Compiled,
  lines: ReadonlyMap<string, readonly WantedLine[]>,
  selection: Selection,
): Promise<Checked<readonly Job[]>> {
  const { value: atLines, diagnostics } = byLine(compiled, lines);
  const narrowed = await narrow(atLines, compiled.declared_tags, selection);
  const all = [...diagnostics, ...narrowed.diagnostics];
  if (all.length > 0) return { value: [], diagnostics: all };
  const { only, shard, seed, occurrence } = selection;
  const rows = crowdedLines(compiled.scenarios);
  const wholes = simulatedWhole(compiled.scenarios);
  let jobs = narrowed.value.flatMap((scenario) => {
    const row = rows.has(lineKey(scenario)) ? { row: true } : {};
    const whole = wholes.has(scenario) ? { whole: true } : {};
    const seeds = seed === undefined ? scenario.seeds : [seed];
    const each = occurrence !== undefined && eachOf(scenario) !== undefined ? { occurrence } : {};
    return seeds.map((one): Job => ({ index: 0, scenario, seed: one, ...row, ...whole, ...each }));
  });
  if (only !== undefined)
    jobs = jobs.flatMap((job) => (only.has(runId(job)) ? [job] : occurrencesIn(only, job)));
  // Round robin: neighbours cost alike, so every shard gets its share of the dear ones.
  if (shard !== undefined) jobs = jobs.filter((_, place) => place % shard.of === shard.index - 1);
  return { value: jobs.map((job, index) => ({ ...job, index })), diagnostics: [] };
}

async function narrow(
  scenarios: readonly Scenario[],
  declared: ReadonlySet<string>,
  selection: Selection,
): Promise<Checked<readonly Scenario[]>> {
  const diagnostics: Diagnostic[] = [];
  let kept = scenarios;
  const { filter, name, tags } = selection;
  if (name !== undefined) kept = kept.filter((scenario) => scenario.name === name.text);
  if (tags !== undefined) {
    const { value: expression, diagnostics: wrong } = parseTagExpression(tags.text, tags.span);
    diagnostics.push(...wrong);
    if (expression !== undefined) {
      diagnostics.push(...undeclaredTags(expression, declared));
      kept = kept.filter((scenario) => matchesTags(expression, new Set(scenario.tags)));
    }
  }
  if (filter !== undefined) {
    const ids = kept.map((scenario) => scenario.id);
    const { value: found, diagnostics: wrong } = await filterNames(ids, filter.text, filter.span);
    diagnostics.push(...wrong);
    kept = kept.filter((_, index) => found.has(index));
  }
  return { value: kept, diagnostics };
}

/** Keeps, of the files with wanted lines, the scenarios that hold one of them. */
function byLine(
  compiled: Compiled,
  lines: ReadonlyMap<string, readonly WantedLine[]>,
): Checked<readonly Scenario[]> {
  if (lines.size === 0) return { value: compiled.scenarios, diagnostics: [] };
  const hit = new Set<WantedLine>();
  const last = lastLines(compiled);
  const value = compiled.scenarios.filter((scenario) => {
    const wanted = lines.get(scenario.file);
    if (wanted === undefined) return true;
    const end = last(scenario);
    const holding = wanted.filter(({ line }) => line >= scenario.line && line <= end);
    for (const one of holding) hit.add(one);
    return holding.length > 0;
  });
  const diagnostics: Diagnostic[] = [];
  for (const [file, wanted] of compiled.broken ? [] : lines) {
    for (const one of wanted) {
      if (!hit.has(one)) diagnostics.push(noScenario(file, one, compiled.scenarios));
    }
  }
  return { value, diagnostics };
}

/** The line of a scenario's closing brace. */
function lastLines(compiled: Compiled): (scenario: Scenario) => number {
  const sources = new Map<string, Source>();
  return ({ file, line, span }) => {
    const text = compiled.sources.get(file);
    if (text === undefined) return line;
    const source = sources.get(file) ?? new Source(file, text);
    sources.set(file, source);
    return source.position(Math.max(span.start, span.end - 1)).line;
  };
}

function noScenario(file: string, wanted: WantedLine, scenarios: readonly Scenario[]): Diagnostic {
  const { line, argument } = wanted;
  const inFile = scenarios.filter((scenario) => scenario.file === file);
  const away = (scenario: Scenario): number => Math.abs(scenario.line - line);
  const near = inFile.toSorted((a, b) => away(a) - away(b))[0];
  const help =
    near === undefined ? 'the file has no scenario' : `the nearest is "${near.name}" at line ${near.line}`;
  const message = `no scenario of ${file} holds line ${line}`;
  return usageProblem('E0812', message, argument.span, 'selects nothing', help);
}

const lineKey = (scenario: Scenario): string => `${scenario.file}:${scenario.line}`;

/**
 * The first scenario of each file that claims a bystander: that one is simulated in all its runs, not only where
 * something is seen to reach it. A leak between partitions past everything that sees one then shows as a difference.
 */
function simulatedWhole(scenarios: readonly Scenario[]): ReadonlySet<Scenario> {
  const first = new Map<string, Scenario>();
  for (const scenario of scenarios) {
    const claims = scenario.claims.some(({ observer }) => observer === 'bystander');
    if (claims && scenario.skip === undefined && !first.has(scenario.file))
      first.set(scenario.file, scenario);
  }
  return new Set(first.values());
}

/** Lines at which several scenarios start: the rows of a table. */
function crowdedLines(scenarios: readonly Scenario[]): ReadonlySet<string> {
  const seen = new Set<string>();
  const crowded = new Set<string>();
  for (const scenario of scenarios) {
    const key = lineKey(scenario);
    if (seen.has(key)) crowded.add(key);
    seen.add(key);
  }
  return crowded;
}
