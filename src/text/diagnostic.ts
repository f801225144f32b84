import type { Span } from './span.ts';

export type Severity = 'error' | 'warning';

/** A stretch of source with what to say under its carets. The first label of a diagnostic is the primary one. */
export interface Label {
  readonly span: Span;
  readonly text: string;
}

/**
 * Something wrong with a user's text. `code` is `E` and four digits (`siren explain CODE` documents it); `message` is
 * one line that says what was seen and what was expected; `help` says what to do.
 */
export interface Diagnostic {
  readonly code: string;
  readonly severity: Severity;
  readonly message: string;
  readonly labels: readonly Label[];
  readonly help?: string;
}

/** What every step that reads user input returns: never an exception. */
export interface Checked<T> {
  readonly value: T;
  readonly diagnostics: readonly Diagnostic[];
}
