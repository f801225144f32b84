import type { Address } from '../../../../../base/address.ts';
import type { Random } from '../../../../../base/random.ts';
import { resolved, sizeOf } from '../../../../../formats/locator-code/types.ts';
import type { AppField, AppValue } from '../../../../../model/machine.ts';
import type { TypeModel } from '../../../../../model/structure.ts';
import type { NumberField } from '../../../../../model/number-field.ts';
import { holdsBits, numberIn, plainField, withNumber } from '../../../../../model/number-field.ts';
import type { AppLayout, FillLayout } from './layout.ts';
import { linkShape } from './shapes.ts';
import { memberAt, NO_BELOW, NotBuilt, numbersOf } from './spots.ts';

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

  /** A number in the width that it has there, little-endian. */
  write(address: Address, value: bigint, bytes: number): void {
    this.number(address, plainField(bytes), value);
  }

  /** A number as its field holds it, among what others have in the same bytes. */
  number(address: Address, field: NumberField, value: bigint): void {
    const at = address - this.base;
    this.bytes.set(withNumber(field, this.bytes.subarray(at, at + field.bytes), value), at);
  }

  numberAt(address: Address, field: NumberField): bigint {
    const at = address - this.base;
    return numberIn(field, this.bytes.subarray(at, at + field.bytes));
  }

  pointer(address: Address, to: Address): void {
    this.#view.setUint32(address - this.base, to >>> 0, true);
    this.#view.setInt32(address - this.base + 4, Math.floor(to / 0x1_0000_0000), true);
  }

  read(address: Address, bytes: number): bigint {
    return this.numberAt(address, plainField(bytes));
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
    told(problems, fill.locator.name, () => {
      // Elements that are linked a second time have been filled.
      const fields = fill.fill.same === undefined ? fill.fill.fields : [];
      const fillAll = (shaped: Shaped): void => {
        for (const field of fields)
          told(problems, fill.locator.name, () => fillField(field, fill, shaped, layout, data, random));
      };
      // Which bucket an element hangs in depends on what its key is filled with; elsewhere it is the shape that says
      // whom a fill is for.
      if (fill.locator.shape === 'hash') fillAll(NO_BELOW);
      const shaped = linkShape(fill, layout, data, random);
      if (fill.locator.shape !== 'hash') fillAll(shaped);
    });
  }
  for (const word of layout.model.words) {
    const at = layout.symbols.get(word.symbol);
    if (at !== undefined)
      told(problems, word.symbol, () => data.write(at, wordValue(word.value, layout, data), word.bytes));
  }
  return { data, problems };
}

/** What cannot be built is told, and the rest is built. */
function told(problems: string[], name: string, build: () => void): void {
  try {
    build();
  } catch (caught) {
    if (!(caught instanceof NotBuilt)) throw caught;
    problems.push(`${name}: ${caught.message}`);
  }
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
  const member = memberAt(layout.types, fill.locator.of, value.member);
  const numbers = numbersOf(layout.types, member);
  if (numbers === undefined) throw new NotBuilt(`${value.member.join('.')} is no number`);
  let sum = 0n;
  for (let index = 0; index < fill.total; index++)
    sum += data.numberAt(fill.element(index) + member.offset, numbers.field);
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
  const member = memberAt(layout.types, fill.locator.of, field.member);
  const { offset, type } = member;
  if (field.value.kind === 'text') return fillText(field.value.value, offset, type, fill, layout, data);
  const numbers = numbersOf(layout.types, member);
  if (numbers === undefined) throw new NotBuilt(`${field.member.join('.')} is no number`);
  const { bytes } = numbers.field;
  const places =
    (resolved(layout.types, type)?.kind === 'array' ? shaped.entries?.(field.member) : undefined) ??
    everyEntry(fill.total, numbers.entries);
  const values = valuesOf(field.value, places, shaped, random);
  const odd = values.find((one) => !holdsBits(numbers.field, one));
  if (odd !== undefined)
    throw new NotBuilt(`${field.member.join('.')} has ${numbers.field.width} bits, too few for ${odd}`);
  // What a structure is ordered by comes in order, however it was drawn.
  if (
    fill.locator.key.join('.') === field.member.join('.') &&
    (fill.locator.shape === 'tree' || shaped.entries)
  )
    sort(values);
  places.forEach(({ element, entry }, index) =>
    data.number(fill.element(element) + offset + entry * bytes, numbers.field, values[index] as bigint),
  );
}

/** A text, cut to its room less one; of an array of texts, in each. */
function fillText(
  text: string,
  offset: number,
  type: TypeModel,
  fill: FillLayout,
  layout: AppLayout,
  data: AppData,
): void {
  let [at, copies] = [resolved(layout.types, type), 1];
  for (
    let of = at?.kind === 'array' ? resolved(layout.types, at.of) : undefined;
    at?.kind === 'array' && of?.kind === 'array';
    of = resolved(layout.types, of.of)
  )
    [copies, at] = [copies * at.count, of];
  const room = (at && sizeOf(layout.types, at)) ?? 1;
  const bytes = Buffer.from(text, 'latin1').subarray(0, room - 1);
  for (const { element, entry } of everyEntry(fill.total, copies))
    data.bytes.set(bytes, fill.element(element) + offset + entry * room - data.base);
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
