import type { ComparedError, ComparedResults, ComparedRun } from './read.ts';

/** What differs between two runs of the suite. Each list is in the order of the head, `removed` in that of the base. */
export interface Comparison {
  readonly base: string;
  readonly head: string;
  /**
   * Specs of the head that do not compile, with what is no error of the base: what they hold is not judged any more.
   */
  readonly new_errors: readonly ComparedError[];
  /**
   * Why the head did not run all: what is `removed` then may be there. Undefined where it did, and where nothing is
   * missing.
   */
  readonly cut: string | undefined;
  /** Both targets, where they differ: nothing says then that a difference is one of the code. */
  readonly targets: { readonly base: string; readonly head: string } | undefined;
  /** Was not failing, is now. */
  readonly newly_failing: readonly Pair[];
  /** Not in the base, and fails. */
  readonly added_failing: readonly ComparedRun[];
  readonly fixed: readonly Pair[];
  readonly still_failing: readonly Pair[];
  readonly added: readonly ComparedRun[];
  readonly removed: readonly ComparedRun[];
  /** Neither was nor is failing, but no longer ends the same way: a pass that became a skip is lost coverage. */
  readonly other_status: readonly Pair[];
  /** Passes in both, and something else was concluded. */
  readonly changed: readonly Pair[];
  /** Passes in both, and a rescue took at least a tenth longer, in virtual time. Told, and no policy fails on it. */
  readonly slower: readonly Slower[];
  /** Runs that fail in neither and are alike. */
  readonly same: number;
}

export interface Pair {
  readonly base: ComparedRun;
  readonly head: ComparedRun;
  readonly changes: readonly Change[];
}

export interface Slower {
  readonly head: ComparedRun;
  readonly what: string;
  readonly was_ns: number;
  readonly is_ns: number;
}

/** `was` or `is` is undefined where one side says nothing of it. */
export interface Change {
  readonly what: string;
  readonly was: string | undefined;
  readonly is: string | undefined;
}

/** `new`: something fails that did not. `any-change`: anything at all differs. */
export type FailOn = 'none' | 'new' | 'any-change';

/**
 * Pairs runs by id; runs that are left over are paired by scenario where each side has just one (another seed was
 * drawn).
 */
export function compareResults(base: ComparedResults, head: ComparedResults): Comparison {
  const { pairs, added, removed } = pairUp(base.runs, head.runs);
  const failing = (run: ComparedRun): boolean => FAILING.has(run.status);
  const stillOk = pairs.filter((pair) => !failing(pair.base) && !failing(pair.head));
  const sameStatus = stillOk.filter((pair) => pair.base.status === pair.head.status);
  const still_failing = pairs.filter((pair) => failing(pair.base) && failing(pair.head));
  return {
    base: base.name,
    head: head.name,
    new_errors: newErrors(base, head),
    cut: removed.length > 0 ? head.cut : undefined,
    targets: base.target === head.target ? undefined : { base: base.target, head: head.target },
    newly_failing: pairs.filter((pair) => !failing(pair.base) && failing(pair.head)),
    added_failing: added.filter(failing),
    fixed: pairs.filter((pair) => failing(pair.base) && !failing(pair.head)),
    still_failing,
    added: added.filter((run) => !failing(run)),
    removed,
    other_status: stillOk.filter((pair) => pair.base.status !== pair.head.status),
    changed: sameStatus.filter((pair) => pair.changes.length > 0),
    slower: stillOk.flatMap(slowerIn),
    same: sameStatus.filter((pair) => pair.changes.length === 0).length,
  };
}

/**
 * 0 or 1. What failed before and still fails is no news to `new`; `any-change` counts it only when its conclusions
 * changed.
 */
export function comparisonExit(comparison: Comparison, failOn: FailOn): 0 | 1 {
  if (failOn === 'none') return 0;
  const { newly_failing, added_failing, new_errors, cut, targets } = comparison;
  if (new_errors.length > 0 || cut !== undefined) return 1;
  if (newly_failing.length > 0 || added_failing.length > 0) return 1;
  if (failOn === 'new') return 0;
  if (targets !== undefined) return 1;
  const { fixed, added, removed, other_status, changed, still_failing } = comparison;
  const lists = [fixed, added, removed, other_status, changed];
  const moved = still_failing.some(
    (pair) => pair.changes.length > 0 || pair.base.status !== pair.head.status,
  );
  return moved || lists.some((list) => list.length > 0) ? 1 : 0;
}

/** By file, code and message: lines move. */
function newErrors(base: ComparedResults, head: ComparedResults): readonly ComparedError[] {
  const key = ({ where, code, message }: ComparedError): string =>
    JSON.stringify([where.replace(/:\d+$/, ''), code, message]);
  const known = new Set(base.errors.map(key));
  return head.errors.filter((one) => !known.has(key(one)));
}

const FAILING: ReadonlySet<string> = new Set(['failed', 'errored', 'xpassed']);

function pairUp(
  base: readonly ComparedRun[],
  head: readonly ComparedRun[],
): { pairs: readonly Pair[]; added: readonly ComparedRun[]; removed: readonly ComparedRun[] } {
  const byId = new Map(base.map((run) => [run.id, run]));
  const heads = new Set(head.map((run) => run.id));
  const loneBase = alone(base.filter((run) => !heads.has(run.id)));
  const loneHead = alone(head.filter((run) => !byId.has(run.id)));
  const paired = new Set<ComparedRun>();
  const pairs: Pair[] = [];
  const added: ComparedRun[] = [];
  for (const run of head) {
    const key = scenarioKey(run);
    const before = byId.get(run.id) ?? (loneHead.get(key) === run ? loneBase.get(key) : undefined);
    if (before === undefined) {
      added.push(run);
      continue;
    }
    paired.add(before);
    pairs.push({ base: before, head: run, changes: changesOf(before, run) });
  }
  return { pairs, added, removed: base.filter((run) => !paired.has(run)) };
}

/** Scenarios that have exactly one run among these. */
function alone(runs: readonly ComparedRun[]): Map<string, ComparedRun> {
  const found = new Map<string, ComparedRun>();
  const several = new Set<string>();
  for (const run of runs) {
    const key = scenarioKey(run);
    if (found.has(key)) several.add(key);
    found.set(key, run);
  }
  for (const key of several) found.delete(key);
  return found;
}

function scenarioKey(run: ComparedRun): string {
  return JSON.stringify([run.file, run.scenario]);
}

function slowerIn({ base, head }: Pair): readonly Slower[] {
  const slower: Slower[] = [];
  for (const [what, is_ns] of head.rescues_ns) {
    const was_ns = base.rescues_ns.get(what);
    if (was_ns !== undefined && was_ns > 0 && is_ns >= was_ns * 1.1)
      slower.push({ head, what, was_ns, is_ns });
  }
  return slower;
}

function changesOf(base: ComparedRun, head: ComparedRun): readonly Change[] {
  const names = new Set([...base.conclusions.keys(), ...head.conclusions.keys()]);
  const changes: Change[] = [];
  for (const what of names) {
    const [was, is] = [base.conclusions.get(what), head.conclusions.get(what)];
    if (was !== is) changes.push({ what, was, is });
  }
  return changes;
}
