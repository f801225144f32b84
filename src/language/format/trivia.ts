/** A comment that has a line to itself. */
interface OwnLine {
  readonly text: string;
  /** An empty line comes first. */
  readonly gap: boolean;
}

/** What stands between two tokens, besides blanks. */
export interface Trivia {
  /** The comment on the line of the token before; '' when there is none. */
  readonly behind: string;
  readonly own: readonly OwnLine[];
  readonly newline: boolean;
  /** An empty line right before the token after. */
  readonly gap: boolean;
}

const NONE: Trivia = { behind: '', own: [], newline: false, gap: false };

/** Reads the text between two tokens: blanks, newlines, `;` and comments. */
export function triviaOf(between: string): Trivia {
  if (!/[\n#]/.test(between)) return NONE;
  const [first = '', ...lines] = between.split('\n');
  const own: OwnLine[] = [];
  let gap = false;
  // The last line is the one that the token after stands on.
  for (const line of lines.slice(0, -1)) {
    const text = commentIn(line);
    if (text === '') gap ||= line.trim() === '';
    else {
      own.push({ text, gap });
      gap = false;
    }
  }
  return { behind: commentIn(first), own, newline: lines.length > 0, gap };
}

function commentIn(line: string): string {
  const start = line.indexOf('#');
  return start < 0 ? '' : line.slice(start).trimEnd();
}
