import type { Address } from '../../base/address.ts';
import { isCanonical } from '../../base/address.ts';
import type { LinkedLibrary } from '../../structure/link.ts';
import type { Reader } from '../../structure/reader.ts';
import { Session } from '../../structure/session.ts';
import { declaredAt } from '../declared.ts';
import type { Kernel } from '../kernel.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import type { Element } from './element.ts';
import { pageTable } from './process.ts';

/** More steps than that in one structure: no place is looked for there. */
const STEPS = 4_000_000;

/**
 * Elements of a structure that a spec declares, by its locator: numbered by its id where it has one, also by their
 * position. Undefined when there is no such locator.
 */
export function declaredElements(
  kernel: Kernel,
  linked: LinkedLibrary | undefined,
  name: string,
  at: string,
): Outcome<Element[]> | undefined {
  const locator = linked?.library.locators.find((one) => one.name === name);
  if (!linked || !locator) return undefined;
  const session = sessionOf(kernel, linked, at);
  const elements = session.elements(name).all();
  if (elements.failure) return lost('WALK', at, `${elements.failure.code}: ${elements.failure.message}`);
  const comm = spaceOf(linked, name);
  const table = comm === undefined ? found<number | undefined>(undefined) : pageTable(kernel, comm, at);
  if (!table.ok) return table;
  const naming = table.value === undefined ? { element: name } : { element: name, space: table.value };
  return found(
    elements.bases.map((base, position): Element => {
      const label = elements.labelOf(position);
      const id = elements.locator.readId(elements.readerOf(position), base);
      const number = Number.isNaN(id) ? position : id;
      return {
        label: elements.name(position).slice(name.length + 1, -1),
        number,
        position,
        ...(label === undefined ? {} : { name: label }),
        open: (text) => declaredAt(kernel, linked, base, locator.of, { text, ...naming }),
      };
    }),
  );
}

/** A nested structure lies where its parent does. */
function spaceOf({ library }: LinkedLibrary, name: string): string | undefined {
  let model = library.locators.find((one) => one.name === name);
  for (let depth = 0; model && model.space === undefined && depth < 8; depth++) {
    const { parent }: { readonly parent?: string } = model;
    model = library.locators.find((one) => one.name === parent);
  }
  return model?.space?.comm;
}

function sessionOf(kernel: Kernel, linked: LinkedLibrary, at: string): Session {
  let steps = 0;
  const offsets = kernel.symbol('__per_cpu_offset') ?? NaN;
  return new Session(linked, {
    kernel: readerOf(kernel),
    process(comm) {
      const table = pageTable(kernel, comm, at);
      return table.ok
        ? readerOf(kernel, table.value)
        : { code: 'UNMAPPED', message: `there is no process ${comm}` };
    },
    symbol: (name) => kernel.symbol(name),
    perCpuBase: (cpu) => kernel.u64(offsets + cpu * 8) ?? NaN,
    cpu_count: kernel.partition.cpus.length,
    cpus: [],
    isFunction: () => false,
    inText: () => false,
    functionAt: () => '',
    symbolAround: (address) => kernel.symbolAround(address),
    budget: { step: () => ++steps <= STEPS },
    finding_limit: 1,
  });
}

/** A partition's memory as structures are read from it. */
function readerOf(kernel: Kernel, space?: number): Reader {
  const word = new Uint8Array(8);
  const view = new DataView(word.buffer);
  const read = (address: Address, bytes: number): boolean =>
    isCanonical(address) && kernel.read(address, word.subarray(0, bytes), space);
  const reader: Reader = {
    fold: kernel.fold,
    u8: (address) => (read(address, 1) ? view.getUint8(0) : NaN),
    u16: (address) => (read(address, 2) ? view.getUint16(0, true) : NaN),
    u32: (address) => (read(address, 4) ? view.getUint32(0, true) : NaN),
    u64: (address) => (isCanonical(address) ? (kernel.u64(address, space) ?? NaN) : NaN),
    bytes(address, length) {
      const into = new Uint8Array(length);
      return isCanonical(address) && kernel.read(address, into, space) ? into : undefined;
    },
    mapped: (address) => read(address, 1),
    physical: (address) => (isCanonical(address) ? kernel.space(space).translate(address) : -1),
    firstOther(address, length, byte) {
      for (let at = address; at < address + length; at++) if (reader.u8(at) !== byte) return at;
      return NaN;
    },
  };
  return reader;
}
