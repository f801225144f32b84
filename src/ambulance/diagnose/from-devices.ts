import type { Address } from '../../base/address.ts';
import { NS_PER_MS } from '../../base/units.ts';
import type { PatientCpu, PatientDevice } from '../../patient/patient.ts';
import type { Case, Cause } from './case.ts';
import { stoppedAsAWhole } from './from-cpus.ts';

const FLAG_INTERRUPTS = 0x200n;
/** Between a device's completion and the end of the wait for it lies an interrupt and a wake-up: far less than this. */
const CONFIRM_NS = 2 * NS_PER_MS;
const BLOCK_NAME = /^(?:disk|vd|sd|hd|nvme|mmcblk|blk)/;

/** What devices and those who wait for them say. */
export function causesOfDevices(of: Case): Cause[] {
  return [...frozenDevices(of), ...lostCompletion(of)];
}

/** What the hypervisor took offline answers no more. */
function frozenDevices(of: Case): Cause[] {
  return of.patient.devices.flatMap(({ name, frozen, pending }) => {
    const evidence = [
      `the hypervisor froze ${name}`,
      ...(pending > 0 ? [`${pending} of its requests will not be answered`] : []),
    ];
    return frozen
      ? [
          {
            cause: 'device_frozen',
            weight: 64,
            place: name,
            address: '',
            physical: -1,
            evidence,
            explains: [],
          },
        ]
      : [];
  });
}

/** A task waits for a block device that has nothing left to do: the device has answered, and nobody was told. */
function lostCompletion(of: Case): Cause[] {
  const device = idleDisk(of.patient.devices);
  if (!device || stoppedAsAWhole(of) || of.patient.cpus.some(takesNoInterrupt)) return [];
  const before = waiting(of);
  if (before.length === 0 || of.inspected?.spared === true) return [];
  const { interrupts } = device;
  if (!of.patient.letRun(CONFIRM_NS)) return [];
  of.subject?.memory.forget();
  const now = idleDisk(of.patient.devices);
  const after = new Set(waiting(of).map(({ address }) => address));
  const stuck = before.filter(({ address }) => after.has(address));
  if (!now || now.interrupts !== interrupts || stuck.length === 0) return [];
  const names = stuck.map(({ name }) => name).join(', ');
  return [
    {
      cause: 'lost_interrupt',
      weight: 67,
      place: `${device.name}.interrupt`,
      address: '',
      physical: -1,
      evidence: [
        `${names} sleeps until ${device.name} has answered, and ${device.name} has nothing left to do`,
      ],
      explains: [],
    },
  ];
}

/** Its interrupt may wait there: for a CPU that spins with interrupts off, or is dead. */
function takesNoInterrupt(cpu: PatientCpu): boolean {
  return !cpu.running || (cpu.register('rflags') & FLAG_INTERRUPTS) === 0n;
}

function idleDisk(devices: readonly PatientDevice[]): PatientDevice | undefined {
  return devices.find(({ name, pending, frozen }) => BLOCK_NAME.test(name) && pending === 0 && !frozen);
}

/** Tasks that sleep until a device has answered: signs that lie in no CPU's own area. */
function waiting({ subject, inspected }: Case): { address: Address; name: string }[] {
  if (!subject || !inspected) return [];
  const signs = inspected.signs().filter(({ address }) => subject.cpuOf(address) < 0);
  return signs.map(({ address, message }) => ({ address, name: message }));
}
