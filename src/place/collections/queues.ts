import type { Address } from '../../base/address.ts';
import { KERNEL_LOCKS } from '../../model/collections.ts';
import type { Kernel } from '../kernel.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import { objectAt } from '../typed.ts';
import type { Element } from './element.ts';
import { positions } from './element.ts';

/** CPUs that the guest has areas for. */
export function cpuCount(kernel: Kernel): number {
  const symbol = kernel.symbol('nr_cpu_ids');
  const count = symbol === undefined ? undefined : kernel.u32(symbol);
  return Math.min(count ?? kernel.partition.cpus.length, kernel.partition.cpus.length);
}

/** Address of a per-CPU variable on one CPU. */
export function perCpu(kernel: Kernel, symbol: string, cpu: number, at: string): Outcome<Address> {
  const offset = kernel.symbol(symbol);
  const table = kernel.symbol('__per_cpu_offset');
  if (offset === undefined || table === undefined) {
    return lost('NO_SYMBOL', at, `the kernel has no ${offset === undefined ? symbol : '__per_cpu_offset'}`);
  }
  const base = kernel.u64(table + cpu * 8);
  return base === undefined ? lost('UNMAPPED', at, '__per_cpu_offset cannot be read') : found(base + offset);
}

/** `run_queues`: `runqueues` of each CPU. */
export function runQueueElements(kernel: Kernel, at: string): Outcome<Element[]> {
  if (kernel.symbol('runqueues') === undefined) return lost('NO_SYMBOL', at, 'the kernel has no runqueues');
  return found(
    positions(cpuCount(kernel), (cpu, text) => {
      const address = perCpu(kernel, 'runqueues', cpu, text);
      return address.ok ? objectAt(kernel, address.value, 'rq', { text, element: 'run_queues' }) : address;
    }),
  );
}

/** `locks`: the well-known locks that this kernel has, by symbol. */
export function lockElements(kernel: Kernel): Outcome<Element[]> {
  const elements: Element[] = [];
  for (const [name, type] of Object.entries(KERNEL_LOCKS)) {
    const address = kernel.symbol(name);
    if (address === undefined) continue;
    const open: Element['open'] = (text) => objectAt(kernel, address, type, { text, element: 'locks' });
    elements.push({ label: JSON.stringify(name), name, open });
  }
  return found(elements);
}
