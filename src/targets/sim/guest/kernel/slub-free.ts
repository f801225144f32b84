import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import { Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { popRegisters, pushRegisters, restoreFlags, saveFlags } from './inline.ts';
import type { Lists } from './lists.ts';
import type { Locks } from './locks.ts';
import type { Pages } from './pages.ts';
import { r12, r13, rbx, rdi, rdx, rsi } from './registers.ts';
import type { SlabWords } from './slab-words.ts';
import { FROZEN } from './slab-words.ts';

/**
 * __slab_free: rdi: cache, rsi: object, rdx: its slab, which is not this CPU's. A slab that was full goes to the CPU's
 * partial list, frozen; one that has become empty goes back to the page allocator when the node has enough.
 */
export function assembleSlabFree(
  k: Kernel,
  words: SlabWords,
  { spinLock, spinUnlock }: Locks,
  lists: Lists,
  pages: Pages,
): Label {
  const { kmem_cache, cpu_slab, node, slab: s } = k.o;
  const { cpuSlab, nodeOf } = words;

  /** discard_slab. Its node's lock need not be held: the counters are atomic. */
  const discard = (cpu: Cpu, cache: Address, slab: Address): void => {
    const n = nodeOf(cpu, cache);
    const objects = (cpu.load32(slab + s.counters) >>> 16) & 0x7fff;
    cpu.store64(n + node.nr_slabs, cpu.load64(n + node.nr_slabs) - 1);
    cpu.store64(n + node.total_objects, cpu.load64(n + node.total_objects) - objects);
    cpu.store64(slab + s.__page_flags, 0);
    cpu.store64(slab + s.slab_cache, 0);
    cpu.store32(slab + s.__page_refcount, 0);
    pages.freePage(cpu, words.pageOf(slab));
  };
  const enough = (cpu: Cpu, cache: Address): boolean =>
    cpu.load64(nodeOf(cpu, cache) + node.nr_partial) >= cpu.load64(cache + kmem_cache.min_partial);
  const putPartial = putCpuPartial();

  // rbx: cache, r12: slab, r13: object
  const [empty, kept, done] = [1, 2, 3].map(() => new Label()) as [Label, Label, Label];
  const slab_free = k.text.entry('__slab_free');
  return k.text.fn(
    '__slab_free',
    (cpu) => {
      const [cache, object, slab] = [cpu.get(rdi), cpu.get(rsi), cpu.get(rdx)];
      const counters = cpu.load32(slab + s.counters);
      const frozen = (counters & FROZEN) !== 0;
      const full = cpu.load64(slab + s.freelist) === 0;
      if (!frozen && !full && (counters & 0xffff) === 1) {
        // What is wrong with the object is noticed before the lock is taken.
        if (words.storeLink(cpu, cache, object, slab + s.freelist)) cpu.jump(empty.at);
        return;
      }
      if (!release(cpu, cache, object, slab)) return;
      if (frozen || !full) return cpu.ret();
      cpu.store32(slab + s.counters, (cpu.load32(slab + s.counters) | FROZEN) >>> 0);
      cpu.jump(putPartial.at);
    },
    empty,
    (cpu) => {
      saveFlags(cpu);
      pushRegisters(cpu, rbx, r12, r13);
      cpu.set(rbx, cpu.get(rdi));
      cpu.set(r12, cpu.get(rdx));
      cpu.set(r13, cpu.get(rsi));
      spinLock(cpu, nodeOf(cpu, cpu.get(rdi)) + node.list_lock);
    },
    (cpu) => {
      const [cache, slab] = [cpu.get(rbx), cpu.get(r12)];
      const counters = cpu.load32(slab + s.counters);
      if (counters >= FROZEN || (counters & 0xffff) !== 1) return cpu.jump(kept.at);
      if (!release(cpu, cache, cpu.get(r13), slab)) return;
      if (!enough(cpu, cache)) {
        spinUnlock(cpu, nodeOf(cpu, cache) + node.list_lock);
        cpu.jump(done.at);
      }
    },
    lists.del((cpu) => cpu.get(r12) + s.slab_list),
    (cpu) => {
      const cache = cpu.get(rbx);
      const n = nodeOf(cpu, cache);
      cpu.store64(n + node.nr_partial, cpu.load64(n + node.nr_partial) - 1);
      spinUnlock(cpu, n + node.list_lock);
      discard(cpu, cache, cpu.get(r12));
    },
    done,
    (cpu) => {
      popRegisters(cpu, rbx, r12, r13);
      restoreFlags(cpu);
      cpu.ret();
    },
    kept,
    (cpu) => {
      // Somebody took the slab, or freed into it, while this CPU waited for the lock.
      const cache = cpu.get(rbx);
      spinUnlock(cpu, nodeOf(cpu, cache) + node.list_lock);
      cpu.set(rdi, cache);
      cpu.set(rdx, cpu.get(r12));
      cpu.set(rsi, cpu.get(r13));
      popRegisters(cpu, rbx, r12, r13);
      restoreFlags(cpu);
      cpu.jump(slab_free.at);
    },
  );

  /** The object becomes the first of its slab's freelist. False when that is a BUG. */
  function release(cpu: Cpu, cache: Address, object: Address, slab: Address): boolean {
    if (!words.storeLink(cpu, cache, object, slab + s.freelist)) return false;
    const counters = cpu.load32(slab + s.counters);
    cpu.store64(slab + s.freelist, object);
    cpu.store32(slab + s.counters, ((counters & 0xffff_0000) | ((counters - 1) & 0xffff)) >>> 0);
    return true;
  }

  /** put_cpu_partial(rdi: cache, rdx: slab): when there are too many, those that were there go to the node. */
  function putCpuPartial(): Label {
    // rbx: cache, r12: slab, r13: the one after it
    const [next, put, all] = [1, 2, 3].map(() => new Label()) as [Label, Label, Label];
    return k.text.fn(
      'put_cpu_partial',
      (cpu) => {
        saveFlags(cpu);
        const [cache, slab] = [cpu.get(rdi), cpu.get(rdx)];
        const c = cpuSlab(cpu, cache);
        const old = cpu.load64(c + cpu_slab.partial);
        const slabs = old === 0 ? 0 : cpu.load32(old + s.slabs);
        const drain = slabs >= cpu.load32(cache + kmem_cache.cpu_partial_slabs);
        cpu.store64(slab + s.next, drain ? 0 : old);
        cpu.store32(slab + s.slabs, drain ? 1 : slabs + 1);
        cpu.store64(c + cpu_slab.partial, slab);
        if (!drain) {
          restoreFlags(cpu);
          return cpu.ret();
        }
        pushRegisters(cpu, rbx, r12, r13);
        cpu.set(rbx, cache);
        cpu.set(r12, old);
      },
      // __unfreeze_partials
      (cpu) => void spinLock(cpu, nodeOf(cpu, cpu.get(rbx)) + node.list_lock),
      next,
      (cpu) => {
        const [cache, slab] = [cpu.get(rbx), cpu.get(r12)];
        if (slab === 0) return cpu.jump(all.at);
        cpu.set(r13, cpu.load64(slab + s.next));
        const counters = cpu.load32(slab + s.counters);
        cpu.store32(slab + s.counters, (counters & ~FROZEN) >>> 0);
        if ((counters & 0xffff) !== 0 || !enough(cpu, cache)) return cpu.jump(put.at);
        discard(cpu, cache, slab);
        cpu.set(r12, cpu.get(r13));
        cpu.jump(next.at);
      },
      put,
      lists.addTail(
        (cpu) => cpu.get(r12) + s.slab_list,
        (cpu) => nodeOf(cpu, cpu.get(rbx)) + node.partial,
      ),
      (cpu) => {
        const n = nodeOf(cpu, cpu.get(rbx));
        cpu.store64(n + node.nr_partial, cpu.load64(n + node.nr_partial) + 1);
        cpu.set(r12, cpu.get(r13));
        cpu.jump(next.at);
      },
      all,
      (cpu) => {
        spinUnlock(cpu, nodeOf(cpu, cpu.get(rbx)) + node.list_lock);
        popRegisters(cpu, rbx, r12, r13);
        restoreFlags(cpu);
        cpu.ret();
      },
    );
  }
}
