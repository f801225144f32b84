import type { Address } from '../base/address.ts';
import { fromHalves, highHalf, lowHalf } from '../base/address.ts';
import type { KallsymsAddresses } from './kallsyms.ts';
import { decodeLocator, encodeLocator } from './locator-code/entry.ts';
import type { LocatorEntry } from './locator-code/entry.ts';
import type { NoteContent } from './notes.ts';
import type { Region } from './region.ts';
import { descOf, REGION_NOTE, SIREN_NOTE } from './region.ts';
import type { VmcoreInfo } from './vmcoreinfo.ts';
import { parseVmcoreInfo, VMCOREINFO_NOTE } from './vmcoreinfo.ts';

/** Where a BTF blob lies in kernel virtual memory. */
export interface BtfReference {
  readonly address: Address;
  readonly bytes: number;
}

/** What the entries of a region say. */
export interface RegionContents {
  /** Undefined when there is no such note. */
  readonly vmcoreinfo?: VmcoreInfo;
  readonly kallsyms?: KallsymsAddresses;
  readonly btf: readonly BtfReference[];
  /** By name; the first of a name counts. In the order of the region. */
  readonly described: ReadonlyMap<string, LocatorEntry>;
  /** Entries that could not be understood, by their offset in the region; `name` when at least that could be read. */
  readonly malformed: readonly {
    readonly offset: number;
    readonly name?: string;
    readonly message: string;
  }[];
}

const KALLSYMS_ORDER = [
  'names',
  'num_syms',
  'token_table',
  'token_index',
  'offsets',
  'relative_base',
] as const;

/** Reads every entry of a region. Notes of unknown names and types are passed over: a later version may add them. */
export function readContents(bytes: Uint8Array, region: Region): RegionContents {
  let vmcoreinfo: VmcoreInfo | undefined;
  let kallsyms: KallsymsAddresses | undefined;
  const btf: BtfReference[] = [];
  const described = new Map<string, LocatorEntry>();
  const malformed: { offset: number; name?: string; message: string }[] = [];
  for (const note of region.entries) {
    const desc = descOf(bytes, note);
    if (note.name === VMCOREINFO_NOTE) vmcoreinfo ??= parseVmcoreInfo(desc);
    if (note.name !== SIREN_NOTE) continue;
    if (note.type === REGION_NOTE.LOCATOR) {
      const decoded = decodeLocator(desc);
      if (!decoded.ok) {
        const whose = decoded.name === undefined ? {} : { name: decoded.name };
        malformed.push({ offset: note.desc_start + decoded.offset, ...whose, message: decoded.message });
      } else if (!described.has(decoded.value.names.name))
        described.set(decoded.value.names.name, decoded.value);
    } else if (note.type === REGION_NOTE.KALLSYMS) {
      if (desc.length < 48)
        malformed.push({ offset: note.start, message: 'a kallsyms entry below 48 bytes' });
      else kallsyms ??= readKallsymsNote(desc);
    } else if (note.type === REGION_NOTE.BTF) {
      if (desc.length < 16) malformed.push({ offset: note.start, message: 'a BTF entry below 16 bytes' });
      else btf.push({ address: addressAt(desc, 0), bytes: addressAt(desc, 8) });
    }
  }
  return {
    ...(vmcoreinfo ? { vmcoreinfo } : {}),
    ...(kallsyms ? { kallsyms } : {}),
    btf,
    described,
    malformed,
  };
}

/** The entry with the kernel's VMCOREINFO text. */
export function vmcoreinfoNote(text: string): NoteContent {
  return { name: VMCOREINFO_NOTE, type: 0, desc: Buffer.from(text, 'latin1') };
}

/** A locator's entry; `spare_bytes` of zeros behind it leave room to correct it in place. */
export function locatorNote(entry: LocatorEntry, spare_bytes = 0): NoteContent {
  const bytes = encodeLocator(entry);
  const desc = new Uint8Array(bytes.length + spare_bytes);
  desc.set(bytes);
  return { name: SIREN_NOTE, type: REGION_NOTE.LOCATOR, desc };
}

export function kallsymsNote(at: KallsymsAddresses): NoteContent {
  return { name: SIREN_NOTE, type: REGION_NOTE.KALLSYMS, desc: words(KALLSYMS_ORDER.map((key) => at[key])) };
}

export function btfNote(reference: BtfReference): NoteContent {
  return { name: SIREN_NOTE, type: REGION_NOTE.BTF, desc: words([reference.address, reference.bytes]) };
}

function readKallsymsNote(desc: Uint8Array): KallsymsAddresses {
  const entries = KALLSYMS_ORDER.map((key, index) => [key, addressAt(desc, index * 8)] as const);
  return Object.fromEntries(entries) as unknown as KallsymsAddresses;
}

function words(values: readonly Address[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 8);
  const view = new DataView(bytes.buffer);
  values.forEach((value, index) => {
    view.setUint32(index * 8, lowHalf(value), true);
    view.setInt32(index * 8 + 4, highHalf(value), true);
  });
  return bytes;
}

function addressAt(bytes: Uint8Array, offset: number): Address {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return fromHalves(view.getUint32(offset, true), view.getUint32(offset + 4, true));
}
