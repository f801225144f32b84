import type { Unit } from './scope.ts';

/** The `##` lines that stand directly above `offset`, without their marks; undefined when there are none. */
export function docAbove(unit: Unit, offset: number): string | undefined {
  const { docs } = unit;
  if (docs.length === 0) return undefined;
  let low = 0;
  let high = docs.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((docs[middle] as { startOffset: number }).startOffset < offset) low = middle + 1;
    else high = middle;
  }
  const { text } = unit.source;
  const lines: string[] = [];
  let below = offset;
  for (let at = low - 1; at >= 0; at--) {
    const doc = docs[at] as { image: string; startOffset: number };
    const between = text.slice(doc.startOffset + doc.image.length, below);
    if (!/^\n[ \t]*$/.test(between) || !startsLine(text, doc.startOffset)) break;
    lines.push(doc.image.replace(/^##[ \t]?/, '').trimEnd());
    below = doc.startOffset;
    while (text[below - 1] === ' ' || text[below - 1] === '\t') below--;
  }
  return lines.length === 0 ? undefined : lines.reverse().join('\n');
}

/** A `##` after code on its own line documents nothing. */
function startsLine(text: string, offset: number): boolean {
  let at = offset - 1;
  while (text[at] === ' ' || text[at] === '\t') at--;
  return at < 0 || text[at] === '\n';
}
