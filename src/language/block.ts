import type { Span } from '../text/span.ts';
import { fail, label } from './scope.ts';
import type { Scope } from './scope.ts';
import { didYouMean, nearest } from './suggest.ts';
import type { Name, Phrase } from './tree.ts';

/** A value and where it was given. */
export interface Given<T> {
  readonly value: T;
  readonly span: Span;
}

/** Each sentence of a block, in order, with the heads seen so far. */
export function items(
  phrase: Phrase,
  scope: Scope,
  each: (item: Phrase, seen: Map<string, Name>) => void,
): void {
  const seen = new Map<string, Name>();
  if (phrase.body === undefined) {
    fail(scope, 'E0323', phrase, `\`${phrase.head.text}\` needs its settings in braces`, 'no `{ … }`');
    return;
  }
  for (const item of phrase.body) {
    if (item.kind === 'phrase') each(item, seen);
    else if (item.kind !== 'broken') {
      const what = item.kind === 'let' ? '`let`' : `\`${item.head.text}\``;
      fail(scope, 'E0306', item, `${what} does not belong in \`${phrase.head.text}\``, 'not a setting');
    }
  }
}

/** True when a setting is given for the first time in its block. */
export function once(
  item: Phrase,
  seen: Map<string, Name>,
  scope: Scope,
  key: string = item.head.text,
): boolean {
  const first = seen.get(key);
  if (first === undefined) {
    seen.set(key, item.head);
    return true;
  }
  fail(scope, 'E0310', item.head, `\`${key}\` is given twice`, 'again', undefined, [
    label(scope.unit, first, 'first here'),
  ]);
  return false;
}

/**
 * Reports a head that is not known, and gives the sentence as it was meant when a slip explains it: nothing else need
 * be said of it.
 */
export function unknownSetting(
  item: Phrase,
  where: string,
  known: readonly string[],
  scope: Scope,
): Phrase | undefined {
  const help = didYouMean(item.head.text, known, `\`${where}\` takes`);
  fail(scope, 'E0306', item.head, `\`${where}\` has no setting \`${item.head.text}\``, 'unknown', help);
  return asMeant(item, known);
}

/** A sentence with its head mended; undefined when no known head is near. */
export function asMeant(item: Phrase, known: readonly string[]): Phrase | undefined {
  const text = nearest(item.head.text, known);
  return text === undefined ? undefined : { ...item, head: { ...item.head, text } };
}
