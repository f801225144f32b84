import type { Address } from '../base/address.ts';
import { FINDINGS } from '../model/findings.ts';
import type { LibraryModel } from '../model/structure.ts';
import type { Verdict } from '../model/vocabulary.ts';
import type { Patient } from '../patient/patient.ts';
import type { CpuView } from '../structure/session.ts';
import type { Attachment } from './attach.ts';
import type { Checked } from './checks.ts';
import { check } from './checks.ts';
import { listBugLine, oopsLine } from './diagnose/case.ts';
import type { Draft } from './draft.ts';
import { hangsOnHolders, heldByUnseen, ofHolders, withoutHolders, withoutUnseen } from './holders.ts';
import type { Landmark } from './landmarks.ts';
import { landmarksOf } from './landmarks.ts';
import type { Meter } from './limits.ts';
import { firstSteps, REREAD_NS } from './limits.ts';
import type { PhysicalCache } from './physical-cache.ts';
import { lackingCpus } from './processors.ts';
import type { Reading } from './reading.ts';
import { read } from './reading.ts';
import { believedAtOnce, inFlux, settled, trips } from './settle.ts';
import type { Planned } from './structures.ts';
import { signsOf, structuresOf } from './structures.ts';
import type { Subject } from './subject.ts';

/** What was concluded of one structure. */
export interface Conclusion {
  readonly structure: string;
  readonly verdict: Verdict;
  readonly code?: string;
  readonly message?: string;
  /** Where it could not be judged, without the patient's name; '' where it has none. */
  readonly place?: string;
  readonly address?: Address;
  readonly elements: number;
  readonly rereads: number;
  readonly drafts: readonly Draft[];
  /** Findings that there are besides, and that were not kept; absent: none. */
  readonly left_out?: number;
}

/** What the ambulance saw last, besides its conclusions. */
export interface Inspected {
  readonly conclusions: readonly Conclusion[];
  readonly cpus: readonly CpuView[];
  /** Memory that tells what they were doing is not there. */
  readonly blind: boolean;
  readonly landmarks: readonly Landmark[];
  /** In what the structs that the library writes out differ from the guest's own. */
  readonly notes: readonly string[];
  /** It must not be let run: it has not noticed damage that it would fall over. */
  readonly spared: boolean;
  /** Signs of what is wrong outside of memory, as they are now. */
  signs(): readonly Draft[];
  /**
   * Where some structures did not end within the steps that each has at first: gives them all that the limits allow.
   * What was concluded of the others stays.
   */
  readonly goOn?: () => Inspected;
}

interface Pending extends Planned {
  result: Checked;
  /** Readings in which each finding was seen, by what and where. */
  readonly seen: Map<string, number>;
  rereads: number;
  /**
   * True when a CPU that may be at work in the kernel was seen where it had been: it may not have been given any time.
   */
  stood: boolean;
  /** Somebody may hold a lock of it only for where he happens to be. */
  hangs: boolean;
  /** It used up the steps that each has at first. */
  long: boolean;
  /** A lock that somebody may hold of whom nothing is known, and nobody else. */
  unseen?: Draft | undefined;
}

/**
 * Validates every structure that can be; what may be in flux is read again after the guest has run a little. In parts:
 * what takes long is left for `goOn`.
 */
export function inspect(
  patient: Patient,
  subject: Subject,
  memory: PhysicalCache,
  attachment: Attachment,
  library: LibraryModel,
  meter: Meter,
  log: () => readonly string[],
  in_parts = false,
): Inspected {
  if (in_parts) meter.allow(firstSteps(patient.memory_bytes));
  const listed = (): boolean => listBugLine(log()) !== '';
  const look = (): Reading => {
    meter.nextStructure();
    return read(subject, attachment, library, meter);
  };
  memory.lookAnew();
  let reading = look();
  // Of CPUs whose stacks are not there nobody knows what they hold.
  const blind = memory.lacked;
  const partial = patient.absent !== undefined;
  /**
   * Where memory is missing each structure is looked at on its own: what another one could not find must not be missed
   * in it.
   */
  const examine = (planned: Planned, orphans?: ReadonlySet<Address>): Checked => {
    if (!partial || orphans) {
      const seen = check(planned.structure, subject, meter, reading, planned.counted, orphans);
      // What it was about to find when its steps were used up is found anew for the next.
      if (meter.overran) reading = read(subject, attachment, library, meter, reading.cpus);
      return seen;
    }
    memory.lookAnew();
    const own = look();
    memory.lacked = false;
    const result = check(planned.structure, subject, meter, own, planned.counted);
    const lacks = memory.lacked || (blind && result.drafts.length > 0);
    return lacks ? { ...result, drafts: [], failure: NOT_IN_FILE } : result;
  };
  const askUnseen = (of: readonly Pending[]): void => {
    const cpus = withoutUnseen(reading.cpus);
    const without = cpus && read(subject, attachment, library, meter, cpus);
    if (without)
      for (const one of of.filter(ofHolders))
        one.unseen = heldByUnseen(one.result, check(one.structure, subject, meter, without, one.counted));
  };
  /** What a kernel has not is nobody's concern; what cannot be read of it is. */
  const unread = subject.untyped !== undefined && (subject.untyped.code !== 'ABSENT' || partial);
  const conclusions = new Map<string, Conclusion>();
  const pending: Pending[] = [];
  for (const planned of structuresOf(attachment, library)) {
    const { structure, why } = planned;
    // In the order of the report, whenever it is concluded.
    conclusions.set(structure, {
      structure,
      elements: 0,
      rereads: 0,
      drafts: [],
      verdict: 'unchecked',
      ...why,
    });
    if (why) continue;
    const result = examine(planned);
    pending.push({
      ...planned,
      tried: planned.tried && !unread,
      result,
      seen: new Map(),
      rereads: 0,
      stood: false,
      hangs: false,
      long: meter.overran && meter.inParts,
    });
  }
  /**
   * Looks as if nobody were in the kernel whether there is a lock that nobody else could be holding. In a dump nobody
   * goes on.
   */
  const askHolders = (of: readonly Pending[]): void => {
    const cpus = patient.servicing && withoutHolders(reading.cpus);
    const without = cpus && read(subject, attachment, library, meter, cpus);
    for (const one of of.filter(ofHolders))
      one.hangs =
        without !== undefined &&
        hangsOnHolders(one.result, check(one.structure, subject, meter, without, one.counted));
  };
  const unaware = patient.reason === 'inspection' && !listed() && oopsLine(log()) === '';
  /** Damage that it would fall over. */
  const tripping = (): readonly Draft[] =>
    pending.flatMap(({ result, seen }) =>
      result.drafts.filter((draft) => trips(draft, seen.get(keyOf(draft)) ?? 0)),
    );
  const spared = (): boolean => unaware && tripping().length > 0;
  const orphans = new Set<Address>();
  /** Looks again for as long as something is not settled. */
  const concludeOn = (of: readonly Pending[]): void => {
    askHolders(of);
    askUnseen(of);
    let open = of.filter(unsettled);
    let pause_ns = REREAD_NS;
    for (let round = 0; round < meter.limits.rereads && open.length > 0; round++) {
      if (spared() || !patient.letRun(pause_ns)) break;
      pause_ns *= 2;
      memory.forget();
      const before = reading.cpus;
      reading = look();
      const stood = reading.cpus.some((cpu, index) => stands(cpu, before[index]));
      for (const one of open) {
        one.rereads++;
        one.stood ||= stood;
        one.result = examine(one, orphans);
        one.long = meter.overran && meter.inParts;
      }
      askHolders(open);
      open = open.filter((one) => !one.long && unsettled(one));
      for (const one of pending) for (const lock of leakedIn(one)) orphans.add(lock);
    }
    // A word that is settled to be damage is that, whichever structure it is read in.
    const known = new Set(tripping().flatMap(({ physical }) => (physical < 0 ? [] : [physical])));
    for (const one of of)
      if (!one.long) conclusions.set(one.structure, conclude(one, meter.limits.rereads, listed, known));
  };
  concludeOn(pending.filter((one) => !one.long));
  const long = pending.filter((one) => one.long);
  for (const { structure, result } of long)
    conclusions.set(structure, { ...TO_COME, structure, elements: result.elements });
  // Asked twice of the same memory, it says the same.
  const read_at = memory.generation;
  let told: { readonly generation: number; readonly drafts: readonly Draft[] } | undefined;
  const signs = (): readonly Draft[] => {
    if (told?.generation === memory.generation) return told.drafts;
    const now = partial || read_at === memory.generation ? reading : look();
    const drafts = signsOf(library).flatMap((name) => check(name, subject, meter, now, new Set()).drafts);
    told = { generation: memory.generation, drafts };
    return drafts;
  };
  const now = (): Inspected => ({
    conclusions: [...conclusions.values()],
    cpus: reading.cpus,
    blind,
    spared: spared(),
    landmarks: landmarksOf(subject, library, reading.session),
    notes: [...lackingTypes(subject), ...lackingCpus(subject), ...reading.linked.notes],
    signs,
  });
  if (long.length === 0) return now();
  const goOn = (): Inspected => {
    meter.allow(meter.limits.steps);
    memory.lookAnew();
    reading = look();
    for (const one of long) {
      one.seen.clear();
      Object.assign(one, { result: examine(one), rereads: 0, stood: false, long: false });
    }
    concludeOn(long);
    return now();
  };
  return { ...now(), goOn };
}

/** Of what did not end within the steps that each has at first. */
const TO_COME = {
  verdict: 'unreachable',
  code: 'BUDGET',
  message: 'it took more steps than each structure has at first',
  rereads: 0,
  drafts: [],
} as const;

/** What is to be said of a kernel whose types cannot be had: without them next to nothing is found. */
function lackingTypes({ untyped }: Subject): readonly string[] {
  if (untyped === undefined) return [];
  if (untyped.code === 'ABSENT')
    return [
      'it says nothing of its types: the kernel was built without BTF (CONFIG_DEBUG_INFO_BTF), or the names of its symbols are not in the file',
    ];
  return [`its types (BTF) cannot be read, and next to nothing is found without them: ${untyped.message}`];
}

const NOT_IN_FILE = {
  code: 'NOT_IN_FILE',
  message: 'it leads to memory that the machine had and that is not in the file',
} as const;

/** Counts a reading's findings; true while one of them is not settled. */
function unsettled(one: Pending): boolean {
  let open = one.hangs;
  const keys = new Set<string>();
  for (const draft of one.result.drafts) {
    const key = keyOf(draft);
    keys.add(key);
    const readings = (one.seen.get(key) ?? 0) + 1;
    one.seen.set(key, readings);
    if (!settled(draft, readings)) open = true;
  }
  // What was seen once and is gone was no damage; a lock that somebody may hold now is not gone.
  for (const key of one.seen.keys()) if (!keys.has(key) && !one.hangs) one.seen.delete(key);
  return open;
}

/** Why a finding is not believed where nothing could be looked at again. */
const ONE_READING = 'one reading only: it may have been half done';

const UNSEEN = 'a CPU whose registers are not in the file may hold it';

/**
 * Locks of which it is settled that nobody holds them: what they guard is in flux no more, whatever CPUs are in the
 * kernel.
 */
function leakedIn({ result, seen }: Pending): readonly Address[] {
  const leaks = result.drafts.filter(
    (draft) => draft.means === 'lock_leak' && settled(draft, seen.get(keyOf(draft)) ?? 0),
  );
  return leaks.map(({ address }) => address);
}

/** The kernel has no such variable, no such type. */
const LACKING: ReadonlySet<string> = new Set(['NO_SYMBOL', 'NO_TYPE']);

function keyOf(draft: Draft): string {
  return `${draft.code} ${draft.physical} ${draft.address}`;
}

/**
 * A CPU in the kernel's own code that has not moved. Who rests, waits for a lock or is in user mode is in the middle of
 * no update.
 */
function stands({ mode, rip, rsp }: CpuView, before: CpuView | undefined): boolean {
  return mode === 'kernel' && rip === before?.rip && rsp === before.rsp;
}

/**
 * True for what is as it was in every reading while all CPUs went on: whoever holds the lock, an update that does not
 * end is none. He may have died in the middle of it, as a task does that oopses.
 */
function outlasts({ rereads, seen, stood }: Pending, draft: Draft, limit: number): boolean {
  return (
    !stood &&
    draft.guard !== 'kept' &&
    rereads > 0 &&
    rereads >= limit &&
    (seen.get(keyOf(draft)) ?? 0) > rereads
  );
}

function conclude(
  one: Pending,
  limit: number,
  listed: () => boolean,
  known: ReadonlySet<number>,
): Conclusion {
  const { result, structure, rereads, seen } = one;
  const believed = (draft: Draft): boolean =>
    rereads === 0 ? believedAtOnce(draft, listed) : settled(draft, seen.get(keyOf(draft)) ?? 0);
  const firm = result.drafts.filter(
    (draft) => known.has(draft.physical) || outlasts(one, draft, limit) || believed(draft),
  );
  const base = { structure, elements: result.elements, rereads };
  const corrupt = firm.find((draft) => (FINDINGS.get(draft.code)?.leads_to ?? 'corrupt') === 'corrupt');
  const left_out = result.left_out === 0 ? {} : { left_out: result.left_out };
  if (corrupt) return { ...base, verdict: 'corrupt', code: corrupt.code, drafts: firm, ...left_out };
  if (result.failure) {
    const { code } = result.failure;
    const verdict = code === 'NO_REFERENCE' || (one.tried && LACKING.has(code)) ? 'unchecked' : 'unreachable';
    const elements = verdict === 'unchecked' ? 0 : result.elements;
    return { ...base, ...result.failure, elements, verdict, drafts: [] };
  }
  const flux = result.drafts[0] ?? one.unseen;
  if (flux) {
    const { code, place, address } = flux;
    const why = flux === one.unseen ? UNSEEN : rereads === 0 && !inFlux(flux) ? ONE_READING : '';
    const message = why === '' ? flux.message : `${flux.message}; ${why}`;
    return { ...base, verdict: 'unsettled', code, message, place, address, drafts: [] };
  }
  return { ...base, verdict: 'intact', drafts: [] };
}
