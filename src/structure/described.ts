import type { Address } from '../base/address.ts';
import { trueHex } from '../base/fold.ts';
import type { BlockName } from '../formats/locator-code/assemble.ts';
import type { LocatorEntry } from '../formats/locator-code/entry.ts';
import type { LocatorBudget, LocatorFailure, LocatorHost } from '../formats/locator-code/host.ts';
import { LOCATOR_BUDGET } from '../formats/locator-code/host.ts';
import { LocatorInterpreter } from '../formats/locator-code/interpreter.ts';
import type { LocatorTypes } from '../formats/locator-code/types.ts';
import { memberOf, resolved, sizeOf, typeText } from '../formats/locator-code/types.ts';
import type { TypeModel } from '../model/structure.ts';
import type { Guard, Root } from './elements.ts';
import type { Problem } from './link.ts';
import { NamedGuard, NamedRoot } from './named.ts';
import type { Reader } from './reader.ts';
import type { DescribedLocator, Surroundings } from './session.ts';

/** What each element's `step` may use up. */
const STEP_BUDGET: LocatorBudget = { steps: 65_536, loads: 16_384, roots: 4_096 };
/** So many steps of locator code count as one step of a walk. */
const STEPS_OF_CODE = 64;

/** What code is run against, and how what it finds is called. */
export interface DescribedIn {
  readonly around: Pick<
    Surroundings,
    'kernel' | 'process' | 'symbol' | 'perCpuBase' | 'cpu_count' | 'budget'
  >;
  /** For code that leaves offsets to BTF. */
  readonly types: Pick<LocatorTypes, 'named'>;
  /** As a spec names an element of the parent. */
  readonly nameOf: (locator: string, base: Address) => string;
}

/**
 * The guest's own locators, each run when its structure is asked for. Nothing of it throws; what fails says at which
 * byte of the code.
 */
export function describedLocators(
  entries: ReadonlyMap<string, LocatorEntry>,
  within: DescribedIn,
): ReadonlyMap<string, DescribedLocator> {
  return new Map([...entries].map(([name, entry]) => [name, new CodeLocator(entry, within)]));
}

class CodeLocator implements DescribedLocator {
  readonly #entry: LocatorEntry;
  readonly #in: DescribedIn;
  readonly #reader: Reader | Problem;
  readonly #machine: LocatorInterpreter;
  /** Runs `step`, where there is any. */
  #stepper: LocatorInterpreter | undefined;
  readonly #host: LocatorHost;
  /** Guards by the object that they are part of. */
  readonly #guards = new Map<Address, Guard | undefined>();

  constructor(entry: LocatorEntry, within: DescribedIn) {
    this.#entry = entry;
    this.#in = within;
    const { around } = within;
    this.#reader = entry.names.space === '' ? around.kernel : around.process(entry.names.space);
    this.#host = hostOf('code' in this.#reader ? around.kernel : this.#reader, within);
    this.#machine = new LocatorInterpreter(this.#host, LOCATOR_BUDGET);
  }

  roots(
    parent: Address | undefined,
    holds?: (space: Reader, head: Address) => boolean,
  ): readonly Root[] | Problem {
    const space = this.#reader;
    if ('code' in space) return space;
    const given = this.#given(parent ?? NaN);
    if ('code' in given) return given;
    const { objects, heads } = given;
    const skips = holds !== undefined && !VALUES_OF_ROOTS.some((block) => this.#entry.blocks.has(block));
    const roots: Root[] = [];
    for (let index = 0; index < heads.length; index++) {
      const object = objects[index] as Address;
      const head = heads[index] as Address;
      // Of an object the first is looked at whatever it holds: its guard may be out of reach.
      const first = index === 0 || object !== objects[index - 1];
      const empty = skips && !holds(space, head);
      if (empty && !first) continue;
      const root = this.#rootOf(given, index, parent);
      if ('code' in root) return root;
      if (!empty) roots.push(root);
    }
    return roots;
  }

  /** What the code gives for an element: run once where that follows from the two alone. */
  #given(element: Address): Given | Problem {
    const machine = this.#machine;
    const known = this.#host.fold.length === 0 ? GIVEN.get(this.#entry)?.get(element) : undefined;
    if (known && machine.take(known.steps, known.heads.length)) return this.#spend(known.steps) ?? known;
    const before = machine.steps;
    const failure = this.#run(machine, 'roots', element);
    if (failure) return failure;
    // What the other pieces give takes the place of what this one gave.
    const given: Given = {
      objects: [...machine.objects],
      heads: [...machine.heads],
      sources: [...machine.sources],
      symbols: [...machine.symbols],
      cpus: [...machine.cpus],
      steps: machine.steps - before,
    };
    if (machine.of_element_only && this.#host.fold.length === 0) remember(this.#entry, element, given);
    return given;
  }

  successors(base: Address, found: (target: Address, field: Address) => void): Problem | undefined {
    const machine = (this.#stepper ??= new LocatorInterpreter(this.#host, STEP_BUDGET));
    machine.refill();
    const failure = this.#run(machine, 'step', base);
    for (const [index, head] of machine.heads.entries()) found(head, machine.sources[index] ?? NaN);
    return failure;
  }

  #rootOf(given: Given, index: number, parent: Address | undefined): Root | Problem {
    const space = this.#reader as Reader;
    const { object_type, head_type } = this.#entry.names;
    const object = given.objects[index] as Address;
    const head = given.heads[index] as Address;
    const place = (): string =>
      this.#placeOf(
        object,
        given.symbols[index] as string,
        given.cpus[index] as number,
        given.sources[index] as Address,
        parent,
      );
    const root = new NamedRoot(
      0,
      space,
      head,
      { type: object_type, base: object },
      () => `${place()}${this.#memberAt(head - object, head_type)}`,
    );
    for (const block of VALUES_OF_ROOTS) {
      if (!this.#entry.blocks.has(block)) continue;
      const failure = this.#run(this.#machine, block, object);
      if (failure) return failure;
      root[block] = this.#machine.value;
      root[`${block}_at`] = this.#wordRead();
    }
    if (!this.#entry.blocks.has('guard')) return root;
    if (!this.#guards.has(object)) {
      const failure = this.#run(this.#machine, 'guard', object);
      if (failure) return failure;
      this.#guards.set(object, this.#guardAt(object, place));
    }
    const guard = this.#guards.get(object);
    if (guard) root.guard = guard;
    return root;
  }

  /** The variable that the code ended with, where it read one. */
  #wordRead(): Root['length_at'] {
    const { loaded: address, symbol } = this.#machine;
    return symbol !== '' && address === this.#in.around.symbol(symbol)
      ? { address, place: symbolText(symbol) }
      : undefined;
  }

  #guardAt(object: Address, place: () => string): Guard {
    const { guard_type } = this.#entry.names;
    const { value: address, symbol } = this.#machine;
    const named = (): string =>
      symbol === '' ? `${place()}${this.#memberAt(address - object, guard_type)}` : symbolText(symbol);
    return new NamedGuard(address, guard_type, this.#reader as Reader, named);
  }

  /** As a spec would name the object: by its symbol, CPU, entry and member, or by its parent's element. */
  #placeOf(
    object: Address,
    symbol: string,
    cpu: number,
    source: Address,
    parent: Address | undefined,
  ): string {
    const { names } = this.#entry;
    const { around, types, nameOf } = this.#in;
    if (symbol === '' && parent !== undefined && object === parent) return nameOf(names.parent, parent);
    if (symbol === '') return `address(0x${trueHex(this.#host.fold, Number.isFinite(object) ? object : 0)})`;
    const text = `${symbolText(symbol)}${cpu < 0 ? '' : `[${cpu}]`}`;
    // A pointer is followed by itself.
    if (!Number.isNaN(source)) return text;
    const base = (around.symbol(symbol) ?? NaN) + (cpu < 0 ? 0 : around.perCpuBase(cpu));
    const bytes = sizeOf(typesOf(types), { kind: 'named', name: names.object_type }) ?? 0;
    return bytes > 0 && object > base && (object - base) % bytes === 0
      ? `${text}[${(object - base) / bytes}]`
      : text;
  }

  /** `.tasks`: the member of the root's object that lies at an offset and has a type. */
  #memberAt(offset: number, type: string): string {
    const { object_type } = this.#entry.names;
    return offset === 0 && type === object_type
      ? ''
      : memberPath(typesOf(this.#in.types), { kind: 'named', name: object_type }, offset, type, 0);
  }

  /** Takes steps of code from the rescue's own. */
  #spend(code_steps: number): Problem | undefined {
    const { budget } = this.#in.around;
    for (let steps = code_steps; steps > 0; steps -= STEPS_OF_CODE) {
      if (!budget.step())
        return { code: 'BUDGET', message: `${this.#entry.names.name}: the steps of the rescue are used up` };
    }
    return undefined;
  }

  #run(
    machine: LocatorInterpreter,
    block: BlockName,
    element: Address,
  ): (Problem & { readonly address?: Address }) | undefined {
    const code = this.#entry.blocks.get(block) ?? EMPTY;
    const before = machine.steps;
    let failure = machine.run(code, this.#entry.texts, element);
    if (!failure && VALUES.has(block) && Number.isNaN(machine.value)) failure = NOTHING_LEFT;
    const spent = this.#spend(machine.steps - before);
    if (spent) return spent;
    if (!failure) return undefined;
    const { code: why, offset, message, address } = failure;
    const where = `${this.#entry.names.name}: ${block} at byte ${offset}: `;
    return { code: why, message: `${where}${message}`, ...(address === undefined ? {} : { address }) };
  }
}

/** What `roots` gave. */
interface Given {
  readonly objects: readonly Address[];
  readonly heads: readonly Address[];
  readonly sources: readonly Address[];
  readonly symbols: readonly string[];
  readonly cpus: readonly number[];
  readonly steps: number;
}

/** By element, what code gave that asked the guest for nothing: thousands of patients run the same. */
const GIVEN = new WeakMap<LocatorEntry, Map<Address, Given>>();
const GIVEN_LIMIT = 64;

function remember(entry: LocatorEntry, element: Address, given: Given): void {
  const known = GIVEN.get(entry) ?? new Map<Address, Given>();
  GIVEN.set(entry, known);
  if (known.size >= GIVEN_LIMIT) known.clear();
  known.set(element, given);
}

const EMPTY = new Uint8Array(0);
const VALUES_OF_ROOTS = ['length', 'first', 'last'] as const;
const VALUES: ReadonlySet<BlockName> = new Set(['guard', 'length', 'first', 'last', 'link']);
const NOTHING_LEFT: LocatorFailure = {
  code: 'LOCATOR_STACK',
  offset: 0,
  message: 'it leaves nothing on the stack',
};

function symbolText(name: string): string {
  return `symbols[${JSON.stringify(name)}]`;
}

function typesOf(types: DescribedIn['types']): LocatorTypes {
  return { named: (name) => types.named(name), variable: () => undefined, perCpu: () => false };
}

const DEPTH_LIMIT = 8;

/** From the outside in, to the first member at that offset that has the type; '' when there is none. */
function memberPath(
  types: LocatorTypes,
  of: TypeModel,
  offset: number,
  wanted: string,
  depth: number,
): string {
  const seen = resolved(types, of);
  if (depth > DEPTH_LIMIT) return '';
  if (seen?.kind === 'array') {
    const bytes = sizeOf(types, seen.of) ?? 0;
    const entry = bytes > 0 ? Math.floor(offset / bytes) : Infinity;
    if (entry >= seen.count) return '';
    const there = offset === entry * bytes && typeText(seen.of) === wanted;
    const inner = there ? '' : memberPath(types, seen.of, offset - entry * bytes, wanted, depth + 1);
    return there || inner !== '' ? `[${entry}]${inner}` : '';
  }
  if (seen?.kind !== 'aggregate') return '';
  for (const { name, type, offset: at } of seen.members) {
    const bytes = sizeOf(types, type) ?? 0;
    if (offset < at || offset >= at + Math.max(bytes, 1)) continue;
    const named = name === '' ? '' : `.${name}`;
    if (offset === at && name !== '' && typeText(type) === wanted) return named;
    const inner = memberPath(types, type, offset - at, wanted, depth + 1);
    if (inner !== '') return `${named}${inner}`;
  }
  return '';
}

function hostOf(reader: Reader, { around, types }: DescribedIn): LocatorHost {
  const known = typesOf(types);
  return {
    fold: reader.fold,
    cpus: around.cpu_count,
    symbol: (name) => around.symbol(name),
    perCpuBase: (cpu) => around.perCpuBase(cpu),
    u8: (address) => reader.u8(address),
    u16: (address) => reader.u16(address),
    u32: (address) => reader.u32(address),
    member(path) {
      const [name = '', ...members] = path.split('.');
      let [offset, type]: [number, TypeModel] = [0, { kind: 'named', name }];
      for (const one of members) {
        const member = memberOf(known, type, one);
        if (!member) return undefined;
        [offset, type] = [offset + member.offset, member.type];
      }
      return offset;
    },
    size: (type) => sizeOf(known, { kind: 'named', name: type }),
  };
}
