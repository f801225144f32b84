/** One-line mutations of the language: from text to diagnostics and model. */
export const mutants = [
  { id: 'cpus-are-owned-once', file: 'src/language/check/machine.ts', from: 'clash(cpu, party, other, cpus ?? [], parties, scope);', to: '', killer: 'test/language/codes.test.ts' },
  { id: 'memory-adds-up', file: 'src/language/check/machine.ts', from: 'sum += value;', to: '', killer: 'test/language/codes.test.ts' },
  { id: 'contradictions-are-told', file: 'src/language/check/contradictions.ts', from: 'if (!clash(first, second)) return;', to: 'return;', killer: 'test/language/codes.test.ts' },
  { id: 'a-bystander-is-not-hit', file: 'src/language/check/reach.ts', from: "if (verb === undefined || verb.kind === 'request' || verb.name === 'dma') return false;", to: 'return false;', killer: 'test/language/codes.test.ts' },
  { id: 'unused-names-are-told', file: 'src/language/check/unused.ts', from: "if (used.has(name.text) || name.text.startsWith('_')) return;", to: 'return;', killer: 'test/language/codes.test.ts' },
  { id: 'units-are-known', file: 'src/language/literal.ts', from: "if (unitName === '%') return { kind: 'percent', value: amount / 100, span };", to: '', killer: 'test/language/golden.test.ts' },
  { id: 'units-scale', file: 'src/language/literal.ts', from: 'const value = Math.round(amount * unit.scale);', to: 'const value = Math.round(amount);', killer: 'test/language/golden.test.ts' },
  { id: 'neighbours-may-swap', file: 'src/language/suggest.ts', from: 'if (swapped) cost = Math.min(cost, (before[column - 2] as number) + 1);', to: '', killer: 'test/language/suggest.test.ts' },
  { id: 'a-hole-names-something', file: 'src/language/interpolate.ts', from: 'if (!scope.values.has(key)) {', to: 'if (false) {', killer: 'test/language/codes.test.ts' },
  { id: 'a-hundred-problems-a-file', file: 'src/language/problems.ts', from: 'if (count <= DIAGNOSTICS_PER_FILE) kept.push(diagnostic);', to: 'kept.push(diagnostic);', killer: 'test/language/hostile.test.ts' },
  { id: 'imports-stay-inside', file: 'src/language/host.ts', from: "else if (parts.length === 0 || parts.at(-1) === '..') return { failure: 'outside_root' };", to: 'else if (false) return undefined as never;', killer: 'test/language/codes.test.ts' },
  { id: 'rows-are-lined-up', file: 'src/language/format/align.ts', from: "if (kind === 'row') padCells(lines, texts, at);", to: "if (kind === 'row') continue;", killer: 'test/language/format/format.test.ts' },
  { id: 'comments-are-kept', file: 'src/language/format/breaker.ts', from: 'this.braces.push(NaN);', to: 'this.braces.push(NaN), this.lines.pop();', killer: 'test/language/format/format.test.ts' },
  { id: 'a-sign-stays-with-its-number', file: 'src/language/format/spacing.ts', from: 'if (PREFIXES.has(before) && this.isPrefix(at - 1)) return false;', to: '', killer: 'test/language/format/format.test.ts' },
]; // prettier-ignore
