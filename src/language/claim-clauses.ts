import type { Expression, Path } from '../model/expression.ts';
import type { Claim } from '../model/scenario.ts';
import { VIA } from '../model/vocabulary.ts';
import { checkAt, checkCodes, checkExcept, checkSigns } from './check/clauses.ts';
import { momentOf } from './check/moments.ts';
import { exceptedBy, slackOf } from './check/slack.ts';
import type { Place } from './check/place.ts';
import { evaluate } from './evaluate.ts';
import { eventPattern } from './event.ts';
import { fail } from './scope.ts';
import type { Scope } from './scope.ts';
import { clauseNamed, mismatch, single, wantCondition, wantName, wantTime, wantWord } from './settings.ts';
import type { Clauses } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type * as tree from './tree.ts';

/** What a claim's clauses are read against. */
export interface ClaimContext {
  readonly duration_ns: number;
  /** Triggers by the name they are `called`. */
  readonly called: () => ReadonlyMap<string, tree.Trigger>;
}

export interface Subject {
  readonly path: Path;
  readonly place: Place;
}

export type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Reads all clauses into the claim. False when one is wrong. */
export function readClauses(
  claim: Mutable<Claim>,
  clauses: Clauses,
  subjects: readonly Subject[],
  scope: Scope,
  context: ClaimContext,
): boolean {
  let sound = true;
  for (const clause of clauses) {
    if (!readClause(claim, clause, clauses, subjects, scope, context)) sound = false;
  }
  return sound;
}

function readClause(
  claim: Mutable<Claim>,
  clause: tree.Clause,
  clauses: Clauses,
  subjects: readonly Subject[],
  scope: Scope,
  context: ClaimContext,
): boolean {
  switch (clause.word.text) {
    case 'by':
      return keep(claim, 'signs', checkSigns(clause, claim, scope));
    case 'with':
      return keep(claim, 'codes', checkCodes(clause, claim, subjects, scope));
    case 'at':
      return keep(claim, 'places', checkAt(clause, subjects, scope));
    case 'via':
      return keep(claim, 'via', wantWord(clause.values, clause.word, VIA, scope));
    case 'except':
      return keep(
        claim,
        'except',
        claim.observer === 'bystander'
          ? exceptedBy(clause, subjects, scope)
          : checkExcept(clause, subjects, scope),
      );
    case 'slack':
      return keep(claim, 'slack_ns', slackOf(clause, subjects, scope));
    case 'rank':
      return keep(claim, 'rank', rankOf(clause, scope));
    case 'from':
      return keep(claim, 'from', fromOf(clause, scope));
    case 'until':
      return keep(claim, 'until', eventPattern(clause.values[0] as tree.Expr, 1, scope));
    case 'if':
      return keep(claim, 'condition', conditionOf(clause, scope));
    case 'given':
      return keep(claim, 'given', momentOf(clause, context.called(), scope));
    case 'within':
      return keep(claim, 'within', withinOf(clause, clauseNamed(clauses, 'of'), scope, context));
    default:
      return clauseNamed(clauses, 'within') !== undefined || withoutWithin(clause, scope);
  }
}

/**
 * What decides whether there is a claim: a column of a table, or what a run shows; of figures alone it would be a claim
 * switched off.
 */
function conditionOf(clause: tree.Clause, scope: Scope): Expression | undefined {
  const condition = wantCondition(clause, scope);
  if (condition?.kind !== 'bool' || hasName(clause.values)) return condition;
  const message = `this is ${condition.value ? 'true' : 'false'} whatever happens`;
  const help =
    'compare a column of the table, or something that a run decides; a claim that shall not count is taken out';
  return fail(scope, 'E0722', clause.values[0] as tree.Expr, message, 'nothing to decide', help);
}

/** True where a name is in it, at whatever depth. */
function hasName(part: unknown): boolean {
  if (Array.isArray(part)) return part.some(hasName);
  if (typeof part !== 'object' || part === null) return false;
  return ('kind' in part && part.kind === 'path') || Object.values(part).some(hasName);
}

function keep<Key extends keyof Claim>(
  claim: Mutable<Claim>,
  key: Key,
  value: Claim[Key] | undefined,
): boolean {
  if (value === undefined) return false;
  claim[key] = value as Claim[Key];
  return true;
}

/** `of NAME` belongs to a `within`. */
function withoutWithin(of: tree.Clause, scope: Scope): boolean {
  const message = '`of` says what `within` counts from, and there is no `within`';
  fail(scope, 'E0717', of, message, 'from what on?', 'as in `within 1 ms of smash`');
  return false;
}

function withinOf(
  clause: tree.Clause,
  of: tree.Clause | undefined,
  scope: Scope,
  context: ClaimContext,
): Claim['within'] {
  const limit_ns = wantTime(clause.values, clause.word, { low: 0, high: Number.MAX_SAFE_INTEGER }, scope);
  const moment = of === undefined ? undefined : momentOf(of, context.called(), scope);
  if (limit_ns === undefined || (of !== undefined && moment === undefined)) return undefined;
  if (limit_ns > context.duration_ns) {
    const help = 'let the scenario `run` longer, or set a limit that it can pass';
    return fail(
      scope,
      'E0708',
      clause,
      '`within` is longer than the run: the limit can never be passed',
      'too long',
      help,
    );
  }
  return moment === undefined ? { limit_ns } : { limit_ns, of: moment };
}

function rankOf(clause: tree.Clause, scope: Scope): Claim['rank'] {
  const expr = single(clause.values, clause.word, scope);
  const value = expr === undefined ? undefined : evaluate(expr, scope);
  if (value === undefined || expr === undefined) return undefined;
  const [low, high] = value.kind === 'range' ? [value.low, value.high] : [value, value];
  if (low.kind !== 'int' || high.kind !== 'int') return mismatch(value, 'int', clause.word, expr, scope);
  if (low.value < 1n || high.value < low.value || high.value > 100n) {
    return fail(
      scope,
      'E0711',
      expr,
      'a rank is 1 for the first diagnosis, 2 for the next',
      'no rank',
      'as in `rank 1..2`',
    );
  }
  return { low: Number(low.value), high: Number(high.value) };
}

function fromOf(clause: tree.Clause, scope: Scope): string | undefined {
  const expr = single(clause.values, clause.word, scope);
  const name = expr === undefined ? undefined : wantName(expr, clause.word, scope);
  if (name === undefined || expr === undefined || scope.parties?.ambulances.has(name) === true) return name;
  const help = didYouMean(name, scope.parties?.ambulances.keys() ?? [], 'there are');
  return fail(scope, 'E0719', expr, `there is no ambulance \`${name}\``, 'unknown', help);
}
