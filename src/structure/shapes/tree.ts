import type { Address } from '../../base/address.ts';
import type { Fold } from '../../base/fold.ts';
import { trueBits } from '../../base/fold.ts';
import { readField } from '../locators.ts';
import type { TreeLayout } from './tree-layout.ts';
import { layoutOf } from './tree-layout.ts';
import { checkColours } from './tree-colours.ts';
import type { Shape, ShapeJob } from './shape.ts';
import { add, fault, giveUp, hexAt, plausible, tooMany } from './shape.ts';

interface Visit {
  readonly node: Address;
  readonly depth: number;
  readonly parent: number;
  /** Keys between which a node's own must lie. */
  readonly low: number;
  readonly high: number;
}

const DEPTH_LIMIT = 64;

/** A red-black tree: links, colours, order and the cached leftmost node. In order. */
export const tree: Shape = (job) => () => {
  const walk = new TreeWalk(job, layoutOf(job.locator, job.root));
  walk.run();
  return false;
};

class TreeWalk {
  readonly #job: ShapeJob;
  readonly #at: TreeLayout;
  readonly #link: number;
  readonly #via: string;
  readonly #seen = new Map<Address, number>();
  /** Nodes in order, and their index among the elements. */
  readonly #nodes: Address[] = [];
  readonly #faults_before: number;

  constructor(job: ShapeJob, layout: TreeLayout) {
    this.#job = job;
    this.#at = layout;
    this.#link = job.locator.link?.offset ?? 0;
    this.#via = job.locator.link ? `.${job.locator.link.path}` : '';
    this.#faults_before = job.elements.faults.length;
  }

  run(): void {
    const { space, elements } = this.#job;
    const at = this.#at;
    if (Number.isNaN(space.u64(at.root)))
      return giveUp(this.#job, 'UNMAPPED', `${this.#job.root.place} is not mapped`);
    const first = this.#follow(0, at.root, at.root_member, -Infinity, Infinity);
    if (!this.#walk({ node: first, depth: 1, parent: -1, low: -Infinity, high: Infinity })) return;
    if (elements.faults.length === this.#faults_before) {
      const wrong = checkColours(this.#nodes, space, at);
      if (wrong)
        this.#fault(
          'RB_COLOUR',
          wrong.node + at.parent,
          wrong.node,
          '.__rb_parent_color',
          wrong.message,
          wrong.certain ? otherColour(space.u64(wrong.node + at.parent)) : undefined,
        );
      this.#order();
    }
    this.#leftmost();
  }

  /** In order, with a stack of our own: the depth of what memory holds is not ours to trust. */
  #walk(from: Visit): boolean {
    const { budget, locator, elements } = this.#job;
    const at = this.#at;
    const stack: { visit: Visit; index: number }[] = [];
    let next = from;
    const start = elements.bases.length;
    const found: { base: Address; parent: Address; depth: number }[] = [];
    const parents = new Map<Address, Address>();
    for (;;) {
      while (next.node !== 0) {
        if (found.length > locator.model.limit) return tooMany(this.#job);
        if (!budget.step() || next.depth > DEPTH_LIMIT) {
          giveUp(this.#job, 'BUDGET', `the tree at ${this.#job.root.place} has no end`);
          return false;
        }
        stack.push({ visit: next, index: found.length });
        const key = this.#key(next.node);
        const child = this.#follow(next.node, next.node + at.left, '.rb_left', next.low, key);
        if (child !== 0) parents.set(child, next.node);
        next = { node: child, depth: next.depth + 1, parent: 0, low: next.low, high: key };
      }
      const top = stack.pop();
      if (!top) break;
      const { visit } = top;
      this.#nodes.push(visit.node);
      found.push({ base: visit.node - this.#link, parent: parents.get(visit.node) ?? 0, depth: visit.depth });
      const key = this.#key(visit.node);
      const child = this.#follow(visit.node, visit.node + at.right, '.rb_right', key, visit.high);
      if (child !== 0) parents.set(child, visit.node);
      next = { node: child, depth: visit.depth + 1, parent: 0, low: key, high: visit.high };
    }
    const index = new Map(found.map(({ base }, place) => [base, start + place]));
    for (const { base, parent, depth } of found)
      if (!add(this.#job, base, index.get(parent - this.#link) ?? -1, depth)) return false;
    return true;
  }

  #key(node: Address): number {
    const { locator, space } = this.#job;
    return locator.key ? readField(space, node - this.#link, locator.key) : NaN;
  }

  #parentOf(node: Address): Address {
    const word = this.#job.space.u64(node + this.#at.parent);
    return word - (((word % 4) + 4) % 4);
  }

  #child(node: Address, side: 'left' | 'right'): Address {
    return this.#job.space.u64(node + this.#at[side]);
  }

  #readable(node: Address): boolean {
    return (
      plausible(node) &&
      !Number.isNaN(this.#child(node, 'left')) &&
      !Number.isNaN(this.#child(node, 'right')) &&
      !Number.isNaN(this.#job.space.u64(node + this.#at.parent))
    );
  }

  /** Judges one link; the child when it may be followed, else 0. */
  #follow(from: Address, field: Address, member: string, low: number, high: number): Address {
    const { space } = this.#job;
    const child = space.u64(field);
    if (child === 0) return 0;
    const wrong = (message: string): Address => {
      this.#fault('RB_POINTER', field, from, member, message);
      this.#job.elements.complete = false;
      return 0;
    };
    if (!this.#readable(child)) return wrong('leads to no mapped memory');
    if (this.#seen.has(child)) return wrong('leads to a node that was passed before');
    if (!this.#genuine(child, from, low, high)) return wrong('leads to what is no element');
    const parent = this.#parentOf(child);
    if (parent !== from || (space.u8(child + this.#at.parent) & 2) !== 0) {
      const other = parent !== from && parent !== 0 && this.#readable(parent) && this.#isChild(child, parent);
      if (other && this.#genuine(parent, NaN, -Infinity, Infinity))
        return wrong("leads to another node's child");
      this.#fault(
        'RB_PARENT',
        child + this.#at.parent,
        child,
        '.__rb_parent_color',
        'does not lead to its parent',
        from,
      );
    }
    this.#seen.set(child, this.#seen.size);
    return child;
  }

  #isChild(child: Address, parent: Address): boolean {
    return this.#child(parent, 'left') === child || this.#child(parent, 'right') === child;
  }

  /**
   * Whether an element stands there: somebody else knows it, its parent or a child agrees, or as a leaf its key is
   * where it should be.
   */
  #genuine(node: Address, from: Address, low: number, high: number): boolean {
    if (this.#job.known(node - this.#link)) return true;
    // A root has no parent, and neither has memory that was never written.
    if (this.#parentOf(node) === from && (from !== 0 || this.#job.space.u64(node + this.#at.parent) !== 0))
      return true;
    const looks = this.#job.looks(node - this.#link);
    if (looks !== undefined) return looks;
    const children = [this.#child(node, 'left'), this.#child(node, 'right')].filter((one) => one !== 0);
    if (children.length > 0)
      return children.some((one) => this.#readable(one) && this.#parentOf(one) === node);
    const key = this.#key(node);
    return this.#job.locator.key !== undefined && key !== 0 && key >= low && key <= high;
  }

  /** Which of two keys that are out of order is out of line: the one without which the rest is in order. */
  #order(): void {
    const { locator } = this.#job;
    if (!locator.key) return;
    const keys = this.#nodes.map((node) => this.#key(node));
    for (let index = 1; index < keys.length; index++) {
      const [before, here] = [keys[index - 1] as number, keys[index] as number];
      if (before <= here) continue;
      const without = (skip: number): boolean => {
        const rest = keys.filter((_, at) => at !== skip);
        return rest.every((key, at) => at === 0 || (rest[at - 1] as number) <= key);
      };
      const skip = without(index - 1) && !without(index) ? index - 1 : index;
      const node = this.#nodes[skip] as Address;
      const { offset, path, bytes } = locator.key;
      fault(this.#job, {
        code: 'RB_ORDER',
        address: node - this.#link + offset,
        bytes,
        number: true,
        element: node - this.#link,
        member: `.${path}`,
        message: `${said(this.#job.space.fold, keys[skip] as number)} is out of order`,
      });
      return;
    }
  }

  #leftmost(): void {
    const { space, elements } = this.#job;
    const { leftmost, leftmost_member } = this.#at;
    if (leftmost === undefined) return;
    const first = this.#nodes[0] ?? 0;
    // With a broken link the first node found need not be the leftmost.
    if (
      space.u64(leftmost) === first ||
      elements.faults.slice(this.#faults_before).some(({ code }) => code === 'RB_POINTER')
    )
      return;
    this.#fault('RB_LEFTMOST', leftmost, 0, leftmost_member, 'is not the leftmost node', first);
  }

  /** `node` is 0 for the root's own fields. */
  #fault(
    code: string,
    address: Address,
    node: Address,
    member: string,
    why: string,
    expected?: Address,
  ): void {
    const own = node === 0;
    fault(this.#job, {
      code,
      address,
      bytes: 8,
      element: own ? NaN : node - this.#link,
      member: own ? member : `${this.#via}${member}`,
      message: `${hexAt(this.#job.space, address)}: ${why}`,
      ...(expected === undefined ? {} : { expected }),
    });
  }
}

/** The word of a node whose colour is the other one. */
function otherColour(word: Address): Address {
  return word % 2 === 0 ? word + 1 : word - 1;
}

/** A key may be an address: then what its number stands for. */
function said(fold: Fold, key: number): string {
  return `${fold.length === 0 || !Number.isFinite(key) ? key : BigInt.asIntN(64, trueBits(fold, key))}`;
}
