import type { Address } from '../base/address.ts';
import type { BtfMember } from './btf.ts';

/**
 * What a kernel built with CONFIG_UNWINDER_ORC says of its own stacks: for every instruction where the caller's stack
 * pointer is, and what lies below it (arch/x86/include/asm/orc_types.h, arch/x86/kernel/unwind_orc.c of 6.1).
 */
export interface OrcEntry {
  readonly sp_reg: number;
  readonly sp_offset: number;
  readonly bp_reg: number;
  readonly bp_offset: number;
  readonly type: number;
  /** Nobody called this: the stack ends here. */
  readonly end: boolean;
}

/** ORC_REG_…: what an offset counts from. */
export const ORC_REG = {
  undefined: 0,
  prev_sp: 1,
  dx: 2,
  di: 3,
  bp: 4,
  sp: 5,
  r10: 6,
  r13: 7,
  bp_indirect: 8,
  sp_indirect: 9,
} as const;
/**
 * UNWIND_HINT_TYPE_…: a return address, all registers of who was interrupted, or those of them that the processor
 * itself pushes.
 */
export const ORC_TYPE = { call: 0, regs: 1, regs_partial: 2 } as const;

/** A kernel that is open, as far as its table needs it. Numbers that cannot be read are NaN. */
interface OrcSource {
  symbol(name: string): Address | undefined;
  member(type: string, path: string): BtfMember | undefined;
  sizeOf(type: string): number;
  readonly space: { u8(at: Address): number; u16(at: Address): number; u32(at: Address): number };
}

const FIELDS = ['sp_offset', 'bp_offset', 'sp_reg', 'bp_reg', 'type', 'end'] as const;
/** Entries; 6.1 has 370,000. */
const ENTRIES_LIMIT = 0x40_0000;

export class OrcTable {
  readonly #space: OrcSource['space'];
  readonly #ips: Address;
  readonly #entries: Address;
  readonly #count: number;
  readonly #bytes: number;
  readonly #fields: Readonly<Record<(typeof FIELDS)[number], BtfMember>>;

  constructor(
    source: OrcSource,
    ips: Address,
    entries: Address,
    count: number,
    fields: Readonly<Record<(typeof FIELDS)[number], BtfMember>>,
  ) {
    this.#space = source.space;
    this.#ips = ips;
    this.#entries = entries;
    this.#count = count;
    this.#bytes = source.sizeOf('orc_entry');
    this.#fields = fields;
  }

  /**
   * The entry that an instruction's address falls under; undefined where there is none, or the table cannot be read.
   */
  find(ip: Address): OrcEntry | undefined {
    let [low, high] = [0, this.#count];
    // The last that begins at or before it; a value that cannot be read compares as after it.
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#ipOf(middle) <= ip) low = middle + 1;
      else high = middle;
    }
    return low === 0 ? undefined : this.#entry(low - 1);
  }

  /** Each is told as its distance from where that is written. */
  #ipOf(index: number): Address {
    const at = this.#ips + index * 4;
    const distance = this.#space.u32(at);
    return Number.isNaN(distance) ? NaN : at + (distance | 0);
  }

  #entry(index: number): OrcEntry | undefined {
    const at = this.#entries + index * this.#bytes;
    const [sp_offset, bp_offset, sp_reg, bp_reg, type, end] = FIELDS.map((name) =>
      this.#value(at, this.#fields[name]),
    ) as [number, number, number, number, number, number];
    if (Number.isNaN(sp_offset + sp_reg + type)) return undefined;
    return {
      sp_reg,
      bp_reg,
      type,
      end: end !== 0,
      sp_offset: (sp_offset << 16) >> 16,
      bp_offset: (bp_offset << 16) >> 16,
    };
  }

  #value(at: Address, { offset, bytes, bits, bit_offset }: BtfMember): number {
    const word = bytes === 1 ? this.#space.u8(at + offset) : this.#space.u16(at + offset);
    return bits === 0
      ? word
      : Number.isNaN(word)
        ? NaN
        : (word >> (bit_offset - offset * 8)) & ((1 << bits) - 1);
  }
}

/**
 * The table of a kernel; undefined where it has none, or one of another form: from 6.4 on `end` is a type, and types
 * have other numbers.
 */
export function openOrc(source: OrcSource): OrcTable | undefined {
  const [ips, stop, entries] = ['__start_orc_unwind_ip', '__stop_orc_unwind_ip', '__start_orc_unwind'].map(
    (name) => source.symbol(name),
  );
  if (ips === undefined || stop === undefined || entries === undefined) return undefined;
  const count = (stop - ips) / 4;
  const found = FIELDS.map((name) => [name, source.member('orc_entry', name)] as const);
  if (!(count > 0 && count <= ENTRIES_LIMIT) || found.some(([, member]) => member === undefined))
    return undefined;
  const fields = Object.fromEntries(found) as unknown as Record<(typeof FIELDS)[number], BtfMember>;
  return new OrcTable(source, ips, entries, count, fields);
}
