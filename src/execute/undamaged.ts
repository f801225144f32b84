import { PAGE_SIZE } from '../base/units.ts';
import type { Receipt } from '../record/record.ts';
import type { Partition, PhysicalMemory, Target } from '../target/target.ts';

/** Bytes that a fault has overwritten, and that nobody has touched since. */
interface Damage {
  readonly physical: number;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
}

/**
 * A machine as it would be read had the faults not struck, where there is no twin to ask: over its memory lie the bytes
 * that they overwrote, as long as the damage still stands. Places are resolved here, so that a link that was damaged
 * leads where it did. Only to be looked at.
 */
export class Undamaged implements Target {
  readonly name: Target['name'];
  readonly partitions: readonly Partition[];
  readonly #live: Target;
  readonly #damage = new Map<string, Damage[]>();

  constructor(live: Target) {
    this.#live = live;
    this.name = live.name;
    this.partitions = live.partitions.map((partition) => this.#partition(partition));
  }

  now(): number {
    return this.#live.now();
  }

  runUntil(): void {
    // Nothing passes here: it is the live machine that runs.
  }

  /** Takes note of all that has struck so far. */
  note(receipts: readonly Receipt[]): void {
    this.#damage.clear();
    for (const { partition, physical, before, after, fired_ns } of receipts) {
      if (fired_ns === undefined || physical < 0 || before === '') continue;
      // What goes on beyond the page may lie anywhere.
      const most = PAGE_SIZE - (physical % PAGE_SIZE);
      const bytes = (hex: string): Uint8Array => Buffer.from(hex, 'hex').subarray(0, most);
      const list = this.#damage.get(partition) ?? [];
      this.#damage.set(partition, list);
      list.unshift({ physical, before: bytes(before), after: bytes(after) });
    }
  }

  #partition(live: Partition): Partition {
    const memory: PhysicalMemory = {
      size: live.memory.size,
      read: (address, into) => this.#read(live, address, into),
      write: () => false,
    };
    return {
      name: live.name,
      memory,
      cpus: live.cpus,
      vmcoreinfo: () => live.vmcoreinfo(),
      region: () => live.region?.(),
      machineAddress: (physical) => live.machineAddress?.(physical),
      park: () => undefined,
      resume: () => undefined,
      get parked(): boolean {
        return live.parked;
      },
    };
  }

  #read(live: Partition, address: number, into: Uint8Array): boolean {
    if (!live.memory.read(address, into)) return false;
    // The last fault's bytes come off first.
    for (const { physical, before, after } of this.#damage.get(live.name) ?? []) {
      if (physical + before.length <= address || physical >= address + into.length) continue;
      if (stands(live.memory, physical, after)) lay(before, physical, address, into);
    }
    return true;
  }
}

function stands(memory: PhysicalMemory, physical: number, after: Uint8Array): boolean {
  const now = new Uint8Array(after.length);
  return memory.read(physical, now) && Buffer.compare(now, after) === 0;
}

function lay(bytes: Uint8Array, physical: number, address: number, into: Uint8Array): void {
  const from = Math.max(physical, address);
  const to = Math.min(physical + bytes.length, address + into.length);
  into.set(bytes.subarray(from - physical, to - physical), from - address);
}
