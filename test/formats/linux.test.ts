import { beforeAll, describe, expect, test } from 'vitest';
import { addressHex, fromBigint } from '../../src/base/address.ts';
import type { Btf } from '../../src/formats/btf.ts';
import { openBtf } from '../../src/formats/btf.ts';
import type { Kernel } from '../../src/formats/kernel.ts';
import { openKernel } from '../../src/formats/kernel.ts';
import { walk } from '../../src/formats/page-tables.ts';
import { parseVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
import { linuxBtf, linuxExcerpt, linuxExpected } from '../support/linux-excerpt.ts';

// scripts/linux-fixture.mjs made the excerpt, and compared all of that kernel's symbols and types with what the guest
// and bpftool say.
const excerpt = linuxExcerpt();
const expected = linuxExpected();
let kernel: Kernel;
let btf: Btf;

beforeAll(() => {
  const opened = openKernel(excerpt.read, parseVmcoreInfo(excerpt.vmcoreinfo));
  const types = openBtf(linuxBtf());
  if (!opened.ok) throw new Error(opened.message);
  if (!types.ok) throw new Error(types.message);
  kernel = opened.value;
  btf = types.value;
});

describe("a stock Linux 6.1's VMCOREINFO", () => {
  test('names its release and every table that is needed', () => {
    const info = parseVmcoreInfo(excerpt.vmcoreinfo);
    expect(info.osrelease).toBe(expected.release);
    expect(info.page_bytes).toBe(4096);
    expect(info.malformed).toEqual([]);
    for (const name of ['swapper_pg_dir', 'kallsyms_names', 'kallsyms_relative_base', 'mem_section']) {
      expect(info.symbols.get(name)).toBeLessThan(0);
    }
    expect(info.lengths.get('printk_info.subsystem') ?? info.sizes.get('printk_info')).toBeGreaterThan(0);
    expect(info.numbers.has('phys_base')).toBe(true);
  });

  test('moves the image as far as the symbols say', () => {
    const info = parseVmcoreInfo(excerpt.vmcoreinfo);
    expect((info.symbols.get('_stext') ?? 0) - info.kernel_offset).toBe(fromBigint(0xffff_ffff_8100_0000n));
  });
});

describe("a stock Linux 6.1's kallsyms", () => {
  test('has the addresses that the guest itself printed', () => {
    expect(kernel.kallsyms.count).toBe(expected.symbols);
    for (const [name, digits] of Object.entries(expected.addresses)) {
      expect([name, addressHex(kernel.kallsyms.lookup(name) ?? 0)]).toEqual([name, digits]);
    }
  });

  test('gives names to addresses', () => {
    const at = kernel.kallsyms.lookup('init_task') ?? 0;
    expect(kernel.kallsyms.symbolAt(at + 2192)).toMatchObject({ name: 'init_task', type: 'D', offset: 2192 });
  });

  test('holds only what the excerpt has, and says how much that is', () => {
    expect(kernel.kallsyms.readable).toBeLessThan(expected.symbols);
    expect(kernel.kallsyms.readable % 256).toBe(0);
    expect(kernel.kallsyms.lookup('no_such_symbol')).toBeUndefined();
    expect(kernel.btf).toMatchObject({ ok: false, code: 'UNREADABLE' });
  });
});

describe("a stock Linux 6.1's BTF", () => {
  test.each([
    ['task_struct', '__state', 24],
    ['task_struct', 'stack', 32],
    ['task_struct', 'tasks', 2192],
    ['task_struct', 'pid', 2416],
    ['task_struct', 'parent', 2440],
    ['task_struct', 'comm', 2976],
    ['kmem_cache', 'cpu_slab', 0],
    ['kmem_cache', 'size', 24],
    ['kmem_cache', 'offset', 40],
    ['kmem_cache', 'list', 104],
    ['kmem_cache', 'random', 184],
    ['kmem_cache', 'node', 216],
  ])('has %s.%s at %i', (struct, path, offset) => {
    expect(btf.member(btf.findType(struct) ?? 0, path)?.offset).toBe(offset);
  });

  test('has every member where the build put it', () => {
    for (const [struct, members] of Object.entries(expected.members)) {
      const id = btf.find('struct', struct) ?? 0;
      for (const [name, place] of Object.entries(members)) {
        const member = btf.member(id, name);
        expect([struct, name, member?.bit_offset, member?.bytes]).toEqual([struct, name, ...place]);
      }
    }
  });

  test('has nested and anonymous members, arrays and pointers', () => {
    const task = btf.find('struct', 'task_struct') ?? 0;
    const rq = btf.find('struct', 'rq') ?? 0;
    const se = btf.member(task, 'se')?.offset ?? 0;
    expect(btf.member(task, 'se.run_node.rb_left')?.offset).toBe(se + 16 + 16);
    expect(btf.describe(btf.member(task, 'parent')?.type ?? 0)).toBe('struct task_struct *');
    expect(btf.describe(btf.member(task, 'comm')?.type ?? 0)).toBe('char[16]');
    expect(btf.member(task, 'sched_reset_on_fork')?.bits).toBe(1);
    // Of an anonymous union in raw_spinlock_t's struct qspinlock.
    expect(btf.member(rq, '__lock.raw_lock.val.counter')?.bytes).toBe(4);
    expect(
      btf.member(btf.find('struct', 'hrtimer_cpu_base') ?? 0, 'clock_base[1].active.rb_root'),
    ).toBeDefined();
  });
});

test('the page tables lead from tasks to tasks, out of the image into the direct map', () => {
  const task_struct = btf.find('struct', 'task_struct') ?? 0;
  const at = (path: string): number => btf.member(task_struct, path)?.offset ?? -1;
  const word = Buffer.alloc(16);
  let link = (kernel.kallsyms.lookup('init_task') ?? 0) + at('tasks');
  for (const { pid, comm, address } of expected.tasks) {
    const task = link - at('tasks');
    expect(addressHex(task)).toBe(address);
    expect(kernel.space.read(task + at('comm'), word)).toBe(true);
    expect(word.toString('latin1').replace(/\0.*/s, '')).toBe(comm);
    expect(kernel.space.read(task + at('pid'), word.subarray(0, 4))).toBe(true);
    expect(word.readInt32LE()).toBe(pid);
    expect(kernel.space.read(link, word.subarray(0, 8))).toBe(true);
    link = fromBigint(word.readBigInt64LE());
  }
});

test('the kernel maps itself by 2 MiB pages', () => {
  const at = kernel.kallsyms.lookup('init_task') ?? 0;
  expect(walk(excerpt.read, kernel.space.root, kernel.space.levels, at)).toMatchObject({
    ok: true,
    level: 2,
    page_bytes: 0x20_0000,
    writable: true,
    user: false,
    executable: false,
  });
});
