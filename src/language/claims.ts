import type { Expression, Path } from '../model/expression.ts';
import type { Claim, Observer } from '../model/scenario.ts';
import { VIA } from '../model/vocabulary.ts';
import { checkAt, checkCodes, checkExcept, checkSigns } from './check/clauses.ts';
import { momentOf } from './check/moments.ts';
import { checkState, checkSubjects, OBSERVERS } from './check/observers.ts';
import { resolvePlace } from './check/place.ts';
import type { Place } from './check/place.ts';
import { evaluate, evaluatePath, later } from './evaluate.ts';
import { eventPattern } from './event.ts';
import type { Called } from './scenario.ts';
import { fail, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import { clausesOf, mismatch, single, wantCondition, wantName, wantTime, wantWord } from './settings.ts';
import { didYouMean } from './suggest.ts';
import type * as tree from './tree.ts';

export interface ClaimContext {
  readonly duration_ns: number;
  readonly called: Called;
}

/** Everything that a scenario expects; it must expect something. */
export function elaborateClaims(node: tree.Scenario, scope: Scope, context: ClaimContext): Claim[] {
  const claims: Claim[] = [];
  const blocks = node.body.filter((item) => item.kind === 'expect');
  if (blocks.length === 0 && scope.unit.whole) {
    const help = 'add `expect { … }`: a scenario that claims nothing tests nothing';
    fail(scope, 'E0411', node.head, 'the scenario expects nothing', 'no `expect`', help);
  }
  for (const block of blocks) {
    if (block.claims.length === 0) {
      fail(scope, 'E0412', block, '`expect` is empty', 'claims nothing', 'as in `guest web is healthy`');
    }
    for (const item of block.claims) {
      if (item.kind === 'broken') continue;
      const claim =
        item.condition === undefined
          ? stateClaim(item, scope, context)
          : checkClaim(item, item.condition, scope, context);
      if (claim !== undefined) claims.push(claim);
    }
  }
  return claims;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

function blank(node: tree.Claim, observer: Observer, scope: Scope): Mutable<Claim> {
  const { start, end } = node;
  return {
    observer,
    subjects: NONE,
    negated: node.negated,
    states: NONE,
    codes: NONE,
    places: NONE,
    signs: NONE,
    except: NONE,
    text: oneLine(scope.unit.source.text.slice(start, end)),
    span: spanOf(scope.unit, { start, end }),
  };
}
const NONE: readonly never[] = Object.freeze([]);

/** As written, on one line: comments dropped, blanks outside strings made one. */
function oneLine(text: string): string {
  if (!/[\n\t]| {2}/.test(text)) return text;
  return text.replace(/"(?:[^"\\]|\\.)*"|#[^\n]*|\s+/g, (part) => (part.startsWith('"') ? part : ' ')).trim();
}

function checkClaim(
  node: tree.Claim,
  expr: tree.Expr,
  scope: Scope,
  context: ClaimContext,
): Claim | undefined {
  const clauses = clausesOf({ head: node.observer, clauses: node.clauses }, ['if', 'given'], scope);
  const claim = blank(node, 'check', scope);
  const asClause = { word: node.observer, values: [expr], start: expr.start, end: expr.end };
  const condition = wantCondition(asClause, scope);
  if (!common(claim, clauses, scope, context) || condition === undefined) return undefined;
  if (condition.kind === 'bool') {
    const help = 'compare something that a run decides';
    return fail(
      scope,
      'E0722',
      expr,
      `this is ${condition.value ? 'true' : 'false'} whatever happens`,
      'nothing to check',
      help,
    );
  }
  claim.check = condition;
  return claim;
}

function stateClaim(node: tree.Claim, scope: Scope, context: ClaimContext): Claim | undefined {
  const name = node.observer.text;
  if (name === 'service') return later(scope, node.observer, '`service`');
  const rule = OBSERVERS.get(name);
  if (rule === undefined) {
    const help = didYouMean(name, [...OBSERVERS.keys(), 'check'], 'observers are');
    return fail(
      scope,
      'E0701',
      node.observer,
      `nobody called \`${name}\` observes a run`,
      'no observer',
      help,
    );
  }
  const claim = blank(node, rule.observer, scope);
  const subjects = subjectsOf(node, scope);
  const clauses = clausesOf({ head: node.observer, clauses: node.clauses }, rule.clauses, scope, rule.later);
  if (subjects === undefined || !checkSubjects(rule, subjects, scope)) return undefined;
  claim.subjects = subjects.map((subject) => subject.path);
  const states = statesOf(node, subjects, rule.observer, scope);
  if (states === undefined) return undefined;
  claim.states = states;
  const sound = common(claim, clauses, scope, context);
  return special(claim, clauses, subjects, scope, context) && sound ? claim : undefined;
}

export interface Subject {
  readonly path: Path;
  readonly place: Place;
}

function subjectsOf(node: tree.Claim, scope: Scope): Subject[] | undefined {
  const subjects: Subject[] = [];
  for (const expr of node.subjects) {
    const value = evaluatePath(expr, scope);
    if (value?.kind === 'word') {
      const names = [...(scope.parties?.lpars.keys() ?? []), ...(scope.parties?.ambulances.keys() ?? [])];
      const help = didYouMean(value.value, names, 'there are');
      fail(scope, 'E0601', expr, `there is no partition \`${value.value}\``, 'unknown', help);
    } else if (value !== undefined && value.kind !== 'path') {
      fail(scope, 'E0712', expr, 'a claim is about a place', 'no place');
    } else if (value !== undefined) {
      const place = scope.parties === undefined ? undefined : resolvePlace(value.value, scope);
      if (place !== undefined) subjects.push({ path: value.value, place });
    }
  }
  return subjects.length === node.subjects.length ? subjects : undefined;
}

/** The states, table columns replaced by what they hold in this row. */
function statesOf(
  node: tree.Claim,
  subjects: readonly Subject[],
  observer: Observer,
  scope: Scope,
): string[] | undefined {
  const states: string[] = [];
  for (const name of node.states) {
    const bound = scope.values.has(name.text) ? scope.values.get(name.text) : undefined;
    if (scope.values.has(name.text) && bound === undefined) return undefined;
    const state = bound?.kind === 'word' ? bound.value : name.text;
    if (!checkState(state, name, observer, subjects, scope)) return undefined;
    if (states.includes(state)) fail(scope, 'E0310', name, `\`${state}\` is given twice`, 'again');
    states.push(state);
  }
  return states;
}

/** `if` and `given`, which every claim takes. */
function common(
  claim: Mutable<Claim>,
  clauses: ReadonlyMap<string, tree.Clause>,
  scope: Scope,
  context: ClaimContext,
): boolean {
  const [condition, given] = [clauses.get('if'), clauses.get('given')];
  let sound = true;
  if (condition !== undefined) {
    const value = wantCondition(condition, scope);
    if (value === undefined) sound = false;
    else claim.condition = value;
  }
  if (given !== undefined) {
    const moment = momentOf(given, context.called, scope);
    if (moment === undefined) sound = false;
    else claim.given = moment;
  }
  return sound;
}

/** The clauses that some observers take. False when one is wrong. */
function special(
  claim: Mutable<Claim>,
  clauses: ReadonlyMap<string, tree.Clause>,
  subjects: readonly Subject[],
  scope: Scope,
  context: ClaimContext,
): boolean {
  const take = <T>(
    word: string,
    read: (clause: tree.Clause) => T | undefined,
    keep: (value: T) => void,
  ): boolean => {
    const clause = clauses.get(word);
    if (clause === undefined) return true;
    const value = read(clause);
    if (value !== undefined) keep(value);
    return value !== undefined;
  };
  const done = [
    take(
      'by',
      (clause) => checkSigns(clause, claim, scope),
      (signs) => (claim.signs = signs),
    ),
    take(
      'with',
      (clause) => checkCodes(clause, claim, subjects, scope),
      (codes) => (claim.codes = codes),
    ),
    take(
      'at',
      (clause) => checkAt(clause, subjects, scope),
      (places: readonly Expression[]) => (claim.places = places),
    ),
    take(
      'via',
      (clause) => wantWord(clause.values, clause.word, VIA, scope),
      (via) => (claim.via = via),
    ),
    take(
      'except',
      (clause) => checkExcept(clause, subjects, scope),
      (paths) => (claim.except = paths),
    ),
    take(
      'rank',
      (clause) => rankOf(clause, scope),
      (rank) => (claim.rank = rank),
    ),
    take(
      'from',
      (clause) => fromOf(clause, scope),
      (from) => (claim.from = from),
    ),
    take(
      'until',
      (clause) => eventPattern(clause.values[0] as tree.Expr, 1, scope),
      (until) => (claim.until = until),
    ),
    within(claim, clauses, scope, context),
  ];
  return done.every(Boolean);
}

function within(
  claim: Mutable<Claim>,
  clauses: ReadonlyMap<string, tree.Clause>,
  scope: Scope,
  context: ClaimContext,
): boolean {
  const [clause, of] = [clauses.get('within'), clauses.get('of')];
  if (clause === undefined) {
    if (of === undefined) return true;
    fail(
      scope,
      'E0717',
      of,
      '`of` says what `within` counts from, and there is no `within`',
      'from what on?',
      'as in `within 1 ms of smash`',
    );
    return false;
  }
  const limit_ns = wantTime(clause.values, clause.word, { low: 0, high: Number.MAX_SAFE_INTEGER }, scope);
  const moment = of === undefined ? undefined : momentOf(of, context.called, scope);
  if (limit_ns === undefined || (of !== undefined && moment === undefined)) return false;
  if (limit_ns > context.duration_ns) {
    const help = 'let the scenario `run` longer, or set a limit that it can pass';
    fail(
      scope,
      'E0708',
      clause,
      '`within` is longer than the run: the limit can never be passed',
      'too long',
      help,
    );
    return false;
  }
  claim.within = { limit_ns, ...(moment === undefined ? {} : { of: moment }) };
  return true;
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
