import type { Expression, Path } from '../../model/expression.ts';
import { FINDINGS } from '../../model/findings.ts';
import type { Claim } from '../../model/scenario.ts';
import {
  GUEST_SIGNS,
  HYPERVISOR_SIGNS,
  REFUSALS,
  SERVICE_CODES,
  SERVICE_SIGNS,
} from '../../model/vocabulary.ts';
import type { Subject } from '../claim-clauses.ts';
import { codesOf, givenBy, knownCodes, leadsTo } from '../library/codes-of.ts';
import { evaluate, evaluatePath } from '../evaluate.ts';
import { wantName } from '../settings.ts';
import { fail, failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean, nearest } from '../suggest.ts';
import type { Clause, Expr } from '../tree.ts';
import { resolvePlace } from './place.ts';
import { alone } from './words.ts';

interface Word {
  readonly word: string;
  readonly at: Expr;
}

/** `A or B`, `A, B`: the words, each with where it stands. */
function wordsOf(clause: Clause, scope: Scope): readonly Word[] | undefined {
  const [only] = clause.values;
  if (clause.values.length === 1 && only?.kind === 'path') {
    const word = wantName(only, clause.word, scope);
    return word === undefined ? undefined : [{ word, at: only }];
  }
  const words: Word[] = [];
  const add = (expr: Expr): boolean => {
    if (expr.kind === 'binary' && expr.operator === 'or') return add(expr.left) && add(expr.right);
    const word = wantName(expr, clause.word, scope);
    if (word !== undefined) words.push({ word, at: expr });
    return word !== undefined;
  };
  return clause.values.every(add) ? words : undefined;
}

function listOf(words: readonly Word[]): readonly string[] {
  return words.length === 1 ? alone((words[0] as Word).word) : words.map(({ word }) => word);
}

const SIGNS: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  guest: GUEST_SIGNS,
  hypervisor: HYPERVISOR_SIGNS,
  service: SERVICE_SIGNS,
};

/** `by SIGN {or SIGN}`. */
export function checkSigns(
  clause: Clause,
  claim: Pick<Claim, 'observer'>,
  scope: Scope,
): readonly string[] | undefined {
  const words = wordsOf(clause, scope);
  if (words === undefined) return undefined;
  const mine = SIGNS[claim.observer] ?? {};
  for (const { word, at } of words) {
    if (Object.hasOwn(mine, word)) continue;
    const other = Object.keys(SIGNS).find((name) => Object.hasOwn(SIGNS[name] ?? {}, word));
    const help =
      other === undefined
        ? didYouMean(word, Object.keys(mine), 'signs are')
        : `\`${word}\` is a sign that \`${other}\` can name`;
    return fail(scope, 'E0703', at, `\`${claim.observer}\` knows no sign \`${word}\``, 'unknown sign', help);
  }
  return listOf(words);
}

/** `with CODE`: a refusal for the hypervisor, findings for a verdict. */
export function checkCodes(
  clause: Clause,
  claim: Pick<Claim, 'observer' | 'states' | 'negated'>,
  subjects: readonly Subject[],
  scope: Scope,
): readonly string[] | undefined {
  const words = wordsOf(clause, scope);
  if (words === undefined) return undefined;
  for (const { word, at } of words) {
    const sound =
      claim.observer === 'hypervisor'
        ? refusal(word, at, claim, scope)
        : claim.observer === 'service'
          ? serviceCode(word, at, scope)
          : finding(word, at, claim, subjects, scope);
    if (!sound) return undefined;
  }
  return listOf(words);
}

/** Why a service ended as it did; the code of the finding that `verify` was left with. */
function serviceCode(word: string, at: Expr, scope: Scope): boolean {
  const codes = knownCodes(scope);
  if (Object.hasOwn(SERVICE_CODES, word) || codes.has(word)) return true;
  if (scope.structures?.wrong === true) return false;
  const help = didYouMean(word, [...Object.keys(SERVICE_CODES), ...codes], 'reasons are');
  fail(scope, 'E0704', at, `no service ends with \`${word}\``, 'unknown', help);
  return false;
}

function refusal(word: string, at: Expr, claim: Pick<Claim, 'states'>, scope: Scope): boolean {
  if (!claim.states.includes('refused')) {
    fail(
      scope,
      'E0715',
      at,
      '`with` says why something was refused, and nothing is',
      'no refusal here',
      'as in `web.metadata is refused with OUTSIDE`',
    );
    return false;
  }
  if (Object.hasOwn(REFUSALS, word)) return true;
  const help = didYouMean(word, Object.keys(REFUSALS), 'reasons are');
  fail(scope, 'E0704', at, `the hypervisor refuses nothing with \`${word}\``, 'unknown', help);
  return false;
}

function finding(
  word: string,
  at: Expr,
  claim: Pick<Claim, 'states'>,
  subjects: readonly Subject[],
  scope: Scope,
): boolean {
  const known = knownCodes(scope);
  if (!known.has(word)) {
    // It may be one of a validator that is wrong, which was told.
    if (scope.structures?.wrong === true) return false;
    const near = nearest(word, known);
    // Those of the structure at hand say more than all there are.
    const own = subjects.flatMap(({ place }) => [...(codesOf(place.collection?.name ?? '', scope) ?? [])]);
    const help =
      near === undefined
        ? didYouMean(word, own.length > 0 ? own : known, 'it gives')
        : `did you mean \`${near}\`?`;
    fail(scope, 'E0704', at, `there is no finding \`${word}\``, 'unknown', help);
    return false;
  }
  const doc = FINDINGS.get(word);
  const verdict = doc?.leads_to ?? leadsTo(word);
  if (!claim.states.includes(verdict) && !claim.states.includes('any')) {
    const message = `\`${word}\` makes a structure \`${verdict}\`, not \`${claim.states.join('` or `')}\``;
    fail(scope, 'E0715', at, message, 'never together', `write \`is ${verdict} with ${word}\``);
    return false;
  }
  const stranger = subjects.find(
    ({ place }) => place.collection !== undefined && !gives(place.collection.name, word, scope),
  );
  if (stranger === undefined) return true;
  const { name } = stranger.place.collection as { name: string };
  const found = [...(doc?.collections ?? []), ...givenBy(word, scope)].map((one) => `\`${one}\``).join(', ');
  const own = codesOf(name, scope);
  const help = found === '' ? didYouMean(word, own ?? [], 'it gives') : `it is found in ${found}`;
  fail(scope, 'E0714', at, `\`${word}\` is never found in \`${name}\``, 'not in this structure', help);
  return false;
}

/** Whether a structure can have a finding, by the catalogue or by what its validator says. */
function gives(collection: string, code: string, scope: Scope): boolean {
  const doc = FINDINGS.get(code);
  if (doc === undefined && leadsTo(code) === 'unreachable') return true;
  if (
    doc !== undefined &&
    ((doc.collections.length === 0 && doc.shapes === undefined) || doc.collections.includes(collection))
  )
    return true;
  // What nobody declares may be of any shape.
  return codesOf(collection, scope)?.has(code) ?? doc?.shapes !== undefined;
}

/** `at PLACE`: bytes, or what a partition is made of, in the partition that the claim is about. */
export function checkAt(
  clause: Clause,
  subjects: readonly Subject[],
  scope: Scope,
): Expression[] | undefined {
  const places: Expression[] = [];
  for (const expr of clause.values) {
    const value = evaluate(expr, scope);
    if (value === undefined) return undefined;
    const call = value.kind === 'call' && value.name === 'address';
    if (value.kind !== 'path' && !call)
      return fail(
        scope,
        'E0723',
        expr,
        '`at` takes a place',
        'no place',
        'as in `at web.tasks["nginx"].tasks.next`',
      );
    if (value.kind === 'path') {
      const place = resolvePlace(value.value, scope);
      const home = subjects[0]?.place.lpar;
      if (place?.lpar === undefined || place.kind === 'measure' || place.kind === 'all') {
        return fail(scope, 'E0723', expr, '`at` takes a place in a partition', 'no such place');
      }
      if (home !== undefined && subjects.every((subject) => subject.place.lpar !== place.lpar)) {
        const message = `this place is in \`${place.lpar}\`, and the claim is about \`${home}\``;
        return fail(scope, 'E0716', expr, message, 'another partition');
      }
    }
    if (clause.values.length === 1) return [value];
    places.push(value);
  }
  return places.slice();
}

/** `except STRUCTURE`: what `web.*` or `others` shall not cover. */
export function checkExcept(clause: Clause, subjects: readonly Subject[], scope: Scope): Path[] | undefined {
  const paths: Path[] = [];
  if (!subjects.some(({ place }) => place.kind === 'all' || place.kind === 'others')) {
    return fail(
      scope,
      'E0718',
      clause,
      '`except` takes something out of `web.*` or `others`',
      'nothing to take out of',
    );
  }
  for (const expr of clause.values) {
    const value = expr.kind === 'path' ? evaluatePath(expr, scope) : undefined;
    const place = value?.kind === 'path' ? resolvePlace(value.value, scope) : undefined;
    if (value?.kind !== 'path')
      return fail(
        scope,
        'E0718',
        expr,
        '`except` takes a structure',
        'no structure',
        'as in `except web.metadata`',
      );
    if (place === undefined) return undefined;
    if (place.kind !== 'collection' && place.kind !== 'metadata') {
      return failAt(
        scope,
        'E0718',
        value.span,
        '`except` takes a whole structure',
        'no structure',
        'as in `except web.metadata`',
      );
    }
    paths.push(value.value);
  }
  return paths;
}
