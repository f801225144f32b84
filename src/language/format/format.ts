import type { Diagnostic } from '../../text/diagnostic.ts';
import type { Source } from '../../text/source.ts';
import type { SourceHost } from '../host.ts';
import { lex } from '../lex.ts';
import { parse } from '../parse.ts';
import { Problems } from '../problems.ts';
import { readSource } from '../read.ts';
import { layOut } from './align.ts';
import { Breaker } from './breaker.ts';

/** Longer lines have their blocks taken apart, or are parted before their `else`. */
const WIDTH = 120;
/** Each round takes one level of nesting apart. */
const ROUNDS = 64;

export interface Formatted {
  /** Undefined when the text does not parse: what cannot be read is left alone. */
  readonly value: string | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/** Formats a file of a project. `source` is undefined when it cannot be read. */
export function formatFile(
  file: string,
  host: SourceHost,
): Formatted & { readonly source: Source | undefined } {
  const problems = new Problems();
  const source = readSource(file, host, problems);
  if (source === undefined) return { value: undefined, source, diagnostics: problems.sorted([file]) };
  return { ...format(file, source.text), source };
}

/**
 * A text in the one form that specs have: two blanks a level, one sentence a line, claims, members and rows lined up,
 * one empty line between declarations. Comments and the author's own breaks inside a sentence stay; the tokens, and so
 * the model, are the same.
 */
export function format(file: string, text: string): Formatted {
  const problems = new Problems();
  const { whole } = parse(file, text, problems);
  if (!whole) return { value: undefined, diagnostics: problems.sorted([file]) };
  const clean = text.replace(/^\uFEFF/, '').replace(/\r\n/g, '\n');
  const { tokens } = lex(file, clean, new Problems());
  const exploded = new Set<number>();
  let texts: string[] = [];
  let breaker = new Breaker(clean, tokens, exploded);
  for (let round = 0; round < ROUNDS; round++) {
    breaker = new Breaker(clean, tokens, exploded).run();
    texts = layOut(breaker.lines);
    const before = exploded.size;
    texts.forEach((one, at) => {
      const joint = breaker.joints[at] as number;
      if (one.length > WIDTH && !Number.isNaN(joint)) exploded.add(joint);
    });
    if (exploded.size === before) break;
  }
  const out = texts.map((one, at) => (breaker.lines[at]?.gap ? `\n${one}` : one));
  return { value: out.length === 0 ? '' : `${out.join('\n')}\n`, diagnostics: problems.sorted([file]) };
}
