import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import type { Part } from '../assembler.ts';
import { Label } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { LIST_POISON1_LOW, LIST_POISON2_LOW, POISON_HIGH } from '../memory-map.ts';
import { hex, hexAt, storeHalves } from './inline.ts';
import type { Printk } from './printk.ts';
import { rdi, rdx, rsi } from './registers.ts';

/** struct list_head is not randomized: next, prev. */
export const PREV = 8;

/** Where a list entry or head is: worked out anew in each step, from registers and memory. */
type Where = (cpu: Cpu) => Address;

/**
 * include/linux/list.h with CONFIG_DEBUG_LIST and CONFIG_BUG_ON_DATA_CORRUPTION. Every change takes two steps, so that
 * it can be seen half done.
 */
export interface Lists {
  addTail(entry: Where, head: Where): Part;
  /** list_del: poisons the entry. */
  del(entry: Where): Part;
  /** list_del_rcu: `next` stays readable. */
  delRcu(entry: Where): Part;
  /** list_del_init. */
  delInit(entry: Where): Part;
}

export function initListHead(cpu: Cpu, head: Address): void {
  cpu.store64(head, head);
  cpu.store64(head + PREV, head);
}

/** list_add_tail before anybody else can see the list: part of a step. */
export function listAddTail(cpu: Cpu, entry: Address, head: Address): void {
  const last = cpu.load64(head + PREV);
  cpu.store64(entry, head);
  cpu.store64(entry + PREV, last);
  cpu.store64(last, entry);
  cpu.store64(head + PREV, entry);
}

export function assembleLists(k: Kernel, printk: Printk): Lists {
  const add_bug = addReport(k, printk);
  const del_bug = delReport(k, printk);

  const checkDel = (cpu: Cpu, entry: Address): boolean => {
    const next = cpu.load64(entry);
    const prev = cpu.load64(entry + PREV);
    if (!poisoned(cpu, entry, LIST_POISON1_LOW) && !poisoned(cpu, entry + PREV, LIST_POISON2_LOW)) {
      if (cpu.equal64(prev, entry) && cpu.equal64(next + PREV, entry)) return true;
    }
    cpu.set(rdi, entry);
    cpu.call(del_bug.at);
    return false;
  };

  const delParts = (entry: Where, finish: (cpu: Cpu, entry: Address) => void): Part => [
    (cpu) => {
      const at = entry(cpu);
      if (checkDel(cpu, at)) cpu.store64(cpu.load64(at) + PREV, cpu.load64(at + PREV));
    },
    (cpu) => {
      const at = entry(cpu);
      cpu.store64(cpu.load64(at + PREV), cpu.load64(at));
      finish(cpu, at);
    },
  ];

  return {
    addTail: (entry, head) => [
      (cpu) => {
        const at = entry(cpu);
        const next = head(cpu);
        const prev = cpu.load64(next + PREV);
        if (!cpu.equal64(prev, next) || at === next || at === prev) {
          cpu.set(rdi, at);
          cpu.set(rsi, prev);
          cpu.set(rdx, next);
          return cpu.call(add_bug.at);
        }
        cpu.store64(next + PREV, at);
        cpu.store64(at, next);
        cpu.store64(at + PREV, prev);
      },
      (cpu) => {
        const at = entry(cpu);
        cpu.store64(cpu.load64(at + PREV), at);
      },
    ],
    del: (entry) =>
      delParts(entry, (cpu, at) => {
        storeHalves(cpu, at, LIST_POISON1_LOW, POISON_HIGH);
        storeHalves(cpu, at + PREV, LIST_POISON2_LOW, POISON_HIGH);
      }),
    delRcu: (entry) =>
      delParts(entry, (cpu, at) => storeHalves(cpu, at + PREV, LIST_POISON2_LOW, POISON_HIGH)),
    delInit: (entry) => delParts(entry, initListHead),
  };
}

function poisoned(cpu: Cpu, address: Address, low: number): boolean {
  return cpu.load32(address) === low && cpu.load32(address + 4) === POISON_HIGH;
}

/**
 * lib/list_debug.c, __list_add_valid: rdi entry, rsi prev, rdx next. Called when something is wrong; does not return.
 */
function addReport(k: Kernel, printk: Printk): Label {
  const at = new Label();
  k.bugs.push({ at, file: 'lib/list_debug.c', line: 30 });
  return k.text.fn(
    '__list_add_valid',
    printk.print(0, (cpu) => {
      const [entry, prev, next] = [cpu.get(rdi), cpu.get(rsi), cpu.get(rdx)];
      if (!cpu.equal64(next + PREV, prev)) {
        return `list_add corruption. next->prev should be prev (${hex(prev)}), but was ${hexAt(cpu, next + PREV)}. (next=${hex(next)}).`;
      }
      if (!cpu.equal64(prev, next)) {
        return `list_add corruption. prev->next should be next (${hex(next)}), but was ${hexAt(cpu, prev)}. (prev=${hex(prev)}).`;
      }
      return `list_add double add: new=${hex(entry)}, prev=${hex(prev)}, next=${hex(next)}.`;
    }),
    at,
    (cpu) => cpu.raise(6, 0),
  );
}

/** lib/list_debug.c, __list_del_entry_valid: rdi entry. Called when something is wrong; does not return. */
function delReport(k: Kernel, printk: Printk): Label {
  const at = new Label();
  k.bugs.push({ at, file: 'lib/list_debug.c', line: 56 });
  return k.text.fn(
    '__list_del_entry_valid',
    printk.print(0, (cpu) => {
      const entry = cpu.get(rdi);
      if (poisoned(cpu, entry, LIST_POISON1_LOW)) {
        return `list_del corruption, ${hex(entry)}->next is LIST_POISON1 (${hexAt(cpu, entry)})`;
      }
      if (poisoned(cpu, entry + PREV, LIST_POISON2_LOW)) {
        return `list_del corruption, ${hex(entry)}->prev is LIST_POISON2 (${hexAt(cpu, entry + PREV)})`;
      }
      const [next, prev] = [cpu.load64(entry), cpu.load64(entry + PREV)];
      if (!cpu.equal64(prev, entry)) {
        return `list_del corruption. prev->next should be ${hex(entry)}, but was ${hexAt(cpu, prev)}. (prev=${hex(prev)})`;
      }
      return `list_del corruption. next->prev should be ${hex(entry)}, but was ${hexAt(cpu, next + PREV)}. (next=${hex(next)})`;
    }),
    at,
    (cpu) => cpu.raise(6, 0),
  );
}
