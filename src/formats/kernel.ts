import type { Address } from '../base/address.ts';
import type { Fold } from '../base/fold.ts';
import { foldOf, NO_FOLD } from '../base/fold.ts';
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
  /** Fills `into` from a virtual address, across pages; false when a page is not mapped or not readable. It may then be half filled. */
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
  return { root, levels, fold, translate: (address) => translate(physical, root, levels, address, fold), read }; // prettier-ignore
}

/** Physical address of one in the kernel image; undefined outside the image. No page table is needed for it. */
export function imageToPhysical(info: VmcoreInfo, address: Address): number | undefined {
  const offset = address - KERNEL_IMAGE;
  if (!(offset >= 0 && offset < KERNEL_IMAGE_BYTES)) return undefined;
  const physical = offset + (info.numbers.get('phys_base') ?? 0);
  return physical >= 0 ? physical : undefined;
}

/**
 * The kernel's address space by `swapper_pg_dir`, `phys_base` and `pgtable_l5_enabled`; undefined when they are not stated. With five levels, as
 * long as nobody has said where its areas lie, it reaches the image alone.
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
 * Opens a kernel from its VMCOREINFO and guest-physical memory. The image (symbol tables, BTF) is read by its fixed distance, so that a
 * damaged page table does not hide it. `_stext` of both sources must agree.
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
  const fold = statedFold(read, kallsyms.value);
  if (!fold.ok) return fold;
  const own = addressSpace(physical, space.root, space.levels, fold.value);
  return success({ info, space: own, kallsyms: kallsyms.value, btf });
}

/** Where a kernel with five levels has its areas: it chooses while it boots, and keeps that in variables of its image. */
function statedFold(read: ReadMemory, kallsyms: Kallsyms): Result<Fold> {
  const word = new Uint8Array(8);
  const highs = ['page_offset_base', 'vmalloc_base', 'vmemmap_base'].map((name) =>
    read(kallsyms.lookup(name) ?? NaN, word) ? new DataView(word.buffer).getInt32(4, true) : NaN,
  );
  const [direct, vmalloc, vmemmap] = highs as [number, number, number];
  const fold = foldOf({ direct, vmalloc, vmemmap });
  if (fold) return success(fold);
  if (highs.some(Number.isNaN)) return failure('UNREADABLE', 'its page tables have five levels, and page_offset_base, vmalloc_base or vmemmap_base cannot be read'); // prettier-ignore
  const said = highs.map((high) => `0x${(high >>> 0).toString(16).padStart(8, '0')}…`).join(', ');
  return failure('LAYOUT', `its page tables have five levels, and no such kernel has page_offset_base, vmalloc_base and vmemmap_base at ${said}`); // prettier-ignore
}

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
