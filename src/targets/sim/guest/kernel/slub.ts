import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { popRegisters, pushRegisters, restoreFlags, saveFlags } from './inline.ts';
import type { Lists } from './lists.ts';
import type { Locks } from './locks.ts';
import type { Pages } from './pages.ts';
import { r12, rax, rbx, rdi, rdx, rsi } from './registers.ts';
import type { SlabWords } from './slab-words.ts';
import { FROZEN, PG_SLAB, SLAB_BYTES, slabWords } from './slab-words.ts';
import { assembleSlabFree } from './slub-free.ts';

/**
 * mm/slub.c without debugging: a freelist for each CPU, whose slab is frozen; slabs with free objects on the CPU's
 * partial list and on the node's. Full slabs are on no list. Fast paths are inlined; slow ones are called, and come
 * back to the next step (or stage).
 */
export interface Slub {
  /**
   * kmem_cache_alloc: true with the object in rax; false when the step has ended in a call that leaves it there, 0 when
   * there is none. Not cleared.
   */
  alloc(cpu: Cpu, cache: Address): boolean;
  /** kfree: true when done; false when the step has ended in a call that does it. */
  free(cpu: Cpu, object: Address): boolean;
  /** kfree as the last thing that a function does: the step ends. */
  freeAndReturn(cpu: Cpu, object: Address): void;
  readonly words: SlabWords;
}

/** Transaction ids of different CPUs never meet: NR_CPUS is 32. */
const TID_STEP = 32;
/** A CPU has no more slabs than these: a partial list that leads back to itself ends there. */
const OWN_SLABS = 64;
/** A page is cut up: some dozens of links. */
const NEW_SLAB_NS = 2_000;

export function assembleSlub(k: Kernel, locks: Locks, lists: Lists, pages: Pages): Slub {
  const { kmem_cache, cpu_slab, slab: s } = k.o;
  const at = new Label();
  k.bugs.push({ at, file: 'mm/slub.c', line: 379 });
  const bug = k.text.fn('set_freepointer', at, (cpu) => cpu.raise(6, 0));
  const words = slabWords(k, bug);
  const slow_alloc = slowAlloc(k, words, locks, lists, pages);
  const slow_free = assembleSlabFree(k, words, locks, lists, pages);

  const bump = (cpu: Cpu, c: Address): void =>
    cpu.store64(c + cpu_slab.tid, cpu.load64(c + cpu_slab.tid) + TID_STEP);

  const free = (cpu: Cpu, object: Address, go: (cpu: Cpu, to: Address) => void): boolean => {
    const slab = words.slabOf(object);
    const cache = cpu.load64(slab + s.slab_cache);
    const c = words.cpuSlab(cpu, cache);
    if (cpu.load64(c + cpu_slab.slab) !== slab) {
      cpu.set(rdi, cache);
      cpu.set(rsi, object);
      cpu.set(rdx, slab);
      go(cpu, slow_free.at);
      return false;
    }
    if (!words.storeLink(cpu, cache, object, c + cpu_slab.freelist)) return false;
    cpu.store64(c + cpu_slab.freelist, object);
    bump(cpu, c);
    return true;
  };
  return {
    words,
    alloc(cpu, cache) {
      const c = words.cpuSlab(cpu, cache);
      const object = cpu.load64(c + cpu_slab.freelist);
      if (object === 0) {
        cpu.set(rdi, cache);
        cpu.call(slow_alloc.at);
        return false;
      }
      words.loadLink(cpu, cache, object, c + cpu_slab.freelist);
      bump(cpu, c);
      cpu.set(rax, object);
      return true;
    },
    free: (cpu, object) => free(cpu, object, (on, to) => on.call(to)),
    freeAndReturn(cpu, object) {
      if (free(cpu, object, (on, to) => on.jump(to))) cpu.ret();
    },
  };

  /** ___slab_alloc. rdi: cache; rax: the object or 0. */
  function slowAlloc(
    kernel: Kernel,
    { cpuSlab, nodeOf, loadLink, writeLink, slabOf }: SlabWords,
    { spinLock, spinUnlock }: Locks,
    { del }: Lists,
    { allocPage }: Pages,
  ): Label {
    const { node } = kernel.o;
    // rbx: cache, r12: slab from the node's list
    const unlucky = new Label();
    /** Takes all free objects of a slab: from here on they count as used. */
    const takeAll = (cpu: Cpu, slab: Address): Address => {
      const first = cpu.load64(slab + s.freelist);
      const objects = (cpu.load32(slab + s.counters) >>> 16) & 0x7fff;
      cpu.store64(slab + s.freelist, 0);
      cpu.store32(slab + s.counters, (FROZEN | (objects << 16) | objects) >>> 0);
      return first;
    };
    /** load_freelist: the first of what was taken is the object, the rest the CPU's freelist. */
    const finish = (cpu: Cpu, cache: Address, object: Address): void => {
      if (object !== 0) {
        const c = cpuSlab(cpu, cache);
        loadLink(cpu, cache, object, c + cpu_slab.freelist);
        bump(cpu, c);
      }
      cpu.set(rax, object);
      popRegisters(cpu, rbx, r12);
      restoreFlags(cpu);
      cpu.ret();
    };
    /**
     * The slab that the CPU has, then those of its partial list: the first of what other CPUs have freed there, 0 when
     * there is nothing.
     */
    const fromOwn = (cpu: Cpu, cache: Address): Address => {
      const c = cpuSlab(cpu, cache);
      for (let turn = 0; turn < OWN_SLABS; turn++) {
        const slab = cpu.load64(c + cpu_slab.slab);
        if (slab !== 0) {
          if (cpu.load64(slab + s.freelist) !== 0) return takeAll(cpu, slab);
          cpu.store32(slab + s.counters, (cpu.load32(slab + s.counters) & ~FROZEN) >>> 0);
        }
        const partial = cpu.load64(c + cpu_slab.partial);
        cpu.store64(c + cpu_slab.slab, partial);
        if (partial === 0) return 0;
        cpu.store64(c + cpu_slab.partial, cpu.load64(partial + s.next));
      }
      return 0;
    };
    const fresh = (cpu: Cpu, cache: Address): Address => {
      cpu.spend(NEW_SLAB_NS);
      const page = allocPage(cpu);
      if (page === 0) return 0;
      const slab = slabOf(page);
      const size = cpu.load32(cache + kmem_cache.size);
      const objects = cpu.load32(cache + kmem_cache.oo) & 0xffff;
      for (let index = 0; index < objects && (index + 1) * size <= SLAB_BYTES; index++) {
        const object = page + index * size;
        writeLink(cpu, cache, object, index + 1 < objects ? object + size : 0);
      }
      cpu.store64(slab + s.__page_flags, PG_SLAB);
      cpu.store64(slab + s.slab_cache, cache);
      cpu.store64(slab + s.freelist, 0);
      cpu.store64(slab + s.counters, (FROZEN | (objects << 16) | objects) >>> 0);
      cpu.store32(slab + s.__page_refcount, 1);
      const n = nodeOf(cpu, cache);
      cpu.store64(n + node.nr_slabs, cpu.load64(n + node.nr_slabs) + 1);
      cpu.store64(n + node.total_objects, cpu.load64(n + node.total_objects) + objects);
      cpu.store64(cpuSlab(cpu, cache) + cpu_slab.slab, slab);
      return page;
    };
    return kernel.text.fn(
      '___slab_alloc',
      (cpu) => {
        saveFlags(cpu);
        pushRegisters(cpu, rbx, r12);
        const cache = cpu.get(rdi);
        cpu.set(rbx, cache);
        const first = fromOwn(cpu, cache);
        if (first !== 0) return finish(cpu, cache, first);
        const n = nodeOf(cpu, cache);
        if (cpu.load64(n + node.nr_partial) === 0) return finish(cpu, cache, fresh(cpu, cache));
        spinLock(cpu, n + node.list_lock);
      },
      (cpu) => {
        // get_partial_node
        const n = nodeOf(cpu, cpu.get(rbx));
        const first = cpu.load64(n + node.partial);
        if (first === n + node.partial) return cpu.jump(unlucky.at);
        cpu.set(r12, first - s.slab_list);
      },
      del((cpu) => cpu.get(r12) + s.slab_list),
      (cpu) => {
        const cache = cpu.get(rbx);
        const n = nodeOf(cpu, cache);
        const slab = cpu.get(r12);
        cpu.store64(n + node.nr_partial, cpu.load64(n + node.nr_partial) - 1);
        const first = takeAll(cpu, slab);
        spinUnlock(cpu, n + node.list_lock);
        cpu.store64(cpuSlab(cpu, cache) + cpu_slab.slab, slab);
        finish(cpu, cache, first);
      },
      unlucky,
      (cpu) => {
        const cache = cpu.get(rbx);
        spinUnlock(cpu, nodeOf(cpu, cache) + node.list_lock);
        finish(cpu, cache, fresh(cpu, cache));
      },
    );
  }
}
