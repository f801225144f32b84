/** One-line mutations of the runner and the reports. */
export const mutants = [
  { id: 'results-in-order', file: 'src/runner/in-order.ts', from: 'this.#waiting.set(finished.job.index, finished);', to: 'this.#waiting.set(this.#next, finished);', killer: 'test/runner/in-order.test.ts' },
  { id: 'xpass-fails-the-run', file: 'src/runner/exit-codes.ts', from: "case 'xpassed':", to: '', killer: 'test/runner/exit-codes.test.ts' },
  { id: 'the-worst-kind-wins', file: 'src/runner/exit-codes.ts', from: 'return RANK.indexOf(a) > RANK.indexOf(b) ? a : b;', to: 'return a > b ? a : b;', killer: 'test/runner/exit-codes.test.ts' },
  { id: 'not-binds-to-its-operand', file: 'src/runner/tag-expression.ts', from: 'return !matchesTags(expression.operand, tags);', to: 'return matchesTags(expression.operand, tags);', killer: 'test/runner/tag-expression.test.ts' },
  { id: 'shards-part-the-work', file: 'src/runner/select.ts', from: 'place % shard.of === shard.index - 1', to: 'place % shard.of === shard.index', killer: 'test/runner/select.test.ts' },
  { id: 'names-are-searched-one-by-one', file: 'src/runner/name-filter.ts', from: "names: names.join('\\0')", to: "names: names.join(' ')", killer: 'test/runner/name-filter.test.ts' },
  { id: 'xml-is-quoted', file: 'src/report/xml.ts', from: 'replace(/[&<>"]/g, (character) => QUOTED[character] as string)', to: 'replace(/[&>"]/g, (character) => QUOTED[character] as string)', killer: 'test/report/junit.test.ts' },
  { id: 'cdata-ends-once', file: 'src/report/xml.ts', from: ".replaceAll(']]>', ']]]]><![CDATA[>')", to: '', killer: 'test/report/junit.test.ts' },
  { id: 'html-is-quoted', file: 'src/report/escape.ts', from: "return manyLines(text).replace(/[&<>\"']/g, (character) => HTML[character] as string);", to: 'return manyLines(text);', killer: 'test/report/html.test.ts' },
  { id: 'script-is-not-ended', file: 'src/report/escape.ts', from: '/[<>&\\u2028\\u2029]/g,', to: '/[\\u2028\\u2029]/g,', killer: 'test/report/html.test.ts' },
  { id: 'no-commands-to-actions', file: 'src/report/escape.ts', from: "return text.replaceAll('##[', String.raw`#\\x23[`).replace(/^([ \\t]*):(?=:[A-Za-z])/gm, String.raw`$1\\x3a`);", to: 'return text;', killer: 'test/report/annotations.test.ts' },
  { id: 'reports-are-renamed', file: 'src/report/file.ts', from: 'await rename(temporary, path);', to: '', killer: 'test/report/file.test.ts' },
  { id: 'newly-failing-is-news', file: 'src/report/compare/compare.ts', from: 'if (newly_failing.length > 0 || added_failing.length > 0) return 1;', to: '', killer: 'test/report/compare.test.ts' },
  { id: 'substreams-differ-by-name', file: 'src/base/random.ts', from: 'let c = hashName(name);', to: 'let c = 0;', killer: 'test/base/random.test.ts' },
]; // prettier-ignore
