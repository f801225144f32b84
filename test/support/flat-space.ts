import { DEFAULT_LIMITS, Meter } from '../../src/ambulance/limits.ts';
import type { Space } from '../../src/ambulance/space.ts';
import { PhysicalCache } from '../../src/ambulance/physical-cache.ts';
import { openSpace } from '../../src/ambulance/space.ts';
import type { Address } from '../../src/base/address.ts';
import type { Fold } from '../../src/base/fold.ts';
import { foldBits, NO_FOLD } from '../../src/base/fold.ts';
import type { PagingLevels } from '../../src/formats/page-tables.ts';
import { PTE, tableIndex } from '../../src/formats/page-tables.ts';
import type { Patient } from '../../src/patient/patient.ts';

const MEMORY_BYTES = 0x10_0000;
const TOP = 0x1000;
const PAGE = 0x1000;

/** Where the mebibyte is mapped in a kernel with five levels: at its direct map. A multiple of 1 GiB. */
interface Elsewhere {
  readonly origin: bigint;
  readonly fold: Fold;
}

/**
 * A mebibyte where virtual is physical (one page of a gigabyte), to lay structures out in by hand; or far up, with five
 * levels.
 */
export class FlatSpace {
  readonly meter = new Meter(DEFAULT_LIMITS);
  readonly space: Space;
  /** Address of the first byte. */
  readonly origin: bigint;
  readonly #physical: PhysicalCache | undefined;
  readonly #view = new DataView(new ArrayBuffer(MEMORY_BYTES));

  constructor(elsewhere?: Elsewhere) {
    const { origin, fold } = elsewhere ?? { origin: 0n, fold: NO_FOLD };
    this.origin = origin;
    const levels: PagingLevels = elsewhere ? 5 : 4;
    const bytes = new Uint8Array(this.#view.buffer);
    for (let level: number = levels; level >= 3; level--) {
      const table = TOP + (levels - level) * PAGE;
      const index = tableIndex(
        Number(origin & 0xffff_ffffn),
        Number(BigInt.asIntN(32, origin >> 32n)),
        level,
      );
      this.put(table + index * 8, level > 3 ? table + PAGE + PTE.PRESENT : PTE.PRESENT + PTE.PAGE_SIZE);
    }
    const from =
      (memory: Uint8Array): Patient['read'] =>
      (physical, into) => {
        if (!(physical >= 0) || physical + into.length > MEMORY_BYTES) return false;
        into.set(memory.subarray(physical, physical + into.length));
        return true;
      };
    const read = from(bytes);
    const booted = (): Patient['booted'] => this.#kept && from(this.#kept);
    const patient: Patient = {
      name: 'web',
      memory_bytes: MEMORY_BYTES,
      read,
      cpus: [],
      reason: 'inspection',
      devices: [],
      now: () => 0,
      letRun: () => false,
      get booted() {
        return booted();
      },
    };
    this.#physical = new PhysicalCache(patient, this.meter);
    this.space = openSpace(this.#physical, TOP, { levels, fold });
  }

  /** The number of the address at which a byte lies. */
  at(offset: number): Address {
    return foldBits(this.space.fold, this.origin + BigInt(offset));
  }

  /** From now on this is what the memory was when the guest had booted. */
  keep(): void {
    this.#kept = new Uint8Array(this.#view.buffer.slice(0));
  }
  #kept: Uint8Array | undefined;

  putBytes(address: number, bytes: readonly number[]): void {
    bytes.forEach((byte, index) => this.#view.setUint8(address + index, byte));
    this.#physical?.forget();
  }

  put(address: number, value: number | bigint): void {
    this.#view.setBigUint64(address, BigInt.asUintN(64, BigInt(value)), true);
    this.#physical?.forget();
  }

  get(address: number): number {
    return Number(this.#view.getBigUint64(address, true));
  }
}
