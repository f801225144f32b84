import type { Problems } from '../problems.ts';
import { label } from '../scope.ts';
import type { Unit } from '../scope.ts';

/** Warns of a locator that its file says no more of: no validator, partition, application or scenario names it. */
export function checkLookedAt(unit: Unit, known: ReadonlyMap<string, unknown>, problems: Problems): void {
  if (!unit.whole || unit.shipped.ships) return;
  let words: Map<string, number> | undefined;
  for (const { unit: home, node } of unit.locators.values()) {
    if (home !== unit || !known.has(node.name.text) || problems.full(unit.file)) continue;
    words ??= wordsOf(unit.source.text);
    const name = node.name.text;
    const within = wordsOf(unit.source.text.slice(node.start, node.end)).get(name) ?? 0;
    if ((words.get(name) ?? 0) > within || unit.validators.has(name)) continue;
    const help = `write \`validator ${name} { … }\`, or let a partition describe it`;
    const at = [label(unit, node.name, 'finds elements for nobody')];
    problems.warn('E1018', `nothing looks at \`${name}\``, at, help);
  }
}

/** How often each word stands in a text. */
function wordsOf(text: string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const [word] of text.matchAll(/[A-Za-z_]\w*/g)) counts.set(word, (counts.get(word) ?? 0) + 1);
  return counts;
}
