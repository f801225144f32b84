import { crc32c } from '../../../../formats/crc32c.ts';
import { REGION_HEADER_BYTES, REGION_VERSION } from '../../../../formats/region.ts';
import { HYPERCALL } from '../../../../target/hypercalls.ts';
import type { Cpu } from '../../step.ts';
import { Label, timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { DIRECT_MAP } from '../memory-map.ts';
import type { BootParams } from '../boot-params.ts';
import type { Printk } from './printk.ts';
import { r12, r13, r14, rax, rbx, rdi, rdx, rsi } from './registers.ts';

/** Offsets in the region's header (formats/region.ts). */
const HEADER = {
  version: 8,
  header_bytes: 10,
  total_bytes: 12,
  entry_count: 16,
  flags: 20,
  boot_id: 24,
  seal: 32,
} as const;

/** Bytes that one step seals. */
const SEAL_STRIDE = 2048;
/** An entry of `region_table`: u64 address of the note's bytes in .rodata, u64 bytes. */
export const REGION_TABLE_ENTRY = 16;

/** Prepares the metadata region as `metadata { … }` asks, seals it and registers it with the hypervisor. */
export function assembleRegion(k: Kernel, printk: Printk, boot: BootParams): Label {
  const region = k.symbol('metadata_region');
  const bytes = k.symbol('metadata_bytes');
  const table = k.symbol('region_table');

  // rbx: region, r12: next byte in it, r13: entry of the table, r14: entries so far
  const [next_entry, entries_done, seal, sealed] = [1, 2, 3, 4].map(() => new Label()) as [
    Label,
    Label,
    Label,
    Label,
  ];
  return k.text.fn(
    'register_metadata_region',
    (cpu) => {
      const at = DIRECT_MAP + cpu.load64(region);
      cpu.set(rbx, at);
      cpu.set(r12, at + REGION_HEADER_BYTES);
      cpu.set(r13, table);
      cpu.set(r14, 0);
    },
    next_entry,
    timed(1_000, (cpu) => {
      const entry = cpu.get(r13);
      const from = cpu.load64(entry);
      if (from === 0) return cpu.jump(entries_done.at);
      const length = cpu.load32(entry + 8);
      cpu.set(r13, entry + REGION_TABLE_ENTRY);
      cpu.push(next_entry.at);
      const to = cpu.get(r12);
      // What does not fit is left out: the region is as large as it was asked to be.
      if (to + length > cpu.get(rbx) + cpu.load64(bytes)) return cpu.ret();
      cpu.copy(to, from, length);
      cpu.set(r12, to + length);
      cpu.set(r14, cpu.get(r14) + 1);
      cpu.ret();
    }),
    entries_done,
    (cpu) => {
      const at = cpu.get(rbx);
      cpu.store32(at, 0x4552_4953); // SIRENMD1
      cpu.store32(at + 4, 0x3144_4d4e);
      cpu.store16(at + HEADER.version, REGION_VERSION);
      cpu.store16(at + HEADER.header_bytes, REGION_HEADER_BYTES);
      cpu.store32(at + HEADER.total_bytes, cpu.load64(bytes));
      cpu.store32(at + HEADER.entry_count, cpu.get(r14));
      cpu.store32(at + HEADER.flags, cpu.load32(boot.sealed));
      cpu.copy(at + HEADER.boot_id, boot.boot_id, 8);
      cpu.set(rdx, cpu.get(r12));
      cpu.set(r12, at);
      cpu.set(r13, 0);
      if (cpu.load32(boot.sealed) === 0) cpu.jump(sealed.at);
    },
    seal,
    timed(500, (cpu) => {
      // The crc32 instruction, eight bytes at a time; the seal's own word is still zero.
      const at = cpu.get(r12);
      const end = cpu.get(rdx);
      const length = Math.min(SEAL_STRIDE, end - at);
      cpu.set(r13, sealRun(cpu, at, length, cpu.get(r13)));
      cpu.set(r12, at + length);
      if (at + length < end) cpu.jump(seal.at);
    }),
    (cpu) => {
      // Behind the entries the memory is as fresh as the machine gave it: zeros.
      const rest = cpu.get(rbx) + cpu.load64(bytes) - cpu.get(rdx);
      cpu.store32(cpu.get(rbx) + HEADER.seal, sealZeros(rest, cpu.get(r13)));
    },
    sealed,
    (cpu) => {
      cpu.set(rax, HYPERCALL.register_metadata);
      cpu.set(rdi, cpu.get(rbx) - DIRECT_MAP);
      cpu.set(rsi, cpu.load64(bytes));
      cpu.load64Into(rdx, boot.boot_id);
      cpu.hypercall();
    },
    printk.print(6, (cpu) =>
      cpu.get(rax) === 0
        ? `metadata: region of ${cpu.load64(bytes)} bytes registered`
        : `metadata: the hypervisor refused the region (${cpu.get(rax)})`,
    ),
    (cpu) => cpu.ret(),
  );
}

/** CRC-32C's polynomial, reflected. */
const POLYNOMIAL = 0x82f6_3b78;

/** a * b modulo the polynomial; bit 31 is x^0 (Adler's crc32_combine in zlib explains it). */
function multiply(a: number, b: number): number {
  let product = 0;
  let factor = b;
  for (let bit = 31; bit >= 0; bit--) {
    if ((a >>> bit) & 1) product ^= factor;
    factor = factor & 1 ? (factor >>> 1) ^ POLYNOMIAL : factor >>> 1;
  }
  return product;
}

/** The seal continued over zero bytes, in as many steps as `length` has bits: each zero byte multiplies by x^8. */
function sealZeros(length: number, previous: number): number {
  let state = ~previous;
  let power = 1 << 23; // x^8
  for (let left = length; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) state = multiply(power, state);
    power = multiply(power, power);
  }
  return ~state >>> 0;
}

/** CRC-32C of guest memory, continuing `previous`; `length` a multiple of 4. */
function sealRun(cpu: Cpu, address: number, length: number, previous: number): number {
  const run = new Uint8Array(length);
  const words = new Uint32Array(run.buffer, 0, length >> 2);
  for (let index = 0; index < words.length; index++) words[index] = cpu.load32(address + index * 4);
  return crc32c(run, 0, length, previous);
}
