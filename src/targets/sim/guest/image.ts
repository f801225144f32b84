import { assert } from '../../../base/assert.ts';
import type { Address } from '../../../base/address.ts';
import { highHalf, lowHalf } from '../../../base/address.ts';
import type { KernelSymbol } from '../../../formats/kallsyms-write.ts';
import { writeKallsyms } from '../../../formats/kallsyms-write.ts';
import { writeNotes } from '../../../formats/notes.ts';
import type { NoteContent } from '../../../formats/notes.ts';
import { PTE, tableIndex } from '../../../formats/page-tables.ts';
import { btfNote, kallsymsNote, vmcoreinfoNote } from '../../../formats/region-notes.ts';
import { writeVmcoreInfo } from '../../../formats/vmcoreinfo.ts';
import type { LocatorModel, StructModel } from '../../../model/structure.ts';
import type { Program } from '../step.ts';
import type { BootParams } from './boot-params.ts';
import { KERNEL_RW } from './kernel/mm.ts';
import { printkRingStart } from './kernel/printk.ts';
import { REGION_TABLE_ENTRY } from './kernel/region.ts';
import type { Layout } from './layout.ts';
import { btfOf } from './layout-btf.ts';
import { locatorTypes } from './locator-types.ts';
import { locatorNotes } from './locators.ts';
import {
  DIRECT_MAP,
  FREE_PHYSICAL,
  imagePhysical,
  KERNEL_DATA,
  KERNEL_END,
  KERNEL_RODATA,
  KERNEL_TEXT,
  PER_CPU_STRIDE,
  PHYS_BASE,
  THREAD_SIZE,
  VMALLOC_START,
  VMALLOC_TABLES,
  VMEMMAP_START,
} from './memory-map.ts';
import { buildProgram, USER_TEXT_IMAGE, userTextPages } from './program.ts';
import type { AppModel } from '../../../model/machine.ts';
import { APPS_LIMIT } from './app-table.ts';
import type { AppLayout } from './user/app/layout.ts';
import { layOutApp } from './user/app/layout.ts';
import { ORDER_BOOK } from './user/programs.ts';
import { vmcoreinfoContent } from './vmcoreinfo-content.ts';

/** A kernel as the boot loader finds it: runs of bytes, and what a partition still has to patch. Immutable. */
export interface KernelImage {
  readonly layout: Layout;
  readonly program: Program;
  readonly segments: readonly { readonly physical: number; readonly bytes: Uint8Array }[];
  readonly vmcoreinfo: string;
  readonly boot_params: Address;
  readonly boot: BootParams;
  /** First instruction, first stack. */
  readonly entry: Address;
  readonly stack: Address;
  readonly root: number;
  /** Guest-physical address of the tables that map the direct map, 2 MiB an entry. */
  readonly direct_tables: number;
  /** Guest-physical address of the table for the 2 MiB that the boot allocator begins in. */
  readonly split_table: number;
  readonly apps: readonly AppLayout[];
  readonly app_table: Address;
  /** First instruction of each app. */
  readonly app_entries: ReadonlyMap<string, Address>;
  /** What of them cannot be built. */
  readonly app_problems: readonly string[];
}

/** A page-table entry in the kernel's own tables. */
const TABLE = PTE.PRESENT | PTE.WRITABLE | PTE.ACCESSED;
const LARGE = 0x20_0000;
const SPLIT: number = Math.floor(FREE_PHYSICAL / LARGE) * LARGE;

/** What a partition's kernel is built with, besides its layout. */
export interface ImageContent {
  readonly locators: readonly LocatorModel[];
  readonly structs: readonly StructModel[];
  readonly apps: readonly AppModel[];
}

export function buildImage(layout: Layout, content: ImageContent): KernelImage {
  const apps = layOutApps(content.apps, layout);
  const built = buildProgram(layout, apps);
  const { kernel: k, rodata } = built;
  const at = (name: string): Address => k.symbol(name);

  const btf = btfOf(
    layout,
    new Map(built.per_cpu.map(({ name, address }) => [name, address])),
    PER_CPU_STRIDE,
  );
  const btf_at = rodata.blob(btf, 4096);
  // The tables' own symbols are in the tables: their addresses are known before their content, as the names' sizes do
  // not change.
  const symbols = kernelSymbols(built, btf_at, btf.length, apps);
  const kallsyms_at = rodata.blob(new Uint8Array(0), 4096);
  const kallsyms_names = [
    'offsets',
    'relative_base',
    'num_syms',
    'names',
    'markers',
    'seqs_of_names',
    'token_table',
    'token_index',
  ] as const;
  const draft = writeKallsyms([
    ...symbols,
    ...kallsyms_names.map((name) => ({ name: `kallsyms_${name}`, type: 'R', address: kallsyms_at })),
  ]);
  const all = [
    ...symbols,
    ...kallsyms_names.map((name) => ({
      name: `kallsyms_${name}`,
      type: 'R',
      address: kallsyms_at + draft.tables[name],
    })),
  ];
  const kallsyms = writeKallsyms(all);
  rodata.blob(kallsyms.bytes, 8);
  const vmcoreinfo = writeVmcoreInfo(
    vmcoreinfoContent(layout, new Map(all.map(({ name, address }) => [name, address])), PHYS_BASE),
  );

  const data = new Uint8Array(built.data_end - KERNEL_DATA);
  const view = new DataView(data.buffer);
  const write64 = (address: Address, value: number): void => {
    view.setUint32(address - KERNEL_DATA, lowHalf(value), true);
    view.setInt32(address - KERNEL_DATA + 4, highHalf(value), true);
  };

  regionTable([
    vmcoreinfoNote(vmcoreinfo),
    kallsymsNote({
      names: kallsyms_at + kallsyms.tables.names,
      num_syms: kallsyms_at + kallsyms.tables.num_syms,
      token_table: kallsyms_at + kallsyms.tables.token_table,
      token_index: kallsyms_at + kallsyms.tables.token_index,
      offsets: kallsyms_at + kallsyms.tables.offsets,
      relative_base: kallsyms_at + kallsyms.tables.relative_base,
    }),
    btfNote({ address: btf_at, bytes: btf.length }),
    ...locatorNotes(
      content.locators,
      locatorTypes(layout, content.structs),
      new Set(all.map(({ name }) => name)),
    ),
  ]);
  pageTables();
  interruptTable();
  for (const [name, value] of [
    ['page_offset_base', DIRECT_MAP],
    ['vmalloc_base', VMALLOC_START],
    ['vmemmap_base', VMEMMAP_START],
    ['phys_base', PHYS_BASE],
    ['prb', at('printk_rb_static')],
  ] as const)
    write64(at(name), value);
  write64(at('printk_rb_static') + k.o.prb.desc_ring_descs, at('_printk_rb_static_descs'));
  write64(at('printk_rb_static') + k.o.prb.desc_ring_infos, at('_printk_rb_static_infos'));
  write64(at('printk_rb_static') + k.o.prb.text_data_ring_data, at('__log_buf'));
  printkRingStart(k.o, (symbol, offset, low, high) => {
    view.setUint32(at(symbol) + offset - KERNEL_DATA, low, true);
    view.setUint32(at(symbol) + offset - KERNEL_DATA + 4, high, true);
  });

  const text = k.text.bytes();
  const user = k.user.bytes();
  assert(KERNEL_TEXT + text.length <= USER_TEXT_IMAGE, 'the kernel text outgrew its place');
  assert(user.length <= userTextPages(apps) * 4096, 'the user text outgrew its pages');
  const read_only = rodata.bytes();
  assert(KERNEL_RODATA + read_only.length <= KERNEL_DATA, '.rodata outgrew its place');
  return {
    layout,
    program: built.program,
    segments: [
      { physical: imagePhysical(KERNEL_TEXT), bytes: text },
      { physical: imagePhysical(USER_TEXT_IMAGE), bytes: user },
      { physical: imagePhysical(KERNEL_RODATA), bytes: read_only },
      ...nonZeroPages(data, imagePhysical(KERNEL_DATA)),
    ],
    vmcoreinfo,
    boot_params: at('boot_params'),
    boot: built.boot,
    entry: built.entry.at,
    stack: at('init_stack') + THREAD_SIZE - 16,
    root: imagePhysical(at('init_top_pgt')),
    direct_tables: imagePhysical(at('level2_direct_pgt')),
    split_table: imagePhysical(at('level1_direct_pgt')),
    apps,
    app_table: at('app_table'),
    app_entries: built.app_entries,
    app_problems: built.app_problems,
  };

  function regionTable(entries: readonly NoteContent[]): void {
    entries.forEach((note, index) => {
      const bytes = writeNotes([note]);
      const entry = at('region_table') + index * REGION_TABLE_ENTRY;
      write64(entry, rodata.blob(bytes, 8));
      view.setUint32(entry + 8 - KERNEL_DATA, bytes.length, true);
    });
  }

  /** The kernel's tables but for the direct map's leaves, which depend on how much memory there is. */
  function pageTables(): void {
    const link = (table: Address, virtual: Address, level: number, below: Address): void =>
      write64(
        table + tableIndex(lowHalf(virtual), highHalf(virtual), level) * 8,
        imagePhysical(below) + TABLE,
      );
    const top = at('init_top_pgt');
    link(top, KERNEL_TEXT, 4, at('level3_kernel_pgt'));
    link(at('level3_kernel_pgt'), KERNEL_TEXT, 3, at('level2_kernel_pgt'));
    for (const [virtual, flags] of [
      [KERNEL_TEXT, 0],
      [KERNEL_RODATA, 0],
      [KERNEL_DATA, PTE.WRITABLE | PTE.DIRTY],
    ] as const) {
      const entry = at('level2_kernel_pgt') + tableIndex(lowHalf(virtual), highHalf(virtual), 2) * 8;
      write64(entry, imagePhysical(virtual) + (PTE.PRESENT | PTE.ACCESSED | PTE.PAGE_SIZE | flags));
      if (virtual !== KERNEL_TEXT) view.setUint32(entry + 4 - KERNEL_DATA, PTE.NO_EXECUTE_HIGH, true);
    }
    link(top, DIRECT_MAP, 4, at('level3_direct_pgt'));
    for (let gib = 0; gib < 4; gib++) {
      write64(at('level3_direct_pgt') + gib * 8, imagePhysical(at('level2_direct_pgt')) + gib * 4096 + TABLE);
    }
    // The 2 MiB that the boot allocator begins in are mapped page by page: per-CPU areas have entries of their own.
    for (let page = 0; page < 512; page++) {
      write64(at('level1_direct_pgt') + page * 8, SPLIT + page * 4096 + KERNEL_RW);
    }
    // How much of the memory map there is depends on the memory: the kernel fills in the last level.
    link(top, VMEMMAP_START, 4, at('level3_vmemmap_pgt'));
    link(at('level3_vmemmap_pgt'), VMEMMAP_START, 3, at('level2_vmemmap_pgt'));
    link(top, VMALLOC_START, 4, at('level3_vmalloc_pgt'));
    link(at('level3_vmalloc_pgt'), VMALLOC_START, 3, at('level2_vmalloc_pgt'));
    for (let table = 0; table < VMALLOC_TABLES; table++) {
      link(
        at('level2_vmalloc_pgt'),
        VMALLOC_START + table * LARGE,
        2,
        at('level1_vmalloc_pgt') + table * 4096,
      );
    }
  }

  function interruptTable(): void {
    for (const { vector, entry, ist } of built.gates) {
      const gate = at('idt_table') + vector * 16 - KERNEL_DATA;
      view.setUint16(gate, entry.at & 0xffff, true);
      view.setUint16(gate + 2, 0x10, true);
      view.setUint16(gate + 4, ist | 0x8e00, true);
      view.setUint16(gate + 6, (entry.at >>> 16) & 0xffff, true);
      view.setInt32(gate + 8, highHalf(entry.at), true);
    }
  }
}

/** Apps of one partition lie side by side, and their structs may be named in each other's. */
function layOutApps(apps: readonly AppModel[], layout: Layout): readonly AppLayout[] {
  return apps
    .slice(0, APPS_LIMIT)
    .map((app, index) => layOutApp(app, index, locatorTypes(layout, app.structs)));
}

function kernelSymbols(
  built: ReturnType<typeof buildProgram>,
  btf_at: Address,
  btf_bytes: number,
  apps: readonly AppLayout[],
): KernelSymbol[] {
  const own = apps.flatMap((app) =>
    [...app.symbols].map(([name, address]) => ({ name, type: 'A', address })),
  );
  const { kernel, data, per_cpu } = built;
  const functions = kernel.text.symbols.map(({ name, address }) => ({ name, type: 'T', address }));
  return [
    ...functions,
    ...data.map(({ name, address }) => ({ name, type: 'D', address })),
    ...per_cpu.map(({ name, address }) => ({ name, type: 'A', address })),
    { name: '__per_cpu_start', type: 'A', address: 0 },
    { name: '__per_cpu_end', type: 'A', address: PER_CPU_STRIDE },
    { name: '_text', type: 'T', address: KERNEL_TEXT },
    { name: '__start_rodata', type: 'R', address: KERNEL_RODATA },
    { name: '_sdata', type: 'D', address: KERNEL_DATA },
    { name: '__start_BTF', type: 'R', address: btf_at },
    { name: '__stop_BTF', type: 'R', address: btf_at + btf_bytes },
    { name: '_end', type: 'B', address: KERNEL_END },
    // The shop's book, as `symbols["order_book"]` names it: an address of user space.
    ...(own.some(({ name }) => name === 'order_book')
      ? []
      : [{ name: 'order_book', type: 'A', address: ORDER_BOOK }]),
    ...own,
  ];
}

/** The runs of pages that hold anything: memory is zero before. */
function nonZeroPages(data: Uint8Array, physical: number): { physical: number; bytes: Uint8Array }[] {
  const runs: { physical: number; bytes: Uint8Array }[] = [];
  for (let at = 0; at < data.length; at += 4096) {
    const page = data.subarray(at, Math.min(at + 4096, data.length));
    if (page.some((byte) => byte !== 0)) runs.push({ physical: physical + at, bytes: page });
  }
  return runs;
}

/** The entries of the direct map that depend on the memory's size. */
export function directMapEntry(physical: number, image: KernelImage): number {
  if (physical === SPLIT) return image.split_table + TABLE;
  return physical + (PTE.PRESENT | PTE.WRITABLE | PTE.ACCESSED | PTE.DIRTY | PTE.PAGE_SIZE);
}

export const LARGE_PAGE: number = LARGE;
