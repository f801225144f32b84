import type { Address } from '../../../../../base/address.ts';
import type { FillLayout } from './layout.ts';
import { NotBuilt } from './spots.ts';

/** An element, and the index that it is filed under. */
export interface Filed {
  readonly index: number;
  readonly element: Address;
}

/** Beyond that a number is not exact; 2^48 is more than any index of an app. */
const HIGHEST = 2 ** 48;

/** The index of the nth element: what its key counts, else its position among those of its head. */
export function indexOf({ fill, locator, count }: FillLayout, index: number): number {
  const key = fill.fields.find(({ member }) => member.join('.') === locator.key.join('.'))?.value;
  if (key?.kind === 'counter') return Number(key.from) + index * Number(key.step);
  if (key?.kind === 'constant') return Number(key.value);
  return locator.parent === undefined ? index : index % Math.max(1, count);
}

/**
 * What each head files, in the order of the indexes. Elements are dealt to the heads in turn; of a nested structure,
 * each parent has its own.
 */
export function indexesOf(fill: FillLayout): readonly (readonly Filed[])[] {
  const { heads, total, count, locator } = fill;
  const of: Filed[][] = heads.map(() => []);
  for (let number = 0; number < total; number++) {
    const index = indexOf(fill, number);
    if (index < 0 || index > HIGHEST) throw new NotBuilt(`nothing is filed under ${index}`);
    const head = locator.parent === undefined ? number % heads.length : Math.floor(number / count);
    of[head]?.push({ index, element: fill.element(number) });
  }
  return of;
}

/** The nodes among what hangs in slots. */
export function childrenAt<T extends object>(slots: ReadonlyMap<number, T | Address>): T[] {
  return [...slots.values()].filter((one): one is T => typeof one === 'object');
}
