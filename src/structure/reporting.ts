import type { Address } from '../base/address.ts';
import type { Fold } from '../base/fold.ts';
import { NO_FOLD, turned } from '../base/fold.ts';
import type { NumberField } from '../model/number-field.ts';
import type { Tables, Template } from './compile/tables.ts';
import type { Elements, Guard } from './elements.ts';
import type { Draft, Failing } from './findings.ts';
import type { Reader } from './reader.ts';
import type { Session } from './session.ts';
import { hex, hexAt } from './shapes/shape.ts';
import type { Trail } from './trail.ts';
import { Wide } from './wide.ts';

interface Making {
  rule: number;
  code: string;
  place: string;
  address: Address;
  bytes: number;
  field: NumberField | undefined;
  pointer: boolean;
  space: Reader | undefined;
  object: Draft['object'];
  parts: (string | undefined)[];
  expected: number | undefined;
  expected_bits: bigint | undefined;
  guard: Guard | undefined;
  around: Guard[];
  through: boolean;
  bound: unknown[];
  text: string;
  back: Draft['back'];
  /** C type of the place itself, '' when it has no name. */
  named: string;
}

function blank(): Making {
  return {
    rule: -1,
    code: '',
    place: '',
    address: NaN,
    bytes: 0,
    field: undefined,
    pointer: false,
    space: undefined,
    object: undefined,
    parts: [],
    expected: undefined,
    expected_bits: undefined,
    guard: undefined,
    around: [],
    through: false,
    bound: [],
    text: '',
    back: undefined,
    named: '',
  };
}

/** What generated code says: findings, and what became of reading a lying memory. */
export class Reporting extends Wide {
  readonly texts: readonly string[];
  readonly readers: readonly Reader[];
  /** What the patient's numbers stand for. */
  readonly fold: Fold;
  /** What came of it. */
  readonly drafts: Draft[] = [];
  /** Findings beyond the limit. */
  left_out = 0;
  failure: Failing | undefined;
  protected readonly session: Session;
  protected readonly tables: Tables;
  readonly #structure: string;
  #making: Making | undefined;
  #index_at: { readonly address: Address; readonly bytes: number; readonly place: string } | undefined;

  constructor(session: Session, tables: Tables, structure: string, readers: readonly Reader[]) {
    super();
    this.session = session;
    this.tables = tables;
    this.#structure = structure;
    this.texts = tables.texts.items;
    this.readers = readers;
    this.fold = readers[0]?.fold ?? NO_FOLD;
  }

  /** The high half of an address for that of its number, and the other way round. */
  turn(high: number): number {
    return turned(this.fold, high);
  }

  unmapped(field: Address, target: Address, template: number, ...holes: readonly number[]): void {
    // The first counts, and places take long to name.
    if (this.failure) return;
    const place = this.fill(template, holes);
    this.fail(
      'UNMAPPED',
      `${place} leads to ${hex(target, this.fold)}, which cannot be read`,
      place,
      field,
      8,
    );
  }

  outside(
    _space: Reader,
    array: Address,
    index: number,
    count: number,
    template: number,
    ...holes: readonly number[]
  ): void {
    const from = this.#index_at;
    this.#index_at = undefined;
    if (this.failure) return;
    const place = this.fill(template, holes);
    const message = `entry ${index} of ${place}, which has ${count}`;
    this.fail('INDEX', message, from?.place ?? place, from?.address ?? array, from?.bytes ?? 8);
  }

  /** Where the index was read that is found to be outside next. */
  indexAt(address: Address, bytes: number, template: number, ...holes: readonly number[]): void {
    this.#index_at = { address, bytes, place: this.fill(template, holes) };
  }

  wrapped(_space: Reader, field: Address, template: number, ...holes: readonly number[]): void {
    if (this.failure) return;
    const place = this.fill(template, holes);
    this.fail('WRAP', `a bound made of ${place} is less than nothing`, place, field, 8);
  }

  zeroDivisor(): void {
    this.fail('DIVISION', 'a division by zero', '', NaN, 0);
  }

  begin(rule: number): boolean {
    if (this.drafts.length >= this.session.finding_limit) {
      this.left_out++;
      return false;
    }
    this.#making = { ...blank(), rule, code: this.tables.rules[rule]?.code ?? '' };
    return true;
  }

  blame(
    space: Reader,
    address: Address,
    bytes: number,
    field: number,
    type: number,
    base: Address,
    named: number,
    through: boolean,
    pointer: boolean,
    template: number,
    ...holes: readonly number[]
  ): void {
    this.#making ??= blank();
    const one = this.#making;
    one.space = space;
    one.address = address;
    one.bytes = bytes;
    one.field = this.tables.fields.items[field];
    one.through = through;
    one.pointer = pointer;
    const object = this.texts[type] ?? '';
    one.named = this.texts[named] ?? '';
    one.object = object === '' ? undefined : { type: object, base };
    one.place = (through ? this.session.placeOf(address) : undefined) ?? this.fill(template, holes);
  }

  /**
   * A walk's bad end, at the field that led there. `back`: where that is the link of an object met twice, the field
   * that led back to it; NaN else.
   */
  ended(space: Reader, field: Address, bytes: number, pointer: boolean, trail: Trail, back: Address): void {
    const one = this.#making as Making;
    // Where a walk goes on to what was worked out, the element that it is made for is to blame.
    one.text = `it has not come to its end after ${trail.length} steps`;
    if (Number.isNaN(field)) return;
    one.space = space;
    one.address = field;
    one.bytes = bytes;
    one.pointer = pointer;
    one.place = this.session.placeOf(field) ?? `address(${hex(field, this.fold)})`;
    one.text = `after ${trail.length} steps, ${one.place} is ${bytes === 8 ? hexAt(space, field) : numberAt(space, field, bytes)}`;
    if (Number.isNaN(back)) return;
    const closing = this.session.placeOf(back) ?? `address(${hex(back, this.fold)})`;
    one.back = { place: closing, address: back };
    one.text +=
      back === field
        ? ': it leads back to where it stands'
        : `: the object that it is of is met again through ${closing}, and one of the two links is wrong`;
  }

  sayNumber(part: number, high: number, low: number, sign: number): void {
    const rule = this.tables.rules[(this.#making as Making).rule];
    const format = rule?.message[part];
    const bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
    const plain =
      sign === 2 || format === 'address'
        ? `0x${bits.toString(16).padStart(16, '0')}`
        : format === 'hex'
          ? `0x${bits.toString(16)}`
          : `${sign === 1 ? BigInt.asIntN(64, bits) : bits}`;
    (this.#making as Making).parts[part] = plain;
  }

  sayText(part: number, text: string): void {
    (this.#making as Making).parts[part] = text;
  }

  sayPlace(part: number, address: Address, template: number, ...holes: readonly number[]): void {
    const rule = this.tables.rules[(this.#making as Making).rule];
    (this.#making as Making).parts[part] =
      rule?.message[part] === 'plain' ? this.fill(template, holes) : hex(address, this.fold);
  }

  expect(value: number, high: number, low: number): void {
    this.#making ??= blank();
    const one = this.#making;
    one.expected = value;
    one.expected_bits = (BigInt(high >>> 0) << 32n) | BigInt(low >>> 0);
  }

  capture(value: unknown): void {
    (this.#making as Making).bound.push(value);
  }

  under(elements: Elements, index: number): void {
    const one = this.#making as Making;
    one.guard = elements.roots[elements.rootOf(index)]?.guard;
    if (one.space) return;
    // Nothing was blamed: the element itself is.
    one.space = elements.readerOf(index);
    one.address = elements.bases[index] as Address;
    one.bytes = 8;
    one.place = elements.name(index);
    if (elements.locator.named !== '') one.object = { type: elements.locator.named, base: one.address };
  }

  /** A finding is made while elements are gone through: their lock is one that writers hold. */
  within(elements: Elements, index: number): void {
    const { guard } = elements.roots[elements.rootOf(index)] ?? {};
    if (guard) (this.#making as Making).around.push(guard);
  }

  end(): void {
    const one = this.#making as Making;
    this.#making = undefined;
    const rule = this.tables.rules[one.rule];
    const message =
      one.text !== ''
        ? one.text
        : (rule?.message ?? [])
            .map((part, index) => (typeof part === 'object' ? part.text : (one.parts[index] ?? 'unreadable')))
            .join('');
    if (
      this.drafts.some(
        (draft) => draft.code === one.code && draft.address === one.address && draft.place === one.place,
      )
    )
      return;
    const guard =
      this.session.validatorGuard(this.#structure) ?? one.guard ?? this.session.guardOf(this.#structure);
    if (one.guard && guard !== one.guard) one.around.push(one.guard);
    this.drafts.push({
      structure: this.#structure,
      code: one.code,
      place: one.place === '' ? this.#structure : one.place,
      address: one.address,
      bytes: one.bytes,
      pointer: one.pointer,
      message,
      space: one.space ?? (this.readers[0] as Reader),
      of_shape: false,
      rule: one.rule,
      bound: one.bound,
      ...(one.field ? { field: one.field } : {}),
      ...(one.back ? { back: one.back } : {}),
      ...(one.object ? { object: one.object } : {}),
      ...(one.expected === undefined
        ? {}
        : { expected: one.expected, expected_bits: one.expected_bits ?? 0n }),
      ...(guard ? { guard } : {}),
      around: one.around,
      ...(rule?.means === undefined ? {} : { means: rule.means }),
      alone: rule?.alone?.() === true,
    });
  }

  /** What a repair acts on, by its address. */
  aim(target: Address): void {
    this.target = target;
  }
  target: Address = NaN;

  /** The locator that a repair's subject is an element of, where the subject is one. */
  hangsIn(locator: number): void {
    this.element_of = this.nameOf(locator);
  }
  element_of = '';

  /** What `blame` and `expect` were told outside a finding: a repair's subject and value. */
  get told(): Making | undefined {
    return this.#making;
  }

  protected nameOf(locator: number): string {
    return this.tables.locators.items[locator] as string;
  }

  protected fail(code: string, message: string, place: string, address: Address, bytes: number): void {
    this.failure ??= { code, message, place, address, bytes };
  }

  /** The text of a place. */
  protected fill(template: number, holes: readonly number[]): string {
    let hole = 0;
    return this.#template(template)
      .map((part) => (typeof part === 'string' ? part : this.#hole(part, holes[hole++] as number)))
      .join('');
  }

  /** The text of a place from its element on. */
  protected tail(template: number, holes: readonly number[]): string {
    const parts = this.#template(template);
    let hole = 0;
    return parts
      .map((part, index) => {
        if (typeof part === 'string') return part;
        const value = holes[hole++] as number;
        return index === 0 ? '' : this.#hole(part, value);
      })
      .join('');
  }

  #template(index: number): Template {
    return this.tables.templates.items[index] ?? [];
  }

  #hole(part: Exclude<Template[number], string>, value: number): string {
    switch (part.hole) {
      case 'number':
        return `${value}`;
      case 'address':
        return this.session.placeOf(value) ?? `address(${hex(value, this.fold)})`;
      case 'element':
        return this.session.nameOf(this.nameOf(part.locator), value);
    }
  }
}

/** A number of less than eight bytes. */
function numberAt(space: Reader, address: Address, bytes: number): string {
  const read = space.bytes(address, bytes);
  return read ? `${read.reduceRight((sum, byte) => sum * 256 + byte, 0)}` : 'unreadable';
}
