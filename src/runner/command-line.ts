import type { Diagnostic } from '../text/diagnostic.ts';
import type { Span } from '../text/span.ts';
import { shellWord } from './identity.ts';

/** The `file` of spans that point into what the user typed. */
export const COMMAND_LINE = 'command line';

/** What the user typed, as a text that diagnostics can point into. */
export class CommandLine {
  readonly text: string;
  readonly #words: { readonly word: string; readonly start: number; readonly shown: string }[] = [];

  /** `words` without the program: `['run', 'specs', '--tags', 'smoke']`. */
  constructor(words: readonly string[]) {
    let text = 'siren';
    for (const word of words) {
      const shown = shellWord(word).replaceAll(/[\r\n]/g, ' ');
      this.#words.push({ word, start: text.length + 1, shown });
      text += ` ${shown}`;
    }
    this.text = text;
  }

  /** Where `value` stands: as a word of its own or after `=`; the program's name when it does not. */
  span(value: string): Span {
    for (const { word, start, shown } of this.#words) {
      if (word !== value && !word.endsWith(`=${value}`)) continue;
      const inner = shown.lastIndexOf(value);
      const from = start + (inner < 0 ? 0 : inner);
      return { file: COMMAND_LINE, start: from, end: inner < 0 ? start + shown.length : from + value.length };
    }
    return { file: COMMAND_LINE, start: 0, end: 5 };
  }
}

/** A diagnostic with one label, as mistakes of usage have. */
export function usageProblem(
  code: string,
  message: string,
  span: Span,
  label: string,
  help?: string,
): Diagnostic {
  return {
    code,
    severity: 'error',
    message,
    labels: [{ span, text: label }],
    ...(help === undefined ? {} : { help }),
  };
}
