/** One-line mutations of locator code, of who runs it, and of what apps build, each with the test that must notice it. */
const INTERPRETER = 'src/formats/locator-code/interpreter.ts';
const APP = 'src/targets/sim/guest/user/app';

export const mutants = [
  { id: 'code-has-steps', file: INTERPRETER, from: 'if (++this.steps > this.#budget.steps)', to: 'if (++this.steps > this.#budget.steps * 64)', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'code-has-loads', file: INTERPRETER, from: 'if (++this.loads > this.#budget.loads)', to: 'if (this.loads > this.#budget.loads)', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'code-has-roots', file: INTERPRETER, from: 'if (!(count >= 0 && this.#roots + count <= this.#budget.roots))', to: 'if (!(count >= 0))', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'code-carries', file: INTERPRETER, from: 'ah + bh + (al + bl > 0xffff_ffff ? 1 : 0)', to: 'ah + bh', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'code-compares-high-first', file: INTERPRETER, from: 'ah < bh || (ah === bh && al < bl)', to: 'al < bl', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'code-loops-back-only', file: INTERPRETER, from: 'op === OP.loop ? target > at :', to: 'op === OP.loop ? target > code.length :', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'code-needs-its-operands', file: INTERPRETER, from: 'if (this.#depth < instruction.pops)', to: 'if (this.#depth < instruction.pops - 1)', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'code-multiplies-high', file: 'src/formats/locator-code/wide.ts', from: 'Math.imul(ah, bl) + Math.imul(al, bh)', to: 'Math.imul(ah, bl)', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'leb-is-64-bits', file: 'src/formats/locator-code/leb128.ts', from: 'if (part > 1) return false;', to: '', killer: 'test/formats/locator-code/interpreter.test.ts' },
  { id: 'jumps-grow', file: 'src/formats/locator-code/assemble.ts', from: 'if (grown) continue;', to: '', killer: 'test/formats/locator-code/text-and-bytes.test.ts' },
  { id: 'longer-operands-are-bytes', file: 'src/formats/locator-code/assemble.ts', from: 'const shortest = value !== undefined && leb(value).length === end - at - 1;', to: 'const shortest = value !== undefined;', killer: 'test/formats/locator-code/text-and-bytes.test.ts' },
  { id: 'an-entry-has-its-size', file: 'src/formats/locator-code/entry.ts', from: 'if (total > bytes.length)', to: 'if (total > bytes.length + 99)', killer: 'test/formats/locator-code/text-and-bytes.test.ts' },
  { id: 'ranges-are-bounded', file: 'src/formats/locator-code/emit.ts', from: 'if (bound !== undefined) this.#emit(`below ${bound}`);', to: '', killer: 'test/formats/locator-code/compile.test.ts' },
  { id: 'an-entry-is-an-object', file: 'src/formats/locator-code/emit.ts', from: 'if (here.same) this.#emit(\'dup\');', to: 'this.#emit(\'dup\');', killer: 'test/formats/locator-code/compile.test.ts' },
  { id: 'a-guard-is-asked-for', file: 'src/structure/described.ts', from: "if (!this.#entry.blocks.has('guard')) return root;", to: 'return root;', killer: 'test/structure/described.test.ts' },
  { id: 'what-reads-is-asked-again', file: 'src/structure/described.ts', from: 'if (machine.of_element_only) remember(', to: 'remember(', killer: 'test/structure/described.test.ts' },
  { id: 'what-is-known-costs-the-same', file: 'src/structure/described.ts', from: 'return this.#spend(known.steps) ?? known;', to: 'return known;', killer: 'test/structure/described.test.ts' },
  { id: 'empty-buckets-have-a-guard', file: 'src/structure/described.ts', from: 'if (empty && !first) continue;', to: 'if (empty) continue;', killer: 'test/structure/described.test.ts' },
  { id: 'what-cannot-step-is-told', file: 'src/structure/described.ts', from: "const failure = this.#run(machine, 'step', base);", to: "const failure = (this.#run(machine, 'step', base), undefined);", killer: 'test/structure/described.test.ts' },
  { id: 'forgeries-are-sealed', file: 'src/fault/verbs/replace.ts', from: 'sealRegion(bytes.subarray(0, total_bytes));', to: '', killer: 'test/fault/replace.test.ts' },
  { id: 'trees-are-black', file: `${APP}/shapes.ts`, from: 'parent + (depth === red ? 0 : RB.BLACK)', to: 'parent + RB.BLACK', killer: 'test/targets/sim/guest/apps.test.ts' },
  { id: 'buckets-go-by-key', file: `${APP}/shapes.ts`, from: 'data.pointer(node + 8, bucket.last);', to: 'data.pointer(node + 8, node);', killer: 'test/targets/sim/guest/apps.test.ts' },
  { id: 'b-trees-are-filled', file: `${APP}/graph.ts`, from: 'shape.low + random.below(shape.high - shape.low + 1)', to: 'shape.low - 1', killer: 'test/targets/sim/guest/apps.test.ts' },
  { id: 'keys-are-in-order', file: `${APP}/graph.ts`, from: 'if (child !== undefined) visit(child);', to: '', killer: 'test/targets/sim/guest/apps.test.ts' },
  { id: 'apps-hold-their-lock', file: `${APP}/program.ts`, from: 'cpu.store32(lock, 1);', to: '', killer: 'test/targets/sim/guest/apps.test.ts' },
  { id: 'app-pages-are-scattered', file: 'src/targets/sim/guest/app-table.ts', from: 'const stride = coprime(pages);', to: 'const stride = 1;', killer: 'test/targets/sim/guest/apps.test.ts' },
  { id: 'ids-before-positions', file: 'src/place/collections/declared.ts', from: 'const number = Number.isNaN(id) ? position : id;', to: 'const number = Number.isNaN(id) ? position + 1 : id;', killer: 'test/place/declared.test.ts' },
]; // prettier-ignore
