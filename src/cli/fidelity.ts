import { join, resolve } from 'node:path';
import type { RunOutcome } from '../record/outcome.ts';
import { agreement, type Fidelity, fidelityOf } from '../report/fidelity.ts';
import { oneLine } from '../report/escape.ts';
import type { TargetName } from '../model/scenario.ts';
import type { Job } from '../runner/events.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { parallelExecutor } from '../runner/parallel.ts';
import { selectJobs } from '../runner/select.ts';
import { compileSpecs } from '../runner/specs.ts';
import { askedSpecs, cannotBegin } from './asked.ts';
import type { Invocation } from './invocation.ts';
import { printDiagnostics } from './print.ts';
import { OptionReader, readSelection } from './select-options.ts';
import { onStopSignals } from './signals.ts';
import { written } from './write.ts';

const TIMEOUT_S = 120;

/** `siren fidelity [paths]`: runs what is for both on the simulation and on a stock kernel, and says where they differ, and why. */
export async function fidelityCommand(
  paths: readonly string[],
  options: Record<string, unknown>,
  invocation: Invocation,
): Promise<number> {
  const { around } = invocation;
  const found = await askedSpecs(paths, options, invocation);
  const { project, discovery, command_line } = found;
  const reader = new OptionReader(options, command_line);
  const given = reader.text('reports');
  const reports =
    given === undefined ? resolve(project.root, project.config.reports) : resolve(around.cwd, given.text);
  const selection = readSelection(reader, reports);
  const timeout_s = reader.seconds('timeout', 0.1, 86_400) ?? TIMEOUT_S;
  const at_least = reader.integer('atLeast', 0, 100);
  const refused = cannotBegin(found, invocation, reader.diagnostics);
  if (refused !== undefined) return refused;
  const specs = await compileSpecs(found);
  const selected = await selectJobs(specs, discovery.lines, selection);
  printDiagnostics([...specs.diagnostics, ...selected.diagnostics], specs.sources, around);
  if (selected.diagnostics.length > 0) return EXIT.usage;
  if (specs.broken) return EXIT.spec;
  const jobs = selected.value
    .filter(({ scenario }) => isPortable(scenario.targets))
    .map((job, index) => ({ ...job, index }));
  if (jobs.length === 0) {
    around.error('nothing was selected: no scenario says `targets sim, qemu`\n');
    return EXIT.empty;
  }
  const stop = onStopSignals();
  const context = {
    today: new Date().toISOString().slice(0, 10),
    root: project.root,
    cache: around.cache,
    search_path: around.search_path,
  };
  const runs: RunOutcome[][] = [];
  for (const target of ['sim', 'qemu'] as const)
    runs.push(await runOn(target, jobs, { ...context, target, replay: `npx siren run --target ${target}` }, timeout_s, stop.signal)); // prettier-ignore
  stop.release();
  if (stop.signal.aborted) return stop.code();
  const all = jobs.map((job) =>
    fidelityOf(runs[0]?.[job.index] as RunOutcome, runs[1]?.[job.index] as RunOutcome),
  );
  for (const one of all) around.out(linesOf(one));
  const { compared, alike, scenarios, identical, left_out } = agreement(all);
  const percent = compared === 0 ? 0 : (100 * alike) / compared;
  const figure = `${identical} of ${scenarios} scenarios alike, ${left_out} could not be compared; of what was compared, ${alike} of ${compared} (${percent.toFixed(1)}%)`;
  around.out(`\n${scenarios === 0 ? 'nothing could be compared' : figure}\n`);
  const file = join(reports, 'fidelity.json');
  const content = { format: 'siren-fidelity', version: 1, agreement: agreement(all), scenarios: all };
  const failed = await written(file, `${JSON.stringify(content, null, 2)}\n`, file, around);
  if (failed !== undefined) return failed;
  around.out(`report: ${file}\n`);
  if (scenarios === 0) return EXIT.harness;
  if (at_least === undefined || percent >= at_least) return EXIT.ok;
  around.error(`that is less than ${at_least}%\n`);
  return EXIT.failed;
}

const isPortable = (targets: readonly TargetName[]): boolean =>
  targets.includes('sim') && targets.includes('qemu');

async function runOn(
  target: TargetName,
  jobs: readonly Job[],
  context: Parameters<typeof parallelExecutor>[0],
  timeout_s: number,
  signal: AbortSignal,
): Promise<RunOutcome[]> {
  const outcomes: RunOutcome[] = [];
  // One at a time: a real guest's heartbeat goes by the clock.
  const executor = parallelExecutor({ ...context, target }, { workers: 1, timeout_ms: timeout_s * 1000 });
  const listener = {
    started: () => undefined,
    finished: (job: Job, outcome: RunOutcome) => void (outcomes[job.index] = outcome),
  };
  try {
    await executor.run(jobs, listener, signal);
  } finally {
    await executor.close();
  }
  return outcomes;
}

function linesOf({ scenario, seed, differences, left_out }: Fidelity): string {
  const name = oneLine(`${scenario} [seed ${seed}]`);
  if (left_out !== undefined) return `left out  ${name}: ${oneLine(left_out)}\n`;
  if (differences.length === 0) return `alike     ${name}\n`;
  const lines = differences.map(
    ({ aspect, sim, real, why }) =>
      `            ${aspect}: sim ${oneLine(sim)} | qemu ${oneLine(real)}  (${oneLine(why)})\n`,
  );
  return `differs   ${name}\n${lines.join('')}`;
}
