import { resolve } from 'node:path';
import type { Scenario } from '../model/scenario.ts';
import type { Job } from '../runner/events.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { selectJobs } from '../runner/select.ts';
import { compileSpecs, type Specs } from '../runner/specs.ts';
import { oneLine } from '../report/escape.ts';
import { askedSpecs, cannotBegin } from './asked.ts';
import type { Invocation } from './invocation.ts';
import { counted, printDiagnostics } from './print.ts';
import { OptionReader, readSelection } from './select-options.ts';
import type { Surroundings } from './surroundings.ts';

/** `siren list [paths]`: the scenarios that a run with the same options would run. */
export async function listCommand(
  paths: readonly string[],
  options: Record<string, unknown>,
  invocation: Invocation,
): Promise<number> {
  const { around } = invocation;
  const found = await askedSpecs(paths, options, invocation);
  const { project, discovery, command_line } = found;
  const reader = new OptionReader(options, command_line);
  const selection = readSelection(reader, resolve(project.root, project.config.reports));
  const refused = cannotBegin(found, invocation, reader.diagnostics);
  if (refused !== undefined) return refused;
  const specs = await compileSpecs(found);
  const selected = await selectJobs(specs, discovery.lines, selection);
  if (selected.diagnostics.length > 0) {
    printDiagnostics([...specs.diagnostics, ...selected.diagnostics], specs.sources, around);
    return EXIT.usage;
  }
  return listJobs(selected.value, specs, reader, around);
}

/** Prints what would run, and what is wrong with the specs; the exit code. */
export function listJobs(
  jobs: readonly Job[],
  specs: Specs,
  reader: OptionReader,
  around: Surroundings,
): number {
  printDiagnostics(specs.diagnostics, specs.sources, around);
  printJobs(jobs, reader.flag('json'), around);
  if (specs.broken) return EXIT.spec;
  return jobs.length === 0 && !reader.flag('allowEmpty') ? EXIT.empty : EXIT.ok;
}

/** The scenarios of jobs, each once, with the seeds that were selected, and of `on each` the occurrences. */
function printJobs(jobs: readonly Job[], json: boolean, { out, colors }: Surroundings): void {
  const selected = new Map<Scenario, Job[]>();
  for (const job of jobs) selected.set(job.scenario, [...(selected.get(job.scenario) ?? []), job]);
  if (json) {
    const listed = [...selected].map(([scenario, list]) => listedScenario(scenario, list));
    out(`${JSON.stringify(listed, null, 1)}\n`);
    return;
  }
  for (const [{ file, line, name, tags, skip, xfail }, list] of selected) {
    const seeds = seedsOf(list);
    const marks = [
      ...tags,
      ...(seeds.length > 1 ? [`${seeds.length} seeds`] : []),
      ...(list.length > seeds.length ? [counted(list.length, 'occurrence')] : []),
      ...(skip === undefined ? [] : ['skip']),
      ...(xfail === undefined ? [] : ['xfail']),
    ];
    const tail = marks.length === 0 ? '' : `  ${colors.dim(`(${marks.join(', ')})`)}`;
    out(`${colors.dim(oneLine(`${file}:${line}`))}  ${oneLine(name)}${tail}\n`);
  }
  out(`\n${counted(selected.size, 'scenario')}, ${counted(jobs.length, 'run')}\n`);
}

function seedsOf(jobs: readonly Job[]): number[] {
  return [...new Set(jobs.map(({ seed }) => seed))];
}

function listedScenario(scenario: Scenario, jobs: readonly Job[]): unknown {
  const { id, name, doc, file, line, tags, targets, skip, xfail, duration_ns } = scenario;
  const occurrences = jobs.flatMap(({ seed, occurrence }) =>
    occurrence === undefined ? [] : { seed, occurrence },
  );
  return {
    id,
    name,
    ...(doc === undefined ? {} : { doc }),
    file,
    line,
    tags,
    targets,
    seeds: seedsOf(jobs),
    ...(occurrences.length === 0 ? {} : { occurrences }),
    duration_ns,
    ...(skip === undefined ? {} : { skip: skip.reason }),
    ...(xfail === undefined ? {} : { xfail: xfail.reason, until: xfail.until }),
  };
}
