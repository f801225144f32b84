import { PAGE_SIZE } from '../../base/units.ts';
import type { EventHeap } from './engine/event-heap.ts';
import { EVENT } from './engine/event-heap.ts';
import type { Inhabitant, Patch } from './engine/partition-state.ts';
import type { Machine } from './engine/machine.ts';
import type { PartitionPlan } from './machine/plan.ts';
import { firstDifference } from './machine/memory-compare.ts';
import type { SimTarget } from './sim-target.ts';

/** More than this is no damage that is waiting to be read, but a machine that has gone another way. */
const PATCHED_BYTES = 256;

/**
 * The bytes of memory in which a partition of one machine differs from that of another, as they are in the first;
 * undefined when they differ in anything else (processors with their caches, devices, outputs, what is to come) or in
 * many bytes. `counts`: whether an alarm of the supervisor's with this number is one that will do anything.
 */
export function patchesBetween(
  a: SimTarget,
  b: SimTarget,
  name: string,
  counts: (alarm: number) => boolean,
): readonly Patch[] | undefined {
  const { plan } = a.partitionNamed(name);
  const [one, other] = [a.machine_state, b.machine_state];
  const [here, there] = [one.inhabitant(plan.index), other.inhabitant(plan.index)];
  const same = sameBesideMemory(here, there) && toCome(here.heap, counts) === toCome(there.heap, counts);
  return same ? bytesThatDiffer(one, other, plan) : undefined;
}

/** The events of a heap in their order, as text. */
function toCome(heap: EventHeap, counts: (alarm: number) => boolean): string {
  const left = heap.fork();
  let text = '';
  while (left.next_time < Number.POSITIVE_INFINITY) {
    const { time, kind, a, b, c } = left.pop();
    if (kind !== EVENT.alarm || counts(b)) text += `${time} ${kind} ${a} ${b} ${c};`;
  }
  return text;
}

function sameBesideMemory(here: Inhabitant, there: Inhabitant): boolean {
  return (
    here.cpus.every((cpu, index) => cpu.isAlike(there.cpus[index] as typeof cpu)) &&
    here.outputs.count === there.outputs.count &&
    here.outputs.hash.a === there.outputs.hash.a &&
    here.outputs.hash.b === there.outputs.hash.b &&
    JSON.stringify(here.state) === JSON.stringify(there.state) &&
    JSON.stringify(here.devices) === JSON.stringify(there.devices) &&
    here.devices.every(({ sectors }, index) => {
      const known = there.devices[index]?.sectors;
      if (known?.size !== sectors.size) return false;
      return [...sectors].every(([number, content]) => {
        const same = known.get(number);
        return same !== undefined && Buffer.compare(content, same) === 0;
      });
    })
  );
}

function bytesThatDiffer(a: Machine, b: Machine, { base, bytes }: PartitionPlan): Patch[] | undefined {
  const patches: Patch[] = [];
  const end = base + bytes;
  let count = 0;
  for (let page = base; page < end; page += PAGE_SIZE) {
    const first = firstDifference(a.memory, b.memory, page, end - page);
    if (first < 0) return patches;
    page = first - (first % PAGE_SIZE);
    const [here, there] = [a.memory.page(page).bytes, b.memory.page(page).bytes];
    for (let offset = first - page; offset < PAGE_SIZE; offset++) {
      if (here[offset] === there[offset]) continue;
      if (++count > PATCHED_BYTES) return undefined;
      patches.push({ address: page + offset, byte: here[offset] as number });
    }
  }
  return patches;
}
