import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Address } from '../../../../src/base/address.ts';
import { NO_FOLD } from '../../../../src/base/fold.ts';
import { fromBigint } from '../../../../src/base/address.ts';
import { openBtf } from '../../../../src/formats/btf.ts';
import type { BlockName } from '../../../../src/formats/locator-code/assemble.ts';
import type { LocatorHost } from '../../../../src/formats/locator-code/host.ts';
import { LocatorInterpreter } from '../../../../src/formats/locator-code/interpreter.ts';
import { translate } from '../../../../src/formats/page-tables.ts';
import { readContents } from '../../../../src/formats/region-notes.ts';
import { readRegion } from '../../../../src/formats/region.ts';
import { openKernel } from '../../../../src/formats/kernel.ts';
import { parseVmcoreInfo } from '../../../../src/formats/vmcoreinfo.ts';
import { KERNEL_VARIABLES } from '../../../../src/model/kernel-source.ts';
import { AGGREGATES } from '../../../../src/model/kernel-types.ts';
import { layoutOf } from '../../../../src/targets/sim/guest/layout.ts';
import { btfOf } from '../../../../src/targets/sim/guest/layout-btf.ts';
import { cast, element, every, member, named, symbol } from '../../../support/formulas.ts';
import { array, locator } from '../../../support/locators.ts';
import { Booted } from './support.ts';

const DESCRIBED = [
  locator({
    name: 'tasks',
    shape: 'list',
    of: named('task_struct'),
    via: ['tasks'],
    label: ['comm'],
    id: ['pid'],
    including_head: true,
    from: [member(cast(symbol('init_task'), named('task_struct')), 'tasks')],
    guard: symbol('tasklist_lock'),
  }),
  locator({
    name: 'threads',
    parent: 'tasks',
    shape: 'list',
    of: named('task_struct'),
    via: ['thread_group'],
    from: [member(element, 'thread_group')],
  }),
  locator({
    name: 'timers',
    shape: 'hlist',
    of: named('timer_list'),
    via: ['entry'],
    guard: member(element, 'lock'),
    from: [
      every(member(every(cast(every(symbol('timer_bases')), array(named('timer_base'), 2))), 'vectors')),
    ],
  }),
];

const BPFTOOL = 'bpftool';

function hasBpftool(): boolean {
  try {
    execFileSync(BPFTOOL, ['version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

describe('what the guest publishes', () => {
  it('registers a sealed region that the formats read, with a locator for each structure it was told to describe', () => {
    const guest = new Booted({ locators: DESCRIBED });
    const [registered] = guest.of('register');
    const physical = Number(registered?.detail['address']);
    const bytes = new Uint8Array(Number(registered?.detail['size']));
    guest.target.partitions[0]!.memory.read(physical, bytes);
    const region = readRegion(bytes);
    if (!region.ok) throw new Error(region.message);
    expect(region.value).toMatchObject({
      sealed: true,
      seal_holds: true,
      boot_id: guest.target.bootId('web'),
    });
    const contents = readContents(bytes, region.value);
    expect(contents.malformed).toEqual([]);
    expect([...contents.described.keys()]).toEqual(DESCRIBED.map(({ name }) => name));
    expect(contents.kallsyms).toBeDefined();
    expect(contents.btf).toHaveLength(1);
    expect(contents.vmcoreinfo?.numbers.get('phys_base')).toBe(-0xc0_0000);
  });

  it('names no symbol but functions and what the language knows as variables, and all of those', () => {
    const guest = new Booted();
    const [registered] = guest.of('register');
    const bytes = new Uint8Array(Number(registered?.detail['size']));
    const { memory } = guest.target.partitions[0]!;
    memory.read(Number(registered?.detail['address']), bytes);
    const region = readRegion(bytes);
    const info = region.ok ? readContents(bytes, region.value).vmcoreinfo : undefined;
    const kernel = info && openKernel((at, into) => memory.read(at, into), info);
    if (kernel?.ok !== true) throw new Error('no kernel');
    const { kallsyms } = kernel.value;
    const all = Array.from({ length: kallsyms.count }, (_, index) => kallsyms.symbol(index));
    const variables = all.flatMap((one) => (one === undefined || one.type === 'T' ? [] : [one.name]));
    const ends = ['_text', '_stext', '_etext'];
    expect([...variables, ...ends].toSorted()).toEqual([...KERNEL_VARIABLES, 'order_book'].toSorted());
  });

  it.each([0, 5])(
    'publishes locators as code that finds its own structures, laid out by seed %i',
    (layout_seed) => {
      const guest = new Booted({ kernel: { layout_seed }, locators: DESCRIBED });
      const [registered] = guest.of('register');
      const bytes = new Uint8Array(Number(registered?.detail['size']));
      guest.target.partitions[0]!.memory.read(Number(registered?.detail['address']), bytes);
      const region = readRegion(bytes);
      if (!region.ok) throw new Error(region.message);
      const { described, malformed } = readContents(bytes, region.value);
      expect(malformed).toEqual([]);
      expect([...described.keys()]).toEqual(['tasks', 'threads', 'timers']);
      const area = (cpu: number): Address => guest.u64(guest.symbol('__per_cpu_offset') + cpu * 8);
      const host: LocatorHost = {
        fold: NO_FOLD,
        cpus: 2,
        symbol: (name) => guest.symbol(name),
        perCpuBase: area,
        u8: () => NaN,
        u16: () => NaN,
        u32: (at) => guest.u32(at),
        member: () => undefined,
        size: () => undefined,
      };
      const run = (name: string, block: BlockName, at?: Address): LocatorInterpreter => {
        const machine = new LocatorInterpreter(host);
        const entry = described.get(name)!;
        expect(machine.run(entry.blocks.get(block)!, entry.texts, at)).toBeUndefined();
        return machine;
      };
      const init = guest.symbol('init_task');
      const tasks = guest.offset('task_struct', 'tasks');
      expect(run('tasks', 'roots')).toMatchObject({ objects: [init], heads: [init + tasks] });
      expect(run('tasks', 'link').value).toBe(tasks);
      expect(run('tasks', 'guard').value).toBe(guest.symbol('tasklist_lock'));
      expect(described.get('tasks')!.names).toMatchObject({
        type: 'task_struct',
        via: 'tasks',
        label: 'comm',
        guard_type: 'rwlock_t',
        head_type: 'list_head',
      });
      expect(run('threads', 'roots', 0x4000).heads).toEqual([
        0x4000 + guest.offset('task_struct', 'thread_group'),
      ]);
      const bases = [0, 1].flatMap((cpu) =>
        [0, 1].map(
          (base) => area(cpu) + guest.symbol('timer_bases') + base * guest.layout.sizeOf('timer_base'),
        ),
      );
      const { objects, heads } = run('timers', 'roots');
      expect(heads).toHaveLength(4 * 576);
      expect([...new Set(objects)]).toEqual(bases);
      expect(heads[576 * 3 + 2]).toBe(bases[3]! + guest.offset('timer_base', 'vectors') + 16);
      expect(run('timers', 'guard', bases[2]).value).toBe(bases[2]! + guest.offset('timer_base', 'lock'));
    },
  );

  it('registers once, before boot complete', () => {
    const guest = new Booted();
    expect(guest.of('register')).toHaveLength(1);
    const times = [guest.of('register')[0]!.time_ns, guest.of('boot_complete')[0]!.time_ns];
    expect(times[0]).toBeLessThan(times[1]!);
  });

  it('keeps the shop and its orders where the locator says, in the address space of its own', () => {
    const guest = new Booted().run(100);
    const shop = guest.task('shop');
    const mm = guest.u64(shop + guest.offset('task_struct', 'mm'));
    const root = guest.physical(guest.u64(mm + guest.offset('mm_struct', 'pgd')));
    const memory = guest.target.partitions[0]!.memory;
    const at = (address: number, bytes: number): DataView => {
      const into = new Uint8Array(bytes);
      memory.read(
        translate((from, to) => memory.read(from, to), root, 4, address),
        into,
      );
      return new DataView(into.buffer);
    };
    const book = 0x50_0040;
    const head = book + guest.offset('order_book', 'orders');
    const ids: number[] = [];
    for (
      let link = fromBigint(at(head, 8).getBigUint64(0, true));
      link !== head && ids.length < 100;
      link = fromBigint(at(link, 8).getBigUint64(0, true))
    ) {
      const order = link - guest.offset('order', 'link');
      ids.push(at(order + guest.offset('order', 'id'), 8).getUint32(0, true));
      expect(at(order + guest.offset('order', 'qty'), 4).getUint32(0, true)).toBeLessThanOrEqual(1_000);
      expect(at(order + guest.offset('order', 'state'), 1).getUint8(0)).toBeLessThanOrEqual(2);
    }
    expect(ids).toHaveLength(48);
    expect(ids).toEqual([...ids].sort((a, b) => a - b));
    expect(ids[0]).toBeGreaterThan(1_000);
    expect(at(book + guest.offset('order_book', 'count'), 4).getUint32(0, true)).toBe(48);
  });

  it('says in VMCOREINFO what its layout says', () => {
    const guest = new Booted({ kernel: { layout_seed: 5 } });
    const info = parseVmcoreInfo(guest.target.partitions[0]!.vmcoreinfo());
    expect(info.malformed).toEqual([]);
    expect(info.symbols.get('init_task')).toBe(guest.symbol('init_task'));
    expect(info.offsets.get('prb_desc.text_blk_lpos')).toBe(guest.offset('prb_desc', 'text_blk_lpos'));
  });

  for (const seed of [0, 9]) {
    const btf = btfOf(layoutOf(seed), new Map(), 0x8000);

    it(`has one layout table: BTF of seed ${seed} gives every offset that the steps use`, () => {
      const opened = openBtf(btf);
      if (!opened.ok) throw new Error(opened.message);
      for (const { name, members, union } of AGGREGATES.values()) {
        const type = union ? undefined : opened.value.find('struct', name);
        if (type === undefined) continue;
        for (const member of members) {
          if (member.name === '' || member.bits > 0) continue;
          expect(opened.value.member(type, member.name)?.offset, `${name}.${member.name}`).toBe(
            layoutOf(seed).offset(name, member.name),
          );
        }
      }
    });

    it.skipIf(!hasBpftool())(`bpftool reads the BTF of layout ${seed}`, () => {
      const folder = mkdtempSync(join(tmpdir(), 'siren-btf-'));
      try {
        const file = join(folder, 'guest.btf');
        writeFileSync(file, btf);
        const text = execFileSync(BPFTOOL, ['btf', 'dump', 'file', file, 'format', 'c'], {
          encoding: 'utf8',
        });
        expect(text).toContain('struct task_struct {');
        expect(text).toContain('struct timer_base {');
        expect(text).toContain('char comm[16];');
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    });
  }

  it('lays out as the hardware and the ABI want it, whatever the seed', () => {
    for (const seed of [0, 4]) {
      const layout = layoutOf(seed);
      expect([layout.offset('x86_hw_tss', 'sp0'), layout.offset('x86_hw_tss', 'ist')]).toEqual([4, 36]);
      expect(layout.sizeOf('gate_struct')).toBe(16);
      expect(layout.sizeOf('pt_regs')).toBe(21 * 8);
      expect(layout.offset('rwlock_t', 'raw_lock.wait_lock')).toBe(4);
      expect(layout.sizeOf('timer_base')).toBe(4_720);
      expect(layout.sizeOf('printk_info')).toBe(88);
    }
  });

  it('permutes members by the layout seed, and pins what assembly relies on', () => {
    const offsets = [0, 1, 2].map((seed) => layoutOf(seed).offset('task_struct', 'comm'));
    expect(new Set(offsets).size).toBe(3);
    for (const seed of [0, 1, 2]) expect(layoutOf(seed).offset('task_struct', 'thread_info')).toBe(0);
  });
});
