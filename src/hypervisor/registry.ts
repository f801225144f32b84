import { readNotes } from '../formats/notes.ts';
import { REGION_BYTES_LIMIT, readRegion } from '../formats/region.ts';
import { VMCOREINFO_NOTE } from '../formats/vmcoreinfo.ts';
import { REFUSALS } from '../model/vocabulary.ts';
import { splitLogical } from '../target/hypercalls.ts';
import type { PhysicalMemory } from '../target/target.ts';

/** A note's header and the name of this one, padded. */
const NOTE_HEAD_BYTES = 24;

/** One of REFUSALS. */
type RefusalCode =
  'OUTSIDE' | 'FOREIGN' | 'TRUNCATED' | 'VERSION' | 'LATE' | 'TWICE' | 'STALE' | 'SEAL' | 'MALFORMED';

/** What the registry knows of one partition in this boot. */
export interface RegistryEntry {
  /** The region, once one was accepted: guest-physical address and bytes. */
  readonly region?: { readonly physical: number; readonly bytes: number };
  /** Its bytes as they were then. Never written. */
  readonly copy?: Uint8Array;
  /** Why the last refused registration was turned down. */
  readonly refusal?: RefusalCode;
}

/** A registration, with what the rules need to know. */
export interface Application {
  /** Logical address (target/hypercalls.ts). */
  readonly address: number;
  readonly bytes: number;
  readonly boot_id: bigint;
  /** The id that the firmware gave to this boot. */
  readonly current_boot_id: bigint;
  /** 1 + index of the partition. */
  readonly number: number;
  readonly booted: boolean;
  readonly memory: PhysicalMemory;
  /** Bytes of memory by partition number; undefined where there is no such partition. */
  readonly memoryOf: (number: number) => number | undefined;
}

export type Ruling =
  | { readonly accepted: true; readonly entry: RegistryEntry }
  | { readonly accepted: false; readonly code: RefusalCode };

/**
 * The registry's rules, in the order they are applied: LATE after boot complete; TWICE when one was accepted before in
 * this boot; FOREIGN when the logical address names another partition and lies in its memory; OUTSIDE when the range is
 * not wholly in the caller's; then what `readRegion` finds (TRUNCATED, MALFORMED, VERSION, SEAL); STALE when the region
 * or the call carries another boot's id. What a stock Linux registers is no region but its VMCOREINFO note alone, as it
 * goes into `etc/vmcoreinfo` of QEMU's fw_cfg: such a one has no seal, no version and no id of its own.
 */
export function rule(entry: RegistryEntry, application: Application): Ruling {
  if (application.booted) return refused('LATE');
  if (entry.region !== undefined) return refused('TWICE');
  const { address, bytes, memory } = application;
  if (!Number.isSafeInteger(address) || address < 0 || !Number.isSafeInteger(bytes) || bytes < 0)
    return refused('OUTSIDE');
  const { whose, physical } = splitLogical(address);
  if (whose !== 0 && whose !== application.number) {
    const size = application.memoryOf(whose);
    return refused(size !== undefined && physical < size ? 'FOREIGN' : 'OUTSIDE');
  }
  if (physical + bytes > memory.size) return refused('OUTSIDE');
  if (bytes > REGION_BYTES_LIMIT) return refused('MALFORMED');
  const copy = new Uint8Array(bytes);
  if (!memory.read(physical, copy)) return refused('OUTSIDE');
  const bare = bareNote(copy);
  if (bare === 'truncated') return refused('TRUNCATED');
  const region = bare === 'whole' ? undefined : readRegion(copy);
  if (region?.ok === false) return refused(isRefusal(region.code) ? region.code : 'MALFORMED');
  const { current_boot_id } = application;
  const said = region?.value.boot_id ?? current_boot_id;
  if (said !== current_boot_id || application.boot_id !== current_boot_id) return refused('STALE');
  return { accepted: true, entry: { region: { physical, bytes }, copy } };
}

/** Whether the bytes are a VMCOREINFO note, and a whole one: its name, and a descriptor that ends in them. */
function bareNote(bytes: Uint8Array): 'none' | 'whole' | 'truncated' {
  if (bytes.length < NOTE_HEAD_BYTES) return 'none';
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const name = new TextDecoder('latin1').decode(bytes.subarray(12, 12 + VMCOREINFO_NOTE.length));
  if (view.getUint32(0, true) !== VMCOREINFO_NOTE.length + 1 || name !== VMCOREINFO_NOTE) return 'none';
  const [note] = readNotes(bytes, 0, bytes.length, 1).notes;
  return note !== undefined && note.desc_end > note.desc_start ? 'whole' : 'truncated';
}

function refused(code: RefusalCode): Ruling {
  return { accepted: false, code };
}

function isRefusal(code: string): code is RefusalCode {
  return Object.hasOwn(REFUSALS, code);
}

/** What the hypercall answers: 0, or -1 - index into REFUSALS. */
export function resultOf(ruling: Ruling): number {
  return ruling.accepted ? 0 : -1 - Object.keys(REFUSALS).indexOf(ruling.code);
}
