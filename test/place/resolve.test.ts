import { decodeLocator } from '../../src/formats/locator-code/entry.ts';
import { describe, expect, it } from 'vitest';
import { fromBigint } from '../../src/base/address.ts';
import { resolve } from '../../src/place/evaluate.ts';
import type { BytesPlace, Place } from '../../src/place/place.ts';
import { worldOf } from '../../src/place/world.ts';
import { BareKernel, bareTarget, bareTopology } from '../support/bare-kernel.ts';
import { place } from '../support/expressions.ts';

function machine(seed = 0) {
  const kernel = new BareKernel('web', seed);
  const world = worldOf({ topology: bareTopology(), lets: [] }, bareTarget([kernel]), 1);
  const at = (text: string): BytesPlace => {
    const resolved = resolve(world, place(text));
    if (!resolved.ok) throw new Error(`${text}: ${resolved.code} ${resolved.message}`);
    return resolved.value as BytesPlace;
  };
  const fails = (text: string): string => {
    const resolved = resolve(world, place(text));
    return resolved.ok ? `found ${resolved.value.text}` : `${resolved.code} at ${resolved.at}`;
  };
  return { kernel, world, at, fails };
}

describe('places in a partition', () => {
  it.each([0, 7, 4711])('a member of a task is found by BTF, whatever the layout (seed %i)', (seed) => {
    const { kernel, at } = machine(seed);
    const task = kernel.tasks.get('nginx') as number;
    const link = at('web.tasks["nginx"].tasks.next');
    expect(link.address).toBe(task + kernel.offset('task_struct', 'tasks.next'));
    expect(link.runs).toEqual([{ physical: kernel.physical(link.address as number), bytes: 8 }]);
    expect(link.text).toBe('web.tasks["nginx"].tasks.next');
  });

  it('a task is found by its pid, and by the first part of a per-CPU name', () => {
    const { kernel, at } = machine();
    expect(at('web.tasks[3]').address).toBe(kernel.tasks.get('nginx'));
    expect(at('web.tasks["swapper"]').address).toBe(kernel.tasks.get('swapper/0'));
  });

  it('threads are found beside their leader, who alone is on the ring', () => {
    const { kernel, at, fails } = machine();
    const leader = kernel.tasks.get('nginx') as number;
    const thread = kernel.addThread('nginx', 'worker', 42);
    expect(at('web.threads["worker"]').address).toBe(thread);
    expect(at('web.threads[42].pid').address).toBe(thread + kernel.offset('task_struct', 'pid'));
    expect(at('web.threads["nginx"]').address).toBe(leader);
    expect(fails('web.tasks["worker"]')).toMatch(/^NOT_FOUND/);
  });

  it('neighbours on the ring are found both ways, over the head too', () => {
    const { kernel, at } = machine();
    expect(at('web.tasks["nginx"].successor').address).toBe(kernel.tasks.get('php-fpm'));
    expect(at('web.tasks["nginx"].predecessor').address).toBe(kernel.tasks.get('kthreadd'));
    expect(at('web.tasks["shop"].successor').address).toBe(kernel.tasks.get('swapper/0'));
  });

  it('a pointer in a path is followed', () => {
    const { kernel, at } = machine();
    const mm = fromBigint(
      kernel.get64((kernel.tasks.get('shop') as number) + kernel.offset('task_struct', 'mm')),
    );
    expect(at('web.tasks["shop"].mm.pgd').address).toBe(mm + kernel.offset('mm_struct', 'pgd'));
  });

  it('a name that two tasks have is an error that lists their pids', () => {
    const { kernel, world } = machine();
    const before = [...kernel.tasks.values()];
    kernel.tasks.set('first', kernel.tasks.get('nginx') as number);
    kernel.tasks.delete('nginx');
    kernel.addTask('nginx', 99);
    expect(before.length).toBe(6);
    const resolved = resolve(world, place('web.tasks["nginx"]'));
    expect(resolved).toMatchObject({ ok: false, code: 'AMBIGUOUS', candidates: ['3', '99'] });
  });

  it('a name that nobody has is an error that says who there is', () => {
    const resolved = resolve(machine().world, place('web.tasks["ngin"]'));
    expect(resolved).toMatchObject({ ok: false, code: 'NOT_FOUND', at: 'web.tasks["ngin"]' });
    expect(resolved.ok ? [] : resolved.candidates).toContain('"nginx"');
  });

  it('[any] is drawn by the seed, and the same for the same path', () => {
    const { kernel, world } = machine();
    const drawn = (seed: number): string => {
      const resolved = resolve({ ...world, seed }, place('web.tasks[any].comm'));
      return resolved.ok ? resolved.value.text : '';
    };
    expect(drawn(1)).toBe(drawn(1));
    expect(new Set(Array.from({ length: 40 }, (_, seed) => drawn(seed))).size).toBe(kernel.tasks.size);
  });

  it('run queues lie in the area of their CPU', () => {
    const { kernel, at, fails } = machine();
    expect(at('web.run_queues[1].nr_running').address).toBe(
      kernel.perCpu('runqueues', 1) + kernel.offset('rq', 'nr_running'),
    );
    expect(fails('web.run_queues[2]')).toBe('NOT_FOUND at web.run_queues[2]');
  });

  it('locks have the size of their type', () => {
    const { kernel, at } = machine();
    expect(at('web.locks["tasklist_lock"]')).toMatchObject({
      address: kernel.symbol('tasklist_lock'),
      bytes: 8,
    });
    expect(at('web.locks["sb_lock"]').bytes).toBe(4);
  });

  it('a stack has its end at its lowest word and its pointer in its task', () => {
    const { kernel, at } = machine();
    const stack = kernel.stacks.get('nginx') as number;
    expect(at('web.stacks["nginx"]')).toMatchObject({ address: stack, bytes: 16_384 });
    expect(at('web.stacks["nginx"].end')).toMatchObject({ address: stack, bytes: 8 });
    const task = kernel.tasks.get('nginx') as number;
    expect(at('web.stacks["nginx"].sp').address).toBe(task + kernel.offset('task_struct', 'thread.sp'));
    expect(at('web.stacks["nginx"].bytes[0x1000]').address).toBe(stack + 0x1000);
  });

  it('timers are numbered along the wheel, high-resolution timers in order of expiry', () => {
    const { kernel, at } = machine();
    expect(at('web.timers[0]').address).toBe(kernel.timers[1]);
    expect(at('web.timers[2].expires').address).toBe(
      (kernel.timers[2] as number) + kernel.offset('timer_list', 'expires'),
    );
    expect([0, 1, 2].map((index) => at(`web.hrtimers[${index}]`).address)).toEqual(kernel.hrtimers);
  });

  it('a timer inside a per-CPU variable is known by it and its CPU', () => {
    const { kernel, at } = machine();
    const timer = kernel.perCpu('tick_cpu_sched', 1) + kernel.offset('tick_sched', 'sched_timer');
    expect(at('web.hrtimers["tick_cpu_sched/1"]').address).toBe(timer);
  });

  it("an application's list is read through the page table of its process", () => {
    const { kernel, at } = machine();
    const order = at('web.orders[3].qty');
    expect(order.address).toBe((kernel.orders[3] as number) + kernel.offset('order', 'qty'));
    expect(order.runs[0]?.physical).toBe(kernel.physical(order.address as number));
  });

  it("an application's own variable is found by its type", () => {
    const { kernel, at, fails } = machine();
    const count = at('web.symbols["order_book"].count');
    expect(count).toMatchObject({
      address: 0x40_1000 + kernel.offset('order_book', 'count'),
      bytes: 4,
    });
    expect(fails('web.symbols["order_pad"]')).toBe('NO_SYMBOL at web.symbols["order_pad"]');
  });

  it('the region, its bytes and its entries are places', () => {
    const { kernel, at } = machine();
    expect(at('web.metadata.bytes[0x120]').runs).toEqual([
      { physical: kernel.region.physical + 0x120, bytes: 1 },
    ]);
    const locator = at('web.metadata.locators["orders"]');
    const [run] = locator.runs;
    const bytes = kernel.bytes.subarray(run?.physical, (run?.physical ?? 0) + locator.bytes);
    expect(decodeLocator(bytes)).toMatchObject({
      ok: true,
      value: { names: { name: 'orders', space: 'shop' } },
    });
  });

  it('symbols, memory, registers and devices are places', () => {
    const { kernel, world, at } = machine();
    expect(at('web.symbols["init_task"].pid').bytes).toBe(4);
    expect(at('web.symbols["nr_threads"]')).toMatchObject({ address: kernel.symbol('nr_threads'), bytes: 4 });
    expect(at('web.memory[0x5000]').runs).toEqual([{ physical: 0x5000, bytes: 1 }]);
    const other = (text: string): Place | undefined => {
      const resolved = resolve(world, place(text));
      return resolved.ok ? resolved.value : undefined;
    };
    expect(other('web.cpus[1].rip')).toMatchObject({ kind: 'register', cpu: 1, register: 'rip' });
    expect(other('web.cpus[0]')).toMatchObject({ thing: { kind: 'cpu', cpu: 0 } });
    expect(other('web.cpus[0].tick')).toMatchObject({
      thing: { kind: 'interrupt', source: { kind: 'tick', cpu: 0 } },
    });
    expect(other('web.disk0')).toMatchObject({ thing: { kind: 'device', device: 'disk0' } });
    expect(other('web.disk0.interrupt')).toMatchObject({
      thing: { source: { kind: 'device', device: 'disk0' } },
    });
    expect(other('rescue')).toMatchObject({ thing: { kind: 'ambulance' } });
  });

  it('page-table entries are found at both levels and in the IOMMU', () => {
    const { kernel, world, at } = machine();
    // The image is mapped by 2 MiB pages: its leaf is an entry of the second table.
    expect(at('web.page_table[web.run_queues[0]]').runs).toEqual([{ physical: 0x3000 + 8 * 8, bytes: 8 }]);
    expect(at('web.page_table[web.orders[0]]').runs).toEqual([{ physical: 0x7000 + 2 * 8, bytes: 8 }]);
    const physical = kernel.physical(kernel.perCpu('runqueues', 0));
    const entry = resolve(world, place('web.second_level[web.run_queues[0]]'));
    expect(entry).toMatchObject({
      value: { kind: 'machine', address: 0x80_0000 + Math.floor(physical / 4096) * 8 },
    });
    expect(resolve(world, place('web.disk0.iommu'))).toMatchObject({
      value: { address: 0x90_0000, bytes: 8 },
    });
    expect(resolve(world, place('web.iommu["disk0"][web.memory[0x5000]]'))).toMatchObject({
      value: { address: 0x90_0028 },
    });
  });

  it('a collection can be said in full, and an IOMMU entry without its device', () => {
    const { kernel, world, at } = machine();
    expect(at('web.app.orders[0].qty').address).toBe(
      (kernel.orders[0] as number) + kernel.offset('order', 'qty'),
    );
    const entry = resolve(world, place('web.iommu[web.memory[0x5000]]'));
    expect(entry).toMatchObject({ value: { kind: 'machine', address: 0x90_0028 } });
  });

  it('what cannot be found is an error that says how far the path led', () => {
    const { kernel, fails } = machine();
    expect(fails('web.tasks["nginx"].nosuch')).toBe('NO_MEMBER at web.tasks["nginx"]');
    expect(fails('web.tasks["nginx"].comm[16]')).toBe('INDEX at web.tasks["nginx"].comm');
    expect(fails('web.tasks["init"].mm.pgd')).toMatch(/^UNMAPPED/);
    expect(fails('web.symbols["nosuch"]')).toMatch(/^NO_SYMBOL/);
    expect(fails('web.memory[0x7fffffff]')).toMatch(/^INDEX/);
    expect(fails('nobody.tasks[1]')).toMatch(/^NO_PARTITION/);
    expect(fails('web.cpus[2]')).toMatch(/^INDEX/);
    kernel.put64((kernel.tasks.get('nginx') as number) + kernel.offset('task_struct', 'tasks'), 0x1234_5678);
    expect(fails('web.tasks["shop"]')).toBe('UNMAPPED at web.tasks');
  });

  it('a ring that never closes is an error, not a hang', () => {
    const { kernel, fails } = machine();
    const link = (kernel.tasks.get('nginx') as number) + kernel.offset('task_struct', 'tasks');
    kernel.put64(link, link);
    expect(fails('web.tasks["shop"]')).toBe('WALK at web.tasks');
  });
});
