/** One-line mutations of what kernels with page tables of five levels need, and the test that each must not survive. */
const FOLD = 'src/base/fold.ts';
const VALUE = 'src/structure/compile/value.ts';
const folded = 'test/base/fold.test.ts';
const structures = 'test/structure/five-levels.test.ts';
const formulas = 'test/structure/compile.property.test.ts';

export const mutants = [
  { id: 'a-fold-is-undone', file: FOLD, from: 'if (high >= own && high < own + length) return high - own + seen;', to: '', killer: folded },
  { id: 'folded-areas-lie-apart', file: FOLD, from: 'seen >= start + other + GAP || seen + length + GAP <= start', to: 'seen >= start + other || seen + length <= start', killer: folded },
  { id: 'the-last-of-vmalloc', file: FOLD, from: 'vmalloc + VMALLOC_AREA + 1 - VMALLOC_TOP_LENGTH', to: 'vmalloc + VMALLOC_AREA - VMALLOC_TOP_LENGTH', killer: folded },
  { id: 'areas-are-in-order', file: FOLD, from: 'if (!(own >= -0x100_0000 && own < end)) return undefined;', to: '', killer: folded },
  { id: 'addresses-have-all-their-bits', file: VALUE, from: 'R.turn(Math.floor(${value.code} / ${TWO_32}) | 0)', to: 'Math.floor(${value.code} / ${TWO_32}) | 0', killer: formulas },
  { id: 'what-is-reckoned-is-folded', file: VALUE, from: 'return code.keep(`R.turn(${high} | 0) * ${TWO_32} + (${low} >>> 0)`);', to: 'return code.keep(`(${high} | 0) * ${TWO_32} + (${low} >>> 0)`);', killer: formulas },
  { id: 'constants-are-not-folded', file: VALUE, from: '!(code.folds && value.low < LEAST_PLAIN)', to: 'code !== undefined', killer: structures },
  { id: 'what-is-read-is-folded', file: 'src/ambulance/space.ts', from: 'foldHalves(this.fold, low, high);', to: 'fromHalves(low, high);', killer: structures },
  { id: 'code-for-each-kind-of-kernel', file: 'src/structure/link.ts', from: 'const all = fold.length > 0 ? FOLDED : LINKED;', to: 'const all = fold.length > 0 ? LINKED : LINKED;', killer: structures },
  { id: 'areas-of-cpus-lie-far-away', file: 'src/structure/compile/loops.ts', from: 'if (!code.folds) return code.keep(', to: 'if (code) return code.keep(', killer: structures },
  { id: 'pointers-are-written-whole', file: 'src/structure/repair/plan.ts', from: 'trueBits(space.fold, value)', to: 'BigInt.asUintN(64, BigInt(value))', killer: structures },
  { id: 'locators-reckon-with-all-bits', file: 'src/formats/locator-code/interpreter.ts', from: 'trueHigh(this.#host.fold, value);', to: 'Math.floor(value / 0x1_0000_0000) | 0;', killer: structures },
  { id: 'tables-are-walked-by-all-bits', file: 'src/formats/page-tables.ts', from: 'if (!Number.isSafeInteger(address)) return false;', to: '', killer: 'test/formats/page-tables.test.ts' },
  { id: 'a-layout-is-mapped', file: 'src/formats/kernel.ts', from: 'if (elsewhere || absent(vmemmap))', to: 'if (elsewhere)', killer: 'test/formats/five-levels.test.ts' },
  { id: 'tables-may-be-what-is-damaged', file: 'src/formats/kernel.ts', from: 'absent(direct) && (area < direct || area >= direct + DIRECT_MAP_BYTES)', to: 'absent(direct)', killer: 'test/formats/five-levels.test.ts' },
  { id: 'places-know-their-bits', file: 'src/place/bytes-at.ts', from: '...(fold.length === 0 ? {} : { fold })', to: '...(fold.length === 0 ? { fold } : {})', killer: 'test/place/five-levels.test.ts' },
]; // prettier-ignore
