import type { Address } from '../../base/address.ts';
import type { Random } from '../../base/random.ts';
import type { Outcome } from '../outcome.ts';
import { lost } from '../outcome.ts';
import type { BytesPlace } from '../place.ts';

/** One member of a collection, by everything that a spec may put between the brackets. */
export interface Element {
  /** As reports write it: `"nginx"`, `17`. */
  readonly label: string;
  readonly name?: string;
  readonly number?: number;
  /** Where it stands, where that is not its number. */
  readonly position?: number;
  /**
   * Which one it is, and which one made it, for names that children inherit: a process that was forked bears its
   * parent's name until it calls exec.
   */
  readonly own?: Address;
  readonly parent?: Address;
  /** Resolves it; `text` is what the place will be called. */
  open(text: string): Outcome<BytesPlace>;
}

/** What stands between the brackets. */
export type Selector = { readonly name: string } | { readonly number: number } | 'any';

const CANDIDATES_KEPT = 16;

/** The one element that a selector means; `at` is the collection's path. */
export function select(
  elements: readonly Element[],
  selector: Selector,
  at: string,
  random: () => Random,
): Outcome<BytesPlace> {
  if (selector === 'any') {
    if (elements.length === 0) return lost('NOT_FOUND', at, 'it is empty');
    const chosen = random().pick(elements);
    return chosen.open(`${at}[${chosen.label}]`);
  }
  const matching = matchesOf(elements, selector);
  const first = matching[0];
  const sought = 'name' in selector ? JSON.stringify(selector.name) : String(selector.number);
  const text = `${at}[${sought}]`;
  if (!first) {
    return lost('NOT_FOUND', text, 'there is none', labels(elements, 'name' in selector));
  }
  if (matching.length > 1)
    return lost('AMBIGUOUS', text, `${matching.length} have that name`, numbers(matching));
  return first.open(text);
}

/** `ksoftirqd` also finds `ksoftirqd/0` when nothing is called just that. */
function matchesOf(elements: readonly Element[], selector: Exclude<Selector, 'any'>): readonly Element[] {
  if ('number' in selector) {
    const numbered = elements.filter((element) => element.number === selector.number);
    if (numbered.length > 0) return numbered;
    return elements.filter((element) => element.position === selector.number);
  }
  const exact = elements.filter((element) => element.name === selector.name);
  if (exact.length > 1) return withoutHeirs(exact);
  if (exact.length > 0) return exact;
  return elements.filter((element) => element.name?.startsWith(`${selector.name}/`));
}

/** Those that did not inherit the name from another one of them; all, where that leaves several. */
function withoutHeirs(elements: readonly Element[]): readonly Element[] {
  const all = new Set(elements.map(({ own }) => own));
  const first = elements.filter(({ parent }) => parent === undefined || !all.has(parent));
  return first.length === 1 ? first : elements;
}

function labels(elements: readonly Element[], by_name: boolean): string[] {
  const all = elements.map((element) => (by_name ? element.label : String(element.number ?? element.label)));
  return [...new Set(all)].slice(0, CANDIDATES_KEPT);
}

/** How each can be named without doubt. */
function numbers(elements: readonly Element[]): string[] {
  const distinct = new Set(elements.map((element) => element.name)).size === elements.length;
  return elements
    .map((element) => (distinct ? element.label : String(element.number ?? element.label)))
    .slice(0, CANDIDATES_KEPT);
}

/** Elements of an array-like collection, numbered from 0. */
export function positions(
  count: number,
  open: (index: number, text: string) => Outcome<BytesPlace>,
): Element[] {
  return Array.from({ length: count }, (_, index) => ({
    label: String(index),
    number: index,
    open: (text: string) => open(index, text),
  }));
}
