import { describe, expect, it } from 'vitest';
import { attend } from '../../src/ambulance/attend.ts';
import type { LocatorEntry } from '../../src/formats/locator-code/entry.ts';
import { decodeLocator, encodeLocator } from '../../src/formats/locator-code/entry.ts';
import { descOf, REGION_NOTE, readRegion, sealRegion } from '../../src/formats/region.ts';
import type { Patient } from '../../src/patient/patient.ts';
import { AttendedGuest, MS, verdicts } from '../support/attended-guest.ts';
import { delegate } from '../support/damaged-patient.ts';
import { SHIPPED } from '../support/library.ts';

const { patient } = new AttendedGuest().patientAt(40 * MS);

/** The patient with another entry for a structure in its region, under a seal that fits, registered so. */
function forged(name: string, change: (entry: LocatorEntry) => LocatorEntry): Patient {
  const { physical, bytes: size } = patient.region as { physical: number; bytes: number };
  const region = new Uint8Array(size);
  patient.read(physical, region);
  const read = readRegion(region);
  if (!read.ok) throw new Error(read.message);
  for (const note of read.value.entries) {
    const desc = descOf(region, note);
    const entry = note.type === REGION_NOTE.LOCATOR ? decodeLocator(desc) : undefined;
    if (!entry?.ok || entry.value.names.name !== name) continue;
    const bytes = encodeLocator(change(entry.value));
    if (bytes.length > desc.length) throw new Error('no room');
    desc.fill(0);
    desc.set(bytes);
  }
  sealRegion(region);
  const made = delegate(patient, (at, into) => {
    if (!patient.read(at, into)) return false;
    for (let index = 0; index < into.length; index++)
      if (at + index >= physical && at + index < physical + size)
        into[index] = region[at + index - physical] as number;
    return true;
  });
  return Object.defineProperty(made, 'boot_copy', { value: region });
}

const named =
  (more: Partial<LocatorEntry['names']>) =>
  (entry: LocatorEntry): LocatorEntry => ({ ...entry, names: { ...entry.names, ...more } });
const SOUND: Readonly<Record<string, string>> = verdicts(
  attend(patient, { ambulance: 'rescue', library: SHIPPED }).report,
);

/** What changes, against an honest guest, when one entry is forged. */
function changed(name: string, change: (entry: LocatorEntry) => LocatorEntry): string[] {
  const { report } = attend(forged(name, change), { ambulance: 'rescue', library: SHIPPED });
  const others = report.verdicts.filter(({ structure, verdict }) => verdict !== SOUND[structure]);
  return others.map(({ structure, verdict, code }) => `${structure} ${verdict} ${code ?? ''}`);
}

const limit =
  (most: number) =>
  (entry: LocatorEntry): LocatorEntry => ({ ...entry, limit: most });
const shape =
  (other: LocatorEntry['shape']) =>
  (entry: LocatorEntry): LocatorEntry => ({ ...entry, shape: other });

describe('what the guest says of its own structures is what the rescue goes by, and a lie costs no other', () => {
  it.each([
    ['type rq', 'tasks', named({ type: 'rq' }), 'tasks unreachable NO_TYPE'],
    ['type that is none', 'tasks', named({ type: 'nobody' }), 'tasks unreachable NO_TYPE'],
    ['type u64', 'stacks', named({ type: 'u64' }), 'stacks unreachable NO_TYPE'],
    ['limit of one element', 'tasks', limit(1), 'tasks unreachable LOCATOR_LIMIT'],
    ['limit of one element', 'orders', limit(1), 'orders unreachable LOCATOR_LIMIT'],
    ['link that is none', 'tasks', named({ via: 'nobody' }), 'tasks unreachable NO_TYPE'],
    ['label that is none', 'tasks', named({ label: 'nobody' }), 'tasks unreachable NO_TYPE'],
    ['key that is none', 'timers', named({ key: 'nobody' }), 'timers unreachable NO_TYPE'],
    ['shape of a tree, whose links it asks itself', 'tasks', shape('tree'), 'tasks corrupt RB_POINTER'],
    ['shape of an array without a length', 'stacks', shape('array'), 'stacks unreachable WRAP'],
  ])('a %s for %s', (_what, name, change, verdict) => {
    expect(changed(name, change)).toEqual([verdict]);
  });

  it('and what it says truly changes nothing', () => {
    expect(changed('tasks', (entry) => entry)).toEqual([]);
    expect(changed('tasks', limit(40_000))).toEqual([]);
  });
});
