import { assert } from '../../../base/assert.ts';
import { PAGE_SIZE } from '../../../base/units.ts';
import type { Chunk, Owner, Page } from './page.ts';
import { newPage, recycle, ZERO_PAGE } from './page.ts';

/** Chunks are 2 MiB, pages 4 KiB; an address is an unsigned 32-bit number. */
const CHUNK_SHIFT = 21;
const PAGES_IN_CHUNK = 512;
const CHUNK_BYTES = PAGE_SIZE * PAGES_IN_CHUNK;
/** Machine addresses are 32 bits wide: the hot path is integer arithmetic. */
export const MACHINE_MEMORY_LIMIT = 0x1_0000_0000;
const TWO_32 = 0x1_0000_0000;
/** Up to here a loop is cheaper than a view of a part. */
const SHORT = 64;

/** Somebody who keeps a page's view at hand and must hear when another page takes its place. */
export interface PageHolder {
  /** The page at machine address `base` is now `page`. */
  pageReplaced(base: number, page: Page): void;
  /** The memory was forked: no page may be written in place any more. */
  ownershipLost(): void;
}

/** Somebody who can bring back memory that is left out. */
export interface MemoryKeeper {
  /** The chunk with this index, which has nothing, is about to be used. True when there is something in it now. */
  bringChunk(index: number): boolean;
  /** What all partitions are translated by is about to change. */
  tablesWritten(): void;
}

/** An access outside the machine's memory. Never raised by guests: their addresses are translated first. */
export class OutOfMemoryRange extends Error {
  override name = 'OutOfMemoryRange';
  readonly address: number;

  constructor(address: number) {
    super(`no memory at machine address 0x${address.toString(16)}`);
    this.address = address;
  }
}

/**
 * Machine-physical memory: sparse pages of 4 KiB, copy-on-write, little-endian. Reading what was never written gives
 * zeros, because that is what the memory of a machine holds at power-on; reading outside `size` throws. `fork` copies
 * one array of chunk pointers.
 */
export class MachineMemory {
  /** Bytes; a multiple of 4 KiB, at most 4 GiB. */
  readonly size: number;
  private owner: Owner = { owner: true };
  private chunks: (Chunk | undefined)[];
  private readonly holders: PageHolder[] = [];

  /** [0, this) holds the hypervisor's translation tables. */
  readonly table_bytes: number;
  /** Changes with every write there: who caches what the tables say looks at it first. */
  table_version = 0;
  /**
   * Set while memory of partitions is left out: it is asked before that is taken for zeros, and before the tables are
   * written.
   */
  keeper: MemoryKeeper | undefined;

  constructor(size: number, table_bytes = 0, chunks?: (Chunk | undefined)[]) {
    assert(size > 0 && size <= MACHINE_MEMORY_LIMIT && size % PAGE_SIZE === 0, `memory of ${size} bytes`);
    this.size = size;
    this.table_bytes = table_bytes;
    this.chunks = chunks ?? Array.from({ length: Math.ceil(size / CHUNK_BYTES) }, () => undefined);
  }

  /**
   * A memory of the same content, at the price of a pointer for each 2 MiB. Neither sees what the other writes from now
   * on.
   */
  fork(): MachineMemory {
    this.owner = { owner: true };
    for (const holder of this.holders) holder.ownershipLost();
    return new MachineMemory(this.size, this.table_bytes, this.chunks.slice());
  }

  /** Hears of every page that is replaced. Views it keeps are good for reading until then; for writing see `owns`. */
  addHolder(holder: PageHolder): void {
    this.holders.push(holder);
  }

  removeHolder(holder: PageHolder): void {
    this.holders.splice(this.holders.indexOf(holder), 1);
  }

  /** Gives the pages that nobody else shares back for reuse. The memory is not to be used afterwards. */
  release(): void {
    const owner = this.owner;
    for (const chunk of this.chunks) {
      if (chunk === undefined || chunk.owner !== owner) continue;
      for (const page of chunk.pages) if (page !== undefined && page.owner === owner) recycle(page);
    }
    this.chunks = [];
  }

  /** The page that holds `address`, for reading. */
  page(address: number): Page {
    if (address >= this.size || address < 0) throw new OutOfMemoryRange(address);
    const chunk = this.chunks[address >>> CHUNK_SHIFT];
    if (chunk === undefined) return this.bring(address >>> CHUNK_SHIFT) ? this.page(address) : ZERO_PAGE;
    return chunk.pages[(address >>> 12) & 511] ?? ZERO_PAGE;
  }

  private bring(index: number): boolean {
    return this.keeper !== undefined && this.keeper.bringChunk(index);
  }

  /** Forgets [start, start + bytes), whole chunks: the keeper knows what is there. */
  leaveOut(start: number, bytes: number): void {
    const end = Math.ceil((start + bytes) / CHUNK_BYTES);
    for (let index = start / CHUNK_BYTES; index < end; index++) this.chunks[index] = undefined;
  }

  /** Shares [start, start + bytes), whole chunks, of another memory, none of which that one may own. */
  share(from: MachineMemory, start: number, bytes: number): void {
    const end = Math.ceil((start + bytes) / CHUNK_BYTES);
    for (let index = start / CHUNK_BYTES; index < end; index++) this.chunks[index] = from.chunks[index];
  }

  /** True when the chunk with this index lies in [start, start + bytes), whole chunks. */
  covers(start: number, bytes: number, index: number): boolean {
    return index >= start / CHUNK_BYTES && index < Math.ceil((start + bytes) / CHUNK_BYTES);
  }

  /** The page that holds `address`, for writing: copied first when it is shared. */
  ownPage(address: number): Page {
    if (address >= this.size || address < 0) throw new OutOfMemoryRange(address);
    if (address < this.table_bytes) this.tablesWritten();
    const chunk = this.chunks[address >>> CHUNK_SHIFT];
    if (chunk !== undefined && chunk.owner === this.owner) {
      const page = chunk.pages[(address >>> 12) & 511];
      if (page !== undefined && page.owner === this.owner) return page;
    }
    return this.copyPage(address);
  }

  private tablesWritten(): void {
    this.table_version++;
    if (this.keeper !== undefined) this.keeper.tablesWritten();
  }

  /** True when the page may be written in place. */
  owns(page: Page): boolean {
    return page.owner === this.owner;
  }

  private copyPage(address: number): Page {
    const slot = address >>> CHUNK_SHIFT;
    let chunk = this.chunks[slot];
    if (chunk === undefined && this.bring(slot)) chunk = this.chunks[slot];
    if (chunk === undefined || chunk.owner !== this.owner) {
      const pages =
        chunk === undefined
          ? Array.from<undefined, Page | undefined>({ length: PAGES_IN_CHUNK }, () => undefined)
          : chunk.pages.slice();
      chunk = { owner: this.owner, pages };
      this.chunks[slot] = chunk;
    }
    const index = (address >>> 12) & 511;
    const page = newPage(this.owner, chunk.pages[index]);
    chunk.pages[index] = page;
    const base = address - (address % PAGE_SIZE);
    for (const holder of this.holders) holder.pageReplaced(base, page);
    return page;
  }

  read8(address: number): number {
    return this.page(address).view.getUint8(address & 4095);
  }

  /** Two bytes; `address` even. */
  read16(address: number): number {
    return this.page(address).view.getUint16(address & 4095, true);
  }

  /** Unsigned; `address` a multiple of 4. */
  read32(address: number): number {
    return this.page(address).view.getUint32(address & 4095, true);
  }

  /** A multiple of 8 and a value below 2^53: what table entries are. */
  read64(address: number): number {
    const view = this.page(address).view;
    const offset = address & 4095;
    return view.getUint32(offset, true) + view.getUint32(offset + 4, true) * TWO_32;
  }

  write8(address: number, value: number): void {
    this.ownPage(address).view.setUint8(address & 4095, value);
  }

  write16(address: number, value: number): void {
    this.ownPage(address).view.setUint16(address & 4095, value, true);
  }

  write32(address: number, value: number): void {
    this.ownPage(address).view.setUint32(address & 4095, value, true);
  }

  /** `address` a multiple of 8. */
  write64(address: number, value: number): void {
    const view = this.ownPage(address).view;
    const offset = address & 4095;
    view.setUint32(offset, value >>> 0, true);
    view.setInt32(offset + 4, Math.floor(value / TWO_32), true);
  }

  /** Fills `into` from any address; the range must lie inside. */
  read(address: number, into: Uint8Array): void {
    for (let done = 0; done < into.length;) {
      const at = address + done;
      const offset = at & 4095;
      const length = Math.min(PAGE_SIZE - offset, into.length - done);
      const bytes = this.page(at).bytes;
      if (length <= SHORT)
        for (let index = 0; index < length; index++) into[done + index] = bytes[offset + index] as number;
      else into.set(bytes.subarray(offset, offset + length), done);
      done += length;
    }
  }

  write(address: number, bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length;) {
      const at = address + done;
      const offset = at & 4095;
      const length = Math.min(PAGE_SIZE - offset, bytes.length - done);
      this.ownPage(at).bytes.set(bytes.subarray(done, done + length), offset);
      done += length;
    }
  }

  /** The chunk at a 2 MiB index, for comparison and saving; undefined when all its pages are zeros. */
  chunk(index: number): Chunk | undefined {
    const chunk = this.chunks[index];
    return chunk === undefined && this.bring(index) ? this.chunks[index] : chunk;
  }

  get chunk_count(): number {
    return this.chunks.length;
  }
}
