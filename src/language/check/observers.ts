import { DIAGNOSES, NO_DIAGNOSIS } from '../../model/diagnoses.ts';
import { printPath } from '../../model/print.ts';
import type { Observer } from '../../model/scenario.ts';
import {
  BYSTANDER_STATES,
  GUEST_STATES,
  HYPERVISOR_STATES,
  SERVICE_STATES,
  VERDICTS,
} from '../../model/vocabulary.ts';
import type { Subject } from '../claim-clauses.ts';
import { laterAt } from '../later.ts';
import { fail, failAt } from '../scope.ts';
import type { Scope } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Span } from '../../text/span.ts';
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
  {
    observer: 'guest',
    subjects: ['lpar', 'cpus'],
    what: 'a partition',
    clauses: ['by', 'within', 'of', 'until', ...ALWAYS],
    later: ['from'],
  },
  {
    observer: 'hypervisor',
    subjects: ['lpar', 'metadata', 'device', 'ambulance', 'grants'],
    what: 'a partition, its metadata, a device, an ambulance or its grants',
    clauses: ['by', 'with', 'within', 'of', 'until', ...ALWAYS],
    later: [],
  },
  {
    observer: 'verdict',
    subjects: ['collection', 'metadata', 'others', 'all'],
    what: 'a structure, `web.*` or `others`',
    clauses: ['with', 'at', 'via', 'except', 'from', ...ALWAYS],
    later: [],
  },
  {
    observer: 'diagnosis',
    subjects: ['lpar'],
    what: 'a partition',
    clauses: ['at', 'rank', 'from', ...ALWAYS],
    later: [],
  },
  {
    observer: 'service',
    subjects: ['lpar'],
    what: 'a partition',
    clauses: ['with', 'by', 'from', 'within', 'of', ...ALWAYS],
    later: [],
  },
  {
    observer: 'bystander',
    subjects: ['lpar'],
    what: 'a partition',
    clauses: ['slack', 'except', ...ALWAYS],
    later: [],
  },
];

export const OBSERVERS: ReadonlyMap<string, ObserverRule> = new Map(
  RULES.map((rule) => [rule.observer, rule]),
);

/** Subjects that the observer speaks of, each once. `said`: a `from` tells which ambulance does. */
export function checkSubjects(
  rule: ObserverRule,
  subjects: readonly Subject[],
  said: boolean,
  scope: Scope,
): boolean {
  let sound = true;
  const seen = subjects.length > 1 ? new Set<string>() : undefined;
  for (const { path, place } of subjects) {
    const text = seen === undefined ? '' : printPath(path);
    const judged =
      place.kind !== 'collection' || place.collection?.judged === true || isValidated(place, scope);
    if (said && rule.observer === 'verdict' && place.kind === 'lpar') {
      sound = false;
      laterWhole(place, path.span, scope);
    } else if (!rule.subjects.includes(place.kind) || !judged) {
      sound = false;
      const help = hintFor(rule, place);
      failAt(scope, 'E0712', path.span, `\`${rule.observer}\` speaks of ${rule.what}`, 'not of this', help);
    } else if (seen?.has(text) === true) {
      sound = false;
      failAt(scope, 'E0310', path.span, 'the same subject is given twice', 'again');
    }
    seen?.add(text);
  }
  return sound;
}

/** What only an ambulance of the user's own says, which knows no structures. */
function laterWhole({ lpar }: Place, span: Span, scope: Scope): void {
  const today = `write \`${lpar}.*\` for all its structures`;
  laterAt(scope, span, 'a verdict of a whole partition', today);
}

/** Whether a validator of a structure's name is known. */
function isValidated({ collection }: Place, { structures, unit }: Scope): boolean {
  const name = collection?.name ?? '';
  return structures?.validators.has(name) === true || unit.shipped.validators.has(name);
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

const HEALTH = Object.keys(HYPERVISOR_STATES).filter(
  (state) => !['registered', 'refused', 'frozen', 'revoked'].includes(state),
);
const STATES: Readonly<Record<string, readonly string[]>> = {
  guest: Object.keys(GUEST_STATES),
  hypervisor: HEALTH,
  verdict: [...VERDICTS, 'any'],
  diagnosis: [...DIAGNOSES.keys(), NO_DIAGNOSIS.word],
  service: Object.keys(SERVICE_STATES),
  bystander: Object.keys(BYSTANDER_STATES),
};
const OF_CPUS = ['parked'];
const OF_METADATA = ['registered', 'refused'];
const OF_DEVICE = ['frozen'];
const OF_AMBULANCE = ['healthy', 'failed'];
const OF_GRANTS = ['revoked'];

/** The words that may follow `is`. */
function statesFor(observer: Observer, kind: Place['kind']): readonly string[] {
  if (observer === 'guest' && kind === 'cpus') return OF_CPUS;
  if (observer === 'hypervisor' && kind === 'metadata') return OF_METADATA;
  if (observer === 'hypervisor' && kind === 'device') return OF_DEVICE;
  if (observer === 'hypervisor' && kind === 'ambulance') return OF_AMBULANCE;
  if (observer === 'hypervisor' && kind === 'grants') return OF_GRANTS;
  return STATES[observer] ?? [];
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
    const elsewhere = (['guest', 'hypervisor', 'verdict', 'bystander', 'diagnosis', 'service'] as const).find(
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
