import { hashName, substream } from '../base/random.ts';
import { appVariables } from '../model/app-variables.ts';
import { COLLECTIONS } from '../model/collections.ts';
import type { Path, PathStep } from '../model/expression.ts';
import type { SharedWindow } from '../model/shared-memory.ts';
import { windowsOf } from '../model/shared-memory.ts';
import type { Partition } from '../target/target.ts';
import type { Element } from './collections/element.ts';
import { select } from './collections/element.ts';
import { declaredElements } from './collections/declared.ts';
import { pageTable } from './collections/process.ts';
import { locatorPlace, regionPlace } from './collections/metadata.ts';
import { dentryElements, superBlockElements } from './collections/files.ts';
import { lockElements, runQueueElements } from './collections/queues.ts';
import { isSlabPart, slabElements, slabPart } from './collections/slabs.ts';
import { neighbour, stackElements, stackField, taskElements, threadElements } from './collections/tasks.ts';
import { hrtimerElements, timerElements } from './collections/timers.ts';
import { byteOf } from './extent.ts';
import { runsAt } from './bytes-at.ts';
import { declaredAt, declaredCollection, declaredOf, hasSize } from './declared.ts';
import type { Kernel } from './kernel.ts';
import { openKernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { BytesPlace, Place, ThingPlace } from './place.ts';
import * as special from './special.ts';
import { cpuPlace, deviceField, iommuField, measured } from './things.ts';
import { elementOf, elementsOf, memberOf, objectAt } from './typed.ts';
import type { EvaluateIndex, Walker } from './walker.ts';
import { numberAt, placeAt, selectorAt, valueAt } from './walker.ts';
import type { World } from './world.ts';

const STEP_LIMIT = 64;

/** The place that a path of the language means on the world's target now. */
export function resolvePath(world: World, path: Path, evaluate: EvaluateIndex): Outcome<Place> {
  const steps = flattened(path.steps);
  if (!steps || steps.length > STEP_LIMIT) return lost('LIMIT', path.root, 'the path is too long');
  const walker: Walker = { world, steps, evaluate };
  const partition = world.target.partitions.find((known) => known.name === path.root);
  if (partition) return fromPartition(withoutApp(walker), partition);
  const text = path.root;
  if (world.topology.ambulances.some((ambulance) => ambulance.name === path.root)) {
    return measured(
      { kind: 'thing', partition: '', text, thing: { kind: 'ambulance', ambulance: path.root } },
      walker,
    );
  }
  return lost('NO_PARTITION', path.root, 'there is no partition or ambulance of that name');
}

/** Applies the rest of a path to a place that is already known: behind the name of a `let`. */
export function resolveFrom(
  world: World,
  place: Place,
  steps: readonly PathStep[],
  evaluate: EvaluateIndex,
): Outcome<Place> {
  const rest = flattened(steps);
  if (!rest || rest.length > STEP_LIMIT) return lost('LIMIT', place.text, 'the path is too long');
  if (rest.length === 0) return found(place);
  if (place.kind !== 'bytes') return lost('NOT_A_PLACE', place.text, 'it has no members');
  return inside({ world, steps: rest, evaluate }, place, 0);
}

/** `web.app.orders` is `web.orders`, said in full. */
function withoutApp(walker: Walker): Walker {
  const [first, second] = walker.steps;
  const app = first?.kind === 'field' && first.name === 'app' && second?.kind === 'field';
  return app ? { ...walker, steps: walker.steps.slice(1) } : walker;
}

/** `[.tasks.next]` is applied in place. */
function flattened(steps: readonly PathStep[]): readonly PathStep[] | undefined {
  const all: PathStep[] = [];
  for (const step of steps) {
    if (step.kind === 'index' && step.index.kind === 'fieldpath') all.push(...step.index.steps);
    else all.push(step);
    if (all.length > STEP_LIMIT) return undefined;
  }
  return all;
}

function fromPartition(walker: Walker, partition: Partition): Outcome<Place> {
  const { name: text } = partition;
  const [first] = walker.steps;
  const whole: Place = { kind: 'thing', partition: text, text, thing: { kind: 'partition' } };
  if (!first) return found(whole);
  if (first.kind !== 'field') return lost('NOT_A_PLACE', text, 'a partition is no array');
  const at = `${text}.${first.name}`;
  const device = walker.world.topology.machine.devices.some((known) => known.name === first.name);
  if (device) return deviceField(walker, partition, first.name, at, 1);
  const window = sharedBy(walker, text).find((known) => known.name === first.name);
  if (window) {
    const offset = numberAt(walker, 1, at);
    return offset.ok
      ? rest(
          walker,
          special.sharedPlace(partition, window, offset.value, `${at}[0x${offset.value.toString(16)}]`),
          2,
        )
      : offset;
  }
  switch (first.name) {
    case 'cpus':
      return cpuPlace(walker, partition, at);
    case 'memory': {
      if (walker.steps.length === 1) return measured(whole, walker);
      const address = numberAt(walker, 1, at);
      return address.ok
        ? rest(
            walker,
            special.memoryPlace(partition, address.value, `${at}[0x${address.value.toString(16)}]`),
            2,
          )
        : address;
    }
    case 'metadata':
      return metadataPlace(walker, partition, at);
    case 'second_level': {
      const place = placeAt(walker, 1, at);
      return place.ok
        ? special.secondLevelEntryOf(partition, place.value, `${at}[${place.value.text}]`)
        : place;
    }
    case 'iommu':
      return iommuField(walker, partition, at);
    default:
      return fromKernel(walker, partition, first.name, at, whole);
  }
}

function sharedBy({ world: { topology } }: Walker, name: string): readonly SharedWindow[] {
  const lpar = topology.shared_memory && topology.lpars.find((known) => known.name === name);
  return lpar ? windowsOf(topology, lpar) : [];
}

function fromKernel(
  walker: Walker,
  partition: Partition,
  name: string,
  at: string,
  whole: ThingPlace,
): Outcome<Place> {
  const lpar = walker.world.topology.lpars.find((known) => known.name === partition.name);
  const collection = COLLECTIONS.find((known) => known.name === name) ?? declaredCollection(lpar, name);
  if (!collection && name !== 'symbols' && name !== 'page_table') return measured(whole, walker);
  if (collection && name !== 'log' && isWhole(walker.steps)) {
    return found({ kind: 'collection', partition: partition.name, text: at, collection: name });
  }
  const kernel = openIn(walker.world, partition);
  if (!kernel.ok) return kernel;
  if (name === 'symbols') return symbolPlace(walker, kernel.value, at);
  if (name === 'page_table') {
    const place = placeAt(walker, 1, at);
    return place.ok
      ? special.pageTableEntryOf(kernel.value, place.value, `${at}[${place.value.text}]`)
      : place;
  }
  if (name === 'log') return rest(walker, logPlace(kernel.value, at), 1);
  const selector = selectorAt(walker, 1, at);
  if (!selector.ok) return selector;
  const elements = collectionElements(kernel.value, name, at);
  if (!elements.ok) return elements;
  const random = (): ReturnType<typeof substream> =>
    substream(walker.world.seed, `any ${hashName(at)} ${at}`);
  return rest(walker, select(elements.value, selector.value, at, random), 2);
}

/** The kernel of a partition, with the structures that the topology declares for it. */
export function openIn({ topology }: World, partition: Partition): Outcome<Kernel> {
  const kernel = openKernel(partition);
  if (kernel.ok) kernel.value.declared = declaredOf(kernel.value, topology);
  return kernel;
}

/** `web.tasks`, `web.tasks[*]`. */
function isWhole(steps: readonly PathStep[]): boolean {
  return steps.length === 1 || (steps.length === 2 && steps[1]?.kind === 'all');
}

/** Every element of a collection; the path of the collection is for messages. */
export function collectionElements(kernel: Kernel, name: string, at: string): Outcome<readonly Element[]> {
  switch (name) {
    case 'tasks':
      return taskElements(kernel, at);
    case 'threads':
      return threadElements(kernel, at);
    case 'stacks':
      return stackElements(kernel, at);
    case 'run_queues':
      return runQueueElements(kernel, at);
    case 'locks':
      return lockElements(kernel);
    case 'timers':
      return timerElements(kernel, at);
    case 'hrtimers':
      return hrtimerElements(kernel, at);
    case 'slabs':
      return slabElements(kernel, at);
    case 'super_blocks':
      return superBlockElements(kernel, at);
    case 'dentries':
      return dentryElements(kernel, at);
    default:
      return (
        declaredElements(kernel, kernel.declared, name, at) ??
        lost('NOT_FOUND', at, 'the guest describes no such structure')
      );
  }
}

function rest(walker: Walker, place: Outcome<BytesPlace>, from: number): Outcome<Place> {
  return place.ok ? inside(walker, place.value, from) : place;
}

/** Members, elements and bytes of bytes. */
function inside(walker: Walker, start: BytesPlace, from: number): Outcome<Place> {
  const kernel = kernelOf(walker, start);
  let place = start;
  for (let index = from; index < walker.steps.length; index++) {
    const step = walker.steps[index] as PathStep;
    let next: Outcome<BytesPlace>;
    if (step.kind === 'field' && step.name === 'bytes' && walker.steps[index + 1]?.kind === 'index') {
      const number = numberAt(walker, ++index, `${place.text}.bytes`);
      next = number.ok ? byteOf(place, number.value) : number;
    } else if (step.kind === 'field' && isSlabPart(place, step.name)) {
      next = kernel.ok ? partOf(walker, kernel.value, place, step.name, ++index) : kernel;
    } else if (step.kind === 'field') {
      next = kernel.ok ? fieldOf(kernel.value, place, step.name) : kernel;
    } else if (step.kind === 'index') {
      next = kernel.ok ? itemsAt(walker, kernel.value, place, index) : kernel;
    } else {
      return lost('NOT_A_PLACE', place.text, 'only one place can be meant here');
    }
    if (!next.ok) return next;
    place = next.value;
  }
  return found(place);
}

/** `[3]`, or `[8..14]`: neighbours taken together. */
function itemsAt(walker: Walker, kernel: Kernel, array: BytesPlace, index: number): Outcome<BytesPlace> {
  const value = valueAt(walker, index, array.text);
  if (!value.ok) return value;
  if (value.value.kind === 'range')
    return elementsOf(kernel, array, Number(value.value.low), Number(value.value.high));
  const number = numberAt(walker, index, array.text);
  return number.ok ? elementOf(kernel, array, number.value) : number;
}

/** `.objects[4]` of a cache. */
function partOf(
  walker: Walker,
  kernel: Kernel,
  cache: BytesPlace,
  part: string,
  index: number,
): Outcome<BytesPlace> {
  const at = `${cache.text}.${part}`;
  const selector = selectorAt(walker, index, at);
  if (!selector.ok) return selector;
  const elements = slabPart(kernel, cache, part);
  const random = (): ReturnType<typeof substream> => substream(walker.world.seed, `any ${at}`);
  return elements.ok ? select(elements.value, selector.value, at, random) : elements;
}

function fieldOf(kernel: Kernel, place: BytesPlace, name: string): Outcome<BytesPlace> {
  if (
    (place.element === 'tasks' || place.element === 'threads') &&
    (name === 'successor' || name === 'predecessor')
  ) {
    return neighbour(kernel, place, name);
  }
  return place.element === 'stacks' ? stackField(kernel, place, name) : memberOf(kernel, place, name);
}

function kernelOf(walker: Walker, place: BytesPlace): Outcome<Kernel> {
  const partition = walker.world.target.partitions.find((known) => known.name === place.partition);
  return partition
    ? openIn(walker.world, partition)
    : lost('NO_PARTITION', place.partition, 'there is no such partition');
}

function symbolPlace(walker: Walker, kernel: Kernel, at: string): Outcome<Place> {
  const name = valueAt(walker, 1, at);
  if (!name.ok) return name;
  if (name.value.kind !== 'string')
    return lost('TYPE', at, 'between its brackets stands the name of a symbol');
  const text = `${at}[${JSON.stringify(name.value.value)}]`;
  if (!special.isPerCpu(name.value.value))
    return rest(walker, variablePlace(walker, kernel, name.value.value, text), 2);
  const cpu = numberAt(walker, 2, text);
  if (!cpu.ok) return cpu;
  return rest(walker, special.perCpuPlace(kernel, name.value.value, cpu.value, `${text}[${cpu.value}]`), 3);
}

/** The kernel's own, or a process's that a locator speaks of. */
function variablePlace(walker: Walker, kernel: Kernel, name: string, text: string): Outcome<BytesPlace> {
  const address = kernel.symbol(name);
  if (address !== undefined && address < 0) return special.symbolPlace(kernel, name, text);
  const lpar = walker.world.topology.lpars.find((known) => known.name === kernel.partition.name);
  const own = lpar && appVariables(lpar).get(name);
  if (own && address !== undefined) {
    const table = pageTable(kernel, own.comm, text);
    if (!table.ok) return table;
    const naming = { text, space: table.value };
    const { type } = own;
    const { declared } = kernel;
    if (type && declared && hasSize(declared, type))
      return declaredAt(kernel, declared, address, type, naming);
    const place = runsAt(kernel, address, own.bytes, naming);
    return place.ok ? found({ ...place.value, reading: 'unsigned' }) : place;
  }
  return special.symbolPlace(kernel, name, text);
}

/** `prb` points at the ring. */
function logPlace(kernel: Kernel, text: string): Outcome<BytesPlace> {
  const symbol = kernel.symbol('prb');
  const ring = symbol === undefined ? undefined : kernel.u64(symbol);
  if (ring === undefined) return lost('NO_SYMBOL', text, 'the kernel has no prb');
  return objectAt(kernel, ring, 'printk_ringbuffer', { text, element: 'log' });
}

function metadataPlace(walker: Walker, partition: Partition, at: string): Outcome<Place> {
  const [, second] = walker.steps;
  if (second?.kind === 'field' && second.name === 'locators') {
    const name = valueAt(walker, 2, `${at}.locators`);
    if (!name.ok) return name;
    if (name.value.kind !== 'string')
      return lost('TYPE', at, 'between its brackets stands the name of a locator');
    return rest(walker, locatorPlace(partition, name.value.value, `${at}.locators`), 3);
  }
  return rest(walker, regionPlace(partition, at), 1);
}
