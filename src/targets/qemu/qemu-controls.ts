import { VECTOR } from '../../target/hypercalls.ts';
import type { FaultControls } from '../../target/target.ts';
import type { QemuPartition } from './qemu-partition.ts';

/** The non-maskable interrupt's vector. */
const NMI = 2;

/**
 * What can be broken in an emulated machine without changing QEMU. False means that it cannot: QEMU stops and stalls all processors of a machine or
 * none, it takes no interrupt line away, and no device of its own can be made to write elsewhere.
 */
export function qemuControls(partitionNamed: (name: string) => QemuPartition | undefined): FaultControls {
  let watches = 0;
  return {
    stopCpu: () => false,
    stallCpu: () => false,
    loseInterrupt: () => false,
    injectDma: () => 0,
    /** An NMI goes to all processors, as the real one does; the magic key is given to the guest's init. */
    raiseInterrupt(name, cpu, vector): boolean {
      const partition = partitionNamed(name);
      if (partition?.cpus[cpu] === undefined || partition.stopped !== '') return false;
      if (vector === NMI) partition.injectNmi();
      else if (vector === VECTOR.sysrq) partition.say('panic');
      else return false;
      return true;
    },
    // Nobody sees an emulated processor read: whether a fault was activated is not known here.
    watch: () => ++watches,
    activated: () => undefined,
  };
}
