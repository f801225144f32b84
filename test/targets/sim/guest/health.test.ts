import { describe, expect, it } from 'vitest';
import type { Address } from '../../../../src/base/address.ts';
import { substream } from '../../../../src/base/random.ts';
import type { Workload } from '../../../../src/model/machine.ts';
import { WORKLOAD_TASKS } from '../../../../src/model/collections.ts';
import { createGuest } from '../../../../src/targets/sim/guest/kernel.ts';
import { powerOn } from '../../../../src/targets/sim/sim-target.ts';
import { Booted, topologyOf } from './support.ts';

const WORKLOADS: readonly Workload[] = ['web_server', 'database', 'compile', 'idle'];

/** In-order walk of a tree of rb_nodes; throws when links, colours or heights are wrong. */
function walkTree(guest: Booted, root: Address): Address[] {
  const order: Address[] = [];
  const height = (node: Address, parent: Address, parent_red: boolean): number => {
    if (node === 0) return 1;
    const word = guest.u64(node);
    const red = (word & 1) === 0;
    if (word - (word & 3) !== parent) throw new Error('parent');
    if (red && parent_red) throw new Error('two reds in a row');
    const left = height(guest.u64(node + 16), node, red);
    order.push(node);
    const right = height(guest.u64(node + 8), node, red);
    if (left !== right) throw new Error('black heights differ');
    return left + (red ? 0 : 1);
  };
  const top = guest.u64(root);
  if (top !== 0 && (guest.u64(top) & 1) === 0) throw new Error('red root');
  height(top, 0, false);
  if (guest.u64(root + 8) !== (order[0] ?? 0)) throw new Error('leftmost');
  return order;
}

/** Everything that must hold of a CPU's queues while nobody holds their locks. Returns how many were looked at. */
function checkCpu(guest: Booted, cpu: number): number {
  const at = (type: string, path: string): number => guest.offset(type, path);
  let looked = 0;
  const rq = guest.perCpu(cpu, 'runqueues');
  if (guest.u32(rq + at('rq', '__lock')) === 0) {
    looked++;
    const nodes = walkTree(guest, rq + at('rq', 'cfs.tasks_timeline'));
    const keys = nodes.map((node) =>
      guest.u64(node - at('task_struct', 'se.run_node') + at('task_struct', 'se.vruntime')),
    );
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
    const curr = guest.u64(rq + at('rq', 'curr'));
    const running =
      curr === guest.u64(rq + at('rq', 'idle')) ? 0 : guest.u32(curr + at('task_struct', 'on_rq'));
    expect(guest.u32(rq + at('rq', 'nr_running'))).toBe(nodes.length + running);
  }
  const base = guest.perCpu(cpu, 'hrtimer_bases');
  if (guest.u32(base + at('hrtimer_cpu_base', 'lock')) === 0) {
    looked++;
    const nodes = walkTree(guest, base + at('hrtimer_cpu_base', 'clock_base[0].active'));
    const keys = nodes.map((node) => guest.u64(node + at('timerqueue_node', 'expires')));
    expect(keys).toEqual([...keys].sort((a, b) => a - b));
  }
  for (let which = 0; which < 2; which++) {
    const wheel = guest.perCpu(cpu, 'timer_bases') + which * guest.layout.sizeOf('timer_base');
    if (guest.u32(wheel + at('timer_base', 'lock')) !== 0) continue;
    looked++;
    const map = guest.view(wheel + at('timer_base', 'pending_map'), 72);
    const vectors = guest.view(wheel + at('timer_base', 'vectors'), 576 * 8);
    for (let bucket = 0; bucket < 576; bucket++) {
      const head = wheel + at('timer_base', 'vectors') + bucket * 8;
      let from = head;
      let timer = Number(vectors.getBigInt64(bucket * 8, true));
      const word = map.getUint32((bucket >> 5) * 4, true);
      const pending = (word >>> (bucket & 31)) & 1;
      if (pending !== (timer === 0 ? 0 : 1)) throw new Error(`pending_map of bucket ${bucket}`);
      for (let count = 0; timer !== 0 && count < 50; count++) {
        expect(guest.u64(timer + 8)).toBe(from);
        expect(guest.u32(timer + at('timer_list', 'flags')) >>> 22).toBe(bucket);
        from = timer;
        timer = guest.u64(timer);
      }
    }
  }
  return looked;
}

describe('a healthy guest', () => {
  for (const workload of WORKLOADS) {
    it(`${workload}: runs its tasks, and its lists, trees and wheels are sound whenever their locks are free`, () => {
      const guest = new Booted({ workload });
      const random = substream(7, workload);
      let looked = 0;
      for (let pause = 0; pause < 60; pause++) {
        guest.target.runUntil(guest.target.now() + 1 + random.below(4_000_000));
        for (let cpu = 0; cpu < 2; cpu++) looked += checkCpu(guest, cpu);
        if (guest.u32(guest.symbol('tasklist_lock')) === 0) guest.tasks();
      }
      expect(looked).toBeGreaterThan(200);
      const comms = guest
        .untilFree(guest.symbol('tasklist_lock'))
        .tasks()
        .map((task) => task.comm);
      for (const comm of [
        ...(WORKLOAD_TASKS[workload] ?? []),
        'init',
        'kthreadd',
        'ksoftirqd/1',
        'kworker/0',
        'heartbeat',
      ]) {
        expect(comms).toContain(comm);
      }
      expect([...guest.of('oops'), ...guest.of('panic'), ...guest.of('stall')]).toEqual([]);
    });
  }

  for (const cpus of [1, 2, 3, 4]) {
    for (const shared of [false, true]) {
      it(`boots and beats on ${cpus} ${shared ? 'virtual CPUs of one' : 'CPUs'}`, () => {
        const guest = new Booted({
          cpus,
          shared,
          workload: 'database',
          kernel: { heartbeat_ns: shared ? 50_000_000 : 5_000_000 },
        }).run(150);
        const beats = guest.of('heartbeat').map((event) => event.time_ns / 1e6);
        expect(beats.length).toBe(shared ? 2 : 29);
        expect(guest.u32(guest.symbol('__cpu_online_mask'))).toBe(2 ** cpus - 1);
        expect([...guest.of('oops'), ...guest.of('stall')]).toEqual([]);
        for (let cpu = 0; cpu < cpus; cpu++) {
          const ticks = guest.u32(guest.perCpu(cpu, 'irq_stat') + 4);
          expect(ticks).toBeGreaterThan(shared ? 30 / cpus : 34);
        }
      });
    }
  }

  it('does not boot where its image has no room', () => {
    const topology = topologyOf();
    const lpars = topology.lpars.map((lpar) => ({ ...lpar, memory_bytes: 8 * 1_048_576 }));
    const target = powerOn({ ...topology, lpars }, 1, createGuest);
    const signs: unknown[] = [];
    target.onTrace(({ kind, detail }) => {
      if (kind === 'stopped') signs.push(detail['sign']);
      return false;
    });
    expect(target.bootAll()).toBe(false);
    expect(signs).toEqual(['triple_fault']);
  });

  it('beats within a tenth of a millisecond of its period', () => {
    const guest = new Booted({ workload: 'idle' }).run(200);
    const beats = guest.of('heartbeat').map((event) => event.time_ns);
    const gaps = beats.slice(1).map((time, index) => time - beats[index]!);
    expect(Math.max(...gaps.map((gap) => Math.abs(gap - 5_000_000)))).toBeLessThan(100_000);
  });

  it('advances jiffies by one every 4 ms', () => {
    const guest = new Booted();
    const before = guest.u64(guest.symbol('jiffies_64'));
    guest.run(200);
    expect(guest.u64(guest.symbol('jiffies_64')) - before).toBe(50);
  });

  it('counts its threads: what hangs in the rings adds up to nr_threads', () => {
    const guest = new Booted().run(52);
    guest.untilFree(guest.symbol('tasklist_lock'));
    const link = guest.offset('task_struct', 'thread_group');
    const threads = guest.tasks().map((task) => 1 + guest.ring(task.address + link, link).length);
    expect(threads.reduce((sum, each) => sum + each, 0)).toBe(guest.u32(guest.symbol('nr_threads')));
    expect(Math.max(...threads)).toBe(2);
  });

  it('reuses the memory of what has exited', () => {
    const guest = new Booted({ workload: 'compile' }).run(1_500);
    const next = guest.u64(guest.symbol('memory_next'));
    guest.run(3_000);
    expect(guest.u64(guest.symbol('memory_next'))).toBe(next);
    expect(guest.of('stall')).toEqual([]);
  });

  it('does the same again from the same seed, and something else from another', () => {
    const hash = (seed: number): string => new Booted({ seed }).run(100).target.traceHash();
    expect(hash(1)).toBe(hash(1));
    expect(hash(1)).not.toBe(hash(2));
  });

  it('works with permuted members', () => {
    for (const layout_seed of [1, 2, 3]) {
      const guest = new Booted({ kernel: { layout_seed } }).run(150);
      expect(guest.of('heartbeat').length).toBeGreaterThan(28);
      expect(guest.of('oops')).toEqual([]);
      for (let cpu = 0; cpu < 2; cpu++) checkCpu(guest, cpu);
      guest.untilFree(guest.symbol('tasklist_lock')).tasks();
    }
  });
});
