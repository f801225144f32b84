import type { Finished } from '../execute/scenario.ts';
import { runScenario } from '../execute/scenario.ts';
import { TwinLines } from '../execute/twin-line.ts';
import { eachOf, OCCURRENCE_LIMIT, ofOccurrence } from '../model/each.ts';
import type { Scenario, TargetName } from '../model/scenario.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { RunOutcome } from '../record/outcome.ts';
import type { Aside } from '../target/aside.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { unbuilt } from '../targets/sim/guest/kernel.ts';
import { judge, undecided } from '../verdict/judge.ts';
import type { Job } from './events.ts';
import type { ExecuteJob } from './guarded.ts';
import { mergedLibrary } from './library-merge.ts';
import { replayCommand, runId } from './identity.ts';

/** What a run may know of its surroundings. */
export interface ExecuteContext {
  /** `YYYY-MM-DD`: an `xfail … until` an earlier day no longer excuses. */
  readonly today: string;
  /** The command that replays a run, up to the path: `npx siren run`. */
  readonly replay: string;
  readonly target: TargetName;
  /** The project's folder, absolute: where core files are. */
  readonly root?: string;
  /** Where prepared guests and snapshots lie, and where programs are looked for (of PATH's form): for `qemu`. */
  readonly cache?: string;
  readonly search_path?: string;
  /** Of the page tables of real guests; default 4. */
  readonly levels?: 4 | 5;
  /** For what counts against no scenario's time, a guest's first boot; given where the job is run. */
  readonly aside?: Aside;
}

/** Runs a scenario on what is no simulation, or says why not. Loaded where it is needed alone. */
export type RunOnReal = (scenario: Scenario, job: Job, context: ExecuteContext) => RealRun;

export type RealRun =
  | { readonly finished: Finished; readonly scenario: Scenario; readonly complaints?: readonly Diagnostic[] }
  | {
      readonly status: 'skipped' | 'errored' | 'inconclusive';
      readonly reason: string;
      readonly complaints?: readonly Diagnostic[];
    };

/** Boots and checkpoints of this thread: a cache, on which no outcome depends. */
const lines = new TwinLines();

/** Runs jobs with the library that ships; what a scenario's file declares wins over it. */
export function executorOf(shipped: LibraryModel, onReal?: RunOnReal): ExecuteJob {
  return (job, context) => {
    const library = mergedLibrary(shipped, job.scenario.library);
    return executeJob({ ...job, scenario: { ...job.scenario, library } }, context, onReal);
  };
}

/** What `executorOf` needs for a target, beside the library. */
export async function realFor(target: TargetName): Promise<RunOnReal | undefined> {
  if (target === 'qemu') return (await import('./real.ts')).runOnQemu;
  return target === 'core' ? (await import('./core.ts')).runOnCore : undefined;
}

/** Runs and judges one job. Deterministic on the simulation: the outcome depends on the arguments alone. */
export function executeJob(job: Job, context: ExecuteContext, onReal?: RunOnReal): RunOutcome {
  const { scenario, seed } = job;
  const id = runId(job);
  const replay = replayCommand(job, context.replay);
  const undone = { id, scenario: scenario.id, seed, claims: [], complaints: [], replay } as const;
  if (scenario.skip) return { ...undone, status: 'skipped', reason: scenario.skip.reason };
  if (!scenario.targets.includes(context.target))
    return { ...undone, status: 'skipped', reason: onOther(scenario.targets) };
  if (context.target !== 'sim' && onReal === undefined)
    return { ...undone, status: 'errored', reason: `nothing runs the target ${context.target} here` };
  const each = eachOf(scenario);
  if (each !== undefined && job.occurrence === undefined) return executeEach(job, each, context, onReal);
  return executeOne(
    job,
    job.occurrence === undefined ? scenario : ofOccurrence(scenario, job.occurrence),
    context,
    onReal,
  );
}

/** Where a scenario that is not for this target runs. */
function onOther(targets: readonly TargetName[]): string {
  const which = targets.length === 1 ? `target is ${targets[0]}` : `targets are ${targets.join(', ')}`;
  return `its ${which}: run it with --target ${targets.join(' or ')}`;
}

/**
 * One run that only counts, then one for each occurrence, or for every nth of them. Where there is none, or too many,
 * the run that counted says so.
 */
function executeEach(
  job: Job,
  { trigger, pattern: { nth: step } }: NonNullable<ReturnType<typeof eachOf>>,
  context: ExecuteContext,
  onReal: RunOnReal | undefined,
): RunOutcome {
  let count = 0;
  const counted = executeOne(job, ofOccurrence(job.scenario, Infinity), context, onReal, (finished) => {
    count = finished.occurrences(trigger);
  });
  if (count < step) return counted;
  if (count / step > OCCURRENCE_LIMIT) return tooMany(job, trigger, count, counted);
  const occurrences: RunOutcome[] = [];
  for (let occurrence = step; occurrence <= count; occurrence += step) {
    const one = { ...job, occurrence };
    const outcome = executeOne(one, ofOccurrence(job.scenario, occurrence), context, onReal);
    occurrences.push({ ...outcome, occurrence });
  }
  const { id, scenario, seed, replay } = counted;
  const odd = occurrences.find((one) => one.status !== 'passed');
  return {
    id,
    scenario,
    seed,
    replay,
    status: odd?.status ?? 'passed',
    claims: [],
    complaints: [],
    occurrences,
  };
}

function tooMany({ scenario }: Job, trigger: number, count: number, counted: RunOutcome): RunOutcome {
  const span = scenario.triggers[trigger]?.span ?? scenario.span;
  const { status, reason: _, ...rest } = counted;
  return {
    ...rest,
    status: status === 'errored' ? status : 'failed',
    claims: [],
    complaints: [
      {
        code: 'E0917',
        severity: 'error',
        message: `the event of \`on each\` occurs ${count} times, and ${OCCURRENCE_LIMIT} runs are the most`,
        labels: [{ span, text: 'too often' }],
        help: `wait for something rarer, or write \`on each … nth ${Math.ceil(count / OCCURRENCE_LIMIT)}\`: every so many`,
      },
    ],
  };
}

function executeOne(
  job: Job,
  scenario: Scenario,
  context: ExecuteContext,
  onReal: RunOnReal | undefined,
  ask: (finished: Finished) => void = () => undefined,
): RunOutcome {
  const replay = replayCommand(job, context.replay);
  const run: RealRun = onReal?.(scenario, job, context) ??
    notBuilt(scenario) ?? { finished: runScenario(scenario, job.seed, lines, job.whole), scenario };
  const { complaints = [] } = run;
  if ('status' in run) {
    const of = { id: runId(job), scenario, replay, seed: job.seed };
    const { status, reason } = run;
    return {
      ...undecided(of, reason),
      status,
      complaints,
      ...(status === 'inconclusive' ? {} : { claims: [] }),
    };
  }
  const { finished } = run;
  try {
    ask(finished);
    const { record, facts } = finished;
    const { target, today } = context;
    return judge({
      id: runId(job),
      scenario: run.scenario,
      record,
      facts,
      replay,
      target,
      today,
      complaints,
    });
  } finally {
    finished.release();
  }
}

/** A guest that does not hold what its spec says is no ground for any claim. */
function notBuilt({ topology }: Scenario): RealRun | undefined {
  const problems = topology.lpars.flatMap((lpar) => unbuilt(lpar).map((why) => `${lpar.name}: ${why}`));
  if (problems.length === 0) return undefined;
  return { status: 'errored', reason: `the application cannot be built: ${problems.join('; ')}` };
}
