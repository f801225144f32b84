import { printExpression } from '../model/print.ts';
import type { Expression } from '../model/expression.ts';
import { stringText } from './literal.ts';
import { fail } from './scope.ts';
import type { Scope } from './scope.ts';
import { didYouMean } from './suggest.ts';
import type { Node } from './tree.ts';

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
    return value === undefined ? '' : asText(value);
  });
  return sound ? result : undefined;
}

/** As text inside a string: no quotes around strings, no brackets around words. */
function asText(value: Expression): string {
  return value.kind === 'string' || value.kind === 'word' ? value.value : printExpression(value);
}
