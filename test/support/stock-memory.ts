import { attach } from '../../src/ambulance/attach.ts';
import { DEFAULT_LIMITS, Meter } from '../../src/ambulance/limits.ts';
import { PhysicalCache } from '../../src/ambulance/physical-cache.ts';
import { read } from '../../src/ambulance/reading.ts';
import type { Subject } from '../../src/ambulance/subject.ts';
import { openSubject } from '../../src/ambulance/subject.ts';
import type { Address } from '../../src/base/address.ts';
import { foldBits } from '../../src/base/fold.ts';
import { NS_PER_MS } from '../../src/base/units.ts';
import { writeNotes } from '../../src/formats/notes.ts';
import type { TypeModel } from '../../src/model/structure.ts';
import { findMember, resolveType } from '../../src/model/type-source.ts';
import type { Patient } from '../../src/patient/patient.ts';
import type { Partition } from '../../src/target/target.ts';
import { REGISTERS } from '../../src/target/target.ts';
import { SHIPPED } from './library.ts';
import { kernelOf, withMachine } from './real-guest.ts';

/** What is written where, guest-physical. */
export interface Poke {
  readonly physical: number;
  readonly bytes: Uint8Array;
}

/** How the value of a place is changed: to a number, or by the bits of a mask. */
export type Change = { readonly to: bigint } | { readonly flip: bigint };

/** Registered and busy by then; within which all CPUs rest at once, so that none may hold what a fixture leaks. */
const BEGIN_NS = 300 * NS_PER_MS;
const PATIENCE_NS = 2000 * NS_PER_MS;

const STEP = /\.(\w+)|\[(\d+)\]/g;

/** Whether a CPU idles or is in user mode: then it holds no lock that anybody spins for. */
export function restingIn(partition: Partition): (cpu: Partition['cpus'][number]) => boolean {
  const { kallsyms, space } = kernelOf(partition);
  const idle = new Set(SHIPPED.lists?.['idle_functions']);
  return (cpu) =>
    (cpu.get('cs') & 3n) === 3n ||
    idle.has(kallsyms.symbolAt(foldBits(space.fold, cpu.get('rip')))?.name ?? '');
}

/** The memory and registers of a stock Linux at one instant at which all CPUs rest, taken once and looked at as often as one likes. */
export class StockMemory {
  readonly #memory: Uint8Array;
  readonly #cpus: Patient['cpus'];
  readonly #copy: Uint8Array;
  readonly #reading: ReturnType<typeof read>;
  readonly #types: Pick<Subject, 'offset' | 'sizeOf'>;
  readonly #symbol: (name: string) => Address | undefined;
  readonly #physical: (address: Address) => number;

  constructor() {
    const taken = withMachine({}, ({ target }) => {
      const [web] = target.partitions;
      if (!web) throw new Error('there is no partition');
      target.runUntil(BEGIN_NS);
      const rests = restingIn(web);
      for (let at = BEGIN_NS; !web.cpus.every(rests); at += NS_PER_MS) {
        if (at > BEGIN_NS + PATIENCE_NS) throw new Error('at no instant do all CPUs rest');
        target.runUntil(at);
      }
      const memory = new Uint8Array(web.memory.size);
      const page = 1 << 20;
      for (let at = 0; at < memory.length; at += page) web.memory.read(at, memory.subarray(at, at + page));
      const cpus = web.cpus.map((cpu, index) => {
        const registers = new Map(REGISTERS.map((name) => [name, cpu.get(name)]));
        return {
          index,
          register: (name: (typeof REGISTERS)[number]) => registers.get(name) ?? 0n,
          steps: 0,
          running: true,
          ticks: 0,
        };
      });
      const note = { name: 'VMCOREINFO', type: 0, desc: Buffer.from(web.vmcoreinfo()) };
      return { memory, cpus, copy: writeNotes([note]) };
    });
    this.#memory = taken.memory;
    this.#cpus = taken.cpus;
    this.#copy = taken.copy;
    const patient = this.patient([]);
    const meter = new Meter(DEFAULT_LIMITS);
    const cache = new PhysicalCache(patient, meter);
    const attachment = attach(patient, cache);
    const opened = openSubject(patient, cache, attachment, SHIPPED);
    if (!opened.ok) throw new Error(opened.message);
    this.#types = opened.value;
    this.#symbol = (name) => opened.value.symbol(name);
    this.#physical = (address) => opened.value.physical(address);
    this.#reading = read(opened.value, attachment, SHIPPED, meter);
  }

  /** A change of a place such as `pids[10].tasks[0].first`: pointers are followed, texts choose by label. */
  poke(place: string, change: Change): Poke {
    const { address, bytes } = this.#find(place);
    const physical = this.#physical(address);
    if (physical < 0) throw new Error(`${place} is not mapped`);
    const view = new DataView(new ArrayBuffer(8));
    new Uint8Array(view.buffer).set(this.#memory.subarray(physical, physical + bytes));
    const value = 'to' in change ? change.to : view.getBigUint64(0, true) ^ change.flip;
    view.setBigUint64(0, BigInt.asUintN(64, value), true);
    return { physical, bytes: new Uint8Array(view.buffer).slice(0, bytes) };
  }

  /** Address of a place, and how many bytes are there; of a symbol where it begins with one. */
  at(place: string): Address {
    return this.#symbol(place) ?? this.#find(place).address;
  }

  /** Where a member lies in a type of the kernel's. */
  offset(type: string, member: string): number {
    return this.#types.offset(type, member);
  }

  size(type: string): number {
    return this.#types.sizeOf(type);
  }

  /** Bytes at a kernel address: a number is one byte, a bigint the eight of a word. */
  write(address: Address, bytes: readonly (number | bigint)[] | Uint8Array): Poke {
    const physical = this.#physical(address);
    if (physical < 0) throw new Error(`nothing is at ${address}`);
    const words = [...bytes].map((one) =>
      typeof one === 'number' ? [one] : Buffer.from(BigUint64Array.of(BigInt.asUintN(64, one)).buffer),
    );
    return { physical, bytes: Buffer.concat(words.map((one) => Uint8Array.from(one))) };
  }

  /** What is at a kernel address. */
  bytes(address: Address, count: number): Uint8Array {
    const physical = this.#physical(address);
    return this.#memory.slice(physical, physical + count);
  }

  /**
   * The machine with that written into it. Whenever it is let run it stays as it is, and what it was before is known.
   */
  patient(pokes: readonly Poke[]): Patient {
    const memory = this.#memory;
    const booted = (physical: number, into: Uint8Array): boolean => {
      if (!(physical >= 0) || physical + into.length > memory.length) return false;
      into.set(memory.subarray(physical, physical + into.length));
      return true;
    };
    return {
      name: 'web',
      memory_bytes: memory.length,
      booted,
      read(physical, into) {
        if (!booted(physical, into)) return false;
        for (const { physical: at, bytes } of pokes) {
          for (const [index, byte] of bytes.entries()) {
            const place = at + index - physical;
            if (place >= 0 && place < into.length) into[place] = byte;
          }
        }
        return true;
      },
      cpus: this.#cpus,
      boot_copy: this.#copy,
      reason: 'inspection',
      devices: [],
      now: () => 0,
      // Nothing happens meanwhile.
      letRun: () => true,
    };
  }

  #find(place: string): { address: Address; bytes: number } {
    const [whole, name = '', label, index] = /^(\w+)\[(?:"([^"]*)"|(\d+))\]/.exec(place) ?? [];
    if (whole === undefined) throw new Error(`${place} is no place`);
    const elements = this.#reading.session.elements(name).all();
    const chosen =
      label === undefined
        ? Number(index)
        : elements.bases.findIndex((_, at) => elements.labelOf(at) === label);
    let address = elements.bases[chosen];
    if (address === undefined) throw new Error(`there is no ${whole}, but ${elements.length} ${name}`);
    const { source, bytesOf } = elements.locator;
    let type: TypeModel = elements.locator.of;
    const space = elements.readerOf(chosen);
    const seen = (): TypeModel => resolveType(type, source) as TypeModel;
    const follow = (): void => {
      const pointer = seen();
      if (pointer.kind !== 'pointer') return;
      address = space.u64(address as Address);
      type = pointer.to;
    };
    for (const [, member, entry] of place.slice(whole.length).matchAll(STEP)) {
      const array = seen();
      if (member === undefined) {
        if (array.kind === 'array') type = array.of;
        else follow();
        address += Number(entry) * bytesOf(type);
        continue;
      }
      follow();
      const found = findMember(type, member, source);
      if (!found || found === 'opaque') throw new Error(`${place}: there is no ${member}`);
      address += found.offset;
      ({ type } = found);
    }
    return { address, bytes: Math.min(bytesOf(type), 8) };
  }
}
