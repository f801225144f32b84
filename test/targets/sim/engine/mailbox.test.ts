import { describe, expect, it } from 'vitest';
import { createGuest } from '../../../../src/targets/sim/guest/kernel.ts';
import { comparePartition, stateHash } from '../../../../src/targets/sim/compare.ts';
import type { SimTarget } from '../../../../src/targets/sim/sim-target.ts';
import { loadSim } from '../../../../src/targets/sim/sim-target.ts';
import { MESSAGES, RING, RING_BYTES } from '../../../../src/targets/sim/machine/mailbox.ts';
import { NOT_MAPPED, walkSecondLevel } from '../../../../src/targets/sim/machine/second-level.ts';
import { sharingGuests } from '../../../support/sharing-guests.ts';

const MS = 1_000_000;
const MIB = 1_048_576;
/** Both have 64 MiB of their own: the region begins right behind. */
const WINDOW = 64 * MIB;
const booted = sharingGuests();

function after(time_ns: number, before: (target: SimTarget) => void = () => undefined): SimTarget {
  const { target } = booted.fork();
  before(target);
  target.runUntil(time_ns);
  return target;
}

const region = (target: SimTarget): number => target.partitionNamed('db').machineAddress(WINDOW) as number;
const messages = (target: SimTarget, who: string, kind: number): string[] =>
  target
    .outputs(who)
    .filter(({ what, at }) => what === 'message' && at === kind)
    .map(({ hash }) => hash);

describe('memory that two partitions share', () => {
  it('lies behind the own memory of each, and is the same memory of the machine', () => {
    const target = after(0);
    const [web, db] = [target.partitionNamed('web'), target.partitionNamed('db')];
    expect(web.machineAddress(WINDOW)).toBe(db.machineAddress(WINDOW));
    expect(web.machineAddress(WINDOW + MIB - 1)).toBe(db.machineAddress(WINDOW + MIB - 1));
    expect(web.machineAddress(WINDOW + MIB)).toBeUndefined();
    expect(web.machineAddress(0)).not.toBe(db.machineAddress(0));
    for (const { plan } of [web, db]) {
      expect(region(target)).toBeGreaterThanOrEqual(plan.base + plan.bytes);
    }
  });

  it('is read and written by the harness as both guests see it, and watched', () => {
    const target = after(0);
    const [web, db] = [target.partitionNamed('web'), target.partitionNamed('db')];
    expect(db.memory.write(WINDOW + 0x8000, Uint8Array.of(7))).toBe(true);
    const seen = new Uint8Array(1);
    expect(web.memory.read(WINDOW + 0x8000, seen)).toBe(true);
    expect(seen[0]).toBe(7);
    expect(web.memory.read(WINDOW + MIB, seen)).toBe(false);
    expect(web.memory.size).toBe(64 * MIB);
    const place = { kind: 'memory', partition: 'web', physical: WINDOW, bytes: 4 } as const;
    const watch = target.controls.watch(place);
    target.runUntil(20 * MS);
    expect(target.controls.activated(watch)).toBeGreaterThan(0);
  });

  it('is out of reach for every device', () => {
    const { machine_state } = after(0);
    for (const { devices, shared } of machine_state.plan.partitions) {
      expect(shared).toHaveLength(1);
      for (const { iommu_root } of devices) {
        const at = walkSecondLevel(machine_state.memory, machine_state.watch, 0, iommu_root, WINDOW);
        expect(at).toBe(NOT_MAPPED);
      }
    }
  });

  it('carries requests both ways, and the answers to them', () => {
    const target = after(100 * MS);
    const [asked, answered] = [messages(target, 'web', 1), messages(target, 'db', 2)];
    expect(asked.length).toBeGreaterThan(15);
    expect(answered.length).toBeGreaterThan(asked.length - 4);
    expect(messages(target, 'web', 2).length).toBeGreaterThan(10);
    // An answer holds the word of its request: as many different ones.
    expect(new Set(answered).size).toBe(new Set(asked.slice(0, answered.length)).size);
  });

  it('moves nothing of the time of who takes the messages', () => {
    const silent = (target: SimTarget): void => target.partitionNamed('web').park();
    const [alone, both] = [after(200 * MS, silent), after(200 * MS)];
    // Nobody takes db's messages any more: its ring is full, and it goes on all the same.
    const ring = region(alone);
    const { memory } = alone.machine_state;
    expect(memory.read32(ring + RING.put) - memory.read32(ring + RING.taken)).toBe(MESSAGES);
    expect(comparePartition(alone, both, 'db', { slack_ns: 0, except: ['web'] })).toBe('');
    expect(comparePartition(alone, both, 'db')).toContain('memory shared as mailbox');
  });

  it('may hold any nonsense: who reads it takes no harm and no longer', () => {
    const spoil = (target: SimTarget): void => {
      const { memory } = target.machine_state;
      const at = region(target);
      memory.write(
        at,
        Uint8Array.from({ length: 4096 }, (_, index) => (index * 0x9d) ^ (index >> 3)),
      );
      for (const ring of [at, at + RING_BYTES]) memory.write32(ring + RING.put, 0xffff_fff0);
    };
    const target = after(200 * MS, spoil);
    for (const who of ['web', 'db']) {
      expect(target.partitionNamed(who).stopped).toBe('');
      expect(target.console(who).join('\n')).not.toMatch(/BUG|Oops|panic/);
      expect(comparePartition(target, after(200 * MS), who, { slack_ns: 0, except: ['web', 'db'] })).toBe('');
    }
  });

  it('is saved with the machine', () => {
    const target = after(40 * MS);
    const loaded = loadSim(target.save(), createGuest);
    if (!loaded.ok) throw new Error(loaded.message);
    target.runUntil(90 * MS);
    loaded.value.target.runUntil(90 * MS);
    expect(stateHash(loaded.value.target)).toBe(stateHash(target));
  });
});
