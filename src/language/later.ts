import { LATER } from '../model/later.ts';
import type { Span } from '../text/span.ts';
import { failAt, spanOf } from './scope.ts';
import type { Scope } from './scope.ts';
import type * as tree from './tree.ts';

const NOT_YET = 'it is part of the language, but not of this version';

/** Reports what is read and not yet done, and what to write until then. */
export function later(scope: Scope, node: tree.Node, what: string, today?: string): undefined {
  return laterAt(scope, spanOf(scope.unit, node), what, today);
}

/** The same of a word of the table. */
export function laterWord(scope: Scope, node: tree.Node, word: string): undefined {
  return laterWordAt(scope, spanOf(scope.unit, node), word);
}

export function laterWordAt(scope: Pick<Scope, 'problems' | 'trail'>, span: Span, word: string): undefined {
  return laterAt(scope, span, `\`${word}\``, LATER.get(word)?.today);
}

export function laterAt(
  scope: Pick<Scope, 'problems' | 'trail'>,
  span: Span,
  what: string,
  today?: string,
): undefined {
  const help = today === undefined ? NOT_YET : `today: ${today}`;
  return failAt(scope, 'E0209', span, `${what} comes in a later version`, 'not yet', help);
}
