import type { Address } from '../base/address.ts';
import type { Fold } from '../base/fold.ts';
import { NO_FOLD, trueBits } from '../base/fold.ts';
import type { NumberField } from '../model/number-field.ts';
import type { TypeModel } from '../model/structure.ts';
import type { InterruptSource, Location, RegisterName } from '../target/target.ts';

/** A run of guest-physical bytes. */
export interface Run {
  readonly physical: number;
  readonly bytes: number;
}

/**
 * What a path of the language means at one instant. `text` is the path with its indices resolved (`[any]` became
 * `["nginx"]`): pasted into a spec it names the same place. Plain data but for `type`, which is BTF's and shared.
 */
export type Place = BytesPlace | RegisterPlace | MachinePlace | ThingPlace | CollectionPlace;

/** Bytes of a partition's memory. */
export interface BytesPlace {
  readonly kind: 'bytes';
  readonly partition: string;
  readonly text: string;
  /** Guest-virtual address of the first byte, when it has one. */
  readonly address?: Address;
  /** What that number stands for; absent: itself. */
  readonly fold?: Fold;
  /** In order; more than one only where neighbouring pages are not neighbours in physical memory. */
  readonly runs: readonly Run[];
  readonly bytes: number;
  /** Element of which collection, when it is one: what `.successor` and verbs go by. */
  readonly element?: string;
  /** Address of the task that a stack belongs to. */
  readonly owner?: Address;
  /** How the bytes are to be read as a value; absent: unsigned when they are 1, 2, 4 or 8. */
  readonly reading?: Reading;
  /** How the number lies in them, where that is not all of them with the least significant byte first. */
  readonly number?: NumberField;
  /** BTF's type; absent when unknown. */
  readonly type?: number;
  /** The type that a spec gives it, where it is of a structure that the spec declares: then `type` is absent. */
  readonly declared?: TypeModel;
  /** Physical address of the top page table that pointers in these bytes are meant for; absent: the kernel's. */
  readonly space?: number;
}

export type Reading = 'unsigned' | 'signed' | 'bool' | 'pointer' | 'text' | 'aggregate';

interface RegisterPlace {
  readonly kind: 'register';
  readonly partition: string;
  readonly text: string;
  readonly cpu: number;
  readonly register: RegisterName;
}

/** Bytes in the hypervisor's hands: second-level and IOMMU tables; or a machine address to write to by DMA. */
export interface MachinePlace {
  readonly kind: 'machine';
  readonly partition: string;
  readonly text: string;
  readonly address: number;
  readonly bytes: number;
  /** From `machine_address(…)`: its value is the address, not what stands there. */
  readonly as_address?: true;
  /** The place that was asked for. */
  readonly of?: BytesPlace;
}

/** What is no bytes: a CPU, an interrupt, a device, a partition, an ambulance, a figure that the harness measures. */
export interface ThingPlace {
  readonly kind: 'thing';
  readonly partition: string;
  readonly text: string;
  readonly thing:
    | { readonly kind: 'cpu'; readonly cpu: number }
    | { readonly kind: 'interrupt'; readonly source: InterruptSource }
    | { readonly kind: 'device'; readonly device: string }
    | { readonly kind: 'partition' }
    | { readonly kind: 'ambulance'; readonly ambulance: string }
    | { readonly kind: 'measure'; readonly subject: string; readonly name: string };
}

/** A whole collection: something to count, or to claim a verdict of. */
interface CollectionPlace {
  readonly kind: 'collection';
  readonly partition: string;
  readonly text: string;
  readonly collection: string;
}

/** The 64 bits of a place's virtual address; undefined when it has none. */
export function addressBits({ address, fold = NO_FOLD }: BytesPlace): bigint | undefined {
  return address === undefined ? undefined : trueBits(fold, address);
}

/** The places of a target that a place is made of; empty for what is no bytes and no register. */
export function locations(place: Place): readonly Location[] {
  switch (place.kind) {
    case 'bytes':
      return runLocations(place);
    case 'register':
      return [{ kind: 'register', partition: place.partition, cpu: place.cpu, register: place.register }];
    case 'machine':
      return [{ kind: 'machine', address: place.address, bytes: place.bytes }];
    case 'thing':
    case 'collection':
      return [];
  }
}

function runLocations(place: BytesPlace): readonly Location[] {
  const list: Location[] = [];
  let done = 0;
  for (const run of place.runs) {
    const address = place.address === undefined ? {} : { address: place.address + done };
    list.push({
      kind: 'memory',
      partition: place.partition,
      physical: run.physical,
      bytes: run.bytes,
      ...address,
    });
    done += run.bytes;
  }
  return list;
}

/** True when the guest-physical byte lies in the place. */
export function holds(place: Place, partition: string, physical: number): boolean {
  if (place.kind !== 'bytes' || place.partition !== partition) return false;
  return place.runs.some((run) => physical >= run.physical && physical < run.physical + run.bytes);
}
