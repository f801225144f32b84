import type { Address } from '../base/address.ts';
import { foldBits } from '../base/fold.ts';
import { walk } from '../formats/page-tables.ts';
import type { CType } from '../model/c-types.ts';
import { GLOBAL_VARIABLES, PER_CPU_VARIABLES } from '../model/kernel-types.ts';
import type { SharedWindow } from '../model/shared-memory.ts';
import type { Partition } from '../target/target.ts';
import { REGISTERS } from '../target/target.ts';
import { perCpu } from './collections/queues.ts';
import { physicalPlace } from './collections/metadata.ts';
import type { Kernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { BytesPlace, Place, Reading } from './place.ts';
import { bytesAt } from './typed.ts';

/** `symbols["x"]`: a kernel variable; of the type that Linux gives it where that is known, else eight bytes. */
export function symbolPlace(kernel: Kernel, name: string, text: string): Outcome<BytesPlace> {
  if (PER_CPU_VARIABLES.has(name))
    return lost('INDEX', text, 'every CPU has its own: write a CPU number in brackets behind it');
  const address = kernel.symbol(name);
  if (address === undefined) return lost('NO_SYMBOL', text, 'the kernel has no such symbol');
  return variableAt(kernel, address, GLOBAL_VARIABLES.get(name), text);
}

/** `symbols["x"][cpu]` of a per-CPU variable. */
export function perCpuPlace(kernel: Kernel, name: string, cpu: number, text: string): Outcome<BytesPlace> {
  const cpus = kernel.partition.cpus.length;
  if (cpu < 0 || cpu >= cpus) return lost('INDEX', text, `there are ${cpus} CPUs`);
  const address = perCpu(kernel, name, cpu, text);
  if (!address.ok) return address;
  // BTF has a VAR for each per-CPU variable: the only place that says how long an array is.
  const btf = kernel.btf();
  const variable = btf.ok ? btf.value.find('variable', name) : undefined;
  const array = btf.ok && variable !== undefined ? btf.value.elements(variable) : undefined;
  if (btf.ok && array && btf.value.kind(btf.value.resolve(array.type)) === 'struct') {
    return bytesAt(kernel, address.value, array.count * btf.value.sizeOf(array.type), { text }, variable);
  }
  return variableAt(kernel, address.value, PER_CPU_VARIABLES.get(name), text);
}

export function isPerCpu(name: string): boolean {
  return PER_CPU_VARIABLES.has(name);
}

/** `memory[address]`: one byte. */
export function memoryPlace(partition: Partition, address: number, text: string): Outcome<BytesPlace> {
  if (!(address >= 0 && address < partition.memory.size)) {
    return lost('INDEX', text, `the partition has ${partition.memory.size} bytes`);
  }
  return found(physicalPlace(partition, address, 1, text));
}

/** `mailbox[offset]`: one byte of a region that the partition shares. */
export function sharedPlace(
  partition: Partition,
  window: SharedWindow,
  offset: number,
  text: string,
): Outcome<BytesPlace> {
  if (!(offset >= 0 && offset < window.bytes))
    return lost('INDEX', text, `the region has ${window.bytes} bytes`);
  return found(physicalPlace(partition, window.physical + offset, 1, text));
}

/** `cpus[0].rip`, `cpus[0].tick`. */
export function cpuField(partition: string, cpu: number, name: string, at: string): Outcome<Place> {
  const text = `${at}.${name}`;
  if (name === 'tick') {
    const source = { kind: 'tick', partition, cpu } as const;
    return found({ kind: 'thing', partition, text, thing: { kind: 'interrupt', source } });
  }
  const register = REGISTERS.find((known) => known === name);
  if (!register) return lost('NO_MEMBER', at, `a CPU has no ${name}`, [...REGISTERS, 'tick']);
  return found({ kind: 'register', partition, text, cpu, register });
}

/** `page_table[PLACE]`: the last-level entry that maps the place's first byte, in the address space of the place. */
export function pageTableEntryOf(kernel: Kernel, place: Place, text: string): Outcome<BytesPlace> {
  if (place.kind !== 'bytes' || place.address === undefined || place.partition !== kernel.partition.name) {
    return lost('NOT_A_PLACE', text, `${place.text} has no virtual address in ${kernel.partition.name}`);
  }
  const { root, levels, fold } = kernel.space(place.space);
  const { memory } = kernel.partition;
  const step = walk((address, into) => memory.read(address, into), root, levels, place.address, fold);
  if (step.entry < 0) return lost('UNMAPPED', text, 'its address is not canonical');
  return found(physicalPlace(kernel.partition, step.entry, 8, text));
}

/** `second_level[PLACE]`: the hypervisor's own entry. */
export function secondLevelEntryOf(partition: Partition, place: Place, text: string): Outcome<Place> {
  const physical = firstPhysical(place, partition.name);
  if (physical === undefined)
    return lost('NOT_A_PLACE', text, `${place.text} is no memory of ${partition.name}`);
  const address = partition.secondLevelEntry?.(physical);
  if (address === undefined)
    return lost('UNSUPPORTED', text, 'this target does not show its second-level tables');
  return found({ kind: 'machine', partition: partition.name, text, address, bytes: 8 });
}

/** `disk0.iommu[PLACE]`, `iommu["disk0"]`: the entry that lets the device reach a page. */
export function iommuEntryOf(
  partition: Partition,
  device: string,
  place: Place | undefined,
  text: string,
): Outcome<Place> {
  const physical = place && firstPhysical(place, partition.name);
  if (place && physical === undefined)
    return lost('NOT_A_PLACE', text, `${place.text} is no memory of ${partition.name}`);
  const address = partition.iommuEntry?.(device, physical);
  if (address === undefined) return lost('UNSUPPORTED', text, 'the target shows no such IOMMU entry');
  return found({ kind: 'machine', partition: partition.name, text, address, bytes: 8 });
}

/** `address(0xffff_8880_0417_2c40)`: the word at a kernel-virtual address. */
export function addressPlace(kernel: Kernel, bits: bigint, text: string): Outcome<BytesPlace> {
  return bytesAt(kernel, foldBits(kernel.fold, bits), 8, { text });
}

/** `machine_address(PLACE)`: where DMA would have to go to hit it. */
export function machineAddressOf(partition: Partition, place: Place): Outcome<Place> {
  if (place.kind === 'machine') return found(place);
  const text = `machine_address(${place.text})`;
  const physical = firstPhysical(place, partition.name);
  if (physical === undefined || place.kind !== 'bytes')
    return lost('NOT_A_PLACE', text, `${place.text} is no memory`);
  const address = partition.machineAddress?.(physical);
  if (address === undefined) return lost('UNSUPPORTED', text, 'the target shows no machine addresses');
  return found({
    kind: 'machine',
    partition: partition.name,
    text,
    address,
    bytes: place.bytes,
    as_address: true,
    of: place,
  });
}

function firstPhysical(place: Place, partition: string): number | undefined {
  return place.kind === 'bytes' && place.partition === partition ? place.runs[0]?.physical : undefined;
}

function variableAt(
  kernel: Kernel,
  address: Address,
  type: CType | undefined,
  text: string,
): Outcome<BytesPlace> {
  if (!type) return bytesAt(kernel, address, 8, { text });
  const btf = kernel.btf();
  const name = type.kind === 'aggregate' || type.kind === 'typedef' || type.kind === 'enum' ? type.name : '';
  const id = btf.ok && name !== '' ? btf.value.findType(name) : undefined;
  if (btf.ok && id !== undefined) return bytesAt(kernel, address, btf.value.sizeOf(id), { text }, id);
  const place = bytesAt(kernel, address, sizeOf(type), { text });
  return place.ok ? found({ ...place.value, reading: readingOf(type) }) : place;
}

function sizeOf(type: CType): number {
  if (type.kind === 'int') return type.bytes;
  return type.kind === 'array' ? sizeOf(type.of) * type.length : 8;
}

function readingOf(type: CType): Reading {
  if (type.kind === 'int') return type.signed ? 'signed' : 'unsigned';
  return type.kind === 'pointer' ? 'pointer' : type.kind === 'array' ? 'aggregate' : 'unsigned';
}
