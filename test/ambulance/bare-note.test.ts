import { describe, expect, it } from 'vitest';
import { structuresOf } from '../../src/ambulance/structures.ts';
import type { Attachment } from '../../src/ambulance/attach.ts';
import { attach } from '../../src/ambulance/attach.ts';
import { DEFAULT_LIMITS, Meter } from '../../src/ambulance/limits.ts';
import { PhysicalCache } from '../../src/ambulance/physical-cache.ts';
import { writeNotes } from '../../src/formats/notes.ts';
import type { Patient } from '../../src/patient/patient.ts';
import { SHIPPED } from '../support/library.ts';

const TEXT = new TextEncoder().encode('OSRELEASE=6.1.0\nPAGESIZE=4096\n');
const NOTE = writeNotes([{ name: 'VMCOREINFO', type: 0, desc: TEXT }]);
const AT = 0x3000;

/** A partition that holds a stock kernel's note, of which the hypervisor may have a copy. */
function attached(more: Partial<Patient>, change: (bytes: Uint8Array) => void = () => undefined): Attachment {
  const bytes = new Uint8Array(0x8000);
  bytes.set(NOTE, AT);
  change(bytes);
  const patient: Patient = {
    name: 'web',
    memory_bytes: bytes.length,
    cpus: [],
    reason: 'inspection',
    devices: [],
    now: () => 0,
    letRun: () => false,
    read(physical, into) {
      if (physical < 0 || physical + into.length > bytes.length) return false;
      into.set(bytes.subarray(physical, physical + into.length));
      return true;
    },
    ...more,
  };
  return attach(patient, new PhysicalCache(patient, new Meter(DEFAULT_LIMITS)));
}

const region = { physical: AT, bytes: NOTE.length };

describe('a stock kernel, whose region is its VMCOREINFO note', () => {
  it('is read from where it registered that, as long as it is what was registered', () => {
    const sound = attached({ region, boot_copy: NOTE });
    expect(sound).toMatchObject({ via: 'live_region', verdict: 'intact', faults: [] });
    expect(sound.info?.osrelease).toBe('6.1.0');
  });

  it('is read from the copy when the note has changed since, and the byte is named', () => {
    const rotten = attached({ region, boot_copy: NOTE }, (bytes) => void (bytes[AT + 30] = 0));
    expect(rotten).toMatchObject({ via: 'boot_copy', verdict: 'corrupt', code: 'SEAL' });
    expect(rotten.faults[0]?.offset).toBe(30);
    expect(rotten.info?.osrelease).toBe('6.1.0');
  });

  it("is asked for what its kernel has, not for what lies in the simulated guest's process", () => {
    const asked = (of: Attachment): string[] => structuresOf(of, SHIPPED).map(({ structure }) => structure);
    const stock = asked(attached({ region, boot_copy: NOTE }));
    expect(stock).toContain('text');
    expect(stock).not.toContain('orders');
    // Of whom nothing is known it may be either.
    expect(asked(attached({}, (bytes) => bytes.fill(0)))).toContain('orders');
  });

  it('is read by a scan where nothing was registered, and unreachable where there is none', () => {
    expect(attached({})).toMatchObject({ via: 'note_scan', verdict: 'intact' });
    expect(attached({}, (bytes) => bytes.fill(0))).toMatchObject({ via: 'none', verdict: 'unreachable' });
  });
});
