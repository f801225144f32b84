import { describe, expect, test } from 'vitest';
import { Hypervisor } from '../../src/hypervisor/hypervisor.ts';
import type { Patient } from '../../src/hypervisor/patient.ts';
import { leaseOf } from '../../src/hypervisor/rescues.ts';
import type { AmbulanceModel } from '../../src/model/machine.ts';
import type { RepairWrite } from '../../src/patient/repair.ts';
import { HYPERCALL } from '../../src/target/hypercalls.ts';
import { loadSim } from '../../src/targets/sim/sim-target.ts';
import { lpar, stepAddress, tinyKernel, topology } from '../targets/sim/tiny-guest.ts';
import type { Scene } from './scene.ts';
import { beating, boot, hypercall, MS, REGION, scene, seen } from './scene.ts';

const LEASE_NS = leaseOf({});

const write = (physical: number, ...bytes: number[]): RepairWrite => ({
  place: 'web.x',
  address: '',
  physical,
  bytes: Uint8Array.from(bytes),
});
const PLACE = 0x72_0000;

/** An ambulance attached and, if asked, in the middle of a service. */
function attached(of: Scene, ambulance = 'rescue'): Patient {
  const { hypervisor, target } = of;
  hypervisor.rescues.call(ambulance, 'web');
  const patient = hypervisor.attach(ambulance, 'web', target.now() + LEASE_NS);
  if (patient === false) throw new Error('not attached');
  hypervisor.park('web', ambulance);
  return patient;
}
const byteAt = ({ target }: Scene, at = PLACE): number => {
  const into = new Uint8Array(1);
  target.partitionNamed('web').memory.read(at, into);
  return into[0] as number;
};
const booted = (...others: readonly Partial<AmbulanceModel>[]): Scene => {
  const made = scene(beating(MS), {}, topology([lpar('web')]), others);
  made.target.bootAll();
  made.target.runUntil(3 * MS);
  return made;
};

describe('writing', () => {
  test('is not granted before the service parks, nor after it has let go', () => {
    const one = booted();
    const { servicing } = attached(one);
    expect(servicing.write(write(PLACE, 1))).toBe(false);
    expect(servicing.park()).toBe(true);
    expect(servicing.write(write(PLACE, 1))).toBe(true);
    expect(servicing.resume()).toBe(true);
    expect(servicing.write(write(PLACE, 2))).toBe(false);
    expect(byteAt(one)).toBe(1);
    expect(one.hypervisor.audit.refusals).toBe(2);
    expect(seen(one.events, 'refusal')).toHaveLength(2);
  });

  test('never reaches the registered region, and what straddles its edge is refused whole', () => {
    const one = booted();
    const { servicing } = attached(one);
    servicing.park();
    for (const at of [REGION, REGION + 4095, REGION - 1])
      expect(servicing.write(write(at, 1, 2))).toBe(false);
    expect(servicing.write(write(REGION - 2, 1, 2))).toBe(true);
    expect(servicing.write(write(REGION + 4096, 1))).toBe(true);
    expect(servicing.write(write(2 ** 40, 1))).toBe(false);
  });

  test('is for who is attached, one service at a time', () => {
    const one = booted();
    const patient = attached(one);
    expect(patient.servicing.park()).toBe(true);
    expect(patient.servicing.park()).toBe(false);
    patient.servicing.rollBack();
    one.hypervisor.release('rescue', 'web');
    expect(patient.servicing.park()).toBe(false);
  });
});

describe('roll-back', () => {
  test('is to the byte, while nothing of the partition runs', () => {
    const one = booted();
    const before = byteAt(one);
    const { servicing } = attached(one);
    servicing.park();
    servicing.write(write(PLACE, before + 1));
    servicing.write(write(PLACE, before + 2));
    expect(servicing.rollBack()).toBe(2);
    expect(byteAt(one)).toBe(before);
    expect(one.target.partitionNamed('web').parked).toBe(true);
    expect(seen(one.events, 'rolled_back').map(([, detail]) => detail)).toEqual([{ writes: 2 }]);
    expect(servicing.rollBack()).toBe(0);
  });

  test('what a service has written is not read by the guest before it is let go', () => {
    const one = booted();
    const patient = attached(one);
    expect(patient.letRun(MS)).toBe(true);
    patient.servicing.park();
    expect(patient.letRun(MS)).toBe(false);
    patient.servicing.resume();
    expect(patient.letRun(MS)).toBe(true);
  });
});

describe('a lease', () => {
  test('that is renewed never ends, and grants last as long', () => {
    const one = booted();
    const patient = attached(one);
    for (let time = 4; time < 40; time += 2) {
      one.target.runUntil(time * MS);
      one.hypervisor.rescues.renew('rescue');
    }
    expect(patient.read(REGION, new Uint8Array(8))).toBe(true);
    expect(seen(one.events, 'failed')).toEqual([]);
  });

  test('that runs out costs the ambulance its grants, undoes its journal and lets the patient go', () => {
    const one = booted();
    const before = byteAt(one);
    const patient = attached(one);
    patient.servicing.park();
    patient.servicing.write(write(PLACE, before + 1));
    one.target.runUntil(3 * MS + LEASE_NS - 1);
    expect(byteAt(one)).toBe(before + 1);
    expect(seen(one.events, 'failed')).toEqual([]);
    one.target.runUntil(3 * MS + LEASE_NS + 1);
    expect(seen(one.events, 'failed')).toEqual([[3 * MS + LEASE_NS, { sign: 'lease', patient: 'web' }]]);
    expect(seen(one.events, 'revoked')).toHaveLength(1);
    expect(byteAt(one)).toBe(before);
    expect(one.target.partitionNamed('web').parked).toBe(false);
    expect(one.hypervisor.grants.all).toEqual([]);
    expect(patient.read(REGION, new Uint8Array(8))).toBe(false);
    expect(patient.servicing.write(write(PLACE, 1))).toBe(false);
    expect(one.hypervisor.rescues.isLost('rescue')).toBe(true);
    expect(one.hypervisor.attach('rescue', 'web', 100 * MS)).toBe(false);
  });

  test('that was given back, or that nobody waits for, does not run out', () => {
    const one = booted();
    attached(one);
    one.hypervisor.release('rescue', 'web');
    one.hypervisor.rescues.call('rescue', 'web');
    one.hypervisor.rescues.dismiss('rescue');
    one.target.runUntil(40 * MS);
    expect(seen(one.events, 'failed')).toEqual([]);
  });

  test('keeps the patient parked while somebody stands by, and lets it go when nobody is left', () => {
    const one = booted({ name: 'spare', standby: true });
    attached(one);
    one.target.runUntil(10 * MS);
    expect(seen(one.events, 'failed')).toHaveLength(1);
    expect(one.target.partitionNamed('web').parked).toBe(true);
    attached(one, 'spare');
    one.target.runUntil(20 * MS);
    expect(seen(one.events, 'failed')).toHaveLength(2);
    expect(one.target.partitionNamed('web').parked).toBe(false);
  });

  test('of one ambulance is not the end of another one that is at the patient', () => {
    const one = booted({ name: 'other' });
    one.hypervisor.rescues.call('rescue', 'web');
    attached(one, 'other');
    one.target.runUntil(6 * MS);
    one.hypervisor.rescues.renew('other');
    one.target.runUntil(9 * MS);
    expect(one.hypervisor.rescues.isLost('rescue')).toBe(true);
    expect(one.hypervisor.rescues.isLost('other')).toBe(false);
    expect(one.target.partitionNamed('web').parked).toBe(true);
  });
});

describe('after a service', () => {
  /** Beats once and sleeps: whoever lets it go on has it beat once more. */
  const sleeper = [
    ...boot,
    { run: (cpu: Parameters<typeof hypercall>[0]) => hypercall(cpu, HYPERCALL.heartbeat) },
    { run: (cpu: { interruptsOn(): void; halt(): void }) => (cpu.interruptsOn(), cpu.halt()) },
    { run: (cpu: Parameters<typeof hypercall>[0]) => cpu.jump(stepAddress(2)) },
  ];

  test('the next heartbeat tells that the guest has recovered, and the watchdogs begin anew', () => {
    const one = booted();
    const silent = scene(sleeper);
    silent.target.bootAll();
    silent.target.runUntil(30 * MS);
    expect(silent.hypervisor.healthOf('web').health).toBe('failing');
    const patient = attached(silent);
    patient.servicing.park();
    patient.servicing.resume();
    silent.target.runUntil(31 * MS);
    expect(seen(silent.events, 'recovered')).toEqual([]);
    silent.target.runUntil(60 * MS);
    const barks = seen(silent.events, 'failing').map(([time_ns]) => time_ns);
    expect(barks).toHaveLength(2);
    expect(barks[1]).toBe(30 * MS + 15 * MS);

    const { servicing } = attached(one);
    servicing.park();
    servicing.resume();
    one.target.runUntil(6 * MS);
    expect(seen(one.events, 'recovered')).toHaveLength(1);
    expect(one.hypervisor.healthOf('web').health).toBe('healthy');
  });
});

test('leases and journals fork and save with the machine', () => {
  const one = booted();
  const before = byteAt(one);
  attached(one).servicing.park();
  const journal = one.hypervisor.rescues.openJournal('web');
  if (journal === undefined) throw new Error('no journal');
  one.target.partitionNamed('web').memory.write(PLACE, Uint8Array.of(before + 1));
  const entry = {
    ...write(PLACE, before + 1),
    time_ns: 0,
    before: Uint8Array.of(before),
    after: Uint8Array.of(before + 1),
  };
  one.hypervisor.rescues.keepJournal('web', { ...journal, entries: [entry] });

  const child = one.target.fork();
  const its = one.hypervisor.fork(child);
  const loaded = loadSim(one.target.save(), () => tinyKernel(beating(MS)));
  if (!loaded.ok) throw new Error(loaded.message);
  const restored = Hypervisor.restore(loaded.value.target, one.hypervisor.topology, loaded.value.supervisor);
  for (const [target, hypervisor] of [
    [child, its],
    [loaded.value.target, restored],
  ] as const) {
    expect(hypervisor?.rescues.openJournal('web')?.ambulance).toBe('rescue');
    target.runUntil(20 * MS);
    expect(hypervisor?.rescues.isLost('rescue')).toBe(true);
    const into = new Uint8Array(1);
    target.partitionNamed('web').memory.read(PLACE, into);
    expect(into[0]).toBe(before);
  }
  expect(one.hypervisor.rescues.isLost('rescue')).toBe(false);
  expect(byteAt(one)).toBe(before + 1);
});
