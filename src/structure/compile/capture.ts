import type { Scope } from '../../model/type-source.ts';
import type { Code } from './code.ts';
import type { Compiled, Context } from './context.ts';
import { addressOf } from './place.ts';
import { addressValue, asNumber, asPair } from './value.ts';

/** The names that were bound where a requirement failed, as a repair will see them again. */
export interface Bindings {
  readonly scope: Scope;
  /** Makes the names' values again out of what was kept in `R.bound`. */
  readonly restore: (code: Code) => ReadonlyMap<string, Compiled>;
}

/** Code that keeps the value of every name, and how to get them back. */
export function capture(context: Context): Bindings {
  const { code, scope } = context;
  const restores: (readonly [string, (code: Code) => Compiled])[] = [];
  let slots = 0;
  const keep = (expression: string): number => {
    code.line(`R.capture(${expression});`);
    return slots++;
  };
  for (const [name, made] of context.names) {
    switch (made.kind) {
      case 'value': {
        const { high, low } = asPair(code, made.value);
        const [at_high, at_low] = [keep(high), keep(low)];
        restores.push([
          name,
          (into) => ({
            kind: 'value',
            type: made.type,
            value: {
              form: 'wide',
              high: into.keep(`R.bound[${at_high}]`),
              low: into.keep(`R.bound[${at_low}]`),
            },
          }),
        ]);
        break;
      }
      case 'place': {
        const at = keep(asNumber(code, addressOf(context, made.place)));
        const { via: _, element: __, position, ...place } = made.place;
        const kept_position = position === undefined ? undefined : keep(position);
        restores.push([
          name,
          (into) => {
            const base = into.keep(`R.bound[${at}]`);
            const back = {
              ...place,
              base,
              value: addressValue(into, base),
              offset: 0,
              object: place.object && { ...place.object, base },
            };
            const index =
              kept_position === undefined ? {} : { position: into.keep(`R.bound[${kept_position}]`) };
            const { object, ...rest } = back;
            // What the place was called goes through locals that are no more: it is told by its address.
            const text = made.place.element
              ? [
                  {
                    hole: 'element' as const,
                    locator: context.tables.locators.index(made.place.element.locator),
                    atom: base,
                  },
                ]
              : [{ hole: 'address' as const, atom: base }];
            return { kind: 'place', place: { ...rest, ...(object ? { object } : {}), ...index, text } };
          },
        ]);
        break;
      }
      case 'bool':
      case 'text':
      case 'cpu': {
        const at = keep(made.code);
        restores.push([name, (into) => ({ kind: made.kind, code: into.keep(`R.bound[${at}]`) })]);
        break;
      }
    }
  }
  return { scope, restore: (into) => new Map(restores.map(([name, back]) => [name, back(into)])) };
}
