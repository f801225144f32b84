import type { Address } from '../../../../../base/address.ts';
import type { Cpu } from '../../../step.ts';
import type { Part } from '../../assembler.ts';
import { Label } from '../../assembler.ts';
import { r12, r13, rsi } from '../../kernel/registers.ts';
import { indexOf } from './filed.ts';
import type { AppLayout, FillLayout } from './layout.ts';
import { MAPLE_BYTES, mapleNode, mapleRoot, TYPE_SHIFT, TYPES } from './maple.ts';
import { CHUNK_SHIFT, NODE_TAG, slotOf, xaHead, xaNode } from './xarray.ts';

/** Levels that a program goes down, at most. */
const LEVELS = 16;

/** Where an element hangs: its slot, and the word of the node that counts slots in use (0: none does). */
interface Slot {
  readonly slot: Address;
  readonly count: Address;
}

/**
 * Finds an element's slot by its index, as the program would, in what lies in memory; undefined where it is damaged.
 */
type Find = (cpu: Cpu, index: number) => Slot | undefined;

/** Whether an address lies in an app's own data, as its pointers do. */
type Sound = (address: Address) => boolean;

/**
 * An element is erased and stored again: its slot, and the node's count of slots where it keeps one, each a step. One
 * that stands where no node is, as a lone element does, is left alone.
 */
export function eraseAndStore(
  fill: FillLayout,
  layout: AppLayout,
  sound: Sound,
  draw: (cpu: Cpu, bound: number) => number,
  counted: (change: number) => Part,
): Part {
  const find = fill.locator.shape === 'xarray' ? inXarray(fill, layout, sound) : inMaple(fill, layout, sound);
  const alone = new Label();
  const count = (cpu: Cpu, change: number): void => {
    const at = cpu.get(r13);
    if (at !== 0) cpu.store8(at, (cpu.load8(at) + change) & 0xff);
  };
  return [
    (cpu) => {
      const number = draw(cpu, fill.total);
      const found = find(cpu, indexOf(fill, number));
      if (found === undefined || cpu.load64(found.slot) !== fill.element(number)) return cpu.jump(alone.at);
      cpu.set(rsi, found.slot);
      cpu.set(r12, fill.element(number));
      cpu.set(r13, found.count);
      cpu.store64(found.slot, 0);
    },
    (cpu) => count(cpu, -1),
    counted(-1),
    (cpu) => cpu.store64(cpu.get(rsi), cpu.get(r12)),
    (cpu) => count(cpu, 1),
    counted(1),
    alone,
    (cpu) => {
      cpu.set(rsi, 0);
      cpu.set(r12, 0);
      cpu.set(r13, 0);
    },
  ];
}

function inXarray({ heads }: FillLayout, { types }: AppLayout, sound: Sound): Find {
  const of = xaNode(types);
  const head = (heads[0]?.address ?? 0) + xaHead(types);
  return (cpu, index) => {
    let entry = cpu.load64(head);
    for (let level = 0; level < LEVELS; level++) {
      const node = entry - NODE_TAG;
      if (!sound(node)) return undefined;
      const shift = cpu.load8(node + of.shift);
      const slot = node + of.slots + slotOf(index, shift) * 8;
      if (shift < CHUNK_SHIFT) return { slot, count: node + of.count };
      entry = cpu.load64(slot);
    }
    return undefined;
  };
}

function inMaple({ heads }: FillLayout, { types }: AppLayout, sound: Sound): Find {
  const of = mapleNode(types);
  const root = (heads[0]?.address ?? 0) + mapleRoot(types);
  return (cpu, index) => {
    let entry = cpu.load64(root);
    for (let level = 0; level < LEVELS; level++) {
      const tag = ((entry % MAPLE_BYTES) + MAPLE_BYTES) % MAPLE_BYTES;
      const node = entry - tag;
      if (!sound(node)) return undefined;
      let number = 0;
      // A pivot beyond what a program files things under is negative here, and the last.
      for (let pivot = 0; number < of.slots - 1; number++) {
        pivot = cpu.load64(node + of.pivot + number * 8);
        if (pivot < 0 || pivot >= index) break;
      }
      const slot = node + of.slot + number * 8;
      if (((tag >>> TYPE_SHIFT) & 0xf) === TYPES.leaf) return { slot, count: 0 };
      entry = cpu.load64(slot);
    }
    return undefined;
  };
}
