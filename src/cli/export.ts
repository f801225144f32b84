import { relative, resolve } from 'node:path';
import type { Damaged } from '../execute/damaged.ts';
import { damagedMachine, damagedReal, firstAttach } from '../execute/damaged.ts';
import type { Scenario } from '../model/scenario.ts';
import type { Surroundings } from './surroundings.ts';
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
import { OptionReader, readLevels, readSelection } from './select-options.ts';
import { unwritten } from './write.ts';

const UNITS: Readonly<Record<string, number>> = { ns: 1, us: 1e3, ms: 1e6, s: 1e9 };
const STEM_LIMIT = 80;

/**
 * `siren export [paths] [--at TIME]`: the damaged machines of scenarios, as ELF cores with their ground truth beside
 * them.
 */
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
  const target = readTarget(reader);
  const levels = readLevels(reader);
  const seed = reader.integer('seed', 0, Number.MAX_SAFE_INTEGER);
  const selection = { ...readSelection(reader, folder), ...(seed === undefined ? {} : { seed }) };
  const refused = cannotBegin(found, invocation, reader.diagnostics);
  if (refused !== undefined) return refused;
  const specs = await compileSpecs(found);
  const selected = await selectJobs(specs, found.discovery.lines, selection);
  printDiagnostics([...specs.diagnostics, ...selected.diagnostics], specs.sources, around);
  if (selected.diagnostics.length > 0) return EXIT.usage;
  const jobs = selected.value.filter(({ scenario }) => scenario.targets.includes(target));
  const left_out = selected.value.length - jobs.length;
  const [shipped, lines] = [await shippedLibrary(), new TwinLines()];
  let written = 0;
  for (const { scenario, seed: one } of jobs) {
    const whole = { ...scenario, library: mergedLibrary(shipped, scenario.library) };
    const damaged =
      target === 'sim' ? simulated(whole, one, lines, at_ns) : await real(whole, one, at_ns, levels, around);
    if (typeof damaged === 'string') {
      around.error(`${scenario.file}:${scenario.line}: ${damaged}\n`);
      continue;
    }
    for (const name of struckPartitions(damaged)) {
      const stem = stemOf(scenario.file, scenario.name, one, name);
      try {
        const { dump } = exportPartition(
          damaged,
          { scenario, seed: one, siren: version },
          name,
          folder,
          stem,
        );
        around.out(`${relative(around.cwd, dump)}\n`);
        written++;
      } catch (error) {
        damaged.release();
        return unwritten(`${stem} into ${relative(around.cwd, folder)}`, error, around);
      }
    }
    damaged.release();
  }
  around.error(
    `${counted(written, 'dump')} of ${counted(jobs.length, 'run')}, each with its ground truth beside it${left_out === 0 ? '' : `; ${left_out} not for ${target}`}\n`,
  );
  if (specs.broken) return EXIT.spec;
  return written === 0 ? EXIT.empty : EXIT.ok;
}

function simulated(scenario: Scenario, seed: number, lines: TwinLines, at_ns: number | undefined): Damaged {
  const until_ns = at_ns ?? firstAttach(scenario, seed, lines);
  return damagedMachine(scenario, seed, lines, Math.min(until_ns, scenario.duration_ns));
}

/** A stock kernel under QEMU, at the end of the run unless a time is given; why there is none. */
async function real(
  scenario: Scenario,
  seed: number,
  at_ns: number | undefined,
  levels: 4 | 5,
  { cache, search_path, error }: Surroundings,
): Promise<Damaged | string> {
  const { adapted, impossible } = await import('../execute/real.ts');
  const { restoreMachine } = await import('../targets/qemu/machine.ts');
  const { QemuProblem } = await import('../targets/qemu/problem.ts');
  const why = impossible(scenario);
  if (why !== undefined) return why;
  const fit = adapted(scenario);
  const machine = restoreMachine(fit.scenario.topology, {
    cache,
    search_path,
    levels,
    aside: (words, _limit_ms, work) => (error(`${words}\n`), work()),
  });
  if (machine instanceof QemuProblem) return `${machine.message}: ${machine.mend}`;
  try {
    return damagedReal(fit, seed, machine, Math.min(at_ns ?? Infinity, scenario.duration_ns));
  } catch (error) {
    machine.release();
    if (error instanceof QemuProblem) return `${error.message}: ${error.mend}`;
    throw error;
  }
}

function readTarget(reader: OptionReader): 'sim' | 'qemu' {
  const given = reader.text('target');
  if (given?.text === 'qemu') return 'qemu';
  if (given !== undefined && given.text !== 'sim')
    reader.wrong(
      given.span,
      `nothing is exported from the target \`${given.text}\``,
      'sim and qemu have machines to export',
      'E0831',
    );
  return 'sim';
}

/** `--at "40 ms"`; undefined without it: when the first ambulance attaches, on a real kernel the end of the run. */
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
  const plain = words
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-|-$/g, '');
  return `${plain.slice(0, STEM_LIMIT)}-${seed}-${partition}`;
}
