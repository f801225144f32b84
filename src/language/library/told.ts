import type { Formula } from '../../model/structure.ts';
import { fail } from '../scope.ts';
import type { Name, Node, Repair } from '../tree.ts';
import type { Context } from './context.ts';

/** What a validator's statements have told so far. */
export interface Told {
  /** The validator's name. */
  readonly structure: string;
  /** Codes that it can give, with what is known where each is given. */
  readonly codes: Map<string, Code>;
  readonly repairs: { readonly node: Repair; readonly context: Context }[];
  /** Names that were bound, and the end of where they mean something. */
  readonly lets: { readonly name: Name; readonly context: Context }[];
}

export interface Code {
  readonly doc: string;
  readonly means?: string;
  /** Names and types where its requirement stands: what a repair sees. */
  readonly context: Context;
  /** What must hold; of a walk, nothing. */
  readonly condition?: Formula;
  /** True when it says what the field should hold. */
  readonly expected?: boolean;
  readonly at: Name;
}

/** A finding's code. */
export function codeOf(name: Name | undefined, at: Node, { scope }: Context): string | undefined {
  if (name !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(name.text)) return name.text;
  const upper = name?.text.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toUpperCase();
  if (name !== undefined && upper === name.text && /^[A-Z][A-Z0-9_]*$/.test(upper)) {
    const help = upper.length === 1 ? `as in \`${upper}_RANGE\`` : 'say it in the message';
    return fail(
      scope,
      'E1041',
      at,
      `a code has 2 to 64 characters, and this has ${upper.length}`,
      upper.length === 1 ? 'too short' : 'too long',
      help,
    );
  }
  if (name !== undefined && /^[A-Z0-9_]+$/.test(name.text))
    return fail(
      scope,
      'E1041',
      at,
      `a code begins with a letter, and this with \`${name.text[0]}\``,
      'no code',
      `as in \`${name.text.replace(/^[^A-Z]+|_+$/g, '') || 'ORDER_RANGE'}\``,
    );
  const help =
    upper !== undefined && /^[A-Z][A-Z0-9_]{1,63}$/.test(upper)
      ? `write \`${upper}\``
      : 'as in `ORDER_RANGE`';
  return fail(scope, 'E1041', at, 'a code is written in capitals, digits and `_`', 'no code', help);
}
