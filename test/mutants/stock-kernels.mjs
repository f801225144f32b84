/**
 * One-line mutations of what a stock kernel needs of structures at work and of the library, and the test that each must
 * not survive.
 */
export const mutants = [
  { id: 'null-begins-nothing', file: 'src/structure/compile/place.ts', from: 'if (context.skips_null) ', to: 'if (false) ', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'a-null-ends-no-others', file: 'src/structure/compile/loops.ts', from: 'if (!context.skips_null) return inside(context);', to: 'if (context.code) return inside(context);', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'outer-locks-count', file: 'src/structure/reporting.ts', from: 'if (guard) (this.#making as Making).around.push(guard);', to: '', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'what-a-kernel-lacks-is-left-out', file: 'src/structure/compile/formula.ts', from: "if (operator === 'and' && lacks(left, context.scope)) return { kind: 'bool', code: 'false' };", to: '', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'a-walk-counts-from-nothing', file: 'src/structure/compile/walk.ts', from: 'position: code.keep(`${trail}.length`)', to: 'position: code.keep(`${trail}.length + 1`)', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'numbers-given-out-count', file: 'src/structure/shapes/xarray.ts', from: 'free_marks > 0 && !isMarked(space, at + free_marks, slot)', to: 'false', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'marks-only-where-they-are-kept', file: 'src/structure/shapes/xarray.ts', from: '(job.space.u32(job.root.head + flags) & TRACK_FREE) !== 0', to: 'job.root.head !== 0', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'readers-write-nothing', file: 'src/structure/guards.ts', from: "(space.u8(word('count')) & WRITER) !== 0", to: "space.u8(word('count')) !== 0", killer: 'test/structure/guards.test.ts' },
  { id: 'an-owner-may-end-in-zeros', file: 'src/structure/guards.ts', from: "space.u32(word('owner') + 4) > 0 || ", to: '', killer: 'test/structure/guards.test.ts' },
  { id: 'what-a-kernel-has-not-is-nobodys', file: 'src/verdict/reports.ts', from: "if (verdict.code === 'NO_SYMBOL' || verdict.code === 'NO_TYPE') return false;", to: '', killer: 'test/verdict/rescue-claims.test.ts' },
  { id: 'what-a-cpu-has-is-frozen', file: 'specs/lib/slabs.spec', from: 'k.slab.inuse <= k.slab.objects and k.slab.frozen == 1', to: 'k.slab.inuse <= k.slab.objects', killer: 'test/library/fixtures.test.ts' },
  { id: 'a-node-counts-its-slabs', file: 'specs/lib/slabs.spec', from: 'require n.nr_partial == count(n.partial_slabs)', to: 'require n.nr_partial >= count(n.partial_slabs)', killer: 'test/library/fixtures.test.ts' },
  { id: 'an-update-that-does-not-end', file: 'src/ambulance/inspect.ts', from: 'outlasts(one, draft, limit) || ', to: '', killer: 'test/ambulance/outlasting.test.ts' },
  { id: 'who-stands-may-be-at-it', file: 'src/ambulance/inspect.ts', from: 'one.stood ||= stood;', to: '', killer: 'test/ambulance/outlasting.test.ts' },
  { id: 'a-caller-is-where-it-called', file: 'src/ambulance/unwind.ts', from: 'const at = frame.stopped ? frame.ip : frame.ip - 1;', to: 'const at = frame.ip;', killer: 'test/ambulance/unwind.test.ts' },
  { id: 'an-interrupt-saves-all-registers', file: 'src/ambulance/unwind.ts', from: "if ((saved('cs') & 3) === 3) return 'end';", to: '', killer: 'test/ambulance/unwind.test.ts' },
  { id: 'the-last-frame-entry-before', file: 'src/formats/orc.ts', from: 'if (this.#ipOf(middle) <= ip) low', to: 'if (this.#ipOf(middle) < ip) low', killer: 'test/ambulance/unwind.test.ts' },
  { id: 'a-lock-that-somebody-may-hold', file: 'src/ambulance/inspect.ts', from: 'let open = one.hangs;', to: 'let open = false;', killer: 'test/ambulance/holders.test.ts' },
  { id: 'as-if-nobody-were-at-work', file: 'src/ambulance/holders.ts', from: "if (cpus.every(({ mode }) => mode !== 'kernel')) return undefined;", to: 'return undefined;', killer: 'test/ambulance/holders.test.ts' },
  { id: 'a-leaked-lock-guards-nothing', file: 'src/ambulance/inspect.ts', from: 'for (const lock of leakedIn(one)) orphans.add(lock);', to: '{}', killer: 'test/ambulance/holders.test.ts' },
  { id: 'an-oops-comes-to-its-end', file: 'src/execute/rescue.ts', from: '? OOPS_SETTLE_NS : 0', to: '? 0 : 0', killer: 'test/execute/rescue.test.ts' },
  { id: 'what-a-guest-has-not-is-not-asked-for', file: 'src/structure/compile/statement.ts', from: 'if (lacks(statement.condition, inner.scope)) return;', to: '', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'a-cache-has-users', file: 'specs/lib/slabs.spec', from: 'require c.refcount >= -1', to: 'require c.refcount >= -100', killer: 'test/library/fixtures.test.ts' },
  { id: 'an-inode-has-references', file: 'specs/lib/dcache.spec', from: 'require i.i_count.counter >= 0', to: 'require i.i_count.counter >= -1', killer: 'test/library/fixtures.test.ts' },
  { id: 'a-file-system-is-not-given-up-twice', file: 'specs/lib/dcache.spec', from: 'require s.s_active.counter >= 0', to: 'require s.s_active.counter >= -3', killer: 'test/library/fixtures.test.ts' },
  { id: 'a-full-slab-of-a-cpu-has-none-free', file: 'specs/lib/slabs.spec', from: 'require k.slab.freelist != 0 or k.slab.inuse >= k.slab.objects', to: 'require k.slab.inuse <= k.slab.objects', killer: 'test/library/fixtures.test.ts' },
]; // prettier-ignore
