import type { Address } from '../../base/address.ts';
import { foldBits } from '../../base/fold.ts';
import type { RepairModel } from '../../model/structure.ts';
import type { Draft } from '../findings.ts';
import type { LinkedLibrary } from '../link.ts';
import type { Session } from '../session.ts';
import { wouldLose } from './loss.ts';
import type { Plan, Subject } from './plan.ts';
import { Writes } from './plan.ts';
import { rearm, relink, release, unlink } from './verbs.ts';

/** Nothing of the kind is repaired over more writes than that. */
const WRITES_LIMIT = 4096;

/**
 * What a validator's own repairs would do about one of its findings; undefined when it has none for that code. `all`
 * are the findings of the structure.
 */
export function propose(
  session: Session,
  linked: LinkedLibrary,
  draft: Draft,
  all: readonly Draft[],
): Plan | undefined {
  const models = linked.repairsOf(draft.structure).filter((one) => one.code === draft.code);
  let declined: Plan | undefined;
  for (const model of models) {
    const plan = planOf(session, linked, model, draft, all);
    if (!plan.declined) return plan;
    declined ??= plan;
  }
  return declined;
}

function planOf(
  session: Session,
  linked: LinkedLibrary,
  model: RepairModel,
  draft: Draft,
  all: readonly Draft[],
): Plan {
  const writes = new Writes();
  const acts: { verb: RepairModel['verb']; place: string }[] = [];
  const steps = [model, ...(model.more ?? [])];
  let loss = false;
  for (const step of steps) {
    const told = session.evaluateRepair(step, draft);
    if (typeof told === 'string') {
      writes.decline('UNMAPPED', told);
      break;
    }
    acts.push({ verb: step.verb, place: told.subject?.place ?? draft.place });
    loss ||= wouldLose(step, told, draft, session);
    if (step.only_if && told.only_if !== true) writes.decline('CONDITION', 'its condition does not hold');
    else if (step.unless_loss && loss)
      writes.decline('WOULD_LOSE_DATA', 'what is missing would be forgotten');
    else act(writes, session, linked, step, told, draft, all);
    if (writes.failed) break;
  }
  const loses = steps.find((step) => step.loses !== undefined)?.loses;
  const base = {
    code: draft.code,
    verb: model.verb,
    acts,
    place: draft.place,
    loss,
    ...(loses === undefined ? {} : { loses }),
  };
  if (writes.list.length > WRITES_LIMIT)
    writes.decline('NO_WAY', `${writes.list.length} writes are too many`);
  if (!writes.failed && writes.list.length === 0) writes.decline('NO_VALUE', 'there is nothing to write');
  if (writes.failed) return { ...base, writes: [], declined: writes.failed };
  return { ...base, writes: writes.list };
}

/** What a repair's formulas gave. */
export interface Told {
  readonly only_if: boolean | undefined;
  /** Where the subject lies. */
  readonly subject: (Subject & { readonly type: string }) | undefined;
  /** Where a subject that is a pointer leads. */
  readonly target: Address;
  /** The locator that the subject is an element of; '' where nothing says. */
  readonly element_of: string;
  readonly to: bigint | undefined;
}

function act(
  writes: Writes,
  session: Session,
  linked: LinkedLibrary,
  model: RepairModel,
  told: Told,
  draft: Draft,
  all: readonly Draft[],
): void {
  const subject = told.subject ?? draft;
  switch (model.verb) {
    case 'set':
    case 'recount': {
      const value = told.to ?? draft.expected_bits;
      if (value === undefined) return writes.decline('NO_VALUE', 'nothing says what it should be');
      return writes.number(subject, value);
    }
    case 'abandon':
      return writes.number(subject, 0n);
    case 'relink':
      return relink(
        writes,
        draft,
        all.filter((one) => one.of_shape),
      );
    case 'release': {
      if (told.to !== undefined) return writes.number(subject, told.to);
      const type = told.subject?.type ?? '';
      return release(writes, subject.space, subject.address, linked.type(type), subject.place, linked.source);
    }
    case 'unlink':
    case 'quarantine':
    case 'rearm':
      return onElement(writes, session, model, told, draft);
  }
}

/** Verbs that act on an element: off its list, off every one that it is on, or back into a bucket. */
function onElement(writes: Writes, session: Session, model: RepairModel, told: Told, draft: Draft): void {
  const base = Number.isNaN(told.target) ? (told.subject?.address ?? draft.object?.base ?? NaN) : told.target;
  const places = session.placesOf(base);
  if (model.verb === 'rearm') {
    const bucket = told.to === undefined ? NaN : foldBits(draft.space.fold, told.to);
    const elements = session.located(draft.structure);
    if (!elements || Number.isNaN(bucket)) return writes.decline('NO_VALUE', 'nothing says where it belongs');
    return rearm(writes, elements, base, bucket, told.subject?.place ?? draft.place);
  }
  if (places.length === 0) return writes.decline('NO_WAY', 'it is on no list that is known');
  const chosen = model.verb === 'quarantine' ? places : ownOf(places, told, draft);
  if (chosen.length === 0)
    return writes.decline('NO_WAY', 'it hangs in several structures, and nothing says which one is meant');
  for (const { elements, index } of chosen) unlink(writes, elements, index);
}

/** The one that the subject was found in, else the one that was judged; another only where it hangs nowhere else. */
function ownOf(places: ReturnType<Session['placesOf']>, told: Told, draft: Draft): typeof places {
  const of = (name: string): typeof places =>
    places.filter(({ elements }) => elements.locator.model.name === name).slice(0, 1);
  const own = of(told.element_of);
  if (own.length > 0 || told.element_of !== '') return own;
  const judged = of(draft.structure);
  return judged.length > 0 || places.length > 1 ? judged : places;
}
