import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { relative, resolve } from 'node:path';
import type { TargetName } from '../model/scenario.ts';
import type { Job, Reporter } from '../runner/events.ts';
import { type Executor, idleExecutor } from '../runner/executor.ts';
import { type Config, MAX_WORKERS, type ReporterName } from '../runner/config.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { runJobs } from '../runner/run.ts';
import { selectJobs } from '../runner/select.ts';
import { compileSpecs, findSpecs, type FoundSpecs, type Specs } from '../runner/specs.ts';
import type { Invocation } from './invocation.ts';
import { listJobs } from './list.ts';
import { counted, printDiagnostics } from './print.ts';
import { onStopSignals } from './signals.ts';
import { OptionReader, readSelection } from './select-options.ts';

/** Seeds that `--seed random` draws: short enough to be read aloud. */
const RANDOM_SEEDS = 2 ** 31;

/** A path that follows --bail is taken for its number. */
const BAIL_HELP = 'put --bail behind the paths, or write --bail=1';

interface RunSettings {
  readonly target: TargetName;
  readonly workers: number;
  readonly timeout_s: number;
  readonly bail: number | undefined;
  readonly seed: number | undefined;
  readonly today: string;
  readonly reports: string;
  readonly reporters: readonly ReporterName[];
}

/** `siren run [paths]`. */
export async function runCommand(
  paths: readonly string[],
  options: Record<string, unknown>,
  invocation: Invocation,
): Promise<number> {
  const { around, words } = invocation;
  const found = await findSpecs({
    cwd: around.cwd,
    words,
    paths,
    root: options['root'] as string | undefined,
  });
  const reader = new OptionReader(options, found.command_line);
  const settings = readSettings(reader, options, found, around.cwd);
  const seed = settings.seed === undefined ? {} : { seed: settings.seed };
  const selection = { ...readSelection(reader, settings.reports), ...seed };
  const readable = found.usage.length === 0 && reader.diagnostics.length === 0;
  const runs = readable && !reader.flag('list') && found.discovery.files.length > 0;
  // Started before the specs are compiled: a worker loads its code meanwhile.
  const executor = await executorFor(settings, runs);
  const specs = await compileSpecs(found);
  const selected = await selectJobs(specs, found.discovery.lines, selection);
  const usage = [...found.usage, ...reader.diagnostics, ...selected.diagnostics];
  if (usage.length > 0 || reader.flag('list')) await executor.close();
  if (usage.length > 0) {
    printDiagnostics([...specs.diagnostics, ...usage], specs.sources, around);
    return EXIT.usage;
  }
  const jobs = selected.value;
  if (reader.flag('list')) return listJobs(jobs, specs, reader, around);
  if (options['seed'] === 'random') around.error(`seed ${settings.seed}, drawn at random\n`);
  if (jobs.length === 0 && !specs.broken) {
    const sound = selection.only?.size === 0;
    around.error(sound ? 'nothing needed attention in the last run\n' : `${nothing(specs, paths)}\n`);
  }
  return runAndReport(jobs, specs, executor, settings, reader, invocation);
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
  if (result.interrupted) {
    if (around.tty) around.out('\r\u001b[2K');
    around.error('interrupted: no report was written\n');
    return stop.code();
  }
  if (result.exit_code !== EXIT.ok) for (const text of held) around.out(text);
  for (const { message } of result.failures) around.error(`error: ${message}\n`);
  const broken = new Set(result.failures.map(({ reporter }) => reporter));
  const written = settings.reporters.filter((name) => !broken.has(name));
  if (!quiet && written.length > 0) around.out(whereReports(settings, written, around.cwd));
  return result.exit_code;
}

function readSettings(
  reader: OptionReader,
  options: Record<string, unknown>,
  { project }: FoundSpecs,
  cwd: string,
): RunSettings {
  const { config, root } = project;
  const given = reader.text('reports');
  return {
    target: readTarget(reader, config),
    workers: reader.integer('workers', 0, MAX_WORKERS) ?? config.workers ?? availableParallelism(),
    timeout_s: reader.integer('timeout', 1, 86_400) ?? config.timeout_s,
    bail: options['bail'] === true ? 1 : reader.integer('bail', 1, 1_000_000, BAIL_HELP),
    seed: options['seed'] === 'random' ? randomInt(RANDOM_SEEDS) : (readSeed(reader) ?? config.seed),
    today: readToday(reader),
    reports: given === undefined ? resolve(root, config.reports) : resolve(cwd, given.text),
    reporters: config.reporters.filter((name) => options[name] !== false),
  };
}

function readSeed(reader: OptionReader): number | undefined {
  return reader.integer('seed', 0, Number.MAX_SAFE_INTEGER);
}

function readTarget(reader: OptionReader, config: Config): TargetName {
  const given = reader.text('target');
  const name = given?.text ?? config.target;
  if (name === 'sim') return name;
  const span = given?.span ?? { file: 'siren.yaml', start: 0, end: 0 };
  if (name === 'qemu' || name === 'core') {
    reader.wrong(span, `the target \`${name}\` is not there yet`, 'this version runs on `sim`', 'E0831');
  } else {
    reader.wrong(span, `there is no target \`${name}\``, 'targets are sim, qemu and core', 'E0831');
  }
  return 'sim';
}

function readToday(reader: OptionReader): string {
  const given = reader.text('today');
  const now = new Date().toISOString().slice(0, 10);
  if (given === undefined) return now;
  const real = /^\d{4}-\d{2}-\d{2}$/.test(given.text) && !Number.isNaN(Date.parse(given.text));
  if (!real) reader.wrong(given.span, `--today takes a date such as ${now}, not \`${given.text}\``);
  return given.text;
}

async function executorFor(settings: RunSettings, runs: boolean): Promise<Executor> {
  const { workers, timeout_s, today, target } = settings;
  const context = { today, replay: 'npx siren run', target };
  if (!runs) return idleExecutor(workers);
  if (workers > 0) {
    const { parallelExecutor } = await import('../runner/parallel.ts');
    return parallelExecutor(context, { workers, timeout_ms: timeout_s * 1000 });
  }
  const { serialExecutor } = await import('../runner/serial.ts');
  const { executeJob } = await import('../runner/execute.ts');
  return serialExecutor(executeJob, context);
}

const REPORT_FILES: Readonly<Record<ReporterName, string>> = {
  html: 'report.html',
  json: 'results.json',
  junit: 'junit.xml',
};

async function makeReporters(
  settings: RunSettings,
  reader: OptionReader,
  { around, version }: Invocation,
  write: (text: string) => void,
): Promise<readonly Reporter[]> {
  const { colors, columns, github, summary_path } = around;
  const { consoleReporter } = await import('../report/console.ts');
  const tty = around.tty && !reader.flag('quiet');
  const clock = (): number => performance.now();
  const reporters = [
    consoleReporter({ write, colors, tty, columns, verbose: reader.flag('verbose'), clock }),
  ];
  for (const name of settings.reporters) {
    const path = resolve(settings.reports, REPORT_FILES[name]);
    if (name === 'json') {
      const { jsonReporter } = await import('../report/json.ts');
      reporters.push(jsonReporter({ path, version }));
    } else if (name === 'junit') {
      const { junitReporter } = await import('../report/junit.ts');
      reporters.push(junitReporter({ path }));
    } else {
      const { htmlReporter } = await import('../report/html/reporter.ts');
      reporters.push(htmlReporter({ path, version }));
    }
  }
  if (github) {
    const { annotationsReporter } = await import('../report/annotations.ts');
    reporters.push(
      annotationsReporter({ write: around.out, ...(summary_path === undefined ? {} : { summary_path }) }),
    );
  }
  return reporters;
}

/** Why there is nothing to run. */
function nothing({ scenarios, files }: Specs, paths: readonly string[]): string {
  const where = paths.length === 0 ? 'the paths of siren.yaml' : paths.join(', ');
  if (files.length === 0) return `nothing was selected: there is no spec under ${where}`;
  if (scenarios.length === 0) return `nothing was selected: no scenario in ${counted(files.length, 'file')}`;
  return `nothing was selected: none of ${counted(scenarios.length, 'scenario')} matches (--allow-empty permits this)`;
}

function whereReports(settings: RunSettings, written: readonly ReporterName[], cwd: string): string {
  const files = written.map((name) => {
    const path = resolve(settings.reports, REPORT_FILES[name]);
    const near = relative(cwd, path);
    return near.startsWith('..') ? path : near;
  });
  return `reports: ${files.join('  ')}\n`;
}
