import { EOF } from 'chevrotain';
import type { IRecognitionException, IToken } from 'chevrotain';
import { lex } from './lex.ts';
import { parser } from './parser.ts';
import type { Problems } from './problems.ts';
import * as token from './tokens.ts';
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
  const siren = parser();
  siren.input = lexed.tokens;
  const tree = siren.file();
  for (const error of siren.errors) report(file, text, error, problems);
  siren.input = [];
  return { tree, docs: lexed.docs, whole: problems.errors === before };
}

function report(file: string, text: string, error: IRecognitionException, problems: Problems): void {
  const at = error.token;
  const previous = (error as { previousToken?: IToken }).previousToken;
  const atEnd = at.tokenType === EOF || at.tokenType === token.Terminator;
  const before = previous !== undefined && Number.isFinite(previous.startOffset);
  const start = !atEnd
    ? at.startOffset
    : before
      ? previous.startOffset + previous.image.length
      : Math.min(text.length, Number.isFinite(at.startOffset) ? at.startOffset : text.length);
  const end = atEnd ? start : start + at.image.length;
  problems.error(
    'E0203',
    error.message,
    [{ span: { file, start, end }, text: /^expected (.*), found/s.exec(error.message)?.[1] ?? 'here' }],
    hint(error, previous),
  );
}

const RESERVED = ['or', 'and', 'in', 'mod', 'not', 'is', 'as', 'else'];

function hint(error: IRecognitionException, previous: IToken | undefined): string | undefined {
  const { token: at, message } = error;
  if (at.tokenType === EOF) return 'a `{` above has no `}`';
  if (at.tokenType === token.Equal) return 'two values are compared with `==`';
  if (RESERVED.includes(at.image) && at.tokenType !== token.Word)
    return `\`${at.image}\` is a reserved word: only after a dot it is a name`;
  if (message.startsWith('expected a string') && at.tokenType === token.Word)
    return `put it in quotes: \`"${at.image}"\``;
  if (message.startsWith('expected a value') && previous !== undefined && previous.tokenType === token.Word) {
    return `\`${previous.image}\` is followed by what it is about`;
  }
  return undefined;
}
