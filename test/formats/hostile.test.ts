import { expect, test } from 'vitest';
import type { Random } from '../../src/base/random.ts';
import { substream } from '../../src/base/random.ts';
import { openBtf } from '../../src/formats/btf.ts';
import { BtfBuilder } from '../../src/formats/btf-write.ts';
import { writeElfCoreHead } from '../../src/formats/elf-core-write.ts';
import { openCoreFile } from '../../src/formats/open-core.ts';
import { openKernel } from '../../src/formats/kernel.ts';
import { openKallsyms } from '../../src/formats/kallsyms.ts';
import { kallsymsNames, writeKallsyms } from '../../src/formats/kallsyms-write.ts';
import { decodeLocator, encodeLocator } from '../../src/formats/locator-code/entry.ts';
import { readNotes } from '../../src/formats/notes.ts';
import { entryOf } from '../support/entries.ts';
import { translate, walk } from '../../src/formats/page-tables.ts';
import { btfNote, kallsymsNote, readContents, vmcoreinfoNote } from '../../src/formats/region-notes.ts';
import { scanForRegion } from '../../src/formats/region-scan.ts';
import { readRegion, sealRegion, writeRegion } from '../../src/formats/region.ts';
import { parseVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
import { inflatePage } from '../../src/targets/core/file.ts';
import { fileOf, flattened, kdumpBytes } from '../support/core-files.ts';
import { memoryOf } from '../support/flat-memory.ts';
import { linuxBtf, linuxExcerpt, pagedMemory } from '../support/linux-excerpt.ts';

/** Bytes with 1 to 20 changes: flipped bits, wild bytes and wild words, or cut short. */
function damaged(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Uint8Array.from(bytes);
  for (let left = 1 + random.below(20); left > 0; left--) {
    const at = random.below(copy.length);
    const kind = random.below(4);
    if (kind === 0) copy[at] = (copy[at] as number) ^ (1 << random.below(8));
    else if (kind === 1) copy[at] = random.pick([0, 1, 0x7f, 0x80, 0xff]);
    else copy.fill(random.pick([0, 0xff, random.below(256)]), at, at + 1 + random.below(8));
  }
  return random.below(8) === 0 ? copy.subarray(0, random.below(copy.length)) : copy;
}

/** Whatever the bytes hold, every reader returns; the sizes of what it returns are bounded by the bytes. */
function survives(name: string, rounds: number, bytes: Uint8Array, use: (bytes: Uint8Array) => void): void {
  test(`${name} returns, whatever the bytes hold`, () => {
    const random = substream(61, name);
    for (let round = 0; round < rounds; round++) expect(() => use(damaged(bytes, random))).not.toThrow();
  });
}

const region = writeRegion({
  boot_id: 9n,
  sealed: true,
  entries: [
    vmcoreinfoNote('OSRELEASE=6.1\nSYMBOL(_stext)=ffffffff81000000\nNUMBER(phys_base)=0\n'),
    kallsymsNote({
      names: -1,
      num_syms: -2,
      token_table: -3,
      token_index: -4,
      offsets: -5,
      relative_base: -6,
    }),
    btfNote({ address: -7, bytes: 8 }),
    { name: 'SIREN', type: 1, desc: Buffer.from('NAME=tasks\nSHAPE=list\nROOT=init_task.tasks\n') },
  ],
});

survives('the region reader', 3000, region, (bytes) => {
  for (const ignore_seal of [false, true]) {
    const read = readRegion(bytes, { ignore_seal });
    if (read.ok) readContents(bytes, read.value);
  }
  if (bytes.length > 40) sealRegion(bytes);
  const resealed = readRegion(bytes);
  if (resealed.ok) readContents(bytes, resealed.value);
});

survives('the scan', 300, region, (bytes) => {
  scanForRegion(memoryOf([0, bytes]), bytes.length, { step: 8 });
  readNotes(bytes);
});

survives('the VMCOREINFO reader', 2000, Buffer.from(linuxExcerpt().vmcoreinfo), (bytes) => {
  expect(parseVmcoreInfo(bytes).malformed.length).toBeLessThanOrEqual(16);
});

survives('the locator reader', 3000, encodeLocator(entryOf('a', 'symbol b; dup; root')), (bytes) => {
  decodeLocator(bytes);
});

const symbols = Array.from({ length: 600 }, (_, index) => ({
  name: `symbol_${index}`,
  type: 't',
  address: -0x7000_0000 + index * 8,
}));
const block = writeKallsyms(symbols, kallsymsNames(symbols));
const BASE = -0x6000_0000;

survives('the kallsyms reader', 400, block.bytes, (bytes) => {
  const entries = Object.entries(block.tables).map(([name, at]) => [name, BASE + (at as number)]);
  const opened = openKallsyms(memoryOf([BASE, bytes]), Object.fromEntries(entries));
  if (!opened.ok) return;
  for (let index = 0; index < 8; index++) opened.value.lookup(`symbol_${index * 70}`);
  opened.value.describe(-0x7000_0000 + 100);
  opened.value.symbol(599);
});

const builder = new BtfBuilder();
const int = builder.int('int', 4, 'signed');
const node = builder.declare('struct', 'node');
const anonymous = builder.union('', 8, [
  { name: 'a', type: int, bit_offset: 0 },
  { name: 'b', type: builder.array(int, 2), bit_offset: 0 },
]);
builder.define(node, 24, [
  { name: 'next', type: builder.pointer(node), bit_offset: 0 },
  { name: '', type: anonymous, bit_offset: 64 },
]);
builder.enumeration('e', 4, [['x', 1]]);
builder.typedef('t', builder.qualified('const', node));

function useTypes(bytes: Uint8Array): void {
  const opened = openBtf(bytes);
  if (!opened.ok) return;
  const btf = opened.value;
  for (let id = 0; id <= Math.min(btf.count, 60); id++) {
    btf.sizeOf(id);
    btf.describe(id);
    btf.members(id);
    btf.enumerators(id);
    btf.signed(id);
    for (const path of ['a', 'b[1]', 'next.x', 'tasks.next']) btf.member(id, path);
  }
  btf.findType('node');
}
survives('the BTF reader', 1500, builder.bytes(), useTypes);
survives("the BTF reader, over a real kernel's,", 40, linuxBtf(), useTypes);

const CORE = writeElfCoreHead({
  memory: [{ physical: 0, bytes: 512 }],
  cpus: [{ rip: 1n }],
  vmcoreinfo: 'OSRELEASE=x\n',
});
const KDUMP = kdumpBytes({
  pages: new Map([
    [0, new Uint8Array(4096)],
    [3, new Uint8Array(4096).fill(1)],
  ]),
  vmcoreinfo: 'OSRELEASE=x\n',
});
const FLAT = flattened(KDUMP, 500, (count) => Array.from({ length: count }, (_, index) => count - 1 - index));

for (const [name, bytes] of [
  ['ELF core', CORE],
  ['kdump', KDUMP],
  ['flattened dump', FLAT],
] as const) {
  survives(`the reader of an ${name}`, 600, bytes, (damaged_bytes) => {
    const opened = openCoreFile(fileOf(damaged_bytes), inflatePage);
    if (!opened.ok) return;
    for (const at of [0, 3 * 4096, 2 ** 40]) opened.value.read(at, new Uint8Array(64));
  });
}

test('random page tables are walked to an end', () => {
  const random = substream(61, 'tables');
  const bytes = new Uint8Array(0x8000);
  for (let round = 0; round < 300; round++) {
    for (let at = 0; at < bytes.length; at += 8) {
      bytes.set([random.below(256), random.below(128), 0, 0, 0, 0, 0, random.below(256)], at);
    }
    const read = memoryOf([0, bytes]);
    const address = (random.u32() - 0x8000_0000) * random.pick([1, 4096, 65_536, 2 ** 30]);
    for (const levels of [4, 5] as const) {
      const physical = translate(read, 0, levels, address);
      const seen = walk(read, 0, levels, address);
      expect(seen.ok ? seen.physical : -1).toBe(Math.max(physical, -1));
    }
  }
});

test('a real kernel with damaged pages is opened or refused', () => {
  const random = substream(61, 'linux');
  const excerpt = linuxExcerpt();
  const info = parseVmcoreInfo(excerpt.vmcoreinfo);
  for (let round = 0; round < 12; round++) {
    const pages = new Map(excerpt.pages);
    for (const [number, page] of pages)
      if (random.below(6) === 0) pages.set(number, padded(damaged(page, random)));
    const opened = openKernel(pagedMemory(pages), info);
    if (opened.ok) opened.value.kallsyms.lookup('init_task');
  }
});

function padded(page: Uint8Array): Uint8Array {
  const whole = new Uint8Array(4096);
  whole.set(page);
  return whole;
}
