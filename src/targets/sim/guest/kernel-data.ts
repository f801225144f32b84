import { assert } from '../../../base/assert.ts';
import type { Address } from '../../../base/address.ts';
import { GLOBAL_VARIABLES, PER_CPU_VARIABLES } from '../../../model/kernel-types.ts';
import type { Label, Section } from './assembler.ts';
import type { Layout } from './layout.ts';
import { KERNEL_DATA, KERNEL_RODATA, VMALLOC_TABLES } from './memory-map.ts';
import type { Offsets } from './offsets.ts';

/** What the functions of the kernel are assembled with. */
export interface Kernel {
  readonly layout: Layout;
  readonly o: Offsets;
  readonly text: Section;
  readonly user: Section;
  /** Address of a global variable, or the offset of a per-CPU one in each CPU's area. */
  symbol(name: string): Address;
  /** Address of a NUL-terminated string in .rodata. */
  string(text: string): Address;
  /** The addresses at which BUG() stands, for the invalid-opcode handler. */
  readonly bugs: Bug[];
}

/** An entry of `__bug_table`. */
export interface Bug {
  readonly at: Label;
  readonly file: string;
  readonly line: number;
}

export interface DataSymbol {
  readonly name: string;
  readonly address: Address;
  readonly bytes: number;
}

/** Globals that no type describes: tables, buffers, words of the allocator. Name, bytes, alignment. */
const RAW: readonly (readonly [string, number, number])[] = [
  ['boot_params', 256, 8], ['kmem_cache_structs', 640, 64], ['kmem_cache_nodes', 320, 64], ['sample_period', 8, 8], ['random_state', 8, 8], ['tick_do_timer_cpu', 8, 8], ['die_nest_count', 8, 8], ['oops_count', 8, 8],
  ['df_count', 8, 8], ['heartbeat_period', 8, 8], ['heartbeat_task', 8, 8], ['metadata_region', 8, 8], ['metadata_bytes', 8, 8],
  ['free_pages', 8, 8], ['memory_next', 8, 8], ['memory_end', 8, 8], ['stack_free', 8, 8],
  ['stack_next', 8, 8], ['syslog_seq', 8, 8], ['kthreadd_task', 8, 8], ['init_process', 8, 8], ['disk_ready', 8, 8], ['net_ready', 8, 8],
  ['disk_lock', 8, 8], ['disk_last_used', 8, 8], ['disk_free', 8, 8], ['disk_waiters', 128, 8], ['disk_buffer', 8, 8],
  ['net_lock', 8, 8], ['net_last_used', 8, 8], ['net_free', 8, 8], ['net_buffer', 8, 8], ['last_ino', 8, 8], ['region_table', 2048, 8], ['app_table', 512, 8], ['tick_next_period', 8, 8],
  ['idt_table', 4096, 4096], ['init_stack', 16_384, 16_384], ['init_top_pgt', 4096, 4096], ['level3_kernel_pgt', 4096, 4096],
  ['level2_kernel_pgt', 4096, 4096], ['level3_direct_pgt', 4096, 4096], ['level2_direct_pgt', 16_384, 4096], ['level1_direct_pgt', 4096, 4096],
  ['level3_vmalloc_pgt', 4096, 4096], ['level2_vmalloc_pgt', 4096, 4096], ['level1_vmalloc_pgt', 4096 * VMALLOC_TABLES, 4096],
  ['level3_vmemmap_pgt', 4096, 4096], ['level2_vmemmap_pgt', 4096, 4096],
  ['pid_map', 4096, 4096], ['disk_ring', 8192, 4096], ['net_ring', 8192, 4096], ['__log_buf', 16_384, 4096], ['_printk_rb_static_descs', 3072, 4096],
  ['_printk_rb_static_infos', 11_264, 4096],
]; // prettier-ignore

export const LOG_COUNT_BITS = 7;
export const LOG_SIZE_BITS = 14;

/** Other names of the same place. `jiffies` is the low word of `jiffies_64` (arch/x86/kernel/vmlinux.lds.S). */
const ALIASES: Readonly<Record<string, string>> = { swapper_pg_dir: 'init_top_pgt', jiffies: 'jiffies_64' };

/** .data and .bss in declaration order; what is randomized moves inside its struct alone. */
export function placeData(layout: Layout): {
  readonly symbols: readonly DataSymbol[];
  readonly end: Address;
} {
  const symbols: DataSymbol[] = [];
  let at = KERNEL_DATA;
  const place = (name: string, bytes: number, align: number): void => {
    at = Math.ceil(at / align) * align;
    symbols.push({ name, address: at, bytes });
    at += bytes;
  };
  for (const [name, type] of GLOBAL_VARIABLES) place(name, layout.sizeOf(type), 64);
  for (const [name, bytes, align] of RAW) place(name, bytes, align);
  for (const [name, of] of Object.entries(ALIASES)) {
    const original = symbols.find((symbol) => symbol.name === of);
    assert(original, `no ${of}`);
    symbols.push({ ...original, name });
  }
  return { symbols, end: at };
}

/** Pages that per-CPU variables begin at, so that one page-table entry maps the run queue and nothing else. */
const OWN_PAGE: Readonly<Record<string, number>> = {
  runqueues: 0x1000,
  hrtimer_bases: 0x2000,
  timer_bases: 0x3000,
};
/** Per-CPU words that BTF need not know. */
const PER_CPU_RAW: readonly (readonly [string, number])[] = [
  ['worklist', 16],
  ['kworker_task', 8],
  ['idle_task', 8],
  ['kmem_cache_cpus', 160],
];

export function placePerCpu(layout: Layout): readonly DataSymbol[] {
  const symbols: DataSymbol[] = [];
  let at = 0;
  for (const [name, type] of PER_CPU_VARIABLES) {
    const bytes = layout.sizeOf(type);
    const own = OWN_PAGE[name];
    if (own !== undefined) {
      symbols.push({ name, address: own, bytes });
      continue;
    }
    at = Math.ceil(at / 8) * 8;
    symbols.push({ name, address: at, bytes });
    at += bytes;
  }
  for (const [name, bytes] of PER_CPU_RAW) {
    at = Math.ceil(at / 8) * 8;
    symbols.push({ name, address: at, bytes });
    at += bytes;
  }
  assert(at <= 0x1000, 'the per-CPU variables outgrew their page');
  return symbols;
}

/** .rodata's strings and blobs, one after the other. */
export class Rodata {
  readonly #parts: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  readonly #strings = new Map<string, Address>();
  #end = 0;

  string(text: string): Address {
    const known = this.#strings.get(text);
    if (known !== undefined) return known;
    const address = this.blob(Buffer.from(`${text}\0`, 'latin1'), 1);
    this.#strings.set(text, address);
    return address;
  }

  blob(bytes: Uint8Array, align = 8): Address {
    const offset = Math.ceil(this.#end / align) * align;
    this.#parts.push({ offset, bytes });
    this.#end = offset + bytes.length;
    return KERNEL_RODATA + offset;
  }

  bytes(): Uint8Array {
    const out = new Uint8Array(this.#end);
    for (const { offset, bytes } of this.#parts) out.set(bytes, offset);
    return out;
  }
}
