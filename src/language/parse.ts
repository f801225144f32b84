import type { IToken } from 'chevrotain';
import { complain, runOn } from './complain.ts';
import { lex } from './lex.ts';
import { mendHeads } from './mend.ts';
import { parser } from './parser.ts';
import { Moved } from './problems.ts';
import type { Problems } from './problems.ts';
import type { Expr, FileTree } from './tree.ts';

export interface Parsed {
  readonly tree: FileTree;
  readonly docs: readonly IToken[];
  /** False when a sentence was dropped, or the whole file. */
  readonly whole: boolean;
}

/** No more sentences of a file are begun where a line's end is missing. */
const LINES_BEGUN = 6;

/** Text to tree. Whatever the text, a tree comes back. */
export function parse(file: string, text: string, problems: Problems): Parsed {
  const before = problems.errors;
  let read = text;
  for (let begun = 0; ; begun++) {
    const lexed = lex(file, read, problems);
    if (!lexed.parseable) return { tree: { declarations: [] }, docs: [], whole: false };
    const { tokens } = lexed;
    const siren = parser();
    siren.input = tokens;
    let tree = siren.file();
    const odd = siren.errors.length > 0 || tree.declarations.some((node) => node.kind === 'phrase');
    if (odd && mendHeads(file, tokens, problems)) {
      siren.input = tokens;
      tree = siren.file();
    }
    const { errors } = siren;
    siren.input = [];
    const run_on = begun < LINES_BEGUN ? errors.find((error) => runOn(tokens, error)) : undefined;
    const failed = { file, text, tokens };
    const at = (run_on && runOn(tokens, run_on)?.startOffset) ?? 0;
    if (run_on && /[ \t]/.test(read[at - 1] ?? '')) {
      complain(failed, run_on, problems);
      read = `${read.slice(0, at - 1)};${read.slice(at)}`;
      continue;
    }
    for (const error of errors) complain(failed, error, problems);
    return { tree, docs: lexed.docs, whole: problems.errors === before };
  }
}

/**
 * An expression within a string, which begins at `offset` of its file: offsets in what comes back are those of the
 * file. Undefined when it is none; only characters that are no part of the language are reported.
 */
export function parseExpression(
  file: string,
  text: string,
  offset: number,
  problems: Problems,
): Expr | undefined {
  const before = problems.errors;
  // Blanks for what stands before it would cost as much as the file at each hole: tokens are moved instead.
  const { tokens, parseable } = lex(file, text, new Moved(problems, offset));
  if (!parseable || tokens.length === 0 || problems.errors > before) return undefined;
  for (const one of tokens) one.startOffset += offset;
  const siren = parser();
  siren.input = tokens;
  const expr = siren.expression();
  const sound = siren.errors.length === 0;
  siren.input = [];
  return sound ? expr : undefined;
}
