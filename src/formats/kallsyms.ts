import type { Address } from '../base/address.ts';
import { fromHalves } from '../base/address.ts';
import type { NameTable } from './kallsyms-names.ts';
import { decodeNameTable } from './kallsyms-names.ts';
import type { ContentMemo } from './memo.ts';
import { contentMemo } from './memo.ts';
import type { ReadMemory, Result } from './result.ts';
import { failure, success } from './result.ts';
import type { PartialBytes } from './partial-read.ts';
import { isPresent, readPartial } from './partial-read.ts';

/** Kernel virtual addresses of the tables: the six symbols that VMCOREINFO publishes under `kallsyms_…`. */
export interface KallsymsAddresses {
  readonly names: Address;
  readonly num_syms: Address;
  readonly token_table: Address;
  readonly token_index: Address;
  readonly offsets: Address;
  readonly relative_base: Address;
}

/** A symbol and how far into it an address lies. `bytes` reaches to the next symbol; 0 for the last. */
interface SymbolAt {
  readonly name: string;
  readonly type: string;
  readonly address: Address;
  readonly offset: number;
  readonly bytes: number;
}

/** The symbols of one kernel. */
export interface Kallsyms {
  readonly count: number;
  /** How many names could be read; below `count` when the tables are damaged. */
  readonly readable: number;
  /**
   * Address of the first symbol so named (a per-CPU symbol's is its offset in the area); undefined when there is none.
   */
  lookup(name: string): Address | undefined;
  /** The symbol at or before a kernel address; undefined before the first. Per-CPU symbols are no addresses. */
  symbolAt(address: Address): SymbolAt | undefined;
  /** `name+0x1c`, or the address in hex. */
  describe(address: Address): string;
  /** The `index`th symbol in the order of addresses; undefined when it could not be read. */
  symbol(
    index: number,
  ): { readonly name: string; readonly type: string; readonly address: Address } | undefined;
}

/** Where the symbol at or before an address begins, and where the next one does; NaN where there is none. */
export function symbolAround(symbols: Kallsyms, address: Address): readonly [start: Address, end: Address] {
  const { address: start = NaN, bytes = 0 } = symbols.symbolAt(address) ?? {};
  return [start, bytes > 0 ? start + bytes : NaN];
}

const SYMBOL_LIMIT = 1_048_576;
const NAMES_LIMIT = 16 * 1_048_576;
const TOKEN_TABLE_LIMIT = 65_536;

/** The addresses from a map of symbols; undefined when one is missing. */
export function kallsymsAddresses(symbols: ReadonlyMap<string, Address>): KallsymsAddresses | undefined {
  const keys = ['names', 'num_syms', 'token_table', 'token_index', 'offsets', 'relative_base'] as const;
  const found: Partial<Record<(typeof keys)[number], Address>> = {};
  for (const key of keys) {
    const address = symbols.get(`kallsyms_${key}`);
    if (address === undefined) return undefined;
    found[key] = address;
  }
  return found as KallsymsAddresses;
}

/**
 * Reads the tables of 6.1 (kernel/kallsyms.c) through kernel virtual memory. Symbols whose name or offset cannot be
 * read are left out; with no count, base or tokens there is nothing to look up in and it fails. Given a memo, a kernel
 * whose name tables have the same bytes is not decoded again.
 */
export function openKallsyms(
  read: ReadMemory,
  at: KallsymsAddresses,
  memo?: ContentMemo<NameTable>,
): Result<Kallsyms> {
  const head = new Uint8Array(12);
  const head_view = new DataView(head.buffer);
  if (!read(at.num_syms, head.subarray(0, 4)))
    return failure('UNREADABLE', 'kallsyms_num_syms cannot be read');
  if (!read(at.relative_base, head.subarray(4, 12))) {
    return failure('UNREADABLE', 'kallsyms_relative_base cannot be read');
  }
  const count = head_view.getUint32(0, true);
  if (count === 0 || count > SYMBOL_LIMIT) return failure('LIMIT', `kallsyms_num_syms is ${count}`);
  const relative_base = fromHalves(head_view.getUint32(4, true), head_view.getUint32(8, true));
  const token_index = new Uint8Array(512);
  if (!read(at.token_index, token_index)) return failure('UNREADABLE', 'kallsyms_token_index cannot be read');
  const token_bytes = within(at.token_index - at.token_table, TOKEN_TABLE_LIMIT) ?? 4096;
  const token_table = new Uint8Array(token_bytes);
  if (!read(at.token_table, token_table)) return failure('UNREADABLE', 'kallsyms_token_table cannot be read');
  const offsets = readPartial(read, at.offsets, count * 4);
  const area_bytes = within(at.token_table - at.names, NAMES_LIMIT);
  const area = readPartial(read, at.names, area_bytes ?? Math.min(count * 64, NAMES_LIMIT));
  const bytes = { area, to_tokens: area_bytes !== undefined, token_table, token_index };
  const decode = (): NameTable => decodeNameTable(count, bytes);
  const parts = [area.bytes, area.missing, token_table, token_index];
  const key = count * 2 + (area_bytes === undefined ? 1 : 0);
  const table = memo ? memo.get(parts, key, decode) : decode();
  if (table.readable === 0) return failure('MALFORMED', 'no name of kallsyms_names can be read');
  const open = (): OpenKallsyms => new OpenKallsyms(count, table, offsets, relative_base);
  // What it has looked up serves whoever opens the same tables next.
  return success(
    memo && offsets.missing.length === 0 ? OPENED.get([head, offsets.bytes], idOf(table), open) : open(),
  );
}

const OPENED = contentMemo<OpenKallsyms>();
const IDS = new WeakMap<NameTable, number>();
let tables = 0;

function idOf(table: NameTable): number {
  const id = IDS.get(table) ?? ++tables;
  IDS.set(table, id);
  return id;
}

function within(bytes: number, limit: number): number | undefined {
  return bytes > 0 && bytes <= limit ? bytes : undefined;
}

/** Addresses whose symbols are kept. */
const FOUND_LIMIT = 1024;

interface Ascending {
  readonly addresses: Float64Array;
  readonly indices: Uint32Array;
}

class OpenKallsyms implements Kallsyms {
  readonly count: number;
  readonly readable: number;
  readonly #names: NameTable;
  readonly #offsets: PartialBytes;
  readonly #words: DataView;
  readonly #relative_base: Address;
  /** Symbols that have an address of their own, ascending; made when first needed. */
  #ascending: Ascending | undefined;
  /** What was asked for lately: the same few functions, over and over. */
  readonly #found = new Map<Address, SymbolAt>();

  constructor(count: number, names: NameTable, offsets: PartialBytes, relative_base: Address) {
    this.count = count;
    this.#names = names;
    this.#offsets = offsets;
    this.#words = new DataView(offsets.bytes.buffer);
    this.#relative_base = relative_base;
    this.readable = names.readable;
  }

  lookup(name: string): Address | undefined {
    const index = this.#names.indexOf(name);
    return index < 0 ? undefined : this.#addressOf(index);
  }

  symbol(
    index: number,
  ): { readonly name: string; readonly type: string; readonly address: Address } | undefined {
    if (!(index >= 0 && index < this.count)) return undefined;
    const decoded = this.#names.decode(index);
    const address = this.#addressOf(index);
    if (decoded === '' || address === undefined) return undefined;
    return { name: decoded.slice(1), type: decoded.slice(0, 1), address };
  }

  symbolAt(address: Address): SymbolAt | undefined {
    const known = this.#found.get(address);
    if (known) return known;
    const found = this.#search(address);
    if (this.#found.size >= FOUND_LIMIT) this.#found.clear();
    if (found) this.#found.set(address, found);
    return found;
  }

  #search(address: Address): SymbolAt | undefined {
    const { addresses, indices } = (this.#ascending ??= this.#sort());
    let [low, high] = [0, addresses.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((addresses[middle] as number) <= address) low = middle + 1;
      else high = middle;
    }
    if (low === 0) return undefined;
    const start = addresses[low - 1] as number;
    let first = low - 1;
    // Aliases: the first of them, as the kernel does.
    for (let back = 0; back < 64 && first > 0 && addresses[first - 1] === start; back++) first--;
    const found = this.symbol(indices[first] as number);
    if (!found) return undefined;
    const bytes = low < addresses.length ? (addresses[low] as number) - start : 0;
    return { ...found, offset: address - start, bytes };
  }

  describe(address: Address): string {
    const found = this.symbolAt(address);
    if (!found) return `0x${BigInt.asUintN(64, BigInt(Math.trunc(address))).toString(16)}`;
    return found.offset === 0 ? found.name : `${found.name}+0x${found.offset.toString(16)}`;
  }

  /** kallsyms_sym_address(): a non-negative offset is the address itself. Undefined when it could not be read. */
  #addressOf(index: number): Address | undefined {
    if (!isPresent(this.#offsets, index * 4, index * 4 + 4)) return undefined;
    const offset = this.#words.getInt32(index * 4, true);
    return offset >= 0 ? offset : this.#relative_base - 1 - offset;
  }

  #sort(): Ascending {
    const addresses = new Float64Array(this.count);
    const indices = new Uint32Array(this.count);
    let length = 0;
    let sorted = true;
    for (let index = 0; index < this.count; index++) {
      const address = this.#addressOf(index);
      if (address === undefined || address >= 0) continue;
      addresses[length] = address;
      indices[length] = index;
      if (length > 0 && address < (addresses[length - 1] as number)) sorted = false;
      length++;
    }
    if (sorted) return { addresses: addresses.subarray(0, length), indices: indices.subarray(0, length) };
    const order = Array.from({ length }, (_, position) => position);
    order.sort((a, b) => (addresses[a] as number) - (addresses[b] as number) || a - b);
    return {
      addresses: Float64Array.from(order, (position) => addresses[position] as number),
      indices: Uint32Array.from(order, (position) => indices[position] as number),
    };
  }
}
