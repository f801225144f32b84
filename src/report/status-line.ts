import { oneLine } from './escape.ts';

/** Not more often than this: eyes see no more, and writing costs. */
const PERIOD_MS = 50;
/** Takes the line back that the cursor is in. */
export const ERASE_LINE = '\r\u001b[2K';

export interface StatusLineOptions {
  readonly write: (text: string) => void;
  readonly tty: boolean;
  readonly columns?: number;
  readonly clock: () => number;
}

export interface Progress {
  readonly done: number;
  readonly total: number;
  /** Runs so far that need attention. */
  readonly failures: number;
  readonly elapsed_ms: number;
  readonly running: readonly string[];
}

/**
 * One line at the bottom of a terminal that says how far the run is. It is never wider than the terminal (a wrapped
 * line could not be taken back) and is erased before anything else is written. On anything but a terminal it writes
 * nothing.
 */
export class StatusLine {
  readonly #options: StatusLineOptions;
  #drawn = false;
  #last_ms = Number.NEGATIVE_INFINITY;

  constructor(options: StatusLineOptions) {
    this.#options = options;
  }

  draw({ done, total, failures, elapsed_ms, running }: Progress): void {
    const { tty, columns = 80, clock, write } = this.#options;
    if (!tty || (this.#drawn && done < total && clock() - this.#last_ms < PERIOD_MS)) return;
    this.#last_ms = clock();
    const bad = failures === 0 ? '' : `, ${failures} failed`;
    const names =
      running.length === 0 ? (done === 0 ? ': starting' : '') : `: ${running.map(oneLine).join(', ')}`;
    const took = `, ${(elapsed_ms / 1000).toFixed(1)} s`;
    write(`${ERASE_LINE}${fit(`${done}/${total}${bad}${took}${names}`, columns - 1)}`);
    this.#drawn = true;
  }

  clear(): void {
    if (!this.#drawn) return;
    this.#options.write(ERASE_LINE);
    this.#drawn = false;
  }
}

/** Cuts a line to `columns` cells. From U+1100 on a character may take two cells, and is counted so. */
export function fit(text: string, columns: number): string {
  let used = 0;
  let kept = '';
  for (const character of text) {
    const width = (character.codePointAt(0) as number) >= 0x1100 ? 2 : 1;
    if (used + width > columns) return columns < 1 ? '' : `${cut(kept, used - columns + 1)}…`;
    kept += character;
    used += width;
  }
  return kept;
}

/** Takes characters off the end until `cells` cells are free. */
function cut(text: string, cells: number): string {
  const characters = [...text];
  for (let free = 0; free < cells && characters.length > 0;) {
    const last = characters.pop() as string;
    free += (last.codePointAt(0) as number) >= 0x1100 ? 2 : 1;
  }
  return characters.join('');
}
