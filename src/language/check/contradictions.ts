import { COLLECTIONS } from '../../model/collections.ts';
import { NO_DIAGNOSIS } from '../../model/diagnoses.ts';
import { printPath } from '../../model/print.ts';
import type { Path } from '../../model/expression.ts';
import type { Claim } from '../../model/scenario.ts';
import { VERDICTS } from '../../model/vocabulary.ts';
import { failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';

/** A claim is compared with the first so many about the same subject. */
const COMPARED = 32;

/**
 * Claims that cannot both hold, whatever the run. Only those that hold always: `if` and `given` may exclude each other.
 */
export function checkContradictions(claims: readonly Claim[], scope: Scope): void {
  if (claims.length <= COMPARED && peaceful(claims)) return;
  const fixed = claims.filter((claim) => claim.given === undefined && always(claim));
  const bySubject = new Map<string, Claim[]>();
  for (const claim of fixed) {
    for (const subject of subjectsOf(claim)) {
      const key = `${claim.observer} ${subject}`;
      const others = bySubject.get(key);
      if (others === undefined) bySubject.set(key, [claim]);
      else {
        for (const other of others) if (other !== claim) compare(other, claim, subject, scope);
        if (others.length < COMPARED && !others.includes(claim)) others.push(claim);
      }
    }
  }
}

/** True when no two claims that may speak of one thing clash: the common case, told without making anything. */
function peaceful(claims: readonly Claim[]): boolean {
  for (let at = 1; at < claims.length; at++) {
    const claim = claims[at] as Claim;
    for (let before = 0; before < at; before++) {
      const other = claims[before] as Claim;
      if (other.observer === claim.observer && mayMeet(claim, other) && clash(other, claim)) return false;
    }
  }
  return true;
}

/** False when the two are about one partition each, and not the same, or about one structure each of it. */
function mayMeet(a: Claim, b: Claim): boolean {
  if (a.subjects.length !== 1 || b.subjects.length !== 1) return true;
  const [left, right] = [a.subjects[0] as Path, b.subjects[0] as Path];
  if (left.root !== right.root) return false;
  const [one, two] = [left.steps[0], right.steps[0]];
  if (one?.kind !== 'field' || two?.kind !== 'field') return true;
  return one.name === two.name || left.steps.length > 1 || right.steps.length > 1;
}

function always({ condition }: Claim): boolean {
  return condition === undefined || (condition.kind === 'bool' && condition.value);
}

const JUDGED = COLLECTIONS.filter((one) => one.judged).map((one) => one.name);

/** Subjects by their text; `web.*` is every structure that gets a verdict. */
function subjectsOf(claim: Claim): string[] {
  const except = claim.except.map(printPath);
  return claim.subjects.flatMap((subject) => {
    const [first, second] = subject.steps;
    if (first === undefined) return subject.root;
    if (subject.steps.at(-1)?.kind !== 'all') {
      return first.kind === 'field' && second === undefined
        ? `${subject.root}.${first.name}`
        : printPath(subject);
    }
    return JUDGED.map((name) => `${subject.root}.${name}`).filter((one) => !except.includes(one));
  });
}

function compare(first: Claim, second: Claim, subject: string, scope: Scope): void {
  if (!clash(first, second)) return;
  const message = `\`${first.observer} ${subject}\` cannot be both`;
  failAt(scope, 'E0706', second.span, message, 'contradicts', 'one of the two can never hold', [
    { span: first.span, text: 'this claim' },
  ]);
}

function clash(a: Claim, b: Claim): boolean {
  if (a.from !== b.from) return false;
  switch (a.observer) {
    case 'verdict': {
      const [left, right] = [verdicts(a), verdicts(b)];
      return left !== undefined && right !== undefined && !left.some((state) => right.includes(state));
    }
    case 'guest':
      return (
        opposite(a, b) ||
        (timeless(a, b) && (healthyAnd(a, b, GUEST_TROUBLE) || healthyAnd(b, a, GUEST_TROUBLE)))
      );
    case 'hypervisor':
      return opposite(a, b) || (timeless(a, b) && (healthyAnd(a, b, WATCHDOG) || healthyAnd(b, a, WATCHDOG)));
    case 'bystander':
      return opposite(a, b) && (a.negated ? grants(a, b) : grants(b, a));
    case 'diagnosis': {
      if (!a.negated && !b.negated && isNone(a) !== isNone(b)) return true;
      const [left, right] = [a.rank ?? FIRST, b.rank ?? FIRST];
      const same = left.low === left.high && right.low === right.high && left.low === right.low;
      if (opposite(a, b)) return a.places.length === 0 && b.places.length === 0 && same;
      return same && !a.negated && !b.negated && !a.states.some((state) => b.states.includes(state));
    }
    default:
      return false;
  }
}
const isNone = ({ states }: Claim): boolean => states.includes(NO_DIAGNOSIS.word);
const FIRST = { low: 1, high: 1 };
const GUEST_TROUBLE = ['oopsed', 'panicked', 'stalled', 'silent', 'stopped'];
const WATCHDOG = ['failing', 'failed'];

/** The verdicts that a claim leaves; undefined when it says more than which. */
function verdicts(claim: Claim): readonly string[] | undefined {
  if (claim.states.includes('any')) return claim.negated ? [] : VERDICTS;
  if (!claim.negated) return claim.states;
  const bare = claim.codes.length === 0 && claim.places.length === 0 && claim.via === undefined;
  return bare ? VERDICTS.filter((state) => !claim.states.includes(state)) : undefined;
}

/**
 * Whether the denial allows for all that the other allows for: what differs within less slack may be alike within more.
 */
function grants(denies: Claim, says: Claim): boolean {
  const excepted = denies.except.map(printPath);
  return (
    (denies.slack_ns ?? 0) >= (says.slack_ns ?? 0) &&
    says.except.every((path) => excepted.includes(printPath(path)))
  );
}

/** `is X` against `is not X`, nothing else said. */
function opposite(a: Claim, b: Claim): boolean {
  if (a.negated === b.negated || !timeless(a, b)) return false;
  const [says, denies] = a.negated ? [b, a] : [a, b];
  const bare = denies.codes.length === 0 && denies.signs.length === 0;
  return bare && says.states.every((state) => denies.states.includes(state));
}

function timeless(a: Claim, b: Claim): boolean {
  return a.within === undefined && b.within === undefined && a.until === undefined && b.until === undefined;
}

function healthyAnd(healthy: Claim, other: Claim, trouble: readonly string[]): boolean {
  if (healthy.negated || other.negated || healthy.states.length !== 1 || healthy.states[0] !== 'healthy')
    return false;
  return other.states.every((state) => trouble.includes(state));
}
