import { closeSync, openSync, readSync, writeSync } from 'node:fs';

/** Of the q35 machine (hw/i386/pc_q35.c): RAM beyond this much is split at 2 GiB, and goes on at 4 GiB. */
const SPLIT_ABOVE = 0xb000_0000;
const LOW_BYTES = 0x8000_0000;
const HIGH_BASE = 0x1_0000_0000;
const PAGE = 4096;
/** Pages kept while the machine stands. */
const KEPT = 4096;

/**
 * A guest's RAM by its file, addressed as the guest does, with the hole below 4 GiB. While the machine stands still,
 * pages are read once; whoever lets it run must call `forget` before, and reads are live until `settle`.
 */
export class RamFile {
  /** First address behind the memory. */
  readonly size: number;
  readonly #file: number;
  readonly #low: number;
  readonly #pages = new Map<number, Uint8Array>();
  #live = false;

  constructor(path: string, bytes: number, access: 'r+' | 'r' = 'r+') {
    this.#file = openSync(path, access);
    this.#low = bytes > SPLIT_ABOVE ? LOW_BYTES : bytes;
    this.size = bytes > this.#low ? HIGH_BASE + bytes - this.#low : bytes;
  }

  /** Where another process can open it, though it has no name any more. */
  get path(): string {
    return `/proc/${process.pid}/fd/${this.#file}`;
  }

  /** Fills `into`; false, and untouched, when any byte is no memory. */
  read(address: number, into: Uint8Array): boolean {
    const at = this.#offset(address, into.length);
    if (at < 0) return false;
    if (this.#live || into.length > PAGE) return this.#readFile(at, into);
    for (let done = 0; done < into.length;) {
      const within = (at + done) % PAGE;
      const count = Math.min(into.length - done, PAGE - within);
      const page = this.#page((at + done - within) / PAGE);
      if (page === undefined) return false;
      // Word by word is cheaper than a view for what is mostly read.
      if (count <= 16)
        for (let index = 0; index < count; index++) into[done + index] = page[within + index] as number;
      else into.set(page.subarray(within, within + count), done);
      done += count;
    }
    return true;
  }

  /** Past the processor: code that has been translated is not told. */
  write(address: number, bytes: Uint8Array): boolean {
    const at = this.#offset(address, bytes.length);
    if (at < 0) return false;
    this.forgetPages();
    return writeSync(this.#file, bytes, 0, bytes.length, at) === bytes.length;
  }

  /** True when all of the bytes are memory. */
  has(address: number, bytes: number): boolean {
    return this.#offset(address, bytes) >= 0;
  }

  /** The machine runs from now on. */
  forget(): void {
    this.#live = true;
    this.forgetPages();
  }

  /** The machine stands still from now on. */
  settle(): void {
    this.#live = false;
  }

  /** Something else than the machine may have written. */
  forgetPages(): void {
    this.#pages.clear();
  }

  close(): void {
    closeSync(this.#file);
  }

  #page(number: number): Uint8Array | undefined {
    const kept = this.#pages.get(number);
    if (kept !== undefined) return kept;
    const page = new Uint8Array(PAGE);
    if (!this.#readFile(number * PAGE, page)) return undefined;
    if (this.#pages.size >= KEPT) this.#pages.clear();
    this.#pages.set(number, page);
    return page;
  }

  #readFile(at: number, into: Uint8Array): boolean {
    for (let done = 0; done < into.length;) {
      const count = readSync(this.#file, into, done, into.length - done, at + done);
      if (count <= 0) return false;
      done += count;
    }
    return true;
  }

  /** Where in the file an address lies; -1 when it, or a byte behind it, does not. */
  #offset(address: number, bytes: number): number {
    if (!Number.isInteger(address) || address < 0) return -1;
    if (address + bytes <= this.#low) return address;
    if (address < HIGH_BASE || address + bytes > this.size) return -1;
    return address - HIGH_BASE + this.#low;
  }
}
