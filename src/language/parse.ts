import type { IToken } from 'chevrotain';
import { complain } from './complain.ts';
import { lex } from './lex.ts';
import { mendHeads } from './mend.ts';
import { parser } from './parser.ts';
import type { Problems } from './problems.ts';
import type { FileTree } from './tree.ts';

export interface Parsed {
  readonly tree: FileTree;
  readonly docs: readonly IToken[];
  /** False when a sentence was dropped, or the whole file. */
  readonly whole: boolean;
}

/** Text to tree. Whatever the text, a tree comes back. */
export function parse(file: string, text: string, problems: Problems): Parsed {
  const before = problems.errors;
  const lexed = lex(file, text, problems);
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
  for (const error of siren.errors) complain({ file, text, tokens }, error, problems);
  siren.input = [];
  return { tree, docs: lexed.docs, whole: problems.errors === before };
}
