import type { Address } from '../../../../../base/address.ts';
import type { Random } from '../../../../../base/random.ts';
import { resolved, sizeOf } from '../../../../../formats/locator-code/types.ts';
import type { AppField, AppValue } from '../../../../../model/machine.ts';
import type { TypeModel } from '../../../../../model/structure.ts';
import type { AppLayout, FillLayout } from './layout.ts';
import { linkShape } from './shapes.ts';
import { memberAt, NO_BELOW, NotBuilt } from './spots.ts';

/** The bytes of an app's data, as they are before its first instruction. */
export class AppData {
  readonly bytes: Uint8Array;
  readonly base: Address;
  readonly #view: DataView;

  constructor(base: Address, bytes: number) {
    this.base = base;
    this.bytes = new Uint8Array(bytes);
    this.#view = new DataView(this.bytes.buffer);
  }

  /** A number in the width that it has there, little-endian unless it is said. */
  write(address: Address, value: bigint, bytes: number, big_endian = false): void {
    let left = BigInt.asUintN(64, value);
    for (let index = 0; index < bytes; index++, left >>= 8n)
      this.bytes[address - this.base + (big_endian ? bytes - 1 - index : index)] = Number(left & 0xffn);
  }

  pointer(address: Address, to: Address): void {
    this.#view.setUint32(address - this.base, to >>> 0, true);
    this.#view.setInt32(address - this.base + 4, Math.floor(to / 0x1_0000_0000), true);
  }

  read(address: Address, bytes: number): bigint {
    let value = 0n;
    for (let index = bytes - 1; index >= 0; index--)
      value = (value << 8n) | BigInt(this.bytes[address - this.base + index] as number);
    return value;
  }
}

/** What a shape decided of its elements. */
export interface Shaped {
  /** Nobody is below it. Shapes without a below: never. */
  childless(index: number): boolean;
  /** Entries of an array member in the order of a counter: those in use, of all elements; undefined: every entry. */
  readonly entries?: (
    member: readonly string[],
  ) => readonly { readonly element: number; readonly entry: number }[];
  /** Members that the shape has written itself. */
  readonly own: readonly string[];
}

/** Builds everything that an app declares. What cannot be built stays zero, and is told in `problems`. */
export function buildAppData(
  layout: AppLayout,
  random: Random,
): { readonly data: AppData; readonly problems: readonly string[] } {
  const data = new AppData(layout.base, layout.bytes);
  const problems = [...layout.problems];
  for (const fill of layout.fills) {
    try {
      // Elements that are linked a second time have been filled.
      const fields = fill.fill.same === undefined ? fill.fill.fields : [];
      const fillAll = (shaped: Shaped): void => {
        for (const field of fields) fillField(field, fill, shaped, layout, data, random);
      };
      // Which bucket an element hangs in depends on what its key is filled with; elsewhere it is the shape that says whom a fill is for.
      if (fill.locator.shape === 'hash') fillAll(NO_BELOW);
      const shaped = linkShape(fill, layout, data, random);
      if (fill.locator.shape !== 'hash') fillAll(shaped);
    } catch (caught) {
      if (!(caught instanceof NotBuilt)) throw caught;
      problems.push(`${fill.locator.name}: ${caught.message}`);
    }
  }
  for (const word of layout.model.words) {
    const at = layout.symbols.get(word.symbol);
    if (at !== undefined) data.write(at, wordValue(word.value, layout, data), word.bytes);
  }
  return { data, problems };
}

function wordValue(
  value: AppLayout['model']['words'][number]['value'],
  layout: AppLayout,
  data: AppData,
): bigint {
  if (value.kind === 'constant') return value.value;
  const fill = layout.fills.find((one) => one.locator.name === value.locator);
  if (!fill) return 0n;
  if (value.kind === 'count') return BigInt(fill.total);
  const { offset, type } = memberAt(layout.types, fill.locator.of, value.member);
  const bytes = sizeOf(layout.types, type) ?? 8;
  let sum = 0n;
  for (let index = 0; index < fill.total; index++) sum += data.read(fill.element(index) + offset, bytes);
  return sum;
}

function fillField(
  field: AppField,
  fill: FillLayout,
  shaped: Shaped,
  layout: AppLayout,
  data: AppData,
  random: Random,
): void {
  if (shaped.own.includes(field.member.join('.'))) return;
  const { offset, type } = memberAt(layout.types, fill.locator.of, field.member);
  const seen = resolved(layout.types, type);
  if (field.value.kind === 'text') {
    const bytes = sizeOf(layout.types, type) ?? 1;
    const text = Buffer.from(field.value.value, 'latin1').subarray(0, bytes - 1);
    for (let index = 0; index < fill.total; index++)
      data.bytes.set(text, fill.element(index) + offset - data.base);
    return;
  }
  const of = seen?.kind === 'array' ? resolved(layout.types, seen.of) : seen;
  const bytes = of && sizeOf(layout.types, of);
  if (bytes === undefined || of?.kind === 'aggregate')
    throw new NotBuilt(`${field.member.join('.')} is no number`);
  const entries = seen?.kind === 'array' ? seen.count : 1;
  const places =
    (seen?.kind === 'array' ? shaped.entries?.(field.member) : undefined) ?? everyEntry(fill.total, entries);
  const values = valuesOf(field.value, places, shaped, random);
  // What a structure is ordered by comes in order, however it was drawn.
  if (
    fill.locator.key.join('.') === field.member.join('.') &&
    (fill.locator.shape === 'tree' || shaped.entries)
  )
    sort(values);
  places.forEach(({ element, entry }, index) =>
    data.write(fill.element(element) + offset + entry * bytes, values[index] as bigint, bytes, bigEndian(of)),
  );
}

function bigEndian(type: TypeModel | undefined): boolean {
  return type?.kind === 'int' && type.big_endian;
}

function everyEntry(total: number, entries: number): { element: number; entry: number }[] {
  return Array.from({ length: total * entries }, (_, index) => ({
    element: Math.floor(index / entries),
    entry: index % entries,
  }));
}

function valuesOf(
  value: AppValue,
  places: readonly { readonly element: number }[],
  shaped: Shaped,
  random: Random,
): bigint[] {
  let next = value.kind === 'counter' ? value.from : 0n;
  return places.map(({ element }) => {
    if (value.kind === 'counter') {
      const now = next;
      next += value.step;
      return now;
    }
    return draw(value, random, () => shaped.childless(element));
  });
}

function draw(value: AppValue, random: Random, childless: () => boolean): bigint {
  switch (value.kind) {
    case 'constant':
      return value.value;
    case 'range':
      return value.low + drawBelow(value.high - value.low + 1n, random);
    case 'choice':
      return value.values[random.below(value.values.length)] ?? 0n;
    case 'childless':
      return draw(childless() ? value.then : value.otherwise, random, childless);
    default:
      return 0n;
  }
}

/** A number in [0, bound), of up to 64 bits. */
function drawBelow(bound: bigint, random: Random): bigint {
  if (bound <= 0x1_0000_0000n) return BigInt(random.below(Number(bound)));
  return ((BigInt(random.u32()) << 32n) | BigInt(random.u32())) % bound;
}

function sort(values: bigint[]): void {
  values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}
