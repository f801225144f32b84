import type { Address } from '../base/address.ts';
import { addressHex } from '../base/address.ts';
import type { Fold } from '../base/fold.ts';
import { foldBits, foldOf, NO_FOLD } from '../base/fold.ts';
import { openBtf, readBtfBytes } from './btf.ts';
import type { Btf } from './btf.ts';
import type { NameTable } from './kallsyms-names.ts';
import type { Kallsyms, KallsymsAddresses } from './kallsyms.ts';
import { kallsymsAddresses, openKallsyms } from './kallsyms.ts';
import type { ContentMemo } from './memo.ts';
import type { PagingLevels } from './page-tables.ts';
import { translate } from './page-tables.ts';
import type { ReadMemory, Result } from './result.ts';
import { failure, success } from './result.ts';
import type { BtfReference } from './region-notes.ts';
import type { VmcoreInfo } from './vmcoreinfo.ts';

/** __START_KERNEL_map: where the kernel image is mapped, at a fixed distance from its physical place. */
const KERNEL_IMAGE: Address = -0x8000_0000;
/** KERNEL_IMAGE_SIZE. */
const KERNEL_IMAGE_BYTES = 0x4000_0000;

/** One virtual address space over guest-physical memory. */
export interface AddressSpace {
  /** Physical address of the top table. */
  readonly root: number;
  readonly levels: PagingLevels;
  /** What its numbers stand for. */
  readonly fold: Fold;
  /** As `translate` of page-tables.ts. */
  translate(address: Address): number;
  /**
   * Fills `into` from a virtual address, across pages; false when a page is not mapped or not readable. It may then be
   * half filled.
   */
  readonly read: ReadMemory;
}

/** The address space of a top table. Nothing is cached: what was read a moment ago may have changed. */
export function addressSpace(
  physical: ReadMemory,
  root: number,
  levels: PagingLevels,
  fold: Fold = NO_FOLD,
): AddressSpace {
  const read: ReadMemory = (address, into) => {
    for (let done = 0; done < into.length;) {
      const at = translate(physical, root, levels, address + done, fold);
      if (at < 0) return false;
      const bytes = Math.min(into.length - done, 4096 - (at % 4096));
      if (!physical(at, bytes === into.length ? into : into.subarray(done, done + bytes))) return false;
      done += bytes;
    }
    return true;
  };
  return {
    root,
    levels,
    fold,
    translate: (address) => translate(physical, root, levels, address, fold),
    read,
  };
}

/** Physical address of one in the kernel image; undefined outside the image. No page table is needed for it. */
export function imageToPhysical(info: VmcoreInfo, address: Address): number | undefined {
  const offset = address - KERNEL_IMAGE;
  if (!(offset >= 0 && offset < KERNEL_IMAGE_BYTES)) return undefined;
  const physical = offset + (info.numbers.get('phys_base') ?? 0);
  return physical >= 0 ? physical : undefined;
}

/**
 * The kernel's address space by `swapper_pg_dir`, `phys_base` and `pgtable_l5_enabled`; undefined when they are not
 * stated. With five levels, as long as nobody has said where its areas lie, it reaches the image alone.
 */
export function kernelSpace(physical: ReadMemory, info: VmcoreInfo): AddressSpace | undefined {
  const root = imageToPhysical(info, info.symbols.get('swapper_pg_dir') ?? 0);
  const levels = info.numbers.get('pgtable_l5_enabled') === 1 ? 5 : 4;
  return root === undefined || root % 4096 !== 0 ? undefined : addressSpace(physical, root, levels);
}

/** What is needed to find a kernel's structures. */
export interface Kernel {
  readonly info: VmcoreInfo;
  readonly space: AddressSpace;
  readonly kallsyms: Kallsyms;
  /** Fails on its own: symbols and tables can be of use without types. */
  readonly btf: Result<Btf>;
}

export interface OpenKernelOptions {
  /** From the region; default the symbols of VMCOREINFO. */
  readonly kallsyms?: KallsymsAddresses;
  /** From the region; default `__start_BTF` to `__stop_BTF`. The first is opened. */
  readonly btf?: readonly BtfReference[];
  readonly name_memo?: ContentMemo<NameTable>;
  readonly btf_memo?: ContentMemo<Result<Btf>>;
}

/**
 * Opens a kernel from its VMCOREINFO and guest-physical memory. The image (symbol tables, BTF) is read by its fixed
 * distance, so that a damaged page table does not hide it. `_stext` of both sources must agree.
 */
export function openKernel(
  physical: ReadMemory,
  info: VmcoreInfo,
  options: OpenKernelOptions = {},
): Result<Kernel> {
  const space = kernelSpace(physical, info);
  if (!space) return failure('ABSENT', 'VMCOREINFO does not say where swapper_pg_dir is');
  const at = options.kallsyms ?? kallsymsAddresses(info.symbols);
  if (!at) return failure('ABSENT', 'VMCOREINFO does not say where kallsyms is');
  const read: ReadMemory = (address, into) => {
    const image = imageToPhysical(info, address);
    return image === undefined ? space.read(address, into) : physical(image, into);
  };
  const kallsyms = openKallsyms(read, at, options.name_memo);
  if (!kallsyms.ok) return kallsyms;
  const stext = info.symbols.get('_stext');
  if (stext !== undefined && kallsyms.value.lookup('_stext') !== stext) {
    return failure('MALFORMED', 'kallsyms and VMCOREINFO disagree about _stext');
  }
  const btf = openTypes(read, kallsyms.value, options);
  if (space.levels === 4) return success({ info, space, kallsyms: kallsyms.value, btf });
  const fold = statedFold({ read, physical, space, kallsyms: kallsyms.value });
  if (!fold.ok) return fold;
  const own = addressSpace(physical, space.root, space.levels, fold.value);
  return success({ info, space: own, kallsyms: kallsyms.value, btf });
}

/**
 * Where a kernel with five levels has its areas: it chooses while it boots, and keeps that in variables of its image.
 */
function statedFold({ read, space: { root }, physical, kallsyms }: Stating): Result<Fold> {
  const word = new Uint8Array(8);
  const wordAt = (at: Address | undefined): bigint | undefined =>
    read(at ?? NaN, word) ? new DataView(word.buffer).getBigUint64(0, true) : undefined;
  const said = BASES.map((name) => wordAt(kallsyms.lookup(name)));
  const [direct, vmalloc, vmemmap] = said;
  if (direct === undefined || vmalloc === undefined || vmemmap === undefined)
    return failure(
      'UNREADABLE',
      `its page tables have five levels, and one of ${BASES.join(', ')} cannot be read`,
    );
  const high = (bits: bigint): number => Number(BigInt.asIntN(32, bits >> 32n));
  const fold = foldOf({ direct: high(direct), vmalloc: high(vmalloc), vmemmap: high(vmemmap) });
  const listed = BASES.map((name, index) => `${name} is 0x${addressHex(said[index] as bigint)}`).join(', ');
  if (!fold)
    return failure('LAYOUT', `no kernel with page tables of five levels is laid out like that: ${listed}`);
  const own = addressSpace(physical, root, 5, fold);
  const absent = (bits: bigint): boolean => NOT_PRESENT.has(own.translate(foldBits(fold, bits)));
  // Where the tables are damaged, and not what it says, what was allocated while it booted lies there all the same.
  const area = wordAt(kallsyms.lookup('__per_cpu_offset')) ?? 0n;
  const elsewhere = absent(direct) && (area < direct || area >= direct + DIRECT_MAP_BYTES);
  if (elsewhere || absent(vmemmap))
    return failure('LAYOUT', `its page tables have nothing where it says that it has its memory: ${listed}`);
  return success(fold);
}

interface Stating {
  readonly read: ReadMemory;
  readonly physical: ReadMemory;
  readonly space: AddressSpace;
  readonly kallsyms: Kallsyms;
}

const BASES = ['page_offset_base', 'vmalloc_base', 'vmemmap_base'] as const;
/** What `translate` says where a table has no such entry. */
const NOT_PRESENT: ReadonlySet<number> = new Set([-1, -2, -3, -4, -5]);
/** Of no guest that is looked at is more memory mapped. */
const DIRECT_MAP_BYTES = 2n ** 45n;

function openTypes(read: ReadMemory, kallsyms: Kallsyms, options: OpenKernelOptions): Result<Btf> {
  const start = kallsyms.lookup('__start_BTF');
  const stop = kallsyms.lookup('__stop_BTF');
  const stated = options.btf?.[0];
  if (!stated && (start === undefined || stop === undefined)) return failure('ABSENT', 'there is no BTF');
  const { address, bytes } = stated ?? {
    address: start as Address,
    bytes: (stop as Address) - (start as Address),
  };
  const blob = readBtfBytes(read, address, bytes);
  if (!blob.ok) return blob;
  const open = (): Result<Btf> => openBtf(blob.value);
  return options.btf_memo ? options.btf_memo.get([blob.value], 0, open) : open();
}
