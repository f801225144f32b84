import type { Patient } from '../../patient/patient.ts';
import type { DumpedMachine } from './open.ts';

/** Written when it crashes, not when it boots. */
const OF_THE_CRASH = /^CRASHTIME=.*$/gm;

/**
 * The machine with its memory as an earlier dump of the same boot has it, for what is compared with that; a text where
 * it is none. A kernel is put somewhere else at each boot, and VMCOREINFO says where.
 */
export function withEarlier(machine: DumpedMachine, earlier: DumpedMachine): Patient | string {
  const [now, then] = [machine, earlier].map(
    ({ vmcoreinfo }) => vmcoreinfo && Buffer.from(vmcoreinfo).toString('latin1').replace(OF_THE_CRASH, ''),
  );
  if (now === undefined || then === undefined)
    return 'nothing says that both are of one boot: one of them carries no VMCOREINFO';
  if (now !== then) return 'it is of another boot, or of another kernel: their VMCOREINFO differ';
  return { ...machine.patient, booted: earlier.patient.read };
}
