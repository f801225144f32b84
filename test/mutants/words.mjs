/** One-line mutations of what the language says of types, names and habits. */
export const mutants = [
  { id: 'a-time-is-no-u32', file: 'src/model/quantities.ts', from: 'return bytes === undefined || bytes === 8;', to: 'return true;', killer: 'test/model/typing.test.ts' },
  { id: 'a-time-is-no-size', file: 'src/model/quantities.ts', from: "if (quantity !== undefined) return quantity === 'time';", to: 'if (quantity !== undefined) return true;', killer: 'test/model/typing.test.ts' },
  { id: 'a-repair-writes-what-fits', file: 'src/language/library/repairs.ts', from: 'checked(to, checkAssign(subject, to, context))', to: 'checked(to, true)', killer: 'test/language/golden.test.ts' },
  { id: 'what-is-expected-fits', file: 'src/language/library/requirement.ts', from: 'if (at !== undefined && expected !== undefined) checkAssign(at, expected, context);', to: '', killer: 'test/language/golden.test.ts' },
  { id: 'explain-tells-whole-sentences', file: 'src/cli/explain.ts', from: '(?=\\.(?:\\s|$))/.exec(text)', to: '(?=[.:](?:\\s|$))/.exec(text)', killer: 'test/cli/commands.test.ts' },
  { id: 'half-a-library-runs-nothing', file: 'src/language/elaborate.ts', from: 'scenarios: unit.whole && !names.wrong ? scenarios : []', to: 'scenarios: unit.whole ? scenarios : []', killer: 'test/language/half.test.ts' },
  { id: 'a-broken-import-runs-nothing', file: 'src/language/library/library.ts', from: 'if (libraryOf(other, problems).names.wrong) sound = false;', to: 'libraryOf(other, problems);', killer: 'test/language/half.test.ts' },
  { id: 'a-broken-locator-is-told-once', file: 'src/language/check/located.ts', from: 'if (structures?.wrong_locators.has(name) === true) return undefined;', to: '', killer: 'test/language/half.test.ts' },
  { id: 'comments-of-others-are-told-once', file: 'src/language/habits.ts', from: "return image.replaceAll(/[^\\n]/g, ' ');", to: 'return image;', killer: 'test/language/golden.test.ts' },
  { id: 'and-is-meant', file: 'src/language/habits.ts', from: 'tokens[tokens.length - 1] = tokenOf(pair[0], pair[1], before.startOffset);', to: 'tokens.push(current);', killer: 'test/language/golden.test.ts' },
  { id: 'what-cannot-be-judged-has-a-place', file: 'src/ambulance/attend.ts', from: "...(place === '' ? {} : { place: `${patient}.${place}` }),", to: '', killer: 'specs/structures/unjudged.spec' },
  { id: 'two-addresses-stay-apart', file: 'src/language/format/spacing.ts', from: "if (before === '&' && after === '&') return true;", to: '', killer: 'test/language/format/format.test.ts' },
  { id: 'imports-are-used', file: 'src/language/check/unused.ts', from: '&& !words.has(name));', to: '&& words.has(name));', killer: 'test/language/codes.test.ts' },
  { id: 'an-element-is-filled', file: 'src/language/check/filled.ts', from: 'off / step < BigInt(count)', to: 'off / step <= BigInt(count)', killer: 'test/language/golden.test.ts' },
  { id: 'a-ring-has-room', file: 'src/language/app.ts', from: 'if (room === undefined || count <= room) return true;', to: 'if (room === undefined || count <= room + 1) return true;', killer: 'test/language/golden.test.ts' },
]; // prettier-ignore
