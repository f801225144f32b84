import { substream } from '../base/random.ts';
import type { Partition } from '../target/target.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { Place, ThingPlace } from './place.ts';
import * as special from './special.ts';
import type { Walker } from './walker.ts';
import { placeAt, selectorAt, valueAt } from './walker.ts';

/** `cpus[0]`, `cpus[0].rip`, `cpus[0].tick`. */
export function cpuPlace(walker: Walker, partition: Partition, at: string): Outcome<Place> {
  if (walker.steps.length === 1 || (walker.steps.length === 2 && walker.steps[1]?.kind === 'all'))
    return found({ kind: 'collection', partition: partition.name, text: at, collection: 'cpus' });
  const selector = selectorAt(walker, 1, at);
  if (!selector.ok) return selector;
  const count = partition.cpus.length;
  let cpu: number;
  if (selector.value === 'any') cpu = substream(walker.world.seed, `any ${at}`).below(count);
  else if ('number' in selector.value) cpu = selector.value.number;
  else return lost('TYPE', at, 'CPUs are numbered');
  const text = `${at}[${cpu}]`;
  if (!(cpu >= 0 && cpu < count)) return lost('INDEX', text, `there are ${count} CPUs`);
  const [, , field] = walker.steps;
  if (!field) return found({ kind: 'thing', partition: partition.name, text, thing: { kind: 'cpu', cpu } });
  if (field.kind !== 'field' || walker.steps.length > 3)
    return lost('NOT_A_PLACE', text, 'a CPU has registers and a tick');
  return special.cpuField(partition.name, cpu, field.name, text);
}

/** `disk0`, `disk0.interrupt`, `disk0.iommu[PLACE]`, `disk0.iommu_faults`. */
export function deviceField(
  walker: Walker,
  partition: Partition,
  device: string,
  at: string,
  from: number,
): Outcome<Place> {
  const field = walker.steps[from];
  const thing: ThingPlace = {
    kind: 'thing',
    partition: partition.name,
    text: at,
    thing: { kind: 'device', device },
  };
  if (!field) return found(thing);
  if (field.kind !== 'field') return lost('NOT_A_PLACE', at, 'a device is no array');
  const text = `${at}.${field.name}`;
  if (field.name === 'interrupt') {
    const source = { kind: 'device', partition: partition.name, device } as const;
    return found({ ...thing, text, thing: { kind: 'interrupt', source } });
  }
  if (field.name === 'iommu') return iommuPlace(walker, partition, device, text, from + 1);
  return found({ ...thing, text, thing: { kind: 'measure', subject: at, name: field.name } });
}

function iommuPlace(
  walker: Walker,
  partition: Partition,
  device: string,
  at: string,
  from: number,
): Outcome<Place> {
  if (walker.steps.length <= from) return special.iommuEntryOf(partition, device, undefined, at);
  const place = placeAt(walker, from, at);
  return place.ok
    ? special.iommuEntryOf(partition, device, place.value, `${at}[${place.value.text}]`)
    : place;
}

/** `iommu["disk0"]`, `iommu["disk0"][PLACE]`; `iommu[PLACE]` of the first device that the partition has. */
export function iommuField(walker: Walker, partition: Partition, at: string): Outcome<Place> {
  const first = valueAt(walker, 1, at);
  if (!first.ok) return first;
  const { value } = first;
  if (value.kind === 'string')
    return iommuPlace(walker, partition, value.value, `${at}[${JSON.stringify(value.value)}]`, 2);
  const lpar = walker.world.topology.lpars.find((known) => known.name === partition.name);
  const device = lpar?.devices[0]?.device;
  if (value.kind !== 'place' || device === undefined) {
    return lost('TYPE', at, 'between its brackets stands the name of a device, or a place');
  }
  return special.iommuEntryOf(partition, device, value.value, `${at}[${value.value.text}]`);
}

/** What is no memory: a figure of the harness, `web.cpu_time`, `rescue.refusals`. */
export function measured(whole: ThingPlace, walker: Walker): Outcome<Place> {
  const [first, second] = walker.steps;
  if (!first) return found(whole);
  if (first.kind !== 'field' || second) return lost('NOT_A_PLACE', whole.text, 'it has no such part');
  const thing = { kind: 'measure', subject: whole.text, name: first.name } as const;
  return found({ ...whole, text: `${whole.text}.${first.name}`, thing });
}
