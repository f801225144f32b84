import type { Address } from '../../../../base/address.ts';
import { highHalf, lowHalf } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import type { Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { DIRECT_MAP, VMEMMAP_START } from '../memory-map.ts';
import { gs } from './registers.ts';

/** Slabs are single pages here: oo's order is 0. */
export const SLAB_BYTES = 4096;
/** linux/page-flags.h: PG_slab. */
export const PG_SLAB = 0x200;
/** `frozen`, the last of the bit-fields that make up slab.counters; `objects` is bits 16..30, `inuse` bits 0..15. */
export const FROZEN = 0x8000_0000;

/** What slab words mean: freelist links, counters, the memory map. Every function is part of a step. */
export interface SlabWords {
  /** virt_to_slab: the page's entry in the memory map. */
  slabOf(object: Address): Address;
  pageOf(slab: Address): Address;
  /** This CPU's kmem_cache_cpu. */
  cpuSlab(cpu: Cpu, cache: Address): Address;
  /** The kmem_cache_node of the one node. */
  nodeOf(cpu: Cpu, cache: Address): Address;
  /** Copies the decoded link of a free object to `into`, with all its bits: garbage stays garbage until it is used. */
  loadLink(cpu: Cpu, cache: Address, object: Address, into: Address): void;
  /**
   * set_freepointer: the object's link becomes the word that lies at `from`, encoded. False, and a BUG is on its way,
   * when that word is the object itself.
   */
  storeLink(cpu: Cpu, cache: Address, object: Address, from: Address): boolean;
  /** As `storeLink`, of an address that is known. */
  writeLink(cpu: Cpu, cache: Address, object: Address, next: Address): void;
}

/** swab32. */
function swapped(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/**
 * CONFIG_SLAB_FREELIST_HARDENED (mm/slub.c, freelist_ptr): the stored link is ptr ^ cache.random ^ swab64(address of
 * the link). Words are taken as halves, for what is decoded from a damaged link need not be an address.
 */
export function slabWords(k: Kernel, bug: Label): SlabWords {
  const { kmem_cache, slab: s } = k.o;
  const write = (cpu: Cpu, cache: Address, place: Address, low: number, high: number): void => {
    const random = cache + kmem_cache.random;
    cpu.store32(place, (low ^ cpu.load32(random) ^ swapped(highHalf(place))) >>> 0);
    cpu.store32(place + 4, (high ^ cpu.load32(random + 4) ^ swapped(lowHalf(place))) >>> 0);
  };
  return {
    slabOf: (object) => VMEMMAP_START + Math.floor((object - DIRECT_MAP) / SLAB_BYTES) * s.bytes,
    pageOf: (slab) => DIRECT_MAP + ((slab - VMEMMAP_START) / s.bytes) * SLAB_BYTES,
    cpuSlab: (cpu, cache) => cpu.get(gs) + cpu.load64(cache + kmem_cache.cpu_slab),
    nodeOf: (cpu, cache) => cpu.load64(cache + kmem_cache.node),
    loadLink(cpu, cache, object, into) {
      const place = object + cpu.load32(cache + kmem_cache.offset);
      const random = cache + kmem_cache.random;
      const low = cpu.load32(place) ^ cpu.load32(random) ^ swapped(highHalf(place));
      const high = cpu.load32(place + 4) ^ cpu.load32(random + 4) ^ swapped(lowHalf(place));
      cpu.store32(into, low >>> 0);
      cpu.store32(into + 4, high >>> 0);
    },
    storeLink(cpu, cache, object, from) {
      const low = cpu.load32(from);
      const high = cpu.load32(from + 4);
      if (low === lowHalf(object) && (high | 0) === highHalf(object)) {
        cpu.call(bug.at);
        return false;
      }
      write(cpu, cache, object + cpu.load32(cache + kmem_cache.offset), low, high);
      return true;
    },
    writeLink: (cpu, cache, object, next) =>
      write(cpu, cache, object + cpu.load32(cache + kmem_cache.offset), lowHalf(next), highHalf(next)),
  };
}
