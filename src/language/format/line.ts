import type { IToken } from 'chevrotain';

/** A token as it will stand: with a blank before it or without. */
export interface Piece {
  readonly token: IToken;
  readonly spaced: boolean;
}

/** What a line is for, where that decides how it is lined up with its neighbours. */
export type LineKind = 'plain' | 'claim' | 'member' | 'row' | 'require';

/** One line of the formatted text. */
export interface Line {
  /** Two blanks each. */
  readonly indent: number;
  readonly pieces: Piece[];
  /** A comment that has the line to itself (`pieces` is empty), or stands behind the code. */
  readonly comment: string;
  /** An empty line comes first. */
  readonly gap: boolean;
  readonly kind: LineKind;
  /** Lines are lined up only with those of the same block. */
  readonly block: number;
}

const INDENT = '  ';

/** The code of a line, without what stands behind it. */
export function codeOf({ indent, pieces }: Line): string {
  let text = INDENT.repeat(indent);
  for (const { token, spaced } of pieces) text += spaced ? ` ${token.image}` : token.image;
  return text;
}
