import type { Address } from '../../../../base/address.ts';
import { PTE } from '../../../../formats/page-tables.ts';
import type { Cpu } from '../../step.ts';
import { APP_ENTRY } from '../app-table.ts';
import type { Part } from '../assembler.ts';
import { fuse } from '../assembler.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import {
  APP_DATA,
  DIRECT_MAP,
  STACK_SLOT,
  THREAD_SIZE,
  USER_DATA,
  USER_DATA_PAGES,
  USER_STACK_PAGES,
  USER_STACK_TOP,
  USER_TEXT,
  VMALLOC_STACKS,
  VMALLOC_START,
} from '../memory-map.ts';
import type { Pages } from './pages.ts';
import { popRegisters, pushRegisters } from './inline.ts';
import { rax, rbx, rdi, rsi } from './registers.ts';
import { KMALLOC_256 } from './slub-init.ts';
import type { Slub } from './slub.ts';

const PAGE = 4096;
const LARGE = 0x20_0000;
/** Text, data and stack. */
const MAP_COUNT = 3;
/** Pages of an app that one step maps. */
const PAGES_A_STEP = 32;
/** Objects of one size for mm_struct and signal_struct. */
export const KMALLOC_BYTES = 256;
const TABLE: number = PTE.PRESENT | PTE.WRITABLE | PTE.USER | PTE.ACCESSED;
const USER_RW: number = PTE.PRESENT | PTE.WRITABLE | PTE.USER | PTE.ACCESSED | PTE.DIRTY;
const USER_RX: number = PTE.PRESENT | PTE.USER | PTE.ACCESSED;
export const KERNEL_RW: number = PTE.PRESENT | PTE.WRITABLE | PTE.ACCESSED | PTE.DIRTY;

/** Pages that each process has for itself. */
const OWN_PAGES: readonly Address[] = [
  ...Array.from({ length: USER_DATA_PAGES }, (_, page) => USER_DATA + page * PAGE),
  ...Array.from({ length: USER_STACK_PAGES }, (_, page) => USER_STACK_TOP - (page + 1) * PAGE),
];

/** Pages, objects, stacks and address spaces. Freed stacks wait on a list threaded through themselves. */
export interface Memory extends Pages {
  /** Objects that are not cleared: true with them in rax, as Slub's `alloc`. */
  allocTask(cpu: Cpu): boolean;
  /** 256 bytes. */
  kmalloc(cpu: Cpu): boolean;
  readonly slub: Slub;
  allocStack(cpu: Cpu): Address;
  freeStack(cpu: Cpu, stack: Address): void;
  /**
   * mm_alloc with the user image mapped; the new mm is in rbx after it. Its own pages are cleared if `clear` says so.
   */
  makeMm(clear: (cpu: Cpu) => boolean): Part;
  /** dup_mm: rbx is a fresh mm, and the parent's is `from`: data and stack are copied. Part of a step. */
  copyUserPages(cpu: Cpu, mm: Address): void;
  /** exit_mmap of the mm in rdi: user pages and tables are freed, the top table stays. Part of a step. */
  unmapUser(cpu: Cpu, mm: Address): void;
  /** rdi: mm, rsi: entry of the app table. Maps an app's data. A called function. */
  readonly map_app: Label;
  /** Kernel virtual address of the table that maps all of a process. */
  userTable(cpu: Cpu, mm: Address): Address;
}

export function assembleMemory(
  k: Kernel,
  pages: Pages,
  slub: Slub,
  user_text_physical: number,
  user_text_pages: number,
): Memory {
  const { mm } = k.o;
  const { allocPage, freePage } = pages;
  const task_cache = k.symbol('task_struct_cachep');
  const kmalloc_256 = k.symbol('kmalloc_caches') + KMALLOC_256 * 8;
  const stack_free = k.symbol('stack_free');
  const stack_next = k.symbol('stack_next');
  const top_table = k.symbol('init_top_pgt');
  const stack_tables = k.symbol('level1_vmalloc_pgt');

  const clearPage = (cpu: Cpu): Address => {
    const page = allocPage(cpu);
    if (page !== 0) cpu.fill(page, 0, PAGE);
    return page;
  };

  const entryOf = (table: Address, address: number): Address =>
    table + (Math.floor(address / PAGE) % 512) * 8;
  const userTable = (cpu: Cpu, m: Address): Address => {
    let table = cpu.load64(m + mm.pgd);
    for (const index of [0, 0, (USER_TEXT >>> 21) & 511]) {
      const entry = cpu.load64(table + index * 8);
      table = DIRECT_MAP + (entry - (entry & 0xfff));
    }
    return table;
  };

  /** Maps one page of an app's data into an mm; false when there is no page for a table. */
  const mapUserPage = (cpu: Cpu, m: Address, virtual: Address, physical: number): boolean => {
    let table = cpu.load64(m + mm.pgd);
    for (const index of [0, 0, Math.floor(virtual / LARGE) % 512]) {
      let entry = cpu.load64(table + index * 8);
      if ((entry & PTE.PRESENT) === 0) {
        const page = clearPage(cpu);
        if (page === 0) return false;
        entry = page - DIRECT_MAP + TABLE;
        cpu.store64(table + index * 8, entry);
      }
      table = DIRECT_MAP + (entry - (entry & 0xfff));
    }
    cpu.store64(entryOf(table, virtual), physical + USER_RW);
    return true;
  };

  // rbx: page
  const [map_more, mapped] = [new Label(), new Label()];
  const map_app = k.text.fn(
    'map_app_data',
    (cpu) => {
      pushRegisters(cpu, rbx);
      cpu.set(rbx, 0);
    },
    map_more,
    timed(1_500, (cpu) => {
      const [m, app] = [cpu.get(rdi), cpu.get(rsi)];
      const pages = cpu.load32(app + APP_ENTRY.pages);
      let page = cpu.get(rbx);
      for (let turn = 0; turn < PAGES_A_STEP && page < pages; turn++, page++) {
        const virtual = cpu.load64(app + APP_ENTRY.base) + page * PAGE;
        const frame = (page * cpu.load32(app + APP_ENTRY.stride)) % pages;
        if (!mapUserPage(cpu, m, virtual, cpu.load64(app + APP_ENTRY.physical) + frame * PAGE))
          return cpu.jump(mapped.at);
      }
      cpu.set(rbx, page);
      if (page < pages) cpu.jump(map_more.at);
    }),
    mapped,
    (cpu) => {
      const m = cpu.get(rdi);
      cpu.store32(m + mm.map_count, MAP_COUNT + 1);
      cpu.store64(m + mm.total_vm, cpu.load64(m + mm.total_vm) + cpu.load32(cpu.get(rsi) + APP_ENTRY.pages));
      popRegisters(cpu, rbx);
      cpu.ret();
    },
  );

  return {
    map_app,
    ...pages,
    slub,
    allocTask: (cpu) => slub.alloc(cpu, cpu.load64(task_cache)),
    kmalloc: (cpu) => slub.alloc(cpu, cpu.load64(kmalloc_256)),
    allocStack(cpu) {
      const cached = cpu.load64(stack_free);
      if (cached !== 0) {
        cpu.store64(stack_free, cpu.load64(cached + THREAD_SIZE - 8));
        return cached;
      }
      const slot = cpu.load64(stack_next);
      if (slot >= VMALLOC_STACKS) return 0;
      // The guard page comes first and is never mapped.
      const stack = VMALLOC_START + slot * STACK_SLOT + PAGE;
      for (let page = 0; page < THREAD_SIZE / PAGE; page++) {
        const frame = allocPage(cpu);
        if (frame === 0) return 0;
        const entry = stack_tables + ((stack - VMALLOC_START) / PAGE + page) * 8;
        cpu.store64(entry, frame - DIRECT_MAP + KERNEL_RW);
      }
      cpu.store64(stack_next, slot + 1);
      return stack;
    },
    freeStack(cpu, stack) {
      cpu.store64(stack + THREAD_SIZE - 8, cpu.load64(stack_free));
      cpu.store64(stack_free, stack);
    },
    makeMm: (clear) => [
      fuse(
        (cpu) => slub.alloc(cpu, cpu.load64(kmalloc_256)),
        (cpu) => {
          const m = cpu.get(rax);
          const top = allocPage(cpu);
          cpu.fill(m, 0, KMALLOC_BYTES);
          cpu.fill(top, 0, PAGE / 2);
          // The kernel's half is shared: the tables below are the kernel's own.
          cpu.copy(top + PAGE / 2, top_table + PAGE / 2, PAGE / 2);
          cpu.store64(m + mm.pgd, top);
          cpu.store32(m + mm.mm_users, 1);
          cpu.store32(m + mm.mm_count, 1);
          cpu.store32(m + mm.map_count, MAP_COUNT);
          cpu.store64(m + mm.total_vm, user_text_pages + USER_DATA_PAGES + USER_STACK_PAGES);
          cpu.store64(m + mm.task_size, 2 ** 47 - PAGE);
          cpu.store64(m + mm.start_code, USER_TEXT);
          cpu.store64(m + mm.end_code, USER_TEXT + user_text_pages * PAGE);
          cpu.store64(m + mm.start_data, USER_DATA);
          cpu.store64(m + mm.end_data, USER_DATA + USER_DATA_PAGES * PAGE);
          cpu.store64(m + mm.start_stack, USER_STACK_TOP);
          cpu.set(rbx, m);
          return false;
        },
      ),
      (cpu) => {
        let table = cpu.load64(cpu.get(rbx) + mm.pgd);
        for (const index of [0, 0, (USER_TEXT >>> 21) & 511]) {
          const below = clearPage(cpu);
          cpu.store64(table + index * 8, below - DIRECT_MAP + TABLE);
          table = below;
        }
        for (let page = 0; page < user_text_pages; page++) {
          cpu.store64(entryOf(table, USER_TEXT + page * PAGE), user_text_physical + page * PAGE + USER_RX);
        }
        const own = clear(cpu) ? clearPage : allocPage;
        for (const at of OWN_PAGES) cpu.store64(entryOf(table, at), own(cpu) - DIRECT_MAP + USER_RW);
      },
    ],
    copyUserPages(cpu, m) {
      const table = userTable(cpu, m);
      for (const at of OWN_PAGES) {
        const entry = cpu.load64(entryOf(table, at));
        cpu.copy(DIRECT_MAP + (entry - (entry & 0xfff)), at, PAGE);
      }
    },
    unmapUser(cpu, m) {
      const top = cpu.load64(m + mm.pgd);
      const table = userTable(cpu, m);
      for (const at of OWN_PAGES) {
        const entry = cpu.load64(entryOf(table, at));
        if ((entry & PTE.PRESENT) !== 0) freePage(cpu, DIRECT_MAP + (entry - (entry & 0xfff)));
      }
      let up = top;
      const tables: Address[] = [];
      for (const index of [0, 0, (USER_TEXT >>> 21) & 511]) {
        const entry = cpu.load64(up + index * 8);
        up = DIRECT_MAP + (entry - (entry & 0xfff));
        tables.push(up);
      }
      cpu.store64(top, 0);
      // An app's data is the ramdisk's: its tables alone are freed.
      if (cpu.load32(m + mm.map_count) > MAP_COUNT) {
        const middle = tables[1] as Address;
        for (let index = APP_DATA / LARGE; index < 512; index++) {
          const entry = cpu.load64(middle + index * 8);
          if ((entry & PTE.PRESENT) !== 0) freePage(cpu, DIRECT_MAP + (entry - (entry & 0xfff)));
        }
      }
      for (const each of tables) freePage(cpu, each);
    },
    userTable,
  };
}
