import { formatTime } from '../base/units.ts';
import type { Claim, Scenario, TargetName } from '../model/scenario.ts';
import { explain } from '../place/outcome.ts';
import type { ClaimOutcome, RunOutcome, Status } from '../record/outcome.ts';
import type { RunRecord } from '../record/record.ts';
import type { Diagnostic } from '../text/diagnostic.ts';
import { complaintsOf, unmet } from './complaints.ts';
import { Coverage } from './coverage.ts';
import type { Case, RunFacts } from './facts.ts';
import { timeOf } from './facts.ts';
import { observe } from './observers.ts';
import { withNames } from './named-places.ts';
import { unknownToCore } from './of-core.ts';

export interface JudgeInput {
  /** Of the run, unique and stable. */
  readonly id: string;
  readonly scenario: Scenario;
  readonly record: RunRecord;
  readonly target: TargetName;
  readonly facts: RunFacts;
  /** The command that runs just this again. */
  readonly replay: string;
  /** `YYYY-MM-DD`, for `xfail … until`: the judge reads no clock. */
  readonly today: string;
  /** What whoever ran it has to complain of beside. */
  readonly complaints?: readonly Diagnostic[];
}

/** Judges one run: every claim, what no claim covers, and what that makes of the scenario. */
export function judge(input: JudgeInput): RunOutcome {
  const { scenario, replay } = input;
  const record = withNames(input.record, input.facts);
  const run: Case = { scenario, record, target: input.target, facts: input.facts, claimed: new Map() };
  const skipped = new Map<Claim, string>();
  for (const claim of scenario.claims) {
    const reason = notJudged(claim, run);
    if (reason !== undefined) skipped.set(claim, reason);
  }
  const unable = unsupported(record);
  if (unable !== undefined) return { ...undecided({ ...input, seed: record.seed }, unable), record };
  const coverage = new Coverage(
    run,
    scenario.claims.filter((claim) => !skipped.has(claim)),
  );
  const claims = scenario.claims.map((claim, index) => {
    const reason = skipped.get(claim);
    return reason === undefined
      ? judgeClaim(claim, index, run, coverage, replay)
      : ({ index, text: claim.text, status: 'not_judged', seen: reason } as const);
  });
  const complaints = [...complaintsOf(run, coverage, replay), ...(input.complaints ?? [])];
  const verdict = statusOf(claims, complaints);
  return {
    id: input.id,
    scenario: scenario.id,
    seed: record.seed,
    replay,
    ...excuse(verdict, input, claims, complaints),
    record,
  };
}

function judgeClaim(
  claim: Claim,
  index: number,
  run: Case,
  coverage: Coverage,
  replay: string,
): ClaimOutcome {
  const { text } = claim;
  const undecidable = inconclusive(claim, run);
  if (undecidable !== undefined) return { index, text, status: 'inconclusive', seen: undecidable };
  const broken = conditionError(claim, run);
  if (broken !== undefined) {
    const sight = { met: false, seen: broken, broken: true } as const;
    return { index, text, status: 'unmet', seen: broken, diagnostic: unmet(claim, sight, run, replay) };
  }
  const within = claim.within && run.target === 'qemu' ? claim.within : undefined;
  const sight = observe(within ? { ...claim, within: restOf(within, run) } : claim, run, coverage);
  if (within && sight.met !== claim.negated) {
    const seen = `${sight.seen}; ${run.target} has no virtual time: whether that was within ${formatTime(within.limit_ns)} says nothing there`;
    return { index, text, status: 'inconclusive', seen };
  }
  if (sight.met) return { index, text, status: 'met', seen: sight.seen };
  return { index, text, status: 'unmet', seen: sight.seen, diagnostic: unmet(claim, sight, run, replay) };
}

/**
 * A limit, as long as the run goes: what does not even come to pass in that time is unmet where it is expected, and met
 * where its absence is; the rest hangs on the limit.
 */
function restOf(within: NonNullable<Claim['within']>, { record }: Case): NonNullable<Claim['within']> {
  const base_ns = within.of === undefined ? 0 : (timeOf(within.of, record) ?? 0);
  return { ...within, limit_ns: Math.max(0, record.duration_ns - base_ns) };
}

/** Why a claim is not judged in this run: its `if` is false, its `given` never came to pass. */
function notJudged(claim: Claim, run: Case): string | undefined {
  if (claim.given) {
    const { name, moment } = claim.given;
    const unknown = run.target !== 'sim' && moment === 'activated';
    if (!unknown && timeOf(claim.given, run.record) === undefined) {
      return moment === 'event'
        ? `not judged: ${name} never came`
        : `not judged: ${name} was never ${moment}`;
    }
  }
  if (!claim.condition) return undefined;
  const condition = run.facts.value(claim.condition);
  // Without a value it neither excuses the claim nor asks for it: the claim is broken.
  return condition.ok && !(condition.value.kind === 'bool' && condition.value.value)
    ? 'not judged: its condition is false'
    : undefined;
}

function conditionError(claim: Claim, run: Case): string | undefined {
  const condition = claim.condition && run.facts.value(claim.condition);
  return condition && !condition.ok ? `its condition has no value: ${explain(condition)}` : undefined;
}

/**
 * What a target cannot decide: there is no virtual time, and no twin, outside the simulation, and nobody sees who reads
 * what.
 */
function inconclusive(claim: Claim, run: Case): string | undefined {
  const { target } = run;
  if (target === 'sim') return undefined;
  if (claim.observer === 'bystander')
    return `${target} has no twin to compare with: only the simulation repeats a run bit by bit`;
  const unknown = target === 'core' ? unknownToCore(claim) : undefined;
  if (unknown !== undefined) return unknown;
  if (claim.within && (target !== 'qemu' || claim.within.of?.moment === 'activated'))
    return `${target} has no virtual time: a limit says nothing there`;
  if (claim.given?.moment === 'activated') return `on ${target} nobody sees when the guest reads the damage`;
  for (const asked of [claim.condition, claim.check]) {
    const value = asked && run.facts.value(asked);
    if (value && !value.ok && value.code === 'UNSUPPORTED') return explain(value);
  }
  return undefined;
}

/** What could not even be done on this target: a run without it says nothing. */
function unsupported({ receipts }: RunRecord): string | undefined {
  const one = receipts.find((receipt) => receipt.unsupported === true);
  return one && `\`${one.verb} ${one.place}\`: ${one.note}`;
}

/** A run, or one that was not even begun, of which nothing can be said on this target. */
export function undecided(
  { id, scenario, replay, seed }: Pick<JudgeInput, 'id' | 'scenario' | 'replay'> & { readonly seed: number },
  reason: string,
): RunOutcome {
  const claims = scenario.claims.map(({ text }, index): ClaimOutcome => ({
    index,
    text,
    status: 'inconclusive',
    seen: reason,
  }));
  return { id, scenario: scenario.id, seed, status: 'inconclusive', reason, claims, complaints: [], replay };
}

function statusOf(
  claims: readonly ClaimOutcome[],
  complaints: readonly Diagnostic[],
): { status: Status; reason?: string } {
  if (complaints.length > 0 || claims.some((claim) => claim.status === 'unmet')) return { status: 'failed' };
  if (claims.some((claim) => claim.status === 'met')) return { status: 'passed' };
  const undecided = claims.find((claim) => claim.status === 'inconclusive');
  return {
    status: 'inconclusive',
    reason: undecided?.seen ?? 'nothing was judged: the conditions of all claims are false',
  };
}

/** What `xfail` makes of it. */
function excuse(
  verdict: { readonly status: Status; readonly reason?: string },
  { scenario, today, replay }: JudgeInput,
  claims: readonly ClaimOutcome[],
  complaints: readonly Diagnostic[],
): Pick<RunOutcome, 'status' | 'reason' | 'claims' | 'complaints'> {
  const { xfail } = scenario;
  const plain = { ...verdict, claims, complaints };
  if (!xfail) return plain;
  const expired = xfail.until !== undefined && today > xfail.until;
  if (verdict.status === 'failed' && !expired) return { ...plain, status: 'xfailed', reason: xfail.reason };
  const mark = (code: string, message: string, text: string): Diagnostic => ({
    code,
    severity: 'error',
    message,
    labels: [{ span: xfail.span, text }],
    help: `replay: ${replay}`,
  });
  if (verdict.status === 'failed') {
    const late = mark('E0913', `the xfail ran out on ${xfail.until ?? ''}`, `it fails still, on ${today}`);
    return { ...plain, complaints: [...complaints, late] };
  }
  if (verdict.status !== 'passed' || expired) return plain;
  const passes = mark('E0914', 'it is marked `xfail` and passes', 'take this mark away');
  return { ...plain, status: 'xpassed', reason: xfail.reason, complaints: [...complaints, passes] };
}
