import type { Address } from '../base/address.ts';
import { Elements } from './elements.ts';
import type { Failure, Root } from './elements.ts';
import type { Frame } from './frame.ts';
import type { Problem } from './link.ts';
import { noLocator } from './locators.ts';
import type { LinkedLocator } from './locators.ts';
import { beginsWhereHeld, holdsEntry } from './shapes/hlist.ts';
import { hex } from './shapes/shape.ts';

interface Symbols {
  symbol(name: string): Address | undefined;
}

/**
 * A symbol without which a locator cannot begin; undefined when the kernel has what it needs. Of several places to
 * begin at, it may lack some.
 */
export function lackingSymbol(
  { program: { tables }, model }: LinkedLocator,
  kernel: Symbols,
): string | undefined {
  const { items } = tables.symbols;
  const lacking = items.filter((name) => kernel.symbol(name) === undefined && !tables.optional.has(name));
  return model.from.length > 1 && lacking.length < items.length ? undefined : lacking[0];
}

/** Of a structure that cannot be gone through. */
export function noElements(name: string, { code, message }: Problem): Elements {
  const none = new Elements(noLocator(name));
  none.complete = false;
  none.failure = { code, message, place: name, address: NaN, bytes: 0 };
  return none;
}

/** Why there is nothing of what hangs in a structure of which not one element was reached. */
export function orphanedBy(parent: string, failure: Failure | undefined): Failure | undefined {
  if (!failure) return undefined;
  // What the kernel lacks is lacked by all that hangs in it.
  const code =
    failure.code === 'NO_SYMBOL' || failure.code === 'NO_TYPE' ? failure.code : 'PARENT_UNREACHABLE';
  return {
    ...failure,
    code,
    message: `it hangs in ${parent}, of which nothing can be reached: ${failure.message}`,
  };
}

/**
 * Why the places where a guest says that a structure begins are not believed: there are none, one is told more often
 * than it is one, or the library, by the kernel's own symbols and types, finds others. Neither is believed then, for
 * whichever it is that lies, a repair that went by it would write into what is sound. What the library cannot find is
 * the guest's to say. `frame` is that of the locator; `parent` the element that a nested one hangs off.
 */
export function doubtOf(
  locator: LinkedLocator,
  frame: Frame,
  told: readonly Root[],
  kernel: Symbols,
  parent: Address | undefined,
): Problem | undefined {
  const { name, shape } = locator.model;
  const own = rootsOf(locator, frame, kernel, parent);
  const twice = toldTwice(told);
  if (twice && times(twice, told) > Math.max(1, times(twice, own ?? [])))
    return doubt(`${name}: the guest's own locator begins ${times(twice, told)} times at ${at(twice)}`);
  if (own === undefined) {
    if (told.length > 0 || parent !== undefined) return undefined;
    return doubt(`${name}: the guest's own locator gives no place where it begins`);
  }
  const heads = new Set(own.map(({ head }) => head));
  const strange = told.find(({ head }) => !heads.has(head));
  if (strange)
    return doubt(
      `${name}: the guest's own locator begins at ${at(strange)}, and by the kernel's symbols it does not begin there`,
    );
  for (const { head } of told) heads.delete(head);
  // Empty buckets are not told.
  const left = own.find(
    ({ head, space }) => heads.has(head) && (!beginsWhereHeld(shape) || holdsEntry(space, head)),
  );
  if (!left) return undefined;
  return doubt(
    `${name}: by the kernel's symbols it begins at ${at(left)}, and the guest's own locator leaves that out`,
  );
}

/** A place that is told again: what begins there would be gone through, and counted, twice. */
function toldTwice(told: readonly Root[]): Root | undefined {
  if (told.length < 2) return undefined;
  const heads = new Set<Address>();
  return told.find(({ head }) => heads.size === heads.add(head).size);
}

function times({ head }: Root, roots: readonly Root[]): number {
  return roots.filter((one) => one.head === head).length;
}

/** By the library's own formula; undefined when this kernel does not let it find them. */
function rootsOf(
  locator: LinkedLocator,
  frame: Frame,
  kernel: Symbols,
  parent: Address | undefined,
): readonly Root[] | undefined {
  if (lackingSymbol(locator, kernel) !== undefined) return undefined;
  const roots: Root[] = [];
  frame.at = parent ?? NaN;
  frame.onRoot = (root) => void (Number.isNaN(root.head) || roots.push(root));
  locator.program.run(frame);
  const { failure } = frame;
  frame.failure = undefined;
  return failure ? undefined : roots;
}

function doubt(message: string): Problem {
  return { code: 'LOCATOR_ROOTS', message };
}

function at({ head, space }: Root): string {
  return hex(head, space.fold);
}
