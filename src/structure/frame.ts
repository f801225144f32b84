import type { Address } from '../base/address.ts';
import { crc32c } from '../formats/crc32c.ts';
import type { Tables } from './compile/tables.ts';
import type { Elements, Guard, Root } from './elements.ts';
import { textAt } from './elements.ts';
import { NamedGuard, NamedRoot } from './named.ts';
import type { Reader } from './reader.ts';
import type { CpuView, Session } from './session.ts';
import { Reporting } from './reporting.ts';
import { Trail } from './trail.ts';

const RUN_LIMIT = 16 * 1_048_576;
const CHUNK = 65_536;
/** A kernel's code is some 16 MiB. */
const COMPARED_LIMIT = 256 * 1_048_576;
const PER_CPU_LIMIT = 0x8000_0000;

/**
 * What generated code calls: the runtime of one function's run. Names here are the only ones that generated source
 * knows.
 */
export class Frame extends Reporting {
  readonly symbols: readonly Address[];
  readonly text_sets: readonly (readonly string[])[];
  readonly number_sets: readonly ReadonlySet<number>[];
  readonly cpus: readonly CpuView[];
  readonly cpu_count: number;
  /** The element at hand: the parent's in a locator's roots, the one whose successors are asked for. */
  at: Address = NaN;
  /** Values of the names that a repair sees. */
  bound: readonly unknown[] = [];
  only_if: boolean | undefined = undefined;
  root_length: number | undefined = undefined;
  root_first: number | undefined = undefined;
  root_last: number | undefined = undefined;
  readonly used: Set<Elements> = new Set<Elements>();
  onRoot: (root: Root) => void = () => undefined;
  onEdge: (target: Address, field: Address, member: string) => void = () => undefined;
  #root: NamedRoot | undefined;

  constructor(session: Session, tables: Tables, structure: string, readers: readonly Reader[]) {
    super(session, tables, structure, readers);
    this.symbols = tables.symbols.items.map((name) => session.symbol(name) ?? NaN);
    this.text_sets = tables.text_sets.items;
    this.number_sets = tables.number_sets.items;
    this.cpus = session.cpus;
    this.cpu_count = session.cpu_count;
  }

  /** What was gone through in loops and walks: all that a validator of others' elements, or of none, has looked at. */
  looked = 0;

  step(): boolean {
    this.looked++;
    if (this.session.budget.step()) return true;
    this.fail('BUDGET', 'the structure used up its steps', '', NaN, 0);
    return false;
  }

  trail(): Trail {
    return new Trail();
  }

  elements(locator: number): Elements {
    return this.#use(this.session.elements(this.nameOf(locator)));
  }

  elementsOf(locator: number, parent: Address): Elements {
    return this.#use(this.session.elementsOf(this.nameOf(locator), parent));
  }

  /** True when all of them were found. */
  whole(locator: number, parent?: Address): boolean {
    return (parent === undefined ? this.elements(locator) : this.elementsOf(locator, parent)).all().complete;
  }

  height(locator: number): number {
    return this.elements(locator).all().height;
  }

  first(locator: number): Address {
    const elements = this.elements(locator);
    return elements.length > 0 || elements.more() ? (elements.bases[0] as Address) : 0;
  }

  /** Index of the element at an address; -1 when none is there, NaN when that cannot be known. */
  indexIn(locator: number, base: Address, parent?: Address): number {
    const elements = (parent === undefined ? this.elements(locator) : this.elementsOf(locator, parent)).all();
    const index = elements.indexOf(base);
    return index < 0 && !elements.complete ? NaN : index;
  }

  called(locator: number, label: string): Address {
    const elements = this.elements(locator).all();
    for (let index = 0; index < elements.length; index++)
      if (elements.labelOf(index) === label) return elements.bases[index] as Address;
    return NaN;
  }

  /** By its id where elements have one, else by position. */
  numbered(locator: number, number: number): Address {
    const elements = this.elements(locator).all();
    if (!elements.locator.id) return elements.bases[number] ?? NaN;
    for (let index = 0; index < elements.length; index++) {
      const base = elements.bases[index] as Address;
      if (elements.locator.readId(elements.readerOf(index), base) === number) return base;
    }
    return NaN;
  }

  noElement(locator: number, key: string | number): void {
    const place = `${this.nameOf(locator)}[${JSON.stringify(key)}]`;
    this.fail('NO_ELEMENT', `there is no ${place}`, place, NaN, 0);
  }

  text(space: Reader, address: Address, bytes: number): string | undefined {
    return textAt(space, address, bytes);
  }

  /** `__per_cpu_offset[cpu]`; NaN for a CPU that is not there. */
  perCpu(cpu: number): Address {
    return cpu >= 0 && cpu < this.cpu_count ? this.session.perCpuBase(cpu) : NaN;
  }

  /** A pointer's nth object; of one that holds an offset into the per-CPU areas, that CPU's copy. */
  copyOrEntry(pointer: Address, index: number, bytes: number): Address {
    return pointer >= 0 && pointer < PER_CPU_LIMIT && pointer !== 0
      ? this.perCpu(index) + pointer
      : pointer + index * bytes;
  }

  /** Address of the first byte of a run that is not `byte`, the end when all are; NaN when one cannot be read. */
  firstOther(space: Reader, address: Address, length: number, byte: number): Address {
    return length >= 0 && length <= RUN_LIMIT ? space.firstOther(address, length, byte) : NaN;
  }

  /**
   * Address of the first byte of a run that is not what it was when the guest had booted, the end when all are; NaN
   * when that cannot be said.
   */
  firstChanged(space: Reader, address: Address, length: number): Address {
    return length >= 0 && length <= COMPARED_LIMIT ? this.#kept(space.firstChanged?.(address, length)) : NaN;
  }

  booted(space: Reader, address: Address): number {
    return this.#kept(space.booted?.(address));
  }

  #kept(found: number | undefined): number {
    if (found === undefined)
      this.fail('NO_REFERENCE', 'nobody kept what was there when it had booted', '', NaN, 0);
    return found ?? NaN;
  }

  crc32c(space: Reader, address: Address, length: number): number {
    if (!(length >= 0 && length <= RUN_LIMIT)) return NaN;
    let checksum = 0;
    for (let done = 0; done < length; done += CHUNK) {
      const bytes = space.bytes(address + done, Math.min(CHUNK, length - done));
      if (!bytes) return NaN;
      checksum = crc32c(bytes, 0, bytes.length, checksum);
    }
    return checksum >>> 0;
  }

  printable(space: Reader, address: Address, length: number): boolean | undefined {
    for (let index = 0; index < Math.min(length, CHUNK); index++) {
      const byte = space.u8(address + index);
      if (byte !== byte) return undefined;
      if (byte === 0) return index > 0;
      if (byte < 0x20 || byte >= 0x7f) return false;
    }
    return false;
  }

  isFunction(address: Address): boolean {
    return this.session.code.isFunction(address);
  }

  inText(address: Address): boolean {
    return this.session.code.inText(address);
  }

  functionAt(address: Address): string {
    return this.session.code.functionAt(address);
  }

  /** 0 where no symbol is. */
  symbolStart(address: Address): Address {
    return this.session.code.symbolAround(address)[0] || 0;
  }

  symbolEnd(address: Address): Address {
    return this.session.code.symbolAround(address)[1] || 0;
  }

  /** A CPU of which nothing is known may be anywhere. */
  takes(cpu: CpuView, functions: readonly string[]): boolean {
    return cpu.mode === 'unknown' || cpu.frames.some((frame) => functions.includes(frame));
  }

  /** The innermost two are the slow path and who called that. */
  behind(cpu: CpuView, functions: readonly string[]): boolean {
    const [, caller, ...outer] = cpu.frames;
    return outer.some((frame) => frame !== caller && functions.includes(frame));
  }

  root(
    from: number,
    space: Reader,
    head: Address,
    type: number,
    base: Address,
    template: number,
    ...holes: readonly number[]
  ): void {
    this.root_length = this.root_first = this.root_last = undefined;
    const placed = (): string => this.fill(template, holes);
    this.#root = new NamedRoot(from, space, head, { type: this.texts[type] ?? '', base }, placed);
  }

  guard(space: Reader, address: Address, type: number, template: number, ...holes: readonly number[]): void {
    const placed = (): string => this.fill(template, holes);
    const guard = new NamedGuard(address, this.texts[type] ?? '', space, placed);
    if (this.#root) this.#root.guard = guard;
    this.guarded = guard;
  }
  guarded: Guard | undefined;

  lengthAt(address: Address, template: number, ...holes: readonly number[]): void {
    if (this.#root) this.#root.length_at = { address, place: this.fill(template, holes) };
  }

  firstAt(address: Address, template: number, ...holes: readonly number[]): void {
    if (this.#root) this.#root.first_at = { address, place: this.fill(template, holes) };
  }

  lastAt(address: Address, template: number, ...holes: readonly number[]): void {
    if (this.#root) this.#root.last_at = { address, place: this.fill(template, holes) };
  }

  endRoot(): void {
    const root = this.#root;
    this.#root = undefined;
    if (!root) return;
    if (this.root_length !== undefined) root.length = this.root_length;
    if (this.root_first !== undefined) root.first = this.root_first;
    if (this.root_last !== undefined) root.last = this.root_last;
    this.onRoot(root);
  }

  edge(target: Address, field: Address, template: number, ...holes: readonly number[]): void {
    this.onEdge(target, field, this.tail(template, holes));
  }

  lostEdge(_field: Address): void {
    // The element itself could be read at both its ends: a hole in it is told by whoever looks at its members.
  }

  #use(elements: Elements): Elements {
    this.used.add(elements);
    return elements;
  }
}
