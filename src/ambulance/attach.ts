import type { LocatorEntry } from '../formats/locator-code/entry.ts';
import type { RegionContents } from '../formats/region-notes.ts';
import { readContents } from '../formats/region-notes.ts';
import type { Region } from '../formats/region.ts';
import { readRegion, REGION_BYTES_LIMIT, REGION_HEADER_BYTES } from '../formats/region.ts';
import type { Failure, Result } from '../formats/result.ts';
import { readNotes } from '../formats/notes.ts';
import { parseVmcoreInfo, VMCOREINFO_NOTE } from '../formats/vmcoreinfo.ts';
import type { VmcoreInfo } from '../formats/vmcoreinfo.ts';
import type { Verdict, Via } from '../model/vocabulary.ts';
import type { Patient } from '../patient/patient.ts';
import { findByScan } from './scan.ts';
import type { PhysicalCache } from './physical-cache.ts';

/** What is wrong with the region, by offset in it. */
interface RegionFault {
  readonly code: 'SEAL' | 'REGION_HEADER' | 'REGION_ENTRY';
  readonly offset: number;
  readonly bytes: number;
  readonly message: string;
}

/** How the region, or what stands in for it, was come by, and what it says. */
export interface Attachment {
  readonly via: Via;
  readonly info?: VmcoreInfo;
  readonly contents?: RegionContents;
  /** The guest's own locators, by name. */
  readonly described: ReadonlyMap<string, LocatorEntry>;
  /** Names whose locators could not be understood, and why. */
  readonly malformed: ReadonlyMap<string, string>;
  /** The region as it lies in memory: guest-physical address and bytes; absent when there is none. */
  readonly region?: { readonly physical: number; readonly bytes: Uint8Array };
  readonly verdict: Verdict;
  readonly code?: string;
  readonly faults: readonly RegionFault[];
  readonly entries: number;
}

/**
 * The live region when it is sound, else the hypervisor's copy from the registration, else what a scan of memory finds:
 * a region, or a bare VMCOREINFO note, with which the rescuer falls back on what it knows of a stock Linux.
 */
export function attach(patient: Patient, memory: PhysicalCache): Attachment {
  const place = patient.region;
  const copy = patient.boot_copy;
  const elsewhere = (): Attachment => (copy ? fromCopy(copy, []) : fromScan(patient, memory));
  if (!place) return elsewhere();
  const live = new Uint8Array(Math.min(Math.max(place.bytes, 0), REGION_BYTES_LIMIT));
  if (!memory.readOnce(place.physical, live))
    return { ...elsewhere(), verdict: 'unreachable', code: 'UNMAPPED' };
  const region = { physical: place.physical, bytes: live };
  const changed = copy ? difference(live, copy) : undefined;
  const text = bareNote(live);
  if (text && !changed) return { ...fromNote('live_region', text, []), region };
  const { read, contents } = readSound(live);
  if (read.ok && !changed)
    return fromRegion('live_region', read.value, contents ?? readContents(live, read.value), region, []);
  const fault = faultOf(read.ok || text ? undefined : read, changed);
  if (copy) return { ...fromCopy(copy, [fault]), region };
  const tolerant = readRegion(live, { ignore_seal: true });
  if (tolerant.ok)
    return fromRegion('live_region', tolerant.value, readContents(live, tolerant.value), region, [fault]);
  const found = fromScan(patient, memory);
  return { ...found, region, verdict: 'corrupt', code: fault.code, faults: [fault] };
}

interface Sound {
  readonly read: Result<Region>;
  readonly contents?: RegionContents;
}

/** Regions read lately, with what they said: the same guest is attended in many runs. Compared byte by byte. */
const KNOWN: { readonly bytes: Uint8Array; readonly sound: Sound }[] = [];
const KNOWN_LIMIT = 16;
/** Longer ones are not kept. */
const KNOWN_BYTES = 262_144;

function readSound(live: Uint8Array): Sound {
  const known = KNOWN.find(({ bytes }) => bytes.length === live.length && Buffer.compare(bytes, live) === 0);
  if (known) return known.sound;
  const read = readRegion(live);
  if (!read.ok) return { read };
  const sound = { read, contents: readContents(live, read.value) };
  if (live.length <= KNOWN_BYTES) {
    if (KNOWN.length >= KNOWN_LIMIT) KNOWN.shift();
    KNOWN.push({ bytes: live, sound });
  }
  return sound;
}

function fromRegion(
  via: Via,
  region: Region,
  contents: RegionContents,
  live: Attachment['region'],
  faults: readonly RegionFault[],
): Attachment {
  const nameless = contents.malformed.filter((entry) => entry.name === undefined);
  const all = [
    ...faults,
    ...nameless.map(({ offset, message }) => ({ code: 'REGION_ENTRY' as const, offset, bytes: 4, message })),
  ];
  return {
    via,
    ...(contents.vmcoreinfo ? { info: contents.vmcoreinfo } : {}),
    contents,
    described: contents.described,
    malformed: new Map(contents.malformed.map((entry) => [entry.name ?? '', entry.message])),
    ...(live ? { region: live } : {}),
    verdict: all.length > 0 ? 'corrupt' : 'intact',
    ...(all[0] ? { code: all[0].code } : {}),
    faults: all,
    entries: region.entries.length,
  };
}

function fromCopy(copy: Uint8Array, faults: readonly RegionFault[]): Attachment {
  const text = bareNote(copy);
  if (text) return fromNote('boot_copy', text, faults);
  const read = readRegion(copy, { ignore_seal: true });
  if (!read.ok)
    return {
      ...NOTHING,
      verdict: faults.length > 0 ? 'corrupt' : 'unreachable',
      code: faults[0]?.code ?? 'NO_REGION',
      faults,
    };
  return fromRegion('boot_copy', read.value, readContents(copy, read.value), undefined, faults);
}

/** All that a stock kernel tells: no locators, nothing sealed. */
function fromNote(via: Via, text: Uint8Array, faults: readonly RegionFault[]): Attachment {
  return {
    ...WITHOUT_LOCATORS,
    via,
    info: parseVmcoreInfo(text),
    verdict: faults.length > 0 ? 'corrupt' : 'intact',
    ...(faults[0] ? { code: faults[0].code } : {}),
    faults,
    entries: 1,
  };
}

const WITHOUT_LOCATORS = {
  described: new Map(),
  malformed: new Map(),
  faults: [],
} as const;

const NOTHING: Attachment = {
  ...WITHOUT_LOCATORS,
  via: 'none',
  verdict: 'unreachable',
  code: 'NO_REGION',
  entries: 0,
};

function fromScan(patient: Patient, memory: PhysicalCache): Attachment {
  const found = findByScan(patient, memory);
  if (!found) return NOTHING;
  if (found.kind === 'note') {
    return fromNote('note_scan', found.text, []);
  }
  const region = { physical: found.physical, bytes: found.bytes };
  const faults = found.failure === undefined ? [] : [faultOf(found.failure, undefined)];
  return fromRegion('note_scan', found.region, readContents(found.bytes, found.region), region, faults);
}

/** How the text of VMCOREINFO begins (kernel/crash_core.c). */
const TEXT_START = 'OSRELEASE=';

/**
 * The text of a VMCOREINFO note, of which a stock kernel's whole region consists: as it lies in memory, or without the
 * note's header as in a core file.
 */
function bareNote(bytes: Uint8Array): Uint8Array | undefined {
  const [note] = readNotes(bytes, 0, bytes.length, 1).notes;
  if (note?.name === VMCOREINFO_NOTE) return bytes.subarray(note.desc_start, note.desc_end);
  return Buffer.from(bytes.subarray(0, TEXT_START.length)).toString('latin1') === TEXT_START
    ? bytes
    : undefined;
}

/** The first run of bytes in which the live region differs from its copy. */
function difference(live: Uint8Array, copy: Uint8Array): { offset: number; bytes: number } | undefined {
  const length = Math.min(live.length, copy.length);
  if (Buffer.compare(live.subarray(0, length), copy.subarray(0, length)) === 0) return undefined;
  let offset = 0;
  while (offset < length && live[offset] === copy[offset]) offset++;
  let end = offset;
  while (end < length && end - offset < 64 && live[end] !== copy[end]) end++;
  return { offset, bytes: end - offset };
}

function faultOf(
  failure: Failure | undefined,
  changed: { offset: number; bytes: number } | undefined,
): RegionFault {
  const header = failure !== undefined && failure.code !== 'SEAL' && failure.offset < REGION_HEADER_BYTES;
  const code =
    failure === undefined || failure.code === 'SEAL' ? 'SEAL' : header ? 'REGION_HEADER' : 'REGION_ENTRY';
  const what = failure?.message ?? 'it is no longer what was registered';
  if (changed) {
    const at = `0x${changed.offset.toString(16)}`;
    return { code, ...changed, message: `${what}; from byte ${at} on it differs from the registered copy` };
  }
  return { code, offset: failure?.offset ?? 0, bytes: 4, message: what };
}
