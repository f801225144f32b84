// A stock Linux 6.1 that was booted with page tables of five levels: scripts/linux-fixture.mjs --levels 5 made the
// excerpt.
import { describe, expect, it } from 'vitest';
import { foldBits, trueHex } from '../../src/base/fold.ts';
import { openBtf } from '../../src/formats/btf.ts';
import type { Kernel } from '../../src/formats/kernel.ts';
import { openKernel } from '../../src/formats/kernel.ts';
import { walk } from '../../src/formats/page-tables.ts';
import type { Result } from '../../src/formats/result.ts';
import { parseVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
import { linuxBtf, linuxExcerpt, pagedMemory } from '../support/linux-excerpt.ts';

const excerpt = linuxExcerpt('five-levels');
const info = parseVmcoreInfo(excerpt.vmcoreinfo);
const BASES = ['page_offset_base', 'vmalloc_base', 'vmemmap_base'] as const;

function opened(): Kernel {
  const kernel = openKernel(excerpt.read, info);
  if (!kernel.ok) throw new Error(kernel.message);
  return kernel.value;
}

function word(kernel: Kernel, address: number): bigint {
  const bytes = new Uint8Array(8);
  if (!kernel.space.read(address, bytes))
    throw new Error(`${trueHex(kernel.space.fold, address)} cannot be read`);
  return new DataView(bytes.buffer).getBigUint64(0, true);
}

/** The same kernel with other bytes at some of its symbols; without the page where that is undefined. */
function changed(words: Readonly<Record<string, bigint | undefined>>): Result<Kernel> {
  const pages = new Map(excerpt.pages);
  const whole = opened();
  for (const [name, value] of Object.entries(words)) {
    const physical = whole.space.translate(whole.kallsyms.lookup(name) as number);
    const number = Math.floor(physical / 4096);
    const page = new Uint8Array(pages.get(number) as Uint8Array);
    if (value === undefined) pages.delete(number);
    else pages.set(number, page);
    if (value !== undefined) new DataView(page.buffer).setBigUint64(physical % 4096, value, true);
  }
  return openKernel(pagedMemory(pages), info);
}

describe('a stock kernel with page tables of five levels', () => {
  it('has its memory where no address of 48 bits reaches, and its tasks are found there', () => {
    const kernel = opened();
    const types = openBtf(linuxBtf());
    if (!types.ok) throw new Error(types.message);
    const btf = types.value;
    const at = (path: string): number => btf.member(btf.findType('task_struct') ?? 0, path)?.offset ?? -1;
    expect(kernel.space.levels).toBe(5);
    const { fold } = kernel.space;
    let task = kernel.kallsyms.lookup('init_task') as number;
    const { tasks = [] } = excerpt;
    expect(tasks.length).toBeGreaterThan(2);
    for (const { pid, comm, address } of tasks) {
      expect(trueHex(fold, task)).toBe(address);
      const name = new Uint8Array(16);
      expect(kernel.space.read(task + at('comm'), name)).toBe(true);
      expect(Buffer.from(name).toString('latin1').replace(/\0.*/s, '')).toBe(comm);
      expect(Number(BigInt.asIntN(32, word(kernel, task + at('pid'))))).toBe(pid);
      task = foldBits(fold, word(kernel, task + at('tasks'))) - at('tasks');
    }
    const far = tasks.filter(({ address }) => address.startsWith('ff') && !address.startsWith('ffff'));
    expect(far.length).toBe(tasks.length - 1);
  });

  it('maps the first page of its memory through five tables', () => {
    const kernel = opened();
    const { root, fold } = kernel.space;
    const base = foldBits(fold, word(kernel, kernel.kallsyms.lookup('page_offset_base') as number));
    expect(walk(excerpt.read, root, 5, base, fold)).toMatchObject({
      ok: true,
      physical: 0,
      executable: false,
    });
    const tables: number[] = [];
    const counted = (physical: number, into: Uint8Array): boolean => (
      tables.push(physical),
      excerpt.read(physical, into)
    );
    const way = walk(counted, root, 5, base, fold);
    expect([way.ok, tables.length]).toEqual([true, 6 - way.level]);
  });

  it('is not opened where what it says of its memory is out of order, in nobody’s reach or not mapped', () => {
    const [direct, vmalloc, vmemmap] = BASES.map((name) =>
      word(opened(), opened().kallsyms.lookup(name) as number),
    ) as [bigint, bigint, bigint];
    const lies: readonly Readonly<Record<string, bigint>>[] = [
      { page_offset_base: 0xffff_8880_0000_0000n },
      { page_offset_base: 0n },
      { page_offset_base: vmalloc, vmalloc_base: direct },
      { page_offset_base: direct ^ (1n << 50n) },
      { vmemmap_base: vmemmap ^ (1n << 46n) },
      { vmemmap_base: 0x1122_3344_5566_7788n },
    ];
    for (const lie of lies) expect(changed(lie)).toMatchObject({ ok: false, code: 'LAYOUT' });
    expect(changed({ vmalloc_base: 0n })).toMatchObject({ ok: false, code: 'LAYOUT' });
  });

  it('whose tables have lost the first of its memory is opened all the same: what it allocated speaks for what it says', () => {
    const kernel = opened();
    const { root, fold } = kernel.space;
    const bits = word(kernel, kernel.kallsyms.lookup('page_offset_base') as number);
    const way = walk(excerpt.read, root, 5, foldBits(fold, bits), fold);
    const pages = new Map(excerpt.pages);
    const number = Math.floor(way.entry / 4096);
    const page = new Uint8Array(pages.get(number) as Uint8Array);
    page.fill(0, way.entry % 4096, (way.entry % 4096) + 8);
    pages.set(number, page);
    expect(openKernel(pagedMemory(pages), info)).toMatchObject({ ok: true });
  });

  it('says so where the dump lacks what tells', () => {
    expect(changed({ page_offset_base: undefined })).toMatchObject({ ok: false, code: 'UNREADABLE' });
  });
});
