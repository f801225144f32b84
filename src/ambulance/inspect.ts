import type { Locator } from '../formats/locator.ts';
import { COLLECTIONS } from '../model/collections.ts';
import { FINDINGS } from '../model/findings.ts';
import type { Verdict } from '../model/vocabulary.ts';
import type { Patient } from '../patient/patient.ts';
import type { Attachment } from './attach.ts';
import type { Activity } from './cpus.ts';
import { observe } from './cpus.ts';
import type { Landmark } from './landmarks.ts';
import { landmarksOf } from './landmarks.ts';
import type { Meter } from './limits.ts';
import { REREAD_NS } from './limits.ts';
import type { Census, CensusResult } from './locate/census.ts';
import { takeCensus } from './locate/census.ts';
import { processSpace } from './locate/process.ts';
import type { Subject } from './locate/subject.ts';
import type { PhysicalCache } from './memory.ts';
import { inFlux, settled } from './settle.ts';
import { VALIDATORS } from './validate/catalogue.ts';
import type { Draft } from './validate/validator.ts';
import { Inspection } from './validate/validator.ts';

/** What was concluded of one structure. */
export interface Conclusion {
  readonly structure: string;
  readonly verdict: Verdict;
  readonly code?: string;
  readonly message?: string;
  readonly elements: number;
  readonly rereads: number;
  readonly drafts: readonly Draft[];
}

/** A reading of the whole patient at one instant. */
interface Reading {
  readonly activities: readonly Activity[];
  readonly census: CensusResult;
}

/** What the ambulance saw last, besides its conclusions. */
export interface Inspected {
  readonly conclusions: readonly Conclusion[];
  readonly activities: readonly Activity[];
  readonly census: Census | undefined;
  readonly landmarks: readonly Landmark[];
}

interface Pending {
  readonly structure: string;
  readonly locator: Locator;
  result: Inspection;
  /** Readings in which each finding was seen, by what and where. */
  readonly seen: Map<string, number>;
  rereads: number;
}

/** Validates every described structure; what may be in flux is read again after the guest has run a little. */
export function inspect(
  patient: Patient,
  subject: Subject,
  memory: PhysicalCache,
  attachment: Attachment,
  meter: Meter,
): Inspected {
  let reading = read(subject, attachment, meter);
  const conclusions = new Map<string, Conclusion>();
  const pending: Pending[] = [];
  for (const { name, judged, describable } of COLLECTIONS) {
    if (!judged || !describable) continue;
    const locator = attachment.locators.get(name);
    const early = withoutReading(name, locator, attachment);
    if (early) {
      conclusions.set(name, early);
      continue;
    }
    pending.push({ structure: name, locator: locator as Locator, result: validate(name, locator as Locator, subject, meter, reading), seen: new Map(), rereads: 0 }); // prettier-ignore
  }
  let open = pending.filter(unsettled);
  let pause_ns = REREAD_NS;
  for (let round = 0; round < meter.limits.rereads && open.length > 0; round++) {
    if (!patient.letRun(pause_ns)) break;
    pause_ns *= 2;
    memory.forget();
    reading = read(subject, attachment, meter);
    for (const one of open) {
      one.rereads++;
      one.result = validate(one.structure, one.locator, subject, meter, reading);
    }
    open = open.filter(unsettled);
  }
  for (const one of pending) conclusions.set(one.structure, conclude(one));
  return {
    conclusions: [...conclusions.values()],
    activities: reading.activities,
    census: reading.census.ok ? reading.census.census : undefined,
    landmarks: landmarksOf(subject, attachment.locators.values()),
  };
}

function read(subject: Subject, attachment: Attachment, meter: Meter): Reading {
  meter.nextStructure();
  return {
    activities: observe(subject),
    census: takeCensus(subject, attachment.locators.get('tasks'), meter),
  };
}

/** Counts a reading's findings; true while one of them is not settled. */
function unsettled(one: Pending): boolean {
  let open = false;
  const keys = new Set<string>();
  for (const draft of one.result.drafts) {
    const key = keyOf(draft);
    keys.add(key);
    const readings = (one.seen.get(key) ?? 0) + 1;
    one.seen.set(key, readings);
    if (!settled(draft, readings)) open = true;
  }
  // What was seen once and is gone was no damage.
  for (const key of one.seen.keys()) if (!keys.has(key)) one.seen.delete(key);
  return open;
}

function keyOf(draft: Draft): string {
  return `${draft.code} ${draft.physical} ${draft.address}`;
}

function withoutReading(structure: string, locator: Locator | undefined, attachment: Attachment): Conclusion | undefined {
  const nothing = { structure, elements: 0, rereads: 0, drafts: [] };
  const malformed = attachment.malformed.get(structure);
  if (!locator && malformed !== undefined) return { ...nothing, verdict: 'unreachable', code: 'LOCATOR_MALFORMED', message: malformed }; // prettier-ignore
  if (!locator) return { ...nothing, verdict: 'unchecked', code: 'NO_LOCATOR' };
  return VALIDATORS.has(structure) ? undefined : { ...nothing, verdict: 'unchecked', code: 'NO_VALIDATOR' };
} // prettier-ignore

function validate(structure: string, locator: Locator, subject: Subject, meter: Meter, reading: Reading): Inspection {
  meter.nextStructure();
  const census = reading.census.ok ? reading.census.census : undefined;
  const space = locator.space === 'kernel' ? subject.space : processSpace(subject, census, locator.space.task);
  const inspection = new Inspection(structure, subject, locator, typeof space === 'string' ? subject.space : space, meter, reading.activities, census); // prettier-ignore
  if (typeof space === 'string') inspection.unreachable('UNMAPPED', space);
  else if (!reading.census.ok && NEEDS_TASKS.has(structure)) inspection.unreachable(reading.census.code, reading.census.message); // prettier-ignore
  else VALIDATORS.get(structure)?.run(inspection);
  if (meter.exhausted) inspection.unreachable('BUDGET', 'the walk used up its steps or bytes');
  return inspection;
} // prettier-ignore

const NEEDS_TASKS: ReadonlySet<string> = new Set(['tasks', 'stacks', 'run_queues']);

function conclude(one: Pending): Conclusion {
  const { result, structure, rereads } = one;
  const firm = result.drafts.filter((draft) => !inFlux(draft));
  const base = { structure, elements: result.elements, rereads };
  const corrupt = firm.find((draft) => (FINDINGS.get(draft.code)?.leads_to ?? 'corrupt') === 'corrupt');
  if (corrupt) return { ...base, verdict: 'corrupt', code: corrupt.code, drafts: firm };
  if (result.failure) return { ...base, verdict: 'unreachable', code: result.failure.code, message: result.failure.message, drafts: [] }; // prettier-ignore
  const flux = result.drafts[0];
  if (flux) return { ...base, verdict: 'unsettled', code: flux.code, message: flux.message, drafts: [] };
  return { ...base, verdict: 'intact', drafts: [] };
}
