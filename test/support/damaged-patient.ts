import { substream } from '../../src/base/random.ts';
import type { Patient } from '../../src/patient/patient.ts';

/** A patient whose memory reads with some bits inverted: as if they had been flipped the moment before. */
export function withFlips(patient: Patient, flips: ReadonlyMap<number, number>): Patient {
  const sorted = [...flips].sort(([a], [b]) => a - b);
  const read = (physical: number, into: Uint8Array): boolean => {
    if (!patient.read(physical, into)) return false;
    for (const [address, mask] of sorted) {
      const at = address - physical;
      if (at >= 0 && at < into.length) into[at] = (into[at] as number) ^ mask;
    }
    return true;
  };
  return delegate(patient, read);
}

/** Random bits of the pages that hold anything. */
export function randomFlips(patient: Patient, seed: number, count: number): ReadonlyMap<number, number> {
  const random = substream(seed, 'flips');
  const pages = usedPages(patient);
  const flips = new Map<number, number>();
  for (let flip = 0; flip < count; flip++) {
    const address = random.pick(pages) * 4096 + random.below(4096);
    flips.set(address, (flips.get(address) ?? 0) ^ (1 << random.below(8)));
  }
  return flips;
}

const known = new WeakMap<Patient, readonly number[]>();

function usedPages(patient: Patient): readonly number[] {
  const before = known.get(patient);
  if (before) return before;
  const pages: number[] = [];
  const page = new Uint8Array(4096);
  for (let number = 0; number * 4096 < patient.memory_bytes; number++) {
    if (patient.read(number * 4096, page) && page.some((byte) => byte !== 0)) pages.push(number);
  }
  known.set(patient, pages);
  return pages;
}

/** A patient with another memory; it cannot be let run. */
export function delegate(patient: Patient, read: Patient['read']): Patient {
  return {
    name: patient.name,
    memory_bytes: patient.memory_bytes,
    read,
    cpus: patient.cpus,
    ...(patient.region ? { region: patient.region } : {}),
    ...(patient.boot_copy ? { boot_copy: patient.boot_copy } : {}),
    ...(patient.refusal === undefined ? {} : { refusal: patient.refusal }),
    reason: patient.reason,
    devices: patient.devices,
    now: () => patient.now(),
    letRun: () => false,
  };
}
