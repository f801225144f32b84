import type { Address } from '../base/address.ts';
import type { Guard } from '../structure/elements.ts';
import type { Draft as Told } from '../structure/findings.ts';
import { isHeld, sleeps } from '../structure/guards.ts';
import { propose } from '../structure/repair/propose.ts';
import type { CpuView } from '../structure/session.ts';
import { isAtRest, OF_CPUS } from './at-rest.ts';
import { mayHold, waitsFor } from './cpus.ts';
import type { Draft, DraftRepair, GuardState } from './draft.ts';
import type { Meter } from './limits.ts';
import type { Space } from './space.ts';
import type { Reading } from './reading.ts';
import { isWild } from './reading.ts';
import type { Subject } from './subject.ts';

/**
 * Why a structure could not be judged, and where: `place` without the patient's name, '' where it has none, as
 * `address` is NaN then.
 */
interface Failure {
  readonly code: string;
  readonly message: string;
  readonly place?: string;
  readonly address?: Address;
}

/** What a validator said in one reading. */
export interface Checked {
  readonly drafts: readonly Draft[];
  /** Findings beyond those that are kept. */
  readonly left_out: number;
  readonly elements: number;
  readonly failure: Failure | undefined;
}

/** What walkers say of the links themselves, beside those that lead astray. */
const SHAPE_MEANS: Readonly<Record<string, string>> = { RB_COLOUR: 'bit_flip', RB_ORDER: 'bad_value' };
/** Values that no update leaves in a link, not for a moment: a poison, NULL in a ring, an address of nothing. */
const FIRM = /_(?:POISON|NULL|WILD)$/;
/** Causes of a pointer that leads nowhere. */
const POINTERS: ReadonlySet<string | undefined> = new Set([undefined, 'wild_pointer']);
/** No update passes through these; who waits for whom is known while the CPUs stand. */
const NEVER_HALF: ReadonlySet<string | undefined> = new Set(['double_free', 'stack_smash', 'deadlock']);

const NONE: ReadonlySet<Address> = new Set();

/**
 * Runs the validator of a structure on a reading. `counted` says which codes are about a walk as a whole, `orphans`
 * which locks nobody holds any more.
 */
export function check(
  structure: string,
  subject: Subject,
  meter: Meter,
  reading: Reading,
  counted: ReadonlySet<string>,
  orphans: ReadonlySet<Address> = NONE,
): Checked {
  meter.nextStructure();
  const result = reading.of(structure).session.validate(structure);
  if (!result)
    return {
      drafts: [],
      left_out: 0,
      elements: 0,
      failure: { code: 'NO_VALIDATOR', message: 'nothing checks it' },
    };
  const leaked = new Set([
    ...orphans,
    ...result.drafts.filter(({ means }) => means === 'lock_leak').map(({ address }) => address),
  ]);
  const drafts = result.drafts.map((one) => draftOf(one, subject, reading, result.drafts, leaked, counted));
  const failure = meter.exhausted
    ? { code: 'BUDGET', message: 'the walk used up its steps or bytes' }
    : result.failure;
  return { drafts, left_out: result.left_out, elements: result.elements, failure };
}

function draftOf(
  told: Told,
  subject: Subject,
  reading: Reading,
  all: readonly Told[],
  leaked: ReadonlySet<Address>,
  counted: ReadonlySet<string>,
): Draft {
  const { structure, code, place, address, bytes, pointer, message, object, expected, guard, of_shape } =
    told;
  const { cpus } = reading;
  const space = told.space as Space;
  const means = told.means ?? (of_shape ? SHAPE_MEANS[code] : undefined);
  const own = space === subject.space;
  const firm = of_shape && FIRM.test(code);
  const astray = pointer && leadsNowhere(space, address);
  const link = of_shape && means === undefined;
  return {
    structure,
    code,
    place,
    address,
    physical: own ? subject.physical(address) : space.physical(address),
    bytes,
    pointer,
    message,
    ...(object && object.type !== '' ? { object } : {}),
    ...(expected === undefined ? {} : { expected }),
    space,
    guard: stateOf(guard ? [guard, ...told.around] : told.around, own ? cpus : undefined, leaked, reading),
    torn: of_shape ? !firm && !astray : means !== undefined || !astray,
    unguarded: guard === undefined || (means !== undefined && OF_CPUS.has(means)),
    certain:
      told.alone === true ||
      firm ||
      (astray && POINTERS.has(means)) ||
      NEVER_HALF.has(means) ||
      (means === 'lock_leak' && cpus.some((cpu) => waitsFor(cpu, address))) ||
      !space.writable(address),
    means,
    ...(told.back ? { back: { ...told.back, physical: space.physical(told.back.address) } } : {}),
    ...repairOf(told, reading, all),
    link,
    at_rest: own && isAtRest({ structure, code, means, link }, cpus, subject),
    sums: !of_shape && counted.has(code),
  };
}

/** What the library says would mend it. */
function repairOf(told: Told, reading: Reading, all: readonly Told[]): { repair?: DraftRepair } {
  const { session, linked } = reading.of(told.structure);
  const plan = propose(session, linked, told, all);
  if (!plan) return {};
  const writes = plan.writes.map(({ place, address, after, mask }) => ({
    place,
    address,
    bytes: after,
    ...(mask ? { mask } : {}),
  }));
  const { acts, loss, loses, declined } = plan;
  return {
    repair: {
      kind: plan.verb,
      acts,
      would_lose: loss,
      writes,
      ...(loses === undefined ? {} : { loses }),
      ...(declined ? { declined: declined.code } : {}),
    },
  };
}

/**
 * The value itself is damage, not the state between two stores. NULL is none: a tree whose only task was just picked
 * has no root, and a task that is being released no pid. A tree node's colour is kept in the low bits of its parent's
 * address.
 */
function leadsNowhere(space: Space, address: Address): boolean {
  const value = space.u64(address);
  if (value === 0) return false;
  return isWild(space, value) && isWild(space, value - (((value % 4) + 4) % 4));
}

/** Of several locks one that somebody holds who goes on is enough: what it guards may be half done. */
function stateOf(
  guards: readonly Guard[],
  cpus: readonly CpuView[] | undefined,
  leaked: ReadonlySet<Address>,
  reading: Reading,
): GuardState {
  const states = guards.map((guard) => guardState(guard, cpus, leaked, reading));
  return (['kept', 'held', 'orphan'] as const).find((state) => states.includes(state)) ?? 'free';
}

/**
 * Whether who holds a lock may be in the middle of an update: somebody who goes on. A lock that nobody can be holding,
 * or only a CPU that is in a loop, is held for ever. A lock in a process is held by whoever is in the middle of its own
 * code: nothing outside tells who.
 */
function guardState(
  guard: Guard,
  cpus: readonly CpuView[] | undefined,
  leaked: ReadonlySet<Address>,
  reading: Reading,
): GuardState {
  if (!isHeld(guard, reading.linked.source)) return 'free';
  if (cpus === undefined || sleeps(guard)) return 'kept';
  return !leaked.has(guard.address) && mayHold(cpus, guard.address).some(({ stuck }) => !stuck)
    ? 'held'
    : 'orphan';
}
