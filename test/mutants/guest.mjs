/** One-line mutations of the simulated kernel, each with the test or spec that must notice it. */
export const mutants = [
  { id: 'list-del-is-checked', file: 'src/targets/sim/guest/kernel/lists.ts', from: 'if (cpu.equal64(prev, entry) && cpu.equal64(next + PREV, entry)) return true;', to: 'return true;', killer: 'test/targets/sim/guest/faults.test.ts' },
  { id: 'an-entry-knows-its-head', file: 'src/targets/sim/guest/kernel/lists.ts', from: 'cpu.store64(at + PREV, prev);', to: '', killer: 'test/targets/sim/guest/health.test.ts' },
  { id: 'a-queued-waiter-is-told', file: 'src/targets/sim/guest/kernel/locks.ts', from: 'cpu.store32(after + locked, 1);', to: '', killer: 'test/targets/sim/guest/locks.test.ts' },
  { id: 'a-write-lock-is-given-back', file: 'src/targets/sim/guest/kernel/locks.ts', from: 'writeUnlock: (cpu, lock) => cpu.store8(lock, 0),', to: 'writeUnlock: () => undefined,', killer: 'test/targets/sim/guest/health.test.ts' },
  { id: 'a-reader-counts-itself-out', file: 'src/targets/sim/guest/kernel/locks.ts', from: 'readUnlock: (cpu, lock) => cpu.store32(lock, (cpu.load32(lock) - QR_BIAS) >>> 0),', to: 'readUnlock: () => undefined,', killer: 'test/targets/sim/guest/locks.test.ts' },
  { id: 'the-first-waiter-is-pending', file: 'src/targets/sim/guest/kernel/locks.ts', from: 'cpu.store8(lock + 1, 1);', to: 'cpu.store8(lock + 1, 0);', killer: 'test/targets/sim/guest/locks.test.ts' },
  { id: 'jiffies-advance-once', file: 'src/targets/sim/guest/kernel/tick.ts', from: 'if (cpu.load32(symbol.do_timer) === cpu.load32(base + symbol.number)) {', to: '{', killer: 'test/targets/sim/guest/health.test.ts' },
  { id: 'soft-lockup-after-its-threshold', file: 'src/targets/sim/guest/kernel/tick.ts', from: 'if (stuck <= period * 5) {', to: 'if (stuck <= period * 50) {', killer: 'test/targets/sim/guest/faults.test.ts' },
  { id: 'the-scheduler-looks-at-the-stack-end', file: 'src/targets/sim/guest/kernel/sched.ts', from: 'if (cpu.load32(cpu.load64(prev + task.stack)) !== STACK_END_MAGIC) {', to: 'if (false) {', killer: 'specs/structures/stacks.spec' },
  { id: 'registered-with-its-size', file: 'src/targets/sim/guest/kernel/region.ts', from: 'cpu.set(rsi, cpu.load64(bytes));', to: 'cpu.set(rsi, 64);', killer: 'specs/claims/6-registered-early.spec' },
  { id: 'links-are-encoded', file: 'src/targets/sim/guest/kernel/slab-words.ts', from: 'cpu.store32(place + 4, (high ^ cpu.load32(random + 4) ^ swapped(lowHalf(place))) >>> 0);', to: 'cpu.store32(place + 4, (high ^ cpu.load32(random + 4)) >>> 0);', killer: 'test/targets/sim/guest/slub.test.ts' },
  { id: 'an-object-freed-is-not-in-use', file: 'src/targets/sim/guest/kernel/slub-free.ts', from: 'cpu.store32(slab + s.counters, ((counters & 0xffff_0000) | ((counters - 1) & 0xffff)) >>> 0);', to: 'cpu.store32(slab + s.counters, counters);', killer: 'test/targets/sim/guest/slub.test.ts' },
  { id: 'a-slab-that-was-full-is-found-again', file: 'src/targets/sim/guest/kernel/slub-free.ts', from: 'cpu.store64(c + cpu_slab.partial, slab);', to: '', killer: 'test/fault/crash-point.test.ts' },
  { id: 'a-dentry-is-under-its-parent', file: 'src/targets/sim/guest/kernel/dcache.ts', from: 'cpu.store64(cpu.get(rdi) + d.d_parent, cpu.get(rsi));', to: '', killer: 'test/targets/sim/guest/slub.test.ts' },
  { id: 'thawed-slabs-are-counted', file: 'src/targets/sim/guest/kernel/slub-free.ts', from: 'cpu.store64(n + node.nr_partial, cpu.load64(n + node.nr_partial) + 1);', to: '', killer: 'test/fault/crash-point.test.ts' },
]; // prettier-ignore
