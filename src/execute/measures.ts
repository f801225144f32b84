import type { Value } from '../place/value.ts';
import type { Measures } from '../place/world.ts';
import type { Injector } from '../fault/injector.ts';
import { momentOf } from '../verdict/facts.ts';
import type { Befores } from './before.ts';
import type { Run } from './run.ts';

const int = (value: number): Value => ({ kind: 'int', value: BigInt(Math.trunc(value)) });

/** What the harness measures in a run: the figures that `check`, `if` and a fault's values may ask for. */
export function measuresOf(run: Run, injector: () => Injector | undefined, befores?: Befores): Measures {
  const { target, hypervisor } = run.machine;
  const ofPartition = (partition: string, name: string): Value | undefined => {
    if (name === 'cpu_time') return { kind: 'time', value: target.cpuTime(partition) };
    if (name === 'memory') {
      const hash = target.memoryHash?.(partition);
      return hash === undefined ? undefined : { kind: 'string', value: hash };
    }
    if (name === 'heartbeats') return int(hypervisor.heartbeats(partition));
    return undefined;
  };
  const ofDevice = (partition: string, device: string, name: string): Value | undefined => {
    const status = target.devices(partition).find((one) => one.name === device);
    if (status === undefined) return undefined;
    if (name === 'iommu_faults') return int(status.iommu_faults);
    if (name === 'interrupts') return int(status.interrupts);
    return name === 'pending' ? int(status.pending) : undefined;
  };
  const ofAmbulance = (ambulance: string, name: string): Value | undefined => {
    const reports = run.reports.filter((report) => report.ambulance === ambulance);
    if (name === 'refusals')
      return int(
        hypervisor.audit.entries.filter((entry) => entry.who === ambulance && !entry.allowed).length,
      );
    if (name === 'findings') return int(reports.reduce((sum, report) => sum + report.findings.length, 0));
    if (name === 'grants')
      return int(hypervisor.grants.all.filter((grant) => grant.ambulance === ambulance).length);
    if (name === 'reports') return int(reports.length);
    return undefined;
  };
  return {
    ...(befores && { before: (call) => befores.of(call) }),
    measure(subject, name): Value | undefined {
      if (subject === 'elapsed') return { kind: 'time', value: run.now };
      const [partition, device] = subject.split('.', 2) as [string, string?];
      if (hypervisor.topology.ambulances.some((one) => one.name === subject))
        return ofAmbulance(subject, name);
      if (!hypervisor.topology.lpars.some((one) => one.name === partition))
        return momentOf(
          injector()?.receipts() ?? [],
          subject,
          name,
          target.controls?.activated !== undefined,
        );
      return device === undefined ? ofPartition(partition, name) : ofDevice(partition, device, name);
    },
  };
}
