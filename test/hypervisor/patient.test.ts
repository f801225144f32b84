import { describe, expect, test } from 'vitest';
import type { Patient } from '../../src/patient/patient.ts';
import { Grants } from '../../src/hypervisor/grants.ts';
import { HYPERCALL } from '../../src/target/hypercalls.ts';
import { beating, hypercall, MS, REGION, scene, seen } from './scene.ts';

const FOR_EVER = 1_000 * MS;

describe('grants', () => {
  const wish = { ambulance: 'rescue', partition: 'web', thing: 'memory', access: 'read' } as const;

  test('cover what they say, and until when', () => {
    const grants = new Grants();
    expect(grants.find(wish, 0)).toBeUndefined();
    grants.give({ ...wish, until_ns: 100 });
    expect(grants.find(wish, 99)).toBeDefined();
    expect(grants.find(wish, 100)).toBeUndefined();
    expect(grants.find({ ...wish, access: 'write' }, 0)).toBeUndefined();
    expect(grants.find({ ...wish, partition: 'db' }, 0)).toBeUndefined();
    expect(grants.find({ ...wish, thing: 'cpus' }, 0)).toBeUndefined();
    expect(grants.find({ ...wish, ambulance: 'other' }, 0)).toBeUndefined();
    expect(grants.revoke('rescue', 'web')).toBe(1);
    expect(grants.find(wish, 0)).toBeUndefined();
  });

  test('to write include reading; of a range, only what lies in it', () => {
    const grants = new Grants();
    grants.give({ ...wish, access: 'write', until_ns: 10, range: { physical: 0x1000, bytes: 0x1000 } });
    const at = (physical: number, bytes: number) =>
      grants.find({ ...wish, range: { physical, bytes } }, 0) !== undefined;
    expect([at(0x1000, 0x1000), at(0x1fff, 1), at(0x1fff, 2), at(0xfff, 2)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(grants.find(wish, 0)).toBeUndefined();
  });
});

describe('a patient', () => {
  test('gives memory, region, CPUs and devices to an ambulance that is attached', () => {
    const { target, hypervisor, events } = scene(beating(MS));
    target.bootAll();
    target.runUntil(3 * MS);
    const attached = hypervisor.attach('rescue', 'web', FOR_EVER);
    if (attached === false) throw new Error('not attached');
    const patient: Patient = attached;
    const magic = new Uint8Array(8);
    expect(patient.read(REGION, magic)).toBe(true);
    expect(new TextDecoder().decode(magic)).toBe('SIRENMD1');
    expect(patient.region).toEqual({ physical: REGION, bytes: 4096 });
    expect(patient.boot_copy?.subarray(0, 8)).toEqual(magic);
    expect(patient.cpus[0]?.register('rip')).toBe(target.partitions[0]?.cpus[0]?.get('rip'));
    expect(patient.cpus[0]?.running).toBe(true);
    expect(patient.devices).toEqual([]);
    expect(patient.reason).toBe('inspection');
    expect(attached.bytes_read).toBe(8);
    expect(seen(events, 'grant')).toEqual([[3 * MS, { patient: 'web', access: 'read', until: FOR_EVER }]]);
    expect(seen(events, 'refusal')).toEqual([]);
  });

  test('tells why its region was refused while the region is granted, and not after', () => {
    const { target, hypervisor } = scene([
      { run: (cpu) => hypercall(cpu, HYPERCALL.register_metadata, 2 ** 39, 4096) },
      ...beating(MS).slice(1),
    ]);
    target.bootAll();
    const patient = hypervisor.attach('rescue', 'web', 2 * MS);
    if (patient === false) throw new Error('not attached');
    expect(patient.refusal).toBe('OUTSIDE');
    target.runUntil(3 * MS);
    expect(patient.refusal).toBeUndefined();
    expect(hypervisor.audit.entries.at(-1)).toMatchObject({ who: 'rescue', allowed: false });
  });

  test('outside its memory there is nothing, and `into` stays untouched', () => {
    const { target, hypervisor } = scene(beating(MS));
    target.bootAll();
    const patient = hypervisor.attach('rescue', 'web', FOR_EVER);
    if (patient === false) throw new Error('not attached');
    const into = new Uint8Array(16).fill(7);
    for (const at of [patient.memory_bytes - 8, patient.memory_bytes, -1, 2 ** 52, Number.NaN, 1.5]) {
      expect(patient.read(at, into)).toBe(false);
    }
    expect(into.every((byte) => byte === 7)).toBe(true);
  });

  test('tells what its memory was when it had booted, where the machine keeps that, to who may read what it is', () => {
    const { target, hypervisor } = scene(beating(MS));
    target.bootAll();
    const patient = hypervisor.attach('rescue', 'web', FOR_EVER);
    if (patient === false) throw new Error('not attached');
    expect(patient.booted).toBeUndefined();
    Object.assign(target.partitionNamed('web'), {
      booted: (_: number, into: Uint8Array) => into.fill(9).length > 0,
    });
    const into = new Uint8Array(2);
    expect(patient.booted?.(REGION, into)).toBe(true);
    expect([...into]).toEqual([9, 9]);
    hypervisor.release('rescue', 'web');
    into.fill(0);
    expect(patient.booted?.(REGION, into)).toBe(false);
    expect([...into]).toEqual([0, 0]);
  });

  test('after its release, or when time is up, everything is refused and logged', () => {
    const { target, hypervisor, events } = scene(beating(MS));
    target.bootAll();
    const patient = hypervisor.attach('rescue', 'web', 10 * MS);
    if (patient === false) throw new Error('not attached');
    target.runUntil(10 * MS);
    expect(patient.read(REGION, new Uint8Array(8))).toBe(false);
    expect(seen(events, 'refusal')).toEqual([[10 * MS, { what: 'read web memory 0x700000 +8' }]]);
    hypervisor.attach('rescue', 'web', FOR_EVER);
    expect(patient.read(REGION, new Uint8Array(8))).toBe(true);
    hypervisor.release('rescue', 'web');
    expect(patient.read(REGION, new Uint8Array(8))).toBe(false);
    expect(patient.cpus[0]?.register('rip')).toBe(0n);
    expect([patient.region, patient.boot_copy, patient.devices]).toEqual([undefined, undefined, []]);
    expect(hypervisor.audit.refusals).toBe(6);
    expect(hypervisor.audit.entries.filter(({ allowed }) => !allowed)).toHaveLength(6);
  });

  test('is nobody whom the topology does not let the ambulance attend', () => {
    const { target, hypervisor, events } = scene(beating(MS));
    target.bootAll();
    expect(hypervisor.attach('rescue', 'db', FOR_EVER)).toBe(false);
    expect(hypervisor.attach('stranger', 'web', FOR_EVER)).toBe(false);
    expect(seen(events, 'refusal')).toHaveLength(2);
  });

  test('can be let run for a while, and is parked again', () => {
    const { target, hypervisor, events } = scene(beating(MS));
    target.bootAll();
    target.runUntil(3 * MS);
    const patient = hypervisor.attach('rescue', 'web', FOR_EVER);
    if (patient === false) throw new Error('not attached');
    hypervisor.park('web', 'rescue');
    const beats = seen(events, 'heartbeat').length;
    expect(patient.letRun(5 * MS)).toBe(true);
    expect(target.now()).toBe(8 * MS);
    expect(seen(events, 'heartbeat').length).toBeGreaterThan(beats + 3);
    expect(target.partitionNamed('web').parked).toBe(true);
    expect(patient.letRun(0)).toBe(false);
  });

  test('that was stopped for good cannot be let run', () => {
    const { target, hypervisor } = scene([
      ...beating(MS).slice(0, 2),
      { run: (cpu) => cpu.set(22, 8) },
      { run: (cpu) => cpu.load8(0) },
    ]);
    target.bootAll();
    target.runUntil(MS);
    const patient = hypervisor.attach('rescue', 'web', FOR_EVER);
    if (patient === false) throw new Error('not attached');
    hypervisor.park('web', 'rescue');
    expect(patient.reason).toBe('triple_fault');
    expect(patient.letRun(MS)).toBe(false);
  });
});
