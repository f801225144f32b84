/** Code that is compared with what it was when the guest had booted. */
export const mutants = [
  { id: 'a-change-is-where-it-is', file: 'src/ambulance/changed.ts', from: 'return at + same;', to: 'return at;', killer: 'test/structure/booted.test.ts' },
  { id: 'pages-lie-where-they-lie', file: 'src/ambulance/changed.ts', from: 'physicalOf(next) === physical + next - at', to: 'physicalOf(next) >= 0', killer: 'test/structure/booted.test.ts' },
  { id: 'what-nobody-kept-is-not-unchanged', file: 'src/structure/frame.ts', from: 'return found ?? NaN;', to: 'return found ?? 0;', killer: 'test/structure/booted.test.ts' },
  { id: 'a-symbol-ends-where-the-next-begins', file: 'src/structure/frame.ts', from: 'return this.session.code.symbolAround(address)[1] || 0;', to: 'return this.session.code.symbolAround(address)[0] || 0;', killer: 'test/structure/booted.test.ts' },
  { id: 'another-boot-is-no-reference', file: 'src/targets/core/earlier.ts', from: 'if (now !== then) return', to: 'if (now === "") return', killer: 'test/targets/core/earlier.test.ts' },
  { id: 'a-crash-is-of-the-same-boot', file: 'src/targets/core/earlier.ts', from: ".replace(OF_THE_CRASH, '')", to: '', killer: 'test/targets/core/earlier.test.ts' },
  { id: 'processes-of-the-simulated-guest-are-its-own', file: 'src/ambulance/structures.ts', from: 'if (shipped && space) names.delete(name);', to: 'if (shipped && !space) names.delete("");', killer: 'test/ambulance/bare-note.test.ts' },
  { id: 'a-traced-function-is-unharmed', file: 'specs/lib/text.spec', from: 'def is_site(c) = is_traced(c) or ', to: 'def is_site(c) = ', killer: 'test/library/text.test.ts' },
  { id: 'code-between-sites-is-not-written', file: 'specs/lib/text.spec', from: 'let site_bytes = 5', to: 'let site_bytes = 50', killer: 'test/library/text.test.ts' },
  { id: 'only-the-end-of-the-table-is-empty', file: 'specs/lib/text.spec', from: 's.index + 4 > count(system_calls)', to: 's.index < count(system_calls)', killer: 'test/library/text.test.ts' },
]; // prettier-ignore
