import type { Checked, Diagnostic } from '../text/diagnostic.ts';
import type { Span } from '../text/span.ts';
import { nearest } from '../language/suggest.ts';
import { usageProblem } from './command-line.ts';

/** `smoke and not (slow or flaky)` as a tree. `not` binds tightest, then `and`, then `or`. */
export type TagExpression =
  | { readonly kind: 'tag'; readonly name: string; readonly span: Span }
  | { readonly kind: 'not'; readonly operand: TagExpression }
  | { readonly kind: 'and' | 'or'; readonly left: TagExpression; readonly right: TagExpression };

const MAX_WORDS = 1000;
const MAX_DEPTH = 100;

interface Word {
  readonly text: string;
  readonly span: Span;
}

/** Parses an expression that stands at `at`. An undefined value comes with the diagnostic that says why. */
export function parseTagExpression(text: string, at: Span): Checked<TagExpression | undefined> {
  const words = wordsOf(text, at);
  if (!Array.isArray(words)) return { value: undefined, diagnostics: [words] };
  try {
    return { value: new TagParser(words, at).parse(), diagnostics: [] };
  } catch (error) {
    if (error instanceof TagSyntax) return { value: undefined, diagnostics: [error.diagnostic] };
    throw error;
  }
}

/** Does a scenario with these tags match? */
export function matchesTags(expression: TagExpression, tags: ReadonlySet<string>): boolean {
  switch (expression.kind) {
    case 'tag':
      return tags.has(expression.name);
    case 'not':
      return !matchesTags(expression.operand, tags);
    case 'and':
      return matchesTags(expression.left, tags) && matchesTags(expression.right, tags);
    case 'or':
      return matchesTags(expression.left, tags) || matchesTags(expression.right, tags);
  }
}

/** One diagnostic for each name that is not among the declared tags. */
export function undeclaredTags(expression: TagExpression, declared: ReadonlySet<string>): Diagnostic[] {
  switch (expression.kind) {
    case 'tag': {
      if (declared.has(expression.name)) return [];
      const near = nearest(expression.name, declared);
      const known =
        declared.size === 0 ? 'no tag is declared' : `declared: ${[...declared].sort().join(', ')}`;
      const help = near === undefined ? known : `did you mean \`${near}\`?`;
      const message = `the tag \`${expression.name}\` is not declared`;
      return [usageProblem('E0821', message, expression.span, 'it selects nothing', help)];
    }
    case 'not':
      return undeclaredTags(expression.operand, declared);
    default:
      return [...undeclaredTags(expression.left, declared), ...undeclaredTags(expression.right, declared)];
  }
}

class TagSyntax extends Error {
  readonly diagnostic: Diagnostic;

  constructor(message: string, span: Span, label: string) {
    super(message);
    const help = "write it like 'smoke and not (slow or flaky)'";
    this.diagnostic = usageProblem('E0820', message, span, label, help);
  }
}

function wordsOf(text: string, at: Span): Word[] | Diagnostic {
  const words: Word[] = [];
  const pattern = /\s*(?:([A-Za-z_][A-Za-z0-9_-]*|[()])|(\S))/y;
  for (let match = pattern.exec(text); match !== null; match = pattern.exec(text)) {
    const word = (match[1] ?? match[2]) as string;
    const end = at.start + pattern.lastIndex;
    const span = { file: at.file, start: end - word.length, end };
    if (match[1] === undefined)
      return new TagSyntax(`\`${word}\` has no meaning here`, span, 'not a tag').diagnostic;
    if (words.length === MAX_WORDS)
      return new TagSyntax(`more than ${MAX_WORDS} words`, span, 'too long').diagnostic;
    words.push({ text: word, span });
  }
  return words;
}

class TagParser {
  readonly #words: readonly Word[];
  readonly #at: Span;
  #next = 0;
  #depth = 0;

  constructor(words: readonly Word[], at: Span) {
    this.#words = words;
    this.#at = at;
  }

  parse(): TagExpression {
    const expression = this.#or();
    const rest = this.#words[this.#next];
    if (rest !== undefined)
      throw new TagSyntax('expected `and`, `or` or the end', rest.span, 'instead of this');
    return expression;
  }

  #or(): TagExpression {
    let left = this.#and();
    while (this.#take('or')) left = { kind: 'or', left, right: this.#and() };
    return left;
  }

  #and(): TagExpression {
    let left = this.#operand();
    while (this.#take('and')) left = { kind: 'and', left, right: this.#operand() };
    return left;
  }

  #operand(): TagExpression {
    const word = this.#words[this.#next];
    if (word === undefined) {
      const end = { file: this.#at.file, start: this.#at.end, end: this.#at.end };
      throw new TagSyntax('expected a tag, and the expression ends', end, 'here');
    }
    if (++this.#depth > MAX_DEPTH) throw new TagSyntax('nested too deeply', word.span, 'from here on');
    this.#next++;
    let operand: TagExpression;
    if (word.text === 'not') {
      operand = { kind: 'not', operand: this.#operand() };
    } else if (word.text === '(') {
      operand = this.#or();
      if (!this.#take(')')) throw new TagSyntax('a parenthesis is never closed', word.span, 'opened here');
    } else if (word.text === ')' || word.text === 'and' || word.text === 'or') {
      throw new TagSyntax(`expected a tag, not \`${word.text}\``, word.span, 'instead of this');
    } else {
      operand = { kind: 'tag', name: word.text, span: word.span };
    }
    this.#depth--;
    return operand;
  }

  #take(text: string): boolean {
    if (this.#words[this.#next]?.text !== text) return false;
    this.#next++;
    return true;
  }
}
