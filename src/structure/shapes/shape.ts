import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { Fold } from '../../base/fold.ts';
import { trueBits, trueHex } from '../../base/fold.ts';
import type { Elements, Root, ShapeFault } from '../elements.ts';
import type { LinkedLocator } from '../locators.ts';
import type { Budget, Reader } from '../reader.ts';

/** One root of a locator, to be gone through. */
export interface ShapeJob {
  readonly elements: Elements;
  readonly locator: LinkedLocator;
  readonly space: Reader;
  readonly root: Root;
  readonly root_index: number;
  readonly budget: Budget;
  /** What follows an element (graph, freelist): calls back for each, with the field that leads there (NaN: none). */
  readonly successors: (
    base: Address,
    found: (target: Address, field: Address, member: string) => void,
  ) => void;
  /** True for an address that something beside this structure knows as an object of the element's type. */
  readonly known: (base: Address) => boolean;
  /**
   * Whether what stands at an address has the marks of the element's type: its function pointers lead into the text.
   * Undefined: it has none.
   */
  readonly looks: (base: Address) => boolean | undefined;
}

/** Goes through a root: each call of what it gives finds a few more elements; false when there are no more. */
export type Shape = (job: ShapeJob) => () => boolean;

/** Whether there are as many elements as there may be. */
export function full({ elements, locator }: ShapeJob): boolean {
  return elements.bases.length >= locator.model.limit;
}

/** Adds an element; false when there are too many. */
export function add(job: ShapeJob, base: Address, parent = -1, depth = 1): boolean {
  const { elements } = job;
  if (full(job)) return tooMany(job);
  elements.bases.push(base);
  if (parent >= 0 || depth > 1 || elements.parents.length > 0) {
    // Parents and depths are kept from the first element that has one.
    while (elements.parents.length < elements.bases.length - 1) {
      elements.parents.push(-1);
      elements.depths.push(1);
    }
    elements.parents.push(parent);
    elements.depths.push(depth);
  }
  return true;
}

/**
 * There are more elements than there may be: damage where the locator says how many, once for the structure. Where the
 * guest and the library say different limits one of them is wrong, and where nobody says one it is the walk that ends.
 */
export function tooMany(job: ShapeJob): false {
  const { elements, root } = job;
  const { name, limit, beyond } = job.locator.model;
  const { length_at } = root;
  if (beyond === undefined) {
    giveUp(job, 'BUDGET', `${name} has more than the ${limit} elements that are gone through`);
  } else if (beyond === 'disputed') {
    giveUp(
      job,
      'LOCATOR_LIMIT',
      `${name} has more than ${limit} elements: too many by the guest's own locator or by the library's, not by both`,
    );
  } else if (!elements.faults.some(({ code }) => code === 'TOO_MANY')) {
    const what = `than ${limit}, the \`limit\` of ${name}`;
    const said =
      length_at === undefined ? `where more elements begin ${what}` : `${root.length}: more elements ${what}`;
    fault(job, {
      code: 'TOO_MANY',
      address: length_at?.address ?? root.head,
      bytes: 8,
      number: true,
      element: NaN,
      member: '',
      message: said,
      ...(length_at ? { place: length_at.place } : {}),
    });
  }
  elements.complete = false;
  return false;
}

/** The structure itself cannot be gone through to its end. The first reason stands. */
export function giveUp(
  { elements, root }: ShapeJob,
  code: string,
  message: string,
  address: Address = root.head,
): void {
  elements.complete = false;
  elements.failure ??= { code, message, place: root.place, address, bytes: 8 };
}

export function fault(job: ShapeJob, one: Omit<ShapeFault, 'root' | 'expected_bits'>): void {
  const expected =
    one.expected === undefined ? {} : { expected_bits: trueBits(job.space.fold, one.expected) };
  job.elements.faults.push({ ...one, ...expected, root: job.root_index });
}

/** True for an address at which eight-byte fields may stand. */
export function plausible(address: Address): boolean {
  return isCanonical(address) && (address & 7) === 0 && address !== 0;
}

/** Sixteen digits of the eight bytes at an address, exact. */
export function hexAt(space: Reader, address: Address): string {
  const [low, high] = [space.u32(address), space.u32(address + 4)];
  if (low !== low || high !== high) return 'unreadable';
  return `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
}

/** `0xffff888000001000`, for messages. */
export function hex(address: Address, fold: Fold): string {
  return Number.isFinite(address) ? `0x${trueHex(fold, address)}` : 'unreadable';
}
