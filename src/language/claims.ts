import { NO_DIAGNOSIS } from '../model/diagnoses.ts';
import { isLater } from '../model/later.ts';
import type { Claim, Observer } from '../model/scenario.ts';
import { alone } from './check/words.ts';
import { checkState, checkSubjects, OBSERVERS } from './check/observers.ts';
import { resolvePlace } from './check/place.ts';
import { checkBeginning } from './check/symbol.ts';
import { readClauses } from './claim-clauses.ts';
import type { ClaimContext, Mutable, Subject } from './claim-clauses.ts';
import { evaluatePath } from './evaluate.ts';
import { laterWord } from './later.ts';
import { fail, spanAt } from './scope.ts';
import type { Scope } from './scope.ts';
import { clauseNamed, clausesOf, wantCondition } from './settings.ts';
import { didYouMean, nearest } from './suggest.ts';
import type * as tree from './tree.ts';

/** Everything that a scenario expects; it must expect something. */
export function elaborateClaims(node: tree.Scenario, scope: Scope, context: ClaimContext): Claim[] {
  const claims: Claim[] = [];
  if (scope.unit.whole && !node.body.some((item) => item.kind === 'expect')) {
    const help = 'add `expect { … }`: a scenario that claims nothing tests nothing';
    fail(scope, 'E0411', node.head, 'the scenario expects nothing', 'no `expect`', help);
  }
  for (const block of node.body) {
    if (block.kind !== 'expect') continue;
    if (block.claims.length === 0) {
      fail(scope, 'E0412', block, '`expect` is empty', 'claims nothing', 'as in `guest web is healthy`');
    }
    for (const item of block.claims) {
      if (item.kind === 'broken' || scope.problems.full(scope.unit.file)) continue;
      const claim =
        item.condition === undefined
          ? stateClaim(item, scope, context)
          : checkClaim(item, item.condition, scope, context);
      if (claim !== undefined) claims.push(claim);
    }
  }
  return claims.slice();
}

function blank(node: tree.Claim, observer: Observer, scope: Scope): Mutable<Claim> {
  const span = spanAt(scope.unit, node.start, node.end);
  return {
    observer,
    subjects: NONE,
    negated: node.negated,
    states: NONE,
    codes: NONE,
    places: NONE,
    signs: NONE,
    except: NONE,
    text: sentence(scope.unit.source.text, node),
    span,
  };
}
const NONE: readonly never[] = Object.freeze([]);

/** As written, on one line: comments dropped, blanks outside strings made one. */
function sentence(source: string, { observer, start, end }: tree.Claim): string {
  const wide = wideBlank(source, start, end);
  if (wide === end) return source.slice(start, end);
  let next = wide;
  while (source[next] === ' ') next++;
  // Most often a run of blanks sets the observer off, and that is all.
  if (wide === observer.end && wideBlank(source, next, end) === end)
    return source.slice(start, wide) + source.slice(next - 1, end);
  return oneLine(source.slice(start, end));
}

/** Where the first blank stands that is not a single one between words; `end` when there is none. */
function wideBlank(source: string, start: number, end: number): number {
  for (let at = start; at < end; at++) {
    const code = source.charCodeAt(at);
    if (code > 32) continue;
    if (code !== 32 || source.charCodeAt(at + 1) === 32) return at;
  }
  return end;
}

function oneLine(text: string): string {
  return text.replace(/"(?:[^"\\]|\\.)*"|#[^\n]*|\s+/g, (part) => (part.startsWith('"') ? part : ' ')).trim();
}

const OF_CHECK = ['if', 'given'];
function checkClaim(
  node: tree.Claim,
  expr: tree.Expr,
  scope: Scope,
  context: ClaimContext,
): Claim | undefined {
  const clauses = clausesOf(node.observer, node.clauses, OF_CHECK, scope);
  const claim = blank(node, 'check', scope);
  const asClause = { word: node.observer, values: [expr], start: expr.start, end: expr.end };
  const condition = wantCondition(asClause, scope);
  if (!readClauses(claim, clauses, NONE, scope, context) || condition === undefined) return undefined;
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
  const clauses = clausesOf(node.observer, node.clauses, rule.clauses, scope, rule.later);
  if (subjects === undefined || laterStates(node, rule.observer, scope)) return undefined;
  const said = clauseNamed(clauses, 'from') !== undefined;
  if (!checkSubjects(rule, subjects, said, scope)) return undefined;
  claim.subjects =
    subjects.length === 1 ? [(subjects[0] as Subject).path] : subjects.map((subject) => subject.path);
  const states = statesOf(node, subjects, rule.observer, scope);
  if (states === undefined) return undefined;
  claim.states = states;
  const sound = !states.some((state) => state === 'unreachable' || state === 'any');
  if (rule.observer === 'verdict' && sound && !node.negated)
    for (const { path, place } of subjects) checkBeginning(place, path.span, scope);
  if (!readClauses(claim, clauses, subjects, scope, context)) return undefined;
  return claim.observer === 'diagnosis' && !saysNone(claim, node, scope) ? undefined : claim;
}

/** True where an observer will only later say that, whatever it says it of; told. */
function laterStates({ states }: tree.Claim, observer: Observer, scope: Scope): boolean {
  const found = observer === 'hypervisor' ? states.find(({ text }) => isLater(text, 'state')) : undefined;
  if (found !== undefined) laterWord(scope, found, found.text);
  return found !== undefined;
}

/** `none` stands for itself: no other cause beside it, no place, no rank. */
function saysNone({ states, places, rank }: Claim, node: tree.Claim, scope: Scope): boolean {
  const at = states.indexOf(NO_DIAGNOSIS.word);
  if (at < 0 || (states.length === 1 && places.length === 0 && rank === undefined)) return true;
  const said = states.length > 1 ? 'another cause' : places.length > 0 ? 'a place' : 'a rank';
  const help = 'write `diagnosis web is none` alone; `is not none` says that there is some cause';
  fail(scope, 'E0725', node.states[at] as tree.Name, `no diagnosis has ${said}`, 'nothing was named', help);
  return false;
}

function subjectsOf(node: tree.Claim, scope: Scope): Subject[] | undefined {
  if (node.subjects.length === 1) {
    const subject = subjectOf(node.subjects[0] as tree.PathExpr, scope);
    return subject && [subject];
  }
  const subjects: Subject[] = [];
  for (const expr of node.subjects) {
    const subject = subjectOf(expr, scope);
    if (subject !== undefined) subjects.push(subject);
  }
  return subjects.length === node.subjects.length ? subjects : undefined;
}

function subjectOf(expr: tree.PathExpr, scope: Scope): Subject | undefined {
  const value = evaluatePath(expr, scope);
  if (value?.kind === 'word') {
    const names = [...(scope.parties?.lpars.keys() ?? []), ...(scope.parties?.ambulances.keys() ?? [])];
    const others = nearest(value.value, ['others']) === undefined ? undefined : 'did you mean `others`?';
    const help = others ?? didYouMean(value.value, names, 'there are');
    return fail(scope, 'E0601', expr, `there is no partition \`${value.value}\``, 'unknown', help);
  }
  if (value === undefined) return undefined;
  if (value.kind !== 'path') return fail(scope, 'E0712', expr, 'a claim is about a place', 'no place');
  const place = scope.parties === undefined ? undefined : resolvePlace(value.value, scope);
  return place && { path: value.value, place };
}

/** The states, table columns replaced by what they hold in this row. */
function statesOf(
  node: tree.Claim,
  subjects: readonly Subject[],
  observer: Observer,
  scope: Scope,
): readonly string[] | undefined {
  if (node.states.length === 1) {
    const state = stateOf(node.states[0] as tree.Name, subjects, observer, scope);
    return state === undefined ? undefined : alone(state);
  }
  const states = node.states.map((name) => stateOf(name, subjects, observer, scope));
  if (states.includes(undefined)) return undefined;
  if (states.length > 1 && new Set(states).size < states.length) {
    const again = node.states.find((_, index) => states.indexOf(states[index]) < index) as tree.Name;
    fail(scope, 'E0310', again, `\`${again.text}\` is given twice`, 'again');
  }
  return states as string[];
}

function stateOf(
  name: tree.Name,
  subjects: readonly Subject[],
  observer: Observer,
  scope: Scope,
): string | undefined {
  const bound = scope.values.size > 0 && scope.values.has(name.text);
  const value = bound ? scope.values.get(name.text) : undefined;
  if (bound && value === undefined) return undefined;
  const state = value?.kind === 'word' ? value.value : name.text;
  return checkState(state, name, observer, subjects, scope) ? state : undefined;
}
