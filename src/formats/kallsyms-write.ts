import type { Address } from '../base/address.ts';
import { compressNames } from './kallsyms-compress.ts';

/** A kernel symbol as `nm` shows it. */
export interface KernelSymbol {
  readonly name: string;
  /** One letter: `T` text, `D` data, `R` read-only, `B` bss, `A` absolute (per-CPU offsets); lower case when local. */
  readonly type: string;
  /** Kernel addresses, or a small non-negative offset into the per-CPU area. */
  readonly address: Address;
}

/**
 * Byte offsets of the tables inside the block; add the block's virtual address and they are the `kallsyms_*` symbols.
 */
interface KallsymsTables {
  readonly offsets: number;
  readonly relative_base: number;
  readonly num_syms: number;
  readonly names: number;
  readonly markers: number;
  readonly seqs_of_names: number;
  readonly token_table: number;
  readonly token_index: number;
}

export interface KallsymsBlock {
  readonly bytes: Uint8Array;
  readonly tables: KallsymsTables;
}

/**
 * The name tables, which depend on names, types and their order alone: make them once for a kernel and use them for
 * every boot, as compressing is the costly part.
 */
export interface KallsymsNames {
  /** `type + name`, in the order of the addresses. */
  readonly order: readonly string[];
  readonly names: Uint8Array;
  readonly markers: Uint8Array;
  readonly seqs_of_names: Uint8Array;
  readonly token_table: Uint8Array;
  readonly token_index: Uint8Array;
}

/** Ascending as unsigned 64-bit numbers: per-CPU offsets first, the kernel's negative addresses after. */
function inOrder(symbols: readonly KernelSymbol[]): readonly KernelSymbol[] {
  return [...symbols].sort((a, b) => {
    if (a.address < 0 !== b.address < 0) return a.address < 0 ? 1 : -1;
    return a.address - b.address || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  });
}

/**
 * Compresses the names of symbols, which need not be sorted. Names are ASCII, 1 to 511 characters, without a blank.
 * @public
 */
export function kallsymsNames(symbols: readonly KernelSymbol[]): KallsymsNames {
  const order = inOrder(symbols).map((symbol) => symbol.type + symbol.name);
  const { encoded, tokens } = compressNames(order);
  const name_bytes: number[] = [];
  const markers: number[] = [];
  encoded.forEach((codes, index) => {
    if (index % 256 === 0) markers.push(name_bytes.length);
    if (codes.length < 0x80) name_bytes.push(codes.length);
    else name_bytes.push((codes.length & 0x7f) | 0x80, codes.length >> 7);
    name_bytes.push(...codes);
  });
  const token_bytes: number[] = [];
  const token_index = new Uint8Array(512);
  tokens.forEach((token, index) => {
    token_index[index * 2] = token_bytes.length & 0xff;
    token_index[index * 2 + 1] = token_bytes.length >> 8;
    for (let at = 0; at < token.length; at++) token_bytes.push(token.charCodeAt(at));
    token_bytes.push(0);
  });
  const by_name = order.map((_, index) => index);
  by_name.sort((a, b) => {
    const [x, y] = [order[a]!.slice(1), order[b]!.slice(1)];
    return x < y ? -1 : x > y ? 1 : a - b;
  });
  return {
    order,
    names: Uint8Array.from(name_bytes),
    markers: new Uint8Array(Uint32Array.from(markers).buffer),
    seqs_of_names: Uint8Array.from(by_name.flatMap((seq) => [seq >> 16, (seq >> 8) & 0xff, seq & 0xff])),
    token_table: Uint8Array.from(token_bytes),
    token_index,
  };
}

/**
 * The tables as scripts/kallsyms.c of 6.1 emits them: every one 8-aligned, in the order of `KallsymsTables`,
 * base-relative with absolute per-CPU symbols. `names` comes from `kallsymsNames` of symbols with the same names in the
 * same order of addresses.
 */
export function writeKallsyms(
  symbols: readonly KernelSymbol[],
  names: KallsymsNames = kallsymsNames(symbols),
): KallsymsBlock {
  const ordered = inOrder(symbols);
  const relative_base = ordered.find((symbol) => symbol.address < 0)?.address ?? -0x8000_0000;
  let size = 0;
  const place = (bytes: number): number => {
    const at = size;
    size = Math.ceil((at + bytes) / 8) * 8;
    return at;
  };
  const tables: KallsymsTables = {
    offsets: place(ordered.length * 4),
    relative_base: place(8),
    num_syms: place(4),
    names: place(names.names.length),
    markers: place(names.markers.length),
    seqs_of_names: place(names.seqs_of_names.length),
    token_table: place(names.token_table.length),
    token_index: place(names.token_index.length),
  };
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  ordered.forEach(({ address }, index) => {
    view.setInt32(tables.offsets + index * 4, address >= 0 ? address : relative_base - 1 - address, true);
  });
  view.setBigInt64(tables.relative_base, BigInt(relative_base), true);
  view.setUint32(tables.num_syms, ordered.length, true);
  for (const table of ['names', 'markers', 'seqs_of_names', 'token_table', 'token_index'] as const) {
    bytes.set(names[table], tables[table]);
  }
  return { bytes, tables };
}
