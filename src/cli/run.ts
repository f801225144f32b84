import { existsSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { ERASE_LINE } from '../report/status-line.ts';
import { CONFIG_FILE } from '../runner/config.ts';
import type { Job } from '../runner/events.ts';
import { type Executor, idleExecutor } from '../runner/executor.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { isInside } from '../runner/project.ts';
import { runJobs } from '../runner/run.ts';
import { selectJobs } from '../runner/select.ts';
import { compileSpecs, type FoundSpecs, type Specs } from '../runner/specs.ts';
import { askedSpecs, cannotBegin } from './asked.ts';
import { toldOf } from './elsewhere.ts';
import type { Invocation } from './invocation.ts';
import type { Surroundings } from './surroundings.ts';
import { listJobs } from './list.ts';
import { counted, printDiagnostics } from './print.ts';
import { makeReporters, whereReports } from './run-reporters.ts';
import { readSettings, type RunSettings } from './run-settings.ts';
import { OptionReader, readSelection } from './select-options.ts';
import { onStopSignals } from './signals.ts';

/** `siren run [paths]`. */
export async function runCommand(
  paths: readonly string[],
  options: Record<string, unknown>,
  invocation: Invocation,
): Promise<number> {
  const { around } = invocation;
  const found = await askedSpecs(paths, options, invocation);
  const reader = new OptionReader(options, found.command_line);
  const settings = readSettings(reader, options, found, around.cwd);
  const seed = settings.seed === undefined ? {} : { seed: settings.seed };
  const which = settings.occurrence === undefined ? {} : { occurrence: settings.occurrence };
  const selection = { ...readSelection(reader, settings.reports), ...seed, ...which };
  const refused = cannotBegin(found, invocation, reader.diagnostics);
  if (refused !== undefined) return refused;
  const runs = !reader.flag('list') && found.discovery.files.length > 0;
  // Started before the specs are compiled: a worker loads its code meanwhile.
  const executor = await executorFor(settings, runs, found.project.root, around);
  const specs = await compiling(found, reader.flag('quiet'), around, () => compileSpecs(found));
  const selected = await selectJobs(specs, found.discovery.lines, selection);
  if (selected.diagnostics.length > 0) {
    await executor.close();
    printDiagnostics([...specs.diagnostics, ...selected.diagnostics], specs.sources, around);
    return EXIT.usage;
  }
  const jobs = selected.value;
  const told = toldOf(specs.diagnostics, selection.only, jobs);
  if (reader.flag('list')) return listJobs(jobs, specs, reader, around);
  if (options['seed'] === 'random') around.error(`seed ${settings.seed}, drawn at random\n`);
  if (jobs.length === 0 && !specs.broken) {
    const sound = selection.only?.size === 0;
    around.error(sound ? 'nothing needed attention in the last run\n' : `${nothing(specs, paths)}\n`);
  }
  if (told.elsewhere !== undefined) {
    const { errors, files } = told.elsewhere;
    around.error(
      `${counted(errors, 'error')} in ${counted(files, 'spec')} that ${files === 1 ? 'was' : 'were'} not selected: \`siren check\` tells them\n`,
    );
  }
  sayProject(found.project.root, paths, around);
  // What was narrowed down to nothing leaves the last report as it is, and what failed in it.
  const narrowed = Object.keys(selection).some((key) => key !== 'seed' && key !== 'occurrence');
  const kept = jobs.length === 0 && (narrowed || !specs.broken) && !reader.flag('allowEmpty');
  const reported = kept ? { ...settings, reporters: [] } : settings;
  return runAndReport(
    jobs,
    { ...specs, diagnostics: told.diagnostics },
    executor,
    reported,
    reader,
    invocation,
  );
}

async function runAndReport(
  jobs: readonly Job[],
  specs: Specs,
  executor: Executor,
  settings: RunSettings,
  reader: OptionReader,
  invocation: Invocation,
): Promise<number> {
  const { around } = invocation;
  const held: string[] = [];
  const quiet = reader.flag('quiet');
  const write = quiet ? (text: string) => void held.push(text) : around.out;
  const stop = onStopSignals();
  const result = await runJobs({
    files: specs.files,
    sources: specs.sources,
    diagnostics: specs.diagnostics,
    jobs,
    target: settings.target,
    ...(settings.seed === undefined ? {} : { seed_override: settings.seed }),
    executor,
    reporters: await makeReporters(settings, reader, invocation, write),
    ...(settings.bail === undefined ? {} : { bail: settings.bail }),
    allow_empty: reader.flag('allowEmpty'),
    environment: {
      date: new Date().toISOString(),
      node: process.version,
      platform: `${process.platform} ${process.arch}`,
    },
    signal: stop.signal,
  });
  stop.release();
  if (result.unreported === true) {
    if (around.tty) around.out(ERASE_LINE);
    around.error('interrupted before a run had ended: no report was written\n');
    return stop.code();
  }
  if (result.exit_code !== EXIT.ok) for (const text of held) around.out(text);
  for (const { message } of result.failures) around.error(`error: ${message}\n`);
  const broken = new Set(result.failures.map(({ reporter }) => reporter));
  const written = settings.reporters.filter((name) => !broken.has(name));
  if (!quiet && written.length > 0) around.out(whereReports(settings, written, around.cwd));
  return result.interrupted ? stop.code() : result.exit_code;
}

/** Compiling takes a while and looks like nothing: a terminal is told. */
async function compiling<T>(
  found: FoundSpecs,
  quiet: boolean,
  { tty, out }: Surroundings,
  work: () => Promise<T>,
): Promise<T> {
  if (!tty || quiet) return work();
  out(`compiling ${counted(found.discovery.files.length, 'spec')} …`);
  const done = await work();
  out(ERASE_LINE);
  return done;
}

/** Specs of no project are a project of their own, with reports of its own: said, because nobody asked for it. */
function sayProject(root: string, paths: readonly string[], { cwd, error }: Surroundings): void {
  if (isInside(realpathSync(cwd), root) || existsSync(join(root, CONFIG_FILE))) return;
  error(
    `note: no siren.yaml is above ${paths.join(', ')}: the project is ${root}, and its reports go there\n`,
  );
}

async function executorFor(
  settings: RunSettings,
  runs: boolean,
  root: string,
  { cache, search_path }: Surroundings,
): Promise<Executor> {
  const { workers, timeout_s, today, target, levels } = settings;
  const on = target === 'qemu' && levels === 5 ? `${target} --levels 5` : target;
  const replay = target === 'sim' ? 'npx siren run' : `npx siren run --target ${on}`;
  const context = { today, replay, target, root, cache, search_path, levels };
  if (!runs) return idleExecutor(workers);
  if (workers > 0) {
    const { parallelExecutor } = await import('../runner/parallel.ts');
    return parallelExecutor(context, { workers, timeout_ms: Math.round(timeout_s * 1000) });
  }
  const { serialExecutor } = await import('../runner/serial.ts');
  const { executorOf, realFor } = await import('../runner/execute.ts');
  const { shippedLibrary } = await import('../runner/library.ts');
  return serialExecutor(executorOf(await shippedLibrary(), await realFor(target)), context);
}

/** Why there is nothing to run. */
function nothing({ scenarios, files }: Specs, paths: readonly string[]): string {
  const where = paths.length === 0 ? 'the paths of siren.yaml' : paths.join(', ');
  if (files.length === 0) return `nothing was selected: there is no spec under ${where}`;
  if (scenarios.length === 0) return `nothing was selected: no scenario in ${counted(files.length, 'file')}`;
  return `nothing was selected: none of ${counted(scenarios.length, 'scenario')} matches (--allow-empty permits this)`;
}
