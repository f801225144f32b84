/** One-line mutations of what the language says of types, names and habits. */
export const mutants = [
  { id: 'a-time-is-no-u32', file: 'src/model/quantities.ts', from: 'return bytes === undefined || bytes === 8;', to: 'return true;', killer: 'test/model/typing.test.ts' },
  { id: 'a-time-is-no-size', file: 'src/model/quantities.ts', from: "if (quantity !== undefined) return quantity === 'time';", to: 'if (quantity !== undefined) return true;', killer: 'test/model/typing.test.ts' },
  { id: 'a-repair-writes-what-fits', file: 'src/language/library/repairs.ts', from: 'checked(to, checkAssign(subject, to, context))', to: 'checked(to, true)', killer: 'test/language/golden.test.ts' },
  { id: 'what-is-expected-fits', file: 'src/language/library/requirement.ts', from: 'if (at !== undefined && expected !== undefined) checkAssign(at, expected, context);', to: '', killer: 'test/language/golden.test.ts' },
  { id: 'explain-tells-whole-sentences', file: 'src/cli/explain.ts', from: '(?=\\.(?:\\s|$))/.exec(text)', to: '(?=[.:](?:\\s|$))/.exec(text)', killer: 'test/cli/commands.test.ts' },
]; // prettier-ignore
