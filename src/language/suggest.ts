import { meantBy } from '../model/synonyms.ts';

/** Names longer than this are not compared: no suggestion is worth the time. */
const LENGTH_LIMIT = 64;
/** Nor are more names than this. */
const NAME_LIMIT = 1000;
/** A vocabulary is listed whole; what a file declares may be without end. */
const SHOWN_LIMIT = 50;

/** The name nearest to `written` by edits (insert, delete, replace, swap), if it is near enough to be meant. */
export function nearest(written: string, names: Iterable<string>): string | undefined {
  if (written.length > LENGTH_LIMIT || written.length === 0) return undefined;
  const lower = written.toLowerCase();
  let best: string | undefined;
  let least = Math.max(1, Math.floor(written.length / 3)) + 1;
  let compared = 0;
  for (const name of names) {
    if (++compared > NAME_LIMIT) break;
    if (name.length > LENGTH_LIMIT || name === written) continue;
    const distance = name.toLowerCase() === lower ? 0 : edits(lower, name.toLowerCase(), least);
    if (distance < least) {
      least = distance;
      best = name;
    }
  }
  return best;
}

/**
 * A help line: what another word is for, the nearest name, or the names there are. What ships may be meant, but is no answer to a slip in one's
 * own: it is counted.
 */
export function didYouMean(
  written: string,
  names: Iterable<string>,
  what = 'there are',
  ships: Iterable<string> = [],
): string | undefined {
  const all = firstOf(names);
  const shipped = firstOf(ships).filter((name) => !all.includes(name));
  const meant = meantBy(written).filter((name) => all.includes(name) || shipped.includes(name));
  if (meant.length > 0) return `did you mean ${either(meant)}?`;
  const near = nearest(written, [...all, ...shipped]);
  if (near !== undefined) return `did you mean \`${near}\`?`;
  if (all.length + shipped.length === 0) return undefined;
  const shown = all.slice(0, SHOWN_LIMIT).map((name) => `\`${name}\``);
  const more = all.length > shown.length ? ` and ${all.length - shown.length} more` : '';
  const rest =
    shipped.length > 0
      ? `${shown.length > 0 ? ', and ' : ''}${shipped.length} structures that ship: \`npx siren explain structures\` lists them`
      : '';
  return `${what} ${shown.join(', ')}${more}${rest}`;
}

function either(names: readonly string[]): string {
  const quoted = names.map((name) => `\`${name}\``);
  const last = quoted.pop() as string;
  return quoted.length === 0 ? last : `${quoted.join(', ')} or ${last}`;
}

/** The names, each once, as many as are worth comparing with. */
function firstOf(names: Iterable<string>): string[] {
  const found = new Set<string>();
  for (const name of names) {
    if (found.size >= NAME_LIMIT) break;
    found.add(name);
  }
  return [...found];
}

/** Damerau's distance (neighbours may swap), or `limit` as soon as it cannot be less. */
function edits(a: string, b: string, limit: number): number {
  if (Math.abs(a.length - b.length) >= limit) return limit;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    let smallest = row;
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1;
      let cost = Math.min(
        (above[column] as number) + 1,
        (current[column - 1] as number) + 1,
        (above[column - 1] as number) + same,
      );
      const swapped = row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      if (swapped) cost = Math.min(cost, (before[column - 2] as number) + 1);
      current.push(cost);
      smallest = Math.min(smallest, cost);
    }
    if (smallest >= limit) return limit;
    before = above;
    above = current;
  }
  return above[b.length] as number;
}
