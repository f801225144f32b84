import { join, resolve } from 'node:path';
import type { RunOutcome } from '../record/outcome.ts';
import { formatTime } from '../base/units.ts';
import { ResultsError } from '../report/compare/read.ts';
import { earlierRuns } from '../report/earlier.ts';
import { agreement, type Fidelity, type FidelityRun, fidelityOf } from '../report/fidelity.ts';
import { oneLine } from '../report/escape.ts';
import type { TargetName } from '../model/scenario.ts';
import type { Job } from '../runner/events.ts';
import { EXIT } from '../runner/exit-codes.ts';
import { runId } from '../runner/identity.ts';
import { parallelExecutor } from '../runner/parallel.ts';
import { selectJobs } from '../runner/select.ts';
import { compileSpecs } from '../runner/specs.ts';
import { askedSpecs, cannotBegin } from './asked.ts';
import type { Invocation } from './invocation.ts';
import { printDiagnostics } from './print.ts';
import { resultsText } from './results-file.ts';
import { OptionReader, readLevels, readSelection } from './select-options.ts';
import { onStopSignals } from './signals.ts';
import { written } from './write.ts';

const TIMEOUT_S = 120;

/**
 * `siren fidelity [paths] [--from RESULTS]…`: runs what is for both on the simulation and on a stock kernel, and says
 * where they differ, and why. What a results.json tells is not run again.
 */
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
  const scenarios_least = reader.integer('scenarios', 1, 1_000_000);
  const levels = readLevels(reader);
  const files = Array.isArray(options['from']) ? options['from'].map(String) : [];
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
  const earlier = await earlierOf(files, around);
  if (typeof earlier === 'number') return earlier;
  const stop = onStopSignals();
  const context = {
    today: new Date().toISOString().slice(0, 10),
    root: project.root,
    cache: around.cache,
    search_path: around.search_path,
    levels,
  };
  const runs: (readonly FidelityRun[])[] = [];
  for (const target of ['sim', 'qemu'] as const)
    runs.push(
      toldBy(jobs, earlier.get(target)) ??
        (await runOn(
          target,
          jobs,
          {
            ...context,
            target,
            replay: `npx siren run --target ${target}${target === 'qemu' && levels === 5 ? ' --levels 5' : ''}`,
          },
          timeout_s,
          stop.signal,
          around,
        )),
    );
  stop.release();
  if (stop.signal.aborted) return stop.code();
  const all = jobs.map((job) =>
    fidelityOf(runs[0]?.[job.index] as FidelityRun, runs[1]?.[job.index] as FidelityRun),
  );
  for (const one of all) around.out(linesOf(one));
  const { telling, telling_alike, compared, alike, scenarios, identical, left_out } = agreement(all);
  const part = (some: number, of: number): number => (of === 0 ? 0 : (100 * some) / of);
  const percent = part(telling_alike, telling);
  const figure = `${identical} of ${scenarios} scenarios alike, ${left_out} could not be compared; alike of what was seen on either side or is named by a claim: ${telling_alike} of ${telling} (${percent.toFixed(1)}%); of all that was compared: ${alike} of ${compared} (${part(alike, compared).toFixed(1)}%)`;
  around.out(`\n${scenarios === 0 ? 'nothing could be compared' : figure}\n`);
  const file = join(reports, 'fidelity.json');
  const content = { format: 'siren-fidelity', version: 2, agreement: agreement(all), scenarios: all };
  const failed = await written(file, `${JSON.stringify(content, null, 2)}\n`, file, around);
  if (failed !== undefined) return failed;
  around.out(`report: ${file}\n`);
  if (scenarios === 0) return EXIT.harness;
  if (scenarios < (scenarios_least ?? 0)) around.error(`that is fewer than ${scenarios_least} scenarios\n`);
  else if (percent < (at_least ?? 0)) around.error(`that is less than ${at_least}%\n`);
  else return EXIT.ok;
  return EXIT.failed;
}

/** What results.json files tell, by what they ran on; the exit code when one is none. */
async function earlierOf(
  files: readonly string[],
  around: Invocation['around'],
): Promise<ReadonlyMap<string, ReadonlyMap<string, FidelityRun>> | number> {
  const all = new Map<string, ReadonlyMap<string, FidelityRun>>();
  try {
    for (const file of files) {
      const { target, runs } = earlierRuns(await resultsText(resolve(around.cwd, file), file), file);
      all.set(target, new Map([...(all.get(target) ?? []), ...runs]));
    }
    return all;
  } catch (error) {
    if (!(error instanceof ResultsError)) throw error;
    around.error(`siren fidelity: ${error.message}\n`);
    return EXIT.usage;
  }
}

/** The runs of jobs as they were told; undefined where nobody told of that target. */
function toldBy(
  jobs: readonly Job[],
  earlier: ReadonlyMap<string, FidelityRun> | undefined,
): readonly FidelityRun[] | undefined {
  return (
    earlier &&
    jobs.map((job) => {
      const id = runId(job);
      return (
        earlier.get(id) ?? {
          id,
          scenario: job.scenario.name,
          seed: job.seed,
          status: 'not run',
          reason: 'the results that were given do not have it',
        }
      );
    })
  );
}

const isPortable = (targets: readonly TargetName[]): boolean =>
  targets.includes('sim') && targets.includes('qemu');

async function runOn(
  target: TargetName,
  jobs: readonly Job[],
  context: Parameters<typeof parallelExecutor>[0],
  timeout_s: number,
  signal: AbortSignal,
  around: Invocation['around'],
): Promise<RunOutcome[]> {
  const outcomes: RunOutcome[] = [];
  // One at a time: a real guest's heartbeat goes by the clock.
  const executor = parallelExecutor({ ...context, target }, { workers: 1, timeout_ms: timeout_s * 1000 });
  const listener = {
    started: () => undefined,
    aside: (job: Job, words: string) => around.error(`${oneLine(job.scenario.name)}: ${oneLine(words)}\n`),
    finished: (job: Job, outcome: RunOutcome) => void (outcomes[job.index] = outcome),
  };
  try {
    await executor.run(jobs, listener, signal);
  } finally {
    await executor.close();
  }
  return outcomes;
}

function linesOf({ scenario, seed, differences, left_out, seen }: Fidelity): string {
  const name = oneLine(`${scenario} [seed ${seed}]`);
  if (left_out !== undefined) return `left out  ${name}: ${oneLine(left_out)}\n`;
  const both = seen === undefined ? '' : `${sideLine('sim ', seen.sim)}${sideLine('qemu', seen.real)}`;
  if (differences.length === 0) return `alike     ${name}\n${both}`;
  const lines = differences.map(
    ({ aspect, sim, real, why }) =>
      `            ${aspect}: sim ${oneLine(sim)} | qemu ${oneLine(real)}  (${oneLine(why)})\n`,
  );
  return `differs   ${name}\n${both}${lines.join('')}`;
}

/** What one side saw, and when. */
function sideLine(side: string, { signs, attached_ns, found }: NonNullable<Fidelity['seen']>['sim']): string {
  const shown = signs.map(({ sign, time_ns }) => `${sign} at ${formatTime(time_ns)}`).join(', ') || 'no sign';
  const codes = found.length === 0 ? 'nothing' : found.join(', ');
  const looked =
    attached_ns === undefined ? 'nobody looked' : `looked at ${formatTime(attached_ns)}: ${codes}`;
  return `            ${side} ${oneLine(`${shown}; ${looked}`)}\n`;
}
