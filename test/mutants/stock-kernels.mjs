/** One-line mutations of what a stock kernel needs of structures at work and of the library, and the test that each must not survive. */
export const mutants = [
  { id: 'null-begins-nothing', file: 'src/structure/compile/place.ts', from: 'if (context.skips_null) ', to: 'if (false) ', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'a-null-ends-no-others', file: 'src/structure/compile/loops.ts', from: 'if (!context.skips_null) return inside(context);', to: 'if (context.code) return inside(context);', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'outer-locks-count', file: 'src/structure/reporting.ts', from: 'if (guard) (this.#making as Making).around.push(guard);', to: '', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'what-a-kernel-lacks-is-left-out', file: 'src/structure/compile/formula.ts', from: "if (operator === 'and' && lacks(left, context.scope)) return { kind: 'bool', code: 'false' };", to: '', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'a-walk-counts-from-nothing', file: 'src/structure/compile/walk.ts', from: 'position: code.keep(`${trail}.length`)', to: 'position: code.keep(`${trail}.length + 1`)', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'numbers-given-out-count', file: 'src/structure/shapes/xarray.ts', from: 'free_marks > 0 && !isMarked(space, at + free_marks, slot)', to: 'false', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'marks-only-where-they-are-kept', file: 'src/structure/shapes/xarray.ts', from: '(space.u32(root.head + flags) & TRACK_FREE) !== 0', to: 'root.head !== 0', killer: 'test/structure/stock-kernels.test.ts' },
  { id: 'readers-write-nothing', file: 'src/structure/guards.ts', from: "(space.u8(word('count')) & WRITER) !== 0", to: "space.u8(word('count')) !== 0", killer: 'test/structure/guards.test.ts' },
  { id: 'an-owner-may-end-in-zeros', file: 'src/structure/guards.ts', from: "space.u32(word('owner') + 4) > 0 || ", to: '', killer: 'test/structure/guards.test.ts' },
  { id: 'what-a-kernel-has-not-is-nobodys', file: 'src/verdict/reports.ts', from: "if (verdict.code === 'NO_SYMBOL' || verdict.code === 'NO_TYPE') return false;", to: '', killer: 'test/verdict/rescue-claims.test.ts' },
  { id: 'what-a-cpu-has-is-frozen', file: 'specs/lib/slabs.spec', from: 'k.slab.inuse <= k.slab.objects and k.slab.frozen == 1', to: 'k.slab.inuse <= k.slab.objects', killer: 'test/library/fixtures.test.ts' },
  { id: 'a-node-counts-its-slabs', file: 'specs/lib/slabs.spec', from: 'require n.nr_partial == count(n.partial_slabs)', to: 'require n.nr_partial >= count(n.partial_slabs)', killer: 'test/library/fixtures.test.ts' },
  { id: 'an-update-that-does-not-end', file: 'src/ambulance/inspect.ts', from: 'outlasts(one, draft, limit) || ', to: '', killer: 'test/ambulance/outlasting.test.ts' },
  { id: 'who-stands-may-be-at-it', file: 'src/ambulance/inspect.ts', from: 'one.stood ||= stood;', to: '', killer: 'test/ambulance/outlasting.test.ts' },
]; // prettier-ignore
