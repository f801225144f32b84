import { relative, resolve } from 'node:path';
import { damagedMachine, firstAttach } from '../execute/damaged.ts';
import { TwinLines } from '../execute/twin-line.ts';
import { exportPartition, struckPartitions } from '../runner/export.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { mergedLibrary } from '../runner/library-merge.ts';
import { shippedLibrary } from '../runner/library.ts';
import { selectJobs } from '../runner/select.ts';
import { compileSpecs } from '../runner/specs.ts';
import { askedSpecs, cannotBegin } from './asked.ts';
import type { Invocation } from './invocation.ts';
import { counted, printDiagnostics } from './print.ts';
import { OptionReader, readSelection } from './select-options.ts';

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const STEM_LIMIT = 80;

/** `siren export [paths] [--at TIME]`: the damaged machines of scenarios, as ELF cores with their ground truth beside them. */
export async function exportCommand(
  paths: readonly string[],
  options: Record<string, unknown>,
  invocation: Invocation,
): Promise<number> {
  const { around, version } = invocation;
  const found = await askedSpecs(paths, options, invocation);
  const reader = new OptionReader(options, found.command_line);
  const folder = resolve(around.cwd, reader.text('out')?.text ?? 'exports');
  const at_ns = readTime(reader);
  const seed = reader.integer('seed', 0, Number.MAX_SAFE_INTEGER);
  const selection = { ...readSelection(reader, folder), ...(seed === undefined ? {} : { seed }) };
  const refused = cannotBegin(found, invocation, reader.diagnostics);
  if (refused !== undefined) return refused;
  const specs = await compileSpecs(found);
  const selected = await selectJobs(specs, found.discovery.lines, selection);
  printDiagnostics([...specs.diagnostics, ...selected.diagnostics], specs.sources, around);
  if (selected.diagnostics.length > 0) return EXIT.usage;
  const jobs = selected.value.filter(({ scenario }) => scenario.targets.includes('sim'));
  const [shipped, lines] = [await shippedLibrary(), new TwinLines()];
  let written = 0;
  for (const { scenario, seed: one } of jobs) {
    const whole = { ...scenario, library: mergedLibrary(shipped, scenario.library) };
    const until_ns = at_ns ?? firstAttach(whole, one, lines);
    const damaged = damagedMachine(whole, one, lines, Math.min(until_ns, scenario.duration_ns));
    for (const name of struckPartitions(damaged)) {
      const stem = stemOf(scenario.file, scenario.name, one, name);
      const { dump } = exportPartition(damaged, { scenario, seed: one, siren: version }, name, folder, stem);
      around.out(`${relative(around.cwd, dump)}\n`);
      written++;
    }
    damaged.release();
  }
  around.error(`${counted(written, 'dump')} of ${counted(jobs.length, 'run')}, each with its ground truth beside it\n`);
  if (specs.broken) return EXIT.spec;
  return written === 0 ? EXIT.empty : EXIT.ok;
} // prettier-ignore

/** `--at "40 ms"`; undefined without it: the end of the run. */
function readTime(reader: OptionReader): number | undefined {
  const given = reader.text('at');
  if (given === undefined) return undefined;
  const match = /^(\d+(?:\.\d+)?)\s*(ns|us|ms|s)$/.exec(given.text.trim());
  if (match) return Math.round(Number(match[1]) * (UNITS[match[2] as string] as number));
  reader.wrong(given.span, `--at takes a time of the run, as in "40 ms", not \`${given.text}\``);
  return undefined;
}

/** A file's name that says which run and which partition. */
function stemOf(file: string, name: string, seed: number, partition: string): string {
  const words = `${file.replace(/^.*\//, '').replace(/\.spec$/, '')} ${name}`;
  const plain = words.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return `${plain.slice(0, STEM_LIMIT)}-${seed}-${partition}`;
} // prettier-ignore
