import { describe, expect, it } from 'vitest';
import { evaluate, resolve, scalar } from '../../src/place/evaluate.ts';
import { formatValue } from '../../src/place/value.ts';
import type { World } from '../../src/place/world.ts';
import { worldOf } from '../../src/place/world.ts';
import { createGuest } from '../../src/targets/sim/guest/kernel.ts';
import { powerOn } from '../../src/targets/sim/sim-target.ts';
import { bareTopology } from '../support/bare-kernel.ts';
import { locatorsOf } from '../support/attended-guest.ts';
import { place } from '../support/expressions.ts';

const MIB = 1_048_576;

function booted(layout_seed: number): World {
  const bare = bareTopology(['web']);
  const describes = ['tasks', 'run_queues', 'locks', 'stacks', 'timers', 'hrtimers', 'log', 'app.orders'];
  const lpars = bare.lpars.map((lpar) => ({
    ...lpar,
    memory_bytes: 64 * MIB,
    kernel: { ...lpar.kernel, layout_seed },
    metadata: { size_bytes: 65_536, seal: 'crc32c', describes, locators: locatorsOf(describes) } as const,
  }));
  const topology = { ...bare, lpars };
  const target = powerOn(topology, 1, createGuest);
  expect(target.bootAll()).toBe(true);
  target.runUntil(20 * MIB);
  return worldOf({ topology, lets: [] }, target, 1);
}

describe.each([0, 7, 4711])('a guest that booted, layout seed %i', (seed) => {
  const world = booted(seed);
  const value = (text: string): string => {
    const read = scalar(world, evaluate(world, place(text)));
    return read.ok ? formatValue(read.value) : `${read.code}: ${read.message}`;
  };
  const count = (text: string): string => {
    const span = { file: '', start: 0, end: 0 };
    const read = evaluate(world, { kind: 'call', name: 'count', args: [place(text)], span });
    return read.ok ? formatValue(read.value) : `${read.code}: ${read.message}`;
  };

  it('a bit-field has the value of its own bits, in the word around it', () => {
    expect(value('web.slabs["dentry"].cpu_slab[0].slab.frozen')).toBe('1');
    expect(Number(value('web.slabs["dentry"].cpu_slab[0].slab.objects'))).toBeLessThan(0x8000);
    expect(value('web.slabs["dentry"].cpu_slab[0].slab.counters')).toMatch(/^\d+$/);
  });

  it('its tasks, queues, stacks and symbols hold what they must', () => {
    expect(value('web.tasks["nginx"].comm')).toBe('"nginx"');
    expect(value('web.tasks["nginx"].successor.comm')).not.toBe('"nginx"');
    expect(value('web.run_queues[1].cpu')).toBe('1');
    expect(value('web.stacks["nginx"].end')).toBe(String(0x57ac_6e9d));
    expect(value('web.symbols["init_task"].comm')).toBe('"swapper/0"');
    expect(value('web.log')).toContain('Linux version');
  });

  it('its collections have as many elements as its own counters say', () => {
    expect(count('web.orders')).toBe(value('web.symbols["order_book"].count'));
    // nr_threads does not count the idle task, which is the head of the ring of leaders.
    expect(Number(count('web.threads')) - 1).toBe(Number(value('web.symbols["nr_threads"]')));
    expect(Number(count('web.timers'))).toBeGreaterThan(0);
    expect(Number(count('web.hrtimers'))).toBeGreaterThan(1);
  });

  it('entries of its tables lead to the place that they were asked for', () => {
    const queue = resolve(world, place('web.run_queues[1]'));
    const entry = scalar(world, evaluate(world, place('web.page_table[web.run_queues[1]]')));
    const physical = queue.ok && queue.value.kind === 'bytes' ? (queue.value.runs[0]?.physical ?? 0) : 0;
    const frame = entry.ok && entry.value.kind === 'int' ? entry.value.value & 0xf_ffff_ffff_f000n : 0n;
    expect(Number(frame)).toBe(physical - (physical % 4096));
    expect(value('web.second_level[web.run_queues[1]]')).toMatch(/^\d+$/);
  });
});
