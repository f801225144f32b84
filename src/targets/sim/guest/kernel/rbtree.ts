import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';

import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { r8, r9, rax, rdi, rdx, rsi } from './registers.ts';

const RED = 0;
const BLACK = 1;
/** Turns of a loop in one step: a damaged tree keeps its CPU busy, not the host. */
const TURNS = 16;
const LOOP_NS = 300;

/**
 * lib/rbtree.c over guest memory. Both are stages: false when the rest happens in a call that comes back to the next
 * one.
 */
export interface RedBlack {
  /**
   * rb_add_cached: links `node`, whose key lies at node + key_offset, into the tree of `root` (rb_root_cached) and
   * rebalances. What needs no rebalancing is over at once; else the node hangs in the tree, red under red, until
   * rb_insert_color has run.
   */
  insert(cpu: Cpu, node: Address, root: Address, key_offset: number): boolean;
  /** rb_erase_cached. */
  erase(cpu: Cpu, node: Address, root: Address): boolean;
}

export function assembleRedBlack(k: Kernel): RedBlack {
  const { __rb_parent_color: PC, rb_right: RIGHT, rb_left: LEFT } = k.o.rb;
  const LEFTMOST = 8; // rb_root_cached: rb_root, rb_leftmost; neither is randomized

  const parentOf = (cpu: Cpu, node: Address): Address => {
    const word = cpu.load64(node + PC);
    return word - (word & 3);
  };
  const isRed = (cpu: Cpu, node: Address): boolean => (cpu.load32(node + PC) & 1) === RED;
  const setParentColor = (cpu: Cpu, node: Address, parent: Address, color: number): void =>
    cpu.store64(node + PC, parent + color);
  const setParent = (cpu: Cpu, node: Address, parent: Address): void =>
    cpu.store64(node + PC, parent + (cpu.load32(node + PC) & 1));
  const changeChild = (cpu: Cpu, old: Address, now: Address, parent: Address, root: Address): void => {
    if (parent === 0) cpu.store64(root, now);
    else if (cpu.load64(parent + LEFT) === old) cpu.store64(parent + LEFT, now);
    else cpu.store64(parent + RIGHT, now);
  };
  const rotateSetParents = (cpu: Cpu, old: Address, now: Address, root: Address, color: number): void => {
    const word = cpu.load64(old + PC);
    cpu.store64(now + PC, word);
    setParentColor(cpu, old, now, color);
    changeChild(cpu, old, now, word - (word & 3), root);
  };

  /** One turn of __rb_insert; the node to go on with, or 0. */
  const insertTurn = (cpu: Cpu, at: Address, root: Address): Address => {
    let node = at;
    let parent = parentOf(cpu, node);
    if (parent === 0) {
      cpu.store64(node + PC, BLACK);
      return 0;
    }
    const gparent = cpu.load64(parent + PC);
    if ((gparent & 1) === BLACK) return 0;
    const right = cpu.load64(gparent + RIGHT);
    const [near, far, uncle] =
      parent !== right ? [LEFT, RIGHT, right] : [RIGHT, LEFT, cpu.load64(gparent + LEFT)];
    if (uncle !== 0 && isRed(cpu, uncle)) {
      setParentColor(cpu, uncle, gparent, BLACK);
      setParentColor(cpu, parent, gparent, BLACK);
      setParentColor(cpu, gparent, parentOf(cpu, gparent), RED);
      return gparent;
    }
    let middle = cpu.load64(parent + far);
    if (node === middle) {
      middle = cpu.load64(node + near);
      cpu.store64(parent + far, middle);
      cpu.store64(node + near, parent);
      if (middle !== 0) setParentColor(cpu, middle, parent, BLACK);
      setParentColor(cpu, parent, node, RED);
      parent = node;
      middle = cpu.load64(node + far);
      node = parent;
    }
    cpu.store64(gparent + near, middle);
    cpu.store64(parent + far, gparent);
    if (middle !== 0) setParentColor(cpu, middle, gparent, BLACK);
    rotateSetParents(cpu, gparent, parent, root, RED);
    return 0;
  };

  /** __rb_erase_augmented without the augmentation: the parent to rebalance from, or 0. */
  const unlink = (cpu: Cpu, node: Address, root: Address): Address => {
    const child = cpu.load64(node + RIGHT);
    const left = cpu.load64(node + LEFT);
    const word = cpu.load64(node + PC);
    const parent = word - (word & 3);
    if (left === 0) {
      changeChild(cpu, node, child, parent, root);
      if (child !== 0) {
        cpu.store64(child + PC, word);
        return 0;
      }
      return (word & 1) === BLACK ? parent : 0;
    }
    if (child === 0) {
      cpu.store64(left + PC, word);
      changeChild(cpu, node, left, parent, root);
      return 0;
    }
    let successor = child;
    let successor_parent: Address;
    let orphan: Address;
    let down = cpu.load64(child + LEFT);
    if (down === 0) {
      successor_parent = successor;
      orphan = cpu.load64(successor + RIGHT);
    } else {
      successor_parent = successor;
      for (let turn = 0; down !== 0 && turn < 64; turn++) {
        successor_parent = successor;
        successor = down;
        down = cpu.load64(down + LEFT);
      }
      orphan = cpu.load64(successor + RIGHT);
      cpu.store64(successor_parent + LEFT, orphan);
      cpu.store64(successor + RIGHT, child);
      setParent(cpu, child, successor);
    }
    cpu.store64(successor + LEFT, left);
    setParent(cpu, left, successor);
    changeChild(cpu, node, successor, parent, root);
    let rebalance: Address = 0;
    if (orphan !== 0) setParentColor(cpu, orphan, successor_parent, BLACK);
    else if (!isRed(cpu, successor)) rebalance = successor_parent;
    cpu.store64(successor + PC, word);
    return rebalance;
  };

  /**
   * One turn of ____rb_erase_color: `node` (0 at first) lacks a black on its paths. The parent to go on from in the
   * next turn, or 0; the new `node` is then in rdx.
   */
  const eraseTurn = (cpu: Cpu, node: Address, parent: Address, root: Address): Address => {
    let sibling = cpu.load64(parent + RIGHT);
    const [near, far] = node !== sibling ? [LEFT, RIGHT] : [RIGHT, LEFT];
    if (far === LEFT) sibling = cpu.load64(parent + LEFT);
    if (isRed(cpu, sibling)) {
      const inner = cpu.load64(sibling + near);
      cpu.store64(parent + far, inner);
      cpu.store64(sibling + near, parent);
      setParentColor(cpu, inner, parent, BLACK);
      rotateSetParents(cpu, parent, sibling, root, RED);
      sibling = inner;
    }
    let outer = cpu.load64(sibling + far);
    if (outer === 0 || !isRed(cpu, outer)) {
      let inner = cpu.load64(sibling + near);
      if (inner === 0 || !isRed(cpu, inner)) {
        setParentColor(cpu, sibling, parent, RED);
        if (isRed(cpu, parent)) {
          cpu.store64(parent + PC, parentOf(cpu, parent) + BLACK);
          return 0;
        }
        cpu.set(rdx, parent);
        return parentOf(cpu, parent);
      }
      const spare = cpu.load64(inner + far);
      cpu.store64(sibling + near, spare);
      cpu.store64(inner + far, sibling);
      cpu.store64(parent + far, inner);
      if (spare !== 0) setParentColor(cpu, spare, sibling, BLACK);
      outer = sibling;
      sibling = inner;
      inner = 0;
    }
    const inner = cpu.load64(sibling + near);
    cpu.store64(parent + far, inner);
    cpu.store64(sibling + near, parent);
    setParentColor(cpu, outer, sibling, BLACK);
    if (inner !== 0) setParent(cpu, inner, parent);
    rotateSetParents(cpu, parent, sibling, root, BLACK);
    return 0;
  };

  const insert_again = new Label();
  const insert_color = k.text.fn(
    'rb_insert_color',
    insert_again,
    timed(LOOP_NS, (cpu) => {
      let node = cpu.get(rdi);
      const root = cpu.get(rsi);
      for (let turn = 0; turn < TURNS; turn++) {
        node = insertTurn(cpu, node, root);
        if (node === 0) return cpu.ret();
      }
      cpu.set(rdi, node);
      cpu.jump(insert_again.at);
    }),
  );

  const erase_again = new Label();
  /** ____rb_erase_color: rax: parent, rdx: node, rsi: root. */
  const erase_color = k.text.fn(
    'rb_erase',
    erase_again,
    timed(LOOP_NS, (cpu) => {
      const root = cpu.get(rsi);
      let parent = cpu.get(rax);
      for (let turn = 0; turn < TURNS; turn++) {
        parent = eraseTurn(cpu, cpu.get(rdx), parent, root);
        if (parent === 0) return cpu.ret();
      }
      cpu.set(rax, parent);
      cpu.jump(erase_again.at);
    }),
  );

  /** Goes down from the link in r8 under the parent in r9 and links rdi there; false when it is not yet down. */
  const descend = (
    cpu: Cpu,
    node: Address,
    root: Address,
    key_offset: number,
    from: Address,
    above: Address,
  ): boolean => {
    const key = cpu.load64(node + key_offset);
    // The link's lowest bit says whether everything so far went left: links are 8-aligned.
    let leftmost = (from & 1) === 1;
    let slot = from - (from & 1);
    let parent = above;
    for (let turn = 0; turn < 2 * TURNS; turn++) {
      const next = cpu.load64(slot);
      if (next === 0) {
        cpu.store64(node + PC, parent);
        cpu.store64(node + LEFT, 0);
        cpu.store64(node + RIGHT, 0);
        cpu.store64(slot, node);
        if (leftmost) cpu.store64(root + LEFTMOST, node);
        return true;
      }
      parent = next;
      if (key < cpu.load64(next + key_offset)) slot = next + LEFT;
      else {
        slot = next + RIGHT;
        leftmost = false;
      }
    }
    cpu.set(r8, slot + (leftmost ? 1 : 0));
    cpu.set(r9, parent);
    return false;
  };
  const link_again = new Label();
  /**
   * rb_add_cached for a tree deeper than one step's turns: rdi: node, rsi: root, rdx: key offset, r8 and r9 as
   * `descend` left them.
   */
  const link = k.text.fn(
    'rb_add_cached',
    link_again,
    timed(4 * LOOP_NS, (cpu) => {
      const down = descend(cpu, cpu.get(rdi), cpu.get(rsi), cpu.get(rdx), cpu.get(r8), cpu.get(r9));
      cpu.jump(down ? insert_color.at : link_again.at);
    }),
  );

  const forgetLeftmost = (cpu: Cpu, node: Address, root: Address): void => {
    if (cpu.load64(root + LEFTMOST) !== node) return;
    let next = cpu.load64(node + RIGHT);
    if (next === 0) {
      // The leftmost has no left child: without a right one its successor is its parent.
      next = parentOf(cpu, node);
    } else {
      for (let turn = 0; turn < 64; turn++) {
        const left = cpu.load64(next + LEFT);
        if (left === 0) break;
        next = left;
      }
    }
    cpu.store64(root + LEFTMOST, next);
  };

  return {
    insert(cpu, node, root, key_offset) {
      const down = descend(cpu, node, root, key_offset, root + 1, 0);
      cpu.set(rdi, node);
      cpu.set(rsi, root);
      cpu.set(rdx, key_offset);
      if (!down) {
        cpu.call(link.at);
        return false;
      }
      const parent = cpu.load64(node + PC);
      if (parent === 0) {
        cpu.store64(node + PC, BLACK);
        return true;
      }
      if (!isRed(cpu, parent)) return true;
      cpu.call(insert_color.at);
      return false;
    },
    erase(cpu, node, root) {
      forgetLeftmost(cpu, node, root);
      const rebalance = unlink(cpu, node, root);
      if (rebalance === 0) return true;
      cpu.set(rax, rebalance);
      cpu.set(rdx, 0);
      cpu.set(rsi, root);
      cpu.call(erase_color.at);
      return false;
    },
  };
}
