import type { Diagnostic, Label, Severity } from '../text/diagnostic.ts';

/** More than this many in one file are not shown: nobody reads them. */
export const DIAGNOSTICS_PER_FILE = 100;

/** No more of one file are kept, repeated ones included. */
const KEPT_PER_FILE = 2000;

/**
 * A file unfolds into at most so many sentences: those of each row of a table, of each fault that is called, of each
 * text that is filled in.
 */
const SENTENCES_PER_FILE = 250_000;

/**
 * Collects diagnostics. A table row repeats its scenario's mistakes, so the same code at the same place is kept once.
 */
export class Problems {
  readonly #list: Diagnostic[] = [];
  readonly #counts = new Map<string, number>();
  readonly #seen = new Set<string>();
  readonly #spent = new Map<string, number>();
  readonly #exhausted = new Set<string>();
  #errors = 0;
  /** Nothing was reported: `full` is asked at every sentence, and that is the answer for most files. */
  #clean = true;

  /** How many errors so far, repeated ones included: compare before and after to know whether a step was clean. */
  get errors(): number {
    return this.#errors;
  }

  /** True when a file has so many problems that looking for more is a waste: the caller stops. */
  full(file: string): boolean {
    if (this.#clean) return false;
    return (this.#counts.get(file) ?? 0) >= KEPT_PER_FILE || this.#exhausted.has(file);
  }

  /** Counts what a file unfolds into; false once it is too much, which is reported the first time. */
  spend(sentences: number, at: Label): boolean {
    const { file } = at.span;
    const spent = (this.#spent.get(file) ?? 0) + sentences;
    this.#spent.set(file, spent);
    if (spent <= SENTENCES_PER_FILE) return true;
    if (!this.#exhausted.has(file)) {
      this.#exhausted.add(file);
      this.#clean = false;
      const message = `this file unfolds into more than ${SENTENCES_PER_FILE} sentences`;
      this.error('E0420', message, [at], 'take it apart, or let its tables have fewer rows');
    }
    return false;
  }

  error(code: string, message: string, labels: readonly Label[], help?: string): void {
    this.#errors++;
    this.#add('error', code, message, labels, help);
  }

  warn(code: string, message: string, labels: readonly Label[], help?: string): void {
    this.#add('warning', code, message, labels, help);
  }

  /** By file in the order given, then by position; at most DIAGNOSTICS_PER_FILE a file and one more that says so. */
  sorted(files: readonly string[]): Diagnostic[] {
    const order = new Map(files.map((file, index) => [file, index]));
    const rank = (file: string): number => order.get(file) ?? files.length;
    const first = (diagnostic: Diagnostic): Label => diagnostic.labels[0] as Label;
    const sorted = this.#list.toSorted((a, b) => {
      const [left, right] = [first(a).span, first(b).span];
      return rank(left.file) - rank(right.file) || left.start - right.start || left.end - right.end;
    });
    const counts = new Map<string, number>();
    const kept: Diagnostic[] = [];
    for (const diagnostic of sorted) {
      const { file } = first(diagnostic).span;
      const count = (counts.get(file) ?? 0) + 1;
      counts.set(file, count);
      if (count <= DIAGNOSTICS_PER_FILE) kept.push(diagnostic);
      else if (count === DIAGNOSTICS_PER_FILE + 1) kept.push(tooMany(diagnostic, sorted));
    }
    return kept;
  }

  #add(severity: Severity, code: string, message: string, labels: readonly Label[], help?: string): void {
    this.#clean = false;
    const span = (labels[0] as Label).span;
    const key = `${code} ${span.start} ${span.end} ${span.file}`;
    const count = (this.#counts.get(span.file) ?? 0) + 1;
    this.#counts.set(span.file, count);
    if (count > KEPT_PER_FILE || this.#seen.has(key)) return;
    this.#seen.add(key);
    this.#list.push({ code, severity, message, labels, ...(help === undefined ? {} : { help }) });
  }
}

/**
 * Bounds what it is asked for as any other, and keeps no diagnostic: for what is read a first time, to be read aloud
 * later.
 */
export class Quiet extends Problems {
  override error(): void {}
  override warn(): void {}
}

/** Tells of a text that begins further down in its file. */
export class Moved extends Problems {
  readonly #problems: Problems;
  readonly #offset: number;
  constructor(problems: Problems, offset: number) {
    super();
    this.#problems = problems;
    this.#offset = offset;
  }
  override error(code: string, message: string, labels: readonly Label[], help?: string): void {
    const offset = this.#offset;
    const moved = labels.map(({ span, text }) => ({
      span: { ...span, start: span.start + offset, end: span.end + offset },
      text,
    }));
    this.#problems.error(code, message, moved, help);
  }
}

function tooMany(next: Diagnostic, all: readonly Diagnostic[]): Diagnostic {
  const span = (next.labels[0] as Label).span;
  const total = all.filter((other) => other.labels[0]?.span.file === span.file).length;
  return {
    code: 'E0115',
    severity: all.some((other) => other.severity === 'error') ? 'error' : 'warning',
    message: `${total < KEPT_PER_FILE ? total - DIAGNOSTICS_PER_FILE : 'many'} more problems in this file are not shown`,
    labels: [{ span, text: 'the next one is here' }],
    help: 'mend the first ones: later ones often follow from them',
  };
}
