import { describeType } from '../../model/formula-types.ts';
import type { FormulaType } from '../../model/formula-types.ts';
import type { Message } from '../../model/structure.ts';
import { plainText } from '../literal.ts';
import { parseExpression } from '../parse.ts';
import { fail, spanOf } from '../scope.ts';
import { didYouMean } from '../suggest.ts';
import type { Name } from '../tree.ts';
import { checkedType } from './check.ts';
import type { Context } from './context.ts';
import { readFormula } from './formula.ts';

const FORMATS = ['address', 'hex'] as const;
type Format = (typeof FORMATS)[number];
/** What is no single value. */
const SEVERAL: ReadonlySet<FormulaType['kind']> = new Set(['elements', 'range', 'set', 'enumeration']);
/** A message holds at most this many values. */
const HOLES = 16;

/** `"order {o.id}: quantity {o.qty}"`: texts, and formulas between braces. Undefined when one of them is wrong. */
export function readMessage(message: Name, context: Context): Message | undefined {
  const { scope } = context;
  const { text, start } = message;
  const parts: Message[number][] = [];
  const inner = text.slice(1, text.endsWith('"') && text.length > 1 ? -1 : undefined);
  const last = inner.length;
  let plain = '';
  let sound = true;
  let holes = 0;
  for (let at = 0; at < last; at++) {
    const char = inner[at] as string;
    if (char === '\\') plain += inner.slice(at, ++at + 1);
    else if (char !== '{' && char !== '}') plain += char;
    else {
      const end = char === '{' ? inner.indexOf('}', at) : -1;
      const here = { start: start + 1 + at, end: start + 2 + (end < 0 ? at : end) };
      // A quote that ended the text too early was told.
      if (end < 0 && char === '{' && !scope.unit.whole) return undefined;
      if (end < 0 || ++holes > HOLES) {
        const [what, help] =
          holes > HOLES
            ? [`a message holds at most ${HOLES} values`, undefined]
            : [`this \`${char}\` has no partner`, `a brace that is meant as such is written \`\\${char}\``];
        fail(scope, 'E1037', here, what, 'in this message', help);
        return undefined;
      }
      if (plain !== '') parts.push(plainText(`"${plain}"`));
      plain = '';
      const value = readHole(inner.slice(at + 1, end), here.start + 1, context);
      if (value === undefined) sound = false;
      else parts.push(value);
      at = end;
    }
  }
  if (plain !== '') parts.push(plainText(`"${plain}"`));
  if (sound && parts.length === 0)
    return fail(
      scope,
      'E1037',
      message,
      'the message is empty',
      'says nothing',
      'say what is wrong, and of which element',
    );
  return sound ? parts : undefined;
}

/** What stands between two braces: a formula, and after a colon how it is written. */
function readHole(
  text: string,
  start: number,
  context: Context,
): Exclude<Message[number], string> | undefined {
  const { scope } = context;
  const node = { start: start - 1, end: start + text.length + 1 };
  const colon = text.includes('?') ? -1 : text.lastIndexOf(':');
  const format = colon < 0 ? 'plain' : text.slice(colon + 1).trim();
  const known = format === 'plain' || FORMATS.includes(format as Format);
  if (!known) {
    const at = { start: start + colon + 1, end: node.end - 1 };
    const help = didYouMean(format, FORMATS, 'values are written as they are, or as');
    return fail(scope, 'E1037', at, `a value cannot be written as \`${format}\``, 'unknown', help);
  }
  const source = colon < 0 ? text : text.slice(0, colon);
  const expr = parseExpression(scope.unit.file, source, start, scope.problems);
  if (expr === undefined) {
    const empty = source.trim() === '';
    return fail(
      scope,
      'E1037',
      node,
      empty ? 'nothing stands between these braces' : 'this is no value',
      'in this message',
      'as in `{o.id}` or `{o.link.next:address}`',
    );
  }
  const value = readFormula(expr, context);
  const type = value && checkedType(value, context);
  if (value === undefined || type === undefined) return undefined;
  if (SEVERAL.has(type.kind)) {
    const help =
      value.kind === 'collection'
        ? `as in \`{count(${value.locator})}\``
        : 'show one of them, or a number made of them';
    return fail(
      scope,
      'E1037',
      node,
      `a message shows values, and ${describeType(type)} are none`,
      'no value',
      help,
    );
  }
  return { value: { ...value, span: spanOf(scope.unit, node) }, format: format as Format | 'plain' };
}
