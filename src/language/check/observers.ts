import { DIAGNOSES } from '../../model/diagnoses.ts';
import type { Observer } from '../../model/scenario.ts';
import { BYSTANDER_STATES, GUEST_STATES, HYPERVISOR_STATES, VERDICTS } from '../../model/vocabulary.ts';
import type { Subject } from '../claims.ts';
import { fail, failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Name } from '../tree.ts';
import type { Place } from './place.ts';

/** What an observer can speak of, and how. */
export interface ObserverRule {
  readonly observer: Observer;
  readonly subjects: readonly Place['kind'][];
  readonly what: string;
  readonly clauses: readonly string[];
  readonly later: readonly string[];
}

const ALWAYS = ['if', 'given'];
const RULES: readonly ObserverRule[] = [
  { observer: 'guest', subjects: ['lpar', 'cpus'], what: 'a partition', clauses: ['by', 'within', 'of', 'until', ...ALWAYS], later: ['from'] },
  { observer: 'hypervisor', subjects: ['lpar', 'metadata', 'device'], what: 'a partition, its metadata or a device', clauses: ['by', 'with', 'within', 'of', 'until', ...ALWAYS], later: [] },
  { observer: 'verdict', subjects: ['collection', 'metadata', 'others', 'all'], what: 'a structure, `web.*` or `others`', clauses: ['with', 'at', 'via', 'except', 'from', ...ALWAYS], later: [] },
  { observer: 'diagnosis', subjects: ['lpar'], what: 'a partition', clauses: ['at', 'rank', 'from', ...ALWAYS], later: [] },
  { observer: 'bystander', subjects: ['lpar'], what: 'a partition', clauses: ALWAYS, later: ['slack', 'except'] },
]; // prettier-ignore

export const OBSERVERS: ReadonlyMap<string, ObserverRule> = new Map(
  RULES.map((rule) => [rule.observer, rule]),
);

export function checkSubjects(rule: ObserverRule, subjects: readonly Subject[], scope: Scope): boolean {
  let sound = true;
  const seen = new Set<string>();
  for (const { path, place } of subjects) {
    const text = `${path.root}.${path.steps.map((step) => (step.kind === 'field' ? step.name : '')).join('.')}`;
    const judged = place.kind !== 'collection' || place.collection?.judged === true;
    if (!rule.subjects.includes(place.kind) || !judged) {
      sound = false;
      const help = hintFor(rule, place);
      failAt(scope, 'E0712', path.span, `\`${rule.observer}\` speaks of ${rule.what}`, 'not of this', help);
    } else if (seen.has(text)) {
      sound = false;
      failAt(scope, 'E0310', path.span, 'the same subject is given twice', 'again');
    }
    seen.add(text);
  }
  return sound;
}

function hintFor(rule: ObserverRule, place: Place): string | undefined {
  if (rule.observer === 'verdict' && place.kind === 'lpar')
    return `write \`${place.lpar}.*\` for all its structures`;
  if (rule.observer === 'verdict' && place.collection !== undefined) {
    const { collection, lpar } = place;
    return collection.judged
      ? `a verdict is of a whole structure: \`verdict ${lpar}.${collection.name} is … at\` this place`
      : `\`${collection.name}\` gets no verdict of its own`;
  }
  return place.lpar === undefined ? undefined : `as in \`${rule.observer} ${place.lpar} is …\``;
}

/** The words that may follow `is`. */
function statesFor(observer: Observer, kind: Place['kind']): readonly string[] {
  switch (observer) {
    case 'guest':
      return kind === 'cpus' ? ['parked'] : Object.keys(GUEST_STATES);
    case 'hypervisor':
      if (kind === 'metadata') return ['registered', 'refused'];
      if (kind === 'device') return ['frozen'];
      return Object.keys(HYPERVISOR_STATES).filter(
        (state) => !['registered', 'refused', 'frozen'].includes(state),
      );
    case 'verdict':
      return [...VERDICTS, 'any'];
    case 'diagnosis':
      return [...DIAGNOSES.keys()];
    case 'bystander':
      return Object.keys(BYSTANDER_STATES);
    default:
      return [];
  }
}

export function checkState(
  state: string,
  at: Name,
  observer: Observer,
  subjects: readonly Subject[],
  scope: Scope,
): boolean {
  for (const { place } of subjects) {
    const states = statesFor(observer, place.kind);
    if (states.includes(state)) continue;
    const code = observer === 'diagnosis' ? 'E0713' : 'E0702';
    const elsewhere = (['guest', 'hypervisor', 'verdict', 'bystander', 'diagnosis'] as const).find(
      (other) => other !== observer && statesFor(other, 'lpar').includes(state),
    );
    const help =
      elsewhere === undefined
        ? didYouMean(state, states, 'it can be')
        : `\`${state}\` is said by \`${elsewhere}\``;
    const what =
      observer === 'diagnosis'
        ? `no diagnosis is called \`${state}\``
        : `\`${observer}\` cannot say \`${state}\` of this`;
    fail(scope, code, at, what, 'unknown here', help);
    return false;
  }
  return true;
}
