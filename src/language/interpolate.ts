import { printExpression } from '../model/print.ts';
import type { Expression } from '../model/expression.ts';
import { stringText } from './literal.ts';
import { fail, label } from './scope.ts';
import type { Scope } from './scope.ts';
import { didYouMean } from './suggest.ts';
import type { Node } from './tree.ts';
import { partsOf } from './weight.ts';

/** With its names filled in, a text has at most this many characters. */
const TEXT_LIMIT = 4096;
/** So many characters count as one sentence of the file. */
const TEXT_OF_A_SENTENCE = 1024;

const HOLE = /\\([{}])|\{([^{}"]*)\}/g;

/** Names that a string mentions in `{…}`. */
export function holes(image: string): string[] {
  if (!image.includes('{')) return [];
  return [...image.matchAll(HOLE)].map((match) => match[2]?.trim() ?? '').filter((name) => name !== '');
}

/** The string with `{name}` replaced by the name's value. Undefined when a name is unknown (and reported). */
export function interpolate(image: string, node: Node, scope: Scope): string | undefined {
  const text = stringText(image);
  if (!text.includes('{') && !text.includes('}')) return text;
  let sound = true;
  let filled = text.length;
  const result = text.replace(HOLE, (_all, escaped: string | undefined, name: string | undefined) => {
    if (escaped !== undefined) return escaped;
    const key = (name as string).trim();
    if (!scope.values.has(key)) {
      const help =
        didYouMean(key, scope.values.keys(), 'the names here are') ??
        'a brace that is meant as such is written `\\{`';
      fail(scope, 'E0408', node, `\`{${key}}\` names nothing that is known here`, 'in this string', help);
      sound = false;
      return '';
    }
    const value = scope.values.get(key);
    if (value === undefined) sound = false;
    if (value === undefined || filled > TEXT_LIMIT) return '';
    const piece = asText(value);
    filled = piece === undefined ? Infinity : filled + piece.length;
    return filled > TEXT_LIMIT ? '' : (piece as string);
  });
  if (filled > Math.max(TEXT_LIMIT, text.length)) {
    const message = `with its names filled in, this text has more than ${TEXT_LIMIT} characters`;
    return fail(scope, 'E0418', node, message, 'too long', 'name less in it');
  }
  const sentences = Math.floor(result.length / TEXT_OF_A_SENTENCE);
  if (sentences > 0 && !scope.problems.spend(sentences, label(scope.unit, node, 'no further than here')))
    return undefined;
  return sound ? result : undefined;
}

/**
 * As text inside a string: no quotes around strings, no brackets around words. Undefined when it would be far too long.
 */
function asText(value: Expression): string | undefined {
  if (partsOf(value, TEXT_LIMIT) > TEXT_LIMIT) return undefined;
  return value.kind === 'string' || value.kind === 'word' ? value.value : printExpression(value);
}
