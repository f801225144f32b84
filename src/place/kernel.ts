import type { Address } from '../base/address.ts';
import type { Fold } from '../base/fold.ts';
import { foldHalves } from '../base/fold.ts';
import type { Btf } from '../formats/btf.ts';
import type { NameTable } from '../formats/kallsyms-names.ts';
import { symbolAround } from '../formats/kallsyms.ts';
import type { AddressSpace, Kernel as PublishedKernel } from '../formats/kernel.ts';
import { addressSpace, openKernel as openPublished } from '../formats/kernel.ts';
import { contentMemo } from '../formats/memo.ts';
import type { ReadMemory, Result } from '../formats/result.ts';
import type { VmcoreInfo } from '../formats/vmcoreinfo.ts';
import { parseVmcoreInfo } from '../formats/vmcoreinfo.ts';
import type { LinkedLibrary } from '../structure/link.ts';
import type { Partition } from '../target/target.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { Run } from './place.ts';

const RUN_LIMIT = 4096;

const name_memo = contentMemo<NameTable>();
const btf_memo = contentMemo<Result<Btf>>();
const info_memo = new Map<string, VmcoreInfo>();
/**
 * Where a partition keeps its kernel. No WeakMap: what one of those holds counts as in use whenever only the young
 * objects are collected, and a kernel leads to the whole machine.
 */
const OPENED: unique symbol = Symbol('kernel');
interface Holder extends Partition {
  [OPENED]?: Kernel;
}

/**
 * The kernel of a partition: its symbols, types and address spaces, read through what it publishes. Trusts what it
 * reads.
 */
export class Kernel {
  readonly partition: Partition;
  /** The structures that the topology declares for it; set by whoever knows the topology. */
  declared: LinkedLibrary | undefined;
  readonly #published: PublishedKernel;
  readonly #physical: ReadMemory;
  readonly #word = new Uint8Array(8);
  readonly #view: DataView = new DataView(this.#word.buffer);
  /** The process's space that was used last: paths stay in one. */
  #other: AddressSpace | undefined;

  constructor(partition: Partition, published: PublishedKernel, physical: ReadMemory) {
    this.partition = partition;
    this.#published = published;
    this.#physical = physical;
  }

  /** Address of a symbol (a per-CPU symbol's is its offset in the CPU's area). */
  symbol(name: string): Address | undefined {
    return this.#published.kallsyms.lookup(name) ?? this.#published.info.symbols.get(name);
  }

  symbolAround(address: Address): readonly [start: Address, end: Address] {
    return symbolAround(this.#published.kallsyms, address);
  }

  btf(): Outcome<Btf> {
    const { btf } = this.#published;
    return btf.ok ? btf : lost('NO_KERNEL', this.partition.name, `no types: ${btf.message}`);
  }

  /** The address space of a top table (its physical address); the kernel's without. */
  space(root?: number): AddressSpace {
    const own = this.#published.space;
    if (root === undefined || root === own.root) return own;
    if (this.#other?.root !== root) this.#other = addressSpace(this.#physical, root, own.levels, own.fold);
    return this.#other;
  }

  /** Reads across pages; false when one of them is not mapped or outside the partition's memory. */
  read(address: Address, into: Uint8Array, space?: number): boolean {
    return this.space(space).read(address, into);
  }

  u32(address: Address, space?: number): number | undefined {
    return this.read(address, this.#word.subarray(0, 4), space) ? this.#view.getUint32(0, true) : undefined;
  }

  /** Eight bytes as an address; rounded when it is not canonical. */
  u64(address: Address, space?: number): Address | undefined {
    if (!this.read(address, this.#word, space)) return undefined;
    return this.address(this.#view.getUint32(0, true), this.#view.getInt32(4, true));
  }

  /** What its addresses, as numbers, stand for. */
  get fold(): Fold {
    return this.#published.space.fold;
  }

  /** Two halves, of any sign, as an address. */
  address(low: number, high: number): Address {
    return foldHalves(this.fold, low, high);
  }

  /** A NUL-terminated string in at most `bytes` bytes. */
  text(address: Address, bytes: number, space?: number): string | undefined {
    const into = new Uint8Array(bytes);
    if (!this.read(address, into, space)) return undefined;
    const end = into.indexOf(0);
    return String.fromCharCode(...into.subarray(0, end < 0 ? bytes : end));
  }

  /** The physical runs under a stretch of virtual memory; undefined when a page of it is not mapped. */
  runs(address: Address, bytes: number, space?: number): readonly Run[] | undefined {
    const { translate } = this.space(space);
    const runs: { physical: number; bytes: number }[] = [];
    for (let done = 0; done < bytes || runs.length === 0;) {
      if (runs.length >= RUN_LIMIT) return undefined;
      const step = Math.min(bytes - done, 4096 - ((address + done) & 0xfff));
      const physical = translate(address + done);
      if (physical < 0) return undefined;
      const last = runs.at(-1);
      if (last && last.physical + last.bytes === physical) last.bytes += step;
      else runs.push({ physical, bytes: step });
      done += Math.max(step, 1);
    }
    return runs;
  }
}

/** Opens a partition's kernel, once for each partition object: its tables are taken as they were then. */
export function openKernel(partition: Holder): Outcome<Kernel> {
  const known = partition[OPENED];
  if (known) return found(known);
  const text = partition.vmcoreinfo();
  let info = info_memo.get(text);
  if (!info) {
    info = parseVmcoreInfo(text);
    if (info_memo.size >= 16) info_memo.clear();
    info_memo.set(text, info);
  }
  const { memory } = partition;
  const physical: ReadMemory = (address, into) => memory.read(address, into);
  const published = openPublished(physical, info, { name_memo, btf_memo });
  if (!published.ok)
    return lost('NO_KERNEL', partition.name, `its kernel cannot be read: ${published.message}`);
  const kernel = new Kernel(partition, published.value, physical);
  partition[OPENED] = kernel;
  return found(kernel);
}
