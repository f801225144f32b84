import { randomInt } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { OCCURRENCE_LIMIT } from '../model/each.ts';
import type { TargetName } from '../model/scenario.ts';
import { type Config, CONFIG_FILE, MAX_WORKERS, type ReporterName } from '../runner/config.ts';
import type { FoundSpecs } from '../runner/specs.ts';
import type { OptionReader } from './select-options.ts';
import { readLevels } from './select-options.ts';

/** Seeds that `--seed random` draws: short enough to be read aloud. */
const RANDOM_SEEDS = 2 ** 31;

/** A path that follows --bail is taken for its number. */
const BAIL_HELP = 'put --bail behind the paths, or write --bail=1';

/** What siren.yaml and the options of `siren run` come to. */
export interface RunSettings {
  readonly target: TargetName;
  readonly workers: number;
  readonly timeout_s: number;
  readonly bail: number | undefined;
  readonly seed: number | undefined;
  readonly occurrence: number | undefined;
  /** Of the page tables of real guests. */
  readonly levels: 4 | 5;
  readonly today: string;
  readonly reports: string;
  readonly reporters: readonly ReporterName[];
}

/** Options win over siren.yaml. What is wrong with them is told to the reader. */
export function readSettings(
  reader: OptionReader,
  options: Record<string, unknown>,
  { project }: FoundSpecs,
  cwd: string,
): RunSettings {
  const { config, root } = project;
  const given = reader.text('reports');
  if (given?.text.trim() === '') reader.wrong(given.span, '--reports takes a folder, and this is none');
  const target = readTarget(reader, config);
  return {
    target,
    workers: reader.integer('workers', 0, MAX_WORKERS) ?? config.workers ?? workersFor(target),
    timeout_s: reader.seconds('timeout', 0.1, 86_400) ?? config.timeout_s,
    bail: options['bail'] === true ? 1 : reader.integer('bail', 1, 1_000_000, BAIL_HELP),
    seed: options['seed'] === 'random' ? randomInt(RANDOM_SEEDS) : (readSeed(reader) ?? config.seed),
    occurrence: reader.integer('occurrence', 1, OCCURRENCE_LIMIT),
    levels: readLevels(reader),
    today: readToday(reader),
    reports: given === undefined ? resolve(root, config.reports) : resolve(cwd, given.text),
    reporters: config.reporters.filter((name) => options[name] !== false),
  };
}

/** Every processor of an emulated guest is a busy thread, and its heartbeat goes by the clock: few at a time. */
function workersFor(target: TargetName): number {
  const threads = availableParallelism();
  return target === 'qemu' ? Math.max(1, Math.floor(threads / 4)) : threads;
}

function readSeed(reader: OptionReader): number | undefined {
  return reader.integer('seed', 0, Number.MAX_SAFE_INTEGER);
}

function readTarget(reader: OptionReader, config: Config): TargetName {
  const given = reader.text('target');
  const name = given?.text ?? config.target;
  if (name === 'sim' || name === 'qemu' || name === 'core') return name;
  const span = given?.span ?? { file: CONFIG_FILE, start: 0, end: 0 };
  reader.wrong(span, `there is no target \`${String(name)}\``, 'targets are sim, qemu and core', 'E0831');
  return 'sim';
}

function readToday(reader: OptionReader): string {
  const given = reader.text('today');
  const now = new Date().toISOString().slice(0, 10);
  if (given === undefined) return now;
  const time = /^\d{4}-\d{2}-\d{2}$/.test(given.text) ? Date.parse(given.text) : Number.NaN;
  // The 30th of February is read as the 2nd of March.
  const real = !Number.isNaN(time) && new Date(time).toISOString().startsWith(given.text);
  if (!real) reader.wrong(given.span, `--today takes a date such as ${now}, not \`${given.text}\``);
  return given.text;
}
