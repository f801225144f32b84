import { DEFAULT_LIMITS, Meter } from '../../src/ambulance/limits.ts';
import { PhysicalCache, Space } from '../../src/ambulance/memory.ts';
import { PTE } from '../../src/formats/page-tables.ts';
import type { Patient } from '../../src/patient/patient.ts';

const MEMORY_BYTES = 0x10_0000;
const TOP = 0x1000;
const SECOND = 0x2000;

/** A mebibyte where virtual is physical (one page of a gigabyte), to lay structures out in by hand. */
export class FlatSpace {
  readonly meter = new Meter(DEFAULT_LIMITS);
  readonly space: Space;
  readonly #physical: PhysicalCache | undefined;
  readonly #view = new DataView(new ArrayBuffer(MEMORY_BYTES));

  constructor() {
    const bytes = new Uint8Array(this.#view.buffer);
    this.put(TOP, SECOND + PTE.PRESENT);
    this.put(SECOND, PTE.PRESENT + PTE.PAGE_SIZE);
    const from =
      (memory: Uint8Array): Patient['read'] =>
      (physical, into) => {
        if (!(physical >= 0) || physical + into.length > MEMORY_BYTES) return false;
        into.set(memory.subarray(physical, physical + into.length));
        return true;
      };
    const read = from(bytes);
    const booted = (): Patient['booted'] => this.#kept && from(this.#kept);
    const patient: Patient = { name: 'web', memory_bytes: MEMORY_BYTES, read, cpus: [], reason: 'inspection', devices: [], now: () => 0, letRun: () => false, get booted() { return booted(); } }; // prettier-ignore
    this.#physical = new PhysicalCache(patient, this.meter);
    this.space = new Space(this.#physical, TOP, 4);
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
