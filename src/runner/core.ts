import { resolve } from 'node:path';
import { formatTime } from '../base/units.ts';
import { runCores } from '../execute/cores.ts';
import type { CoreModel, Scenario } from '../model/scenario.ts';
import { sha256Of } from '../targets/core/digest.ts';
import { withEarlier } from '../targets/core/earlier.ts';
import type { DumpedMachine } from '../targets/core/open.ts';
import { openMachine } from '../targets/core/open.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import type { Span } from '../text/span.ts';
import type { Job } from './events.ts';
import type { ExecuteContext, RealRun } from './execute.ts';

/**
 * Opens the core files of a scenario and has them looked at; what cannot be opened, or is another file than the one
 * that is meant, is said.
 */
export function runOnCore(scenario: Scenario, job: Job, context: ExecuteContext): RealRun {
  const machines: DumpedMachine[] = [];
  const opened: DumpedMachine[] = [];
  const close = (): void => opened.forEach((one) => one.close());
  for (const core of scenario.cores ?? []) {
    const path = resolve(context.root ?? '.', core.file);
    const machine = openMachine(path, core.partition);
    const wrong = typeof machine === 'string' ? unreadable(core, machine) : otherThan(core, path, machine);
    if (typeof machine !== 'string') opened.push(machine);
    const known = wrong ?? asBooted(core, machine as DumpedMachine, context.root, opened);
    if ('patient' in known) {
      machines.push(known);
      continue;
    }
    close();
    return { status: 'errored', reason: known.message, complaints: [known] };
  }
  try {
    const begun_ms = performance.now();
    const finished = runCores(scenario, job.seed, machines, close);
    const took_ns = Math.round((performance.now() - begun_ms) * 1e6);
    return { finished, scenario, complaints: overBudget(scenario.budget, took_ns) };
  } catch (error) {
    close();
    throw error;
  }
}

/** The machine with its memory as the earlier dump has it, where the scenario names one. */
function asBooted(
  { booted, partition }: CoreModel,
  machine: DumpedMachine,
  root: string | undefined,
  opened: DumpedMachine[],
): DumpedMachine | Diagnostic {
  if (booted === undefined) return machine;
  const { file, span } = booted;
  const earlier = openMachine(resolve(root ?? '.', file), partition);
  if (typeof earlier === 'string') return complaint('E0918', `${file}: ${earlier}`, span, 'this one');
  opened.push(earlier);
  const patient = withEarlier(machine, earlier);
  return typeof patient === 'string'
    ? complaint('E0919', `${file}: ${patient}`, span, 'another boot')
    : { ...machine, patient };
}

function unreadable({ file, file_span }: CoreModel, why: string): Diagnostic {
  return complaint('E0918', `${file}: ${why}`, file_span, 'this one');
}

/** That a file is not the one that the scenario means. */
function otherThan(core: CoreModel, path: string, { release }: DumpedMachine): Diagnostic | undefined {
  const { file, file_span, span, sha256 } = core;
  if (core.release !== undefined && release !== core.release) {
    const said = release === '' ? 'a kernel that does not say which it is' : `\`${release}\``;
    return complaint(
      'E0919',
      `${file}: the kernel in it is ${said}, not \`${core.release}\``,
      span,
      'another kernel',
    );
  }
  const digest = sha256 === undefined ? undefined : sha256Of(path);
  if (sha256 === undefined || digest?.startsWith(sha256) === true) return undefined;
  return complaint(
    'E0919',
    `${file}: its SHA-256 begins with ${digest?.slice(0, sha256.length) ?? 'nothing'}, not ${sha256}`,
    file_span,
    'another file',
  );
}

/**
 * Of memory nothing is said here: an ambulance holds no more of a dump than it may, and says `unreachable` with BUDGET
 * of what needs more.
 */
function overBudget(budget: Scenario['budget'], took_ns: number): readonly Diagnostic[] {
  if (budget === undefined || took_ns <= budget.time_ns) return [];
  const took = formatTime(Math.round(took_ns / 1e6) * 1e6);
  return [
    complaint(
      'E0920',
      `looking at it took ${took} of ${formatTime(budget.time_ns)}`,
      budget.span,
      'too long',
    ),
  ];
}

function complaint(code: string, message: string, span: Span, text: string): Diagnostic {
  return { code, severity: 'error', message, labels: [{ span, text }] };
}
