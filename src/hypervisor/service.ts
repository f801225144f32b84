import type { RepairWrite } from '../patient/repair.ts';
import type { Servicing } from '../patient/servicing.ts';
import type { Hypervisor } from './hypervisor.ts';
import { openJournal, writeThrough } from './journal.ts';

/** How an attached ambulance writes to its patient: everything goes through the hypervisor's journal and its grants. */
export class PatientService implements Servicing {
  private readonly hypervisor: Hypervisor;
  private readonly ambulance: string;
  private readonly name: string;

  constructor(hypervisor: Hypervisor, ambulance: string, name: string) {
    this.hypervisor = hypervisor;
    this.ambulance = ambulance;
    this.name = name;
  }

  park(): boolean {
    const { hypervisor, ambulance, name: partition } = this;
    const attached = hypervisor.grants.find(
      { ambulance, partition, thing: 'memory', access: 'read' },
      hypervisor.target.now(),
    );
    if (attached === undefined || hypervisor.rescues.openJournal(partition) !== undefined) {
      hypervisor.refuse(
        ambulance,
        `service ${partition}`,
        attached ? 'it is being serviced' : 'not attached',
      );
      return false;
    }
    hypervisor.park(partition, ambulance);
    hypervisor.rescues.keepJournal(partition, openJournal(ambulance));
    hypervisor.rescues.grantWriting(ambulance, partition);
    return true;
  }

  write({ place, address, physical, bytes }: RepairWrite): boolean {
    const { hypervisor, ambulance, name: partition } = this;
    const range = { physical, bytes: bytes.length };
    if (!hypervisor.allows({ ambulance, partition, thing: 'memory', access: 'write', range })) return false;
    const journal = hypervisor.rescues.openJournal(partition);
    const memory = hypervisor.target.partitions.find((one) => one.name === partition)?.memory;
    if (journal?.ambulance !== ambulance || memory === undefined) return false;
    const time_ns = hypervisor.target.now();
    const longer = writeThrough(journal, memory, { time_ns, place, address, physical, after: bytes });
    if (longer === undefined) {
      hypervisor.refuse(ambulance, `write ${place}`, 'the journal cannot take it');
      return false;
    }
    hypervisor.rescues.keepJournal(partition, longer);
    hypervisor.log(ambulance, `write ${place}`, true, `0x${physical.toString(16)} +${bytes.length}`);
    return true;
  }

  rollBack(): number {
    const { hypervisor, ambulance, name } = this;
    hypervisor.grants.withdraw(ambulance, name);
    return hypervisor.rescues.openJournal(name)?.ambulance === ambulance
      ? hypervisor.rescues.rollBack(name, ambulance)
      : 0;
  }

  resume(): boolean {
    const { hypervisor, ambulance, name } = this;
    const journal = hypervisor.rescues.openJournal(name);
    if (journal?.ambulance !== ambulance) return false;
    if (!hypervisor.restart(name, ambulance)) return false;
    hypervisor.grants.withdraw(ambulance, name);
    hypervisor.rescues.keepJournal(name, { ...journal, state: 'kept' });
    return true;
  }
}
