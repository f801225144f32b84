import type { Formula, FormulaOperator, TypeModel } from '../../model/structure.ts';
import type { LocatorTypes } from './types.ts';
import { memberOf, resolved, sizeOf, typeText } from './types.ts';

/** Why an expression cannot be written in locator code. */
export class NotCompiled extends Error {}

/** A place whose address is on the stack. */
interface Here {
  readonly type: TypeModel | undefined;
  /** The object that it is part of; its address lies below, unless both are the same. */
  readonly object: TypeModel | undefined;
  readonly same: boolean;
  /** The offset in each CPU's area, not an address yet. */
  readonly per_cpu: boolean;
}

/** What follows once the address is on the stack. It takes the address, and the object's below it, off. */
type Then = (here: Here) => void;

/** A stretch of indices. */
interface Ends {
  readonly low: () => void;
  readonly high: () => void;
  readonly included: boolean;
}

const ARITHMETIC: Partial<Record<FormulaOperator, string>> = {
  '+': 'add',
  '-': 'sub',
  '*': 'mul',
  '&': 'and',
  '|': 'or',
  '^': 'xor',
  '<<': 'shl',
  '>>': 'shr',
  '==': 'eq',
  '!=': 'ne',
  '<': 'lt',
  // Of what is true or not.
  and: 'and',
  or: 'or',
};
const LOADS: Readonly<Record<number, string>> = { 1: 'load8', 2: 'load16', 4: 'load32', 8: 'load64' };
const ALL_ONES = '0xffffffffffffffff';

/** Writes one block of locator code as text. */
export class Emitter {
  readonly #types: LocatorTypes;
  readonly #by_name: boolean;
  readonly #element: TypeModel | undefined;
  readonly #lines: string[] = [];
  #labels = 0;
  /** Members that are still to be added to the address on the stack, when offsets are looked up by name. */
  #pending: { readonly type: string; readonly path: string } | undefined;

  /** `element`: what a leading dot means. `by_name`: offsets and sizes stay names. */
  constructor(types: LocatorTypes, by_name: boolean, element: TypeModel | undefined) {
    this.#types = types;
    this.#by_name = by_name;
    this.#element = element;
  }

  get text(): string {
    return this.#lines.join('\n');
  }

  /**
   * Gives every place that the formula means, as roots; returns the types of the object and of what lies at the root.
   */
  roots(formula: Formula, whole = false): readonly [TypeModel | undefined, TypeModel | undefined] {
    let types: readonly [TypeModel | undefined, TypeModel | undefined] = [undefined, undefined];
    this.#place(formula, (here) => {
      types = [whole ? here.type : here.object, here.type];
      if (whole) this.#dropObject(here);
      if (whole || here.same) this.#emit('dup');
      this.#emit('root');
    });
    return types;
  }

  /** Gives what the formula leads to from an element: pointers are loaded, other values stand for addresses. */
  followers(formula: Formula): void {
    if (!isPlace(formula)) {
      this.#emit('element');
      this.value(formula);
      return this.#emit('root');
    }
    return this.#place(formula, (here) => {
      this.#dropObject(here);
      if (resolved(this.#types, here.type)?.kind !== 'aggregate') this.#load(here.type, undefined);
      this.#emit('element', 'swap', 'root');
    });
  }

  /** Leaves the address of a place; its type. */
  address(formula: Formula): TypeModel | undefined {
    let type: TypeModel | undefined;
    this.#place(formula, (here) => {
      this.#dropObject(here);
      type = here.type;
    });
    return type;
  }

  /** Leaves the offset of a member in a type. */
  offset(of: TypeModel, path: readonly string[]): void {
    this.#emit('const 0');
    let here: Here = { type: of, object: of, same: false, per_cpu: false };
    for (const name of path) here = this.#member(here, name);
    this.#flush();
  }

  /** Leaves a number. */
  value(formula: Formula): void {
    switch (formula.kind) {
      case 'int':
        return this.#emit(`const ${BigInt.asUintN(64, formula.value)}`);
      case 'bool':
        return this.#emit(`const ${formula.value ? 1 : 0}`);
      case 'sizeof':
        return this.#size(formula.type);
      case 'address':
        return void this.address(formula.of);
      case 'unary':
        if (formula.operator === '-') this.#emit('const 0');
        this.value(formula.operand);
        if (formula.operator === '-') return this.#emit('sub');
        return formula.operator === '~'
          ? this.#emit(`const ${ALL_ONES}`, 'xor')
          : this.#emit('const 0', 'eq');
      case 'binary': {
        const operator = ARITHMETIC[formula.operator];
        if (operator === undefined) throw new NotCompiled(`\`${formula.operator}\` is no instruction`);
        this.value(formula.left);
        this.value(formula.right);
        return this.#emit(operator);
      }
      case 'conditional':
        return this.#choose(formula);
      case 'cast':
        if (!isPlace(formula.of)) return this.#narrow(formula.of, formula.type);
    }
    if (!isPlace(formula)) throw new NotCompiled(`${formula.kind} cannot be written in locator code`);
    const bits = formula.kind === 'member' ? this.#bitsOf(formula) : undefined;
    return this.#place(formula, (here) => {
      this.#dropObject(here);
      this.#load(here.type, bits);
    });
  }

  #choose({ condition, then, otherwise }: Formula & { kind: 'conditional' }): void {
    const [other, chosen] = [`other${this.#labels}`, `chosen${this.#labels++}`];
    this.value(condition);
    this.#emit(`branch ${other}`);
    this.value(then);
    this.#emit('const 0', `branch ${chosen}`, `${other}:`);
    this.value(otherwise);
    this.#emit(`${chosen}:`);
  }

  #narrow(of: Formula, type: TypeModel): void {
    this.value(of);
    const bytes = sizeOf(this.#types, type) ?? 8;
    if (bytes < 8) this.#emit(`const ${2n ** BigInt(bytes * 8) - 1n}`, 'and');
  }

  #bitsOf(formula: Formula & { kind: 'member' }): { from: number; width: number } | undefined {
    const probe = new Emitter(this.#types, this.#by_name, this.#element);
    let bits: { from: number; width: number } | undefined;
    probe.#place(formula.of, (here) => {
      const seen = resolved(this.#types, here.type);
      bits = memberOf(this.#types, seen?.kind === 'pointer' ? seen.to : here.type, formula.name)?.bits;
    });
    return bits;
  }

  /** Leaves the address of each place that a formula means, and goes on with it. */
  #place(formula: Formula, then: Then): void {
    switch (formula.kind) {
      case 'element':
        this.#emit('element');
        return then({ type: this.#element, object: this.#element, same: true, per_cpu: false });
      case 'symbol': {
        const type = this.#types.variable(formula.name);
        this.#emit(`symbol ${formula.name}`);
        return then({ type, object: type, same: true, per_cpu: this.#types.perCpu(formula.name) });
      }
      case 'cast':
        return this.#place(formula.of, (here) => {
          const type = formula.type;
          then({ ...here, type, ...(here.same ? { object: type } : {}) });
        });
      case 'member': {
        const { of } = formula;
        if (of.kind !== 'cast' || isPlace(of))
          return this.#place(of, (here) => then(this.#member(here, formula.name)));
        // A number that is taken for a pointer.
        const to = of.type.kind === 'pointer' ? of.type.to : undefined;
        this.value(of.of);
        return then(this.#member({ type: to, object: to, same: true, per_cpu: false }, formula.name));
      }
      case 'every':
        return this.#place(formula.of, (here) => this.#every(here, then));
      case 'index':
        return this.#place(formula.of, (here) => this.#index(here, formula.index, then));
      default:
        throw new NotCompiled(`${formula.kind} is no place that locator code can name`);
    }
  }

  #member(here: Here, name: string): Here {
    const from = resolved(this.#types, here.type)?.kind === 'pointer' ? this.#followed(here) : here;
    if (from.per_cpu) throw new NotCompiled(`each CPU has its own: say of which .${name} is meant`);
    const member = memberOf(this.#types, from.type, name);
    if (!member)
      throw new NotCompiled(`${typeText(from.type) || 'a place of unknown type'} has no member ${name}`);
    if (from.same) this.#emit('dup');
    if (this.#by_name) {
      const named = from.type?.kind === 'named' ? from.type.name : undefined;
      if (named !== undefined) this.#flush();
      if (named === undefined && !this.#pending) throw new NotCompiled(`the type with ${name} has no name`);
      const path = named === undefined ? `${this.#pending?.path}.${name}` : name;
      this.#pending = { type: named ?? (this.#pending?.type as string), path };
    } else if (member.offset !== 0) this.#emit(`const ${member.offset}`, 'add');
    return { type: member.type, object: from.object, same: false, per_cpu: false };
  }

  #flush(): void {
    const pending = this.#pending;
    this.#pending = undefined;
    if (pending) this.#lines.push(`member ${pending.type}.${pending.path}`);
  }

  /** The object behind the pointer at hand. */
  #followed(here: Here): Here {
    const pointer = resolved(this.#types, here.type);
    if (pointer?.kind !== 'pointer') throw new NotCompiled('it is no pointer');
    this.#dropObject(here);
    this.#emit('load64');
    return { type: pointer.to, object: pointer.to, same: true, per_cpu: false };
  }

  /** Leaves the address alone. */
  #dropObject(here: Here): void {
    if (here.same) this.#flush();
    else this.#emit('swap', 'drop');
  }

  /** What one step along an array, or from CPU to CPU, comes to: the index is on top of the base. */
  #stride(here: Here): {
    readonly count: number | undefined;
    readonly next: TypeModel | undefined;
    readonly scale: () => void;
  } {
    if (here.per_cpu) return { count: undefined, next: here.type, scale: () => this.#emit('percpu', 'add') };
    const seen = resolved(this.#types, here.type);
    if (seen?.kind !== 'array')
      throw new NotCompiled(`${typeText(here.type) || 'a place of unknown type'} is no array`);
    const scale = (): void => {
      this.#size(seen.of);
      this.#emit('mul', 'add');
    };
    return { count: seen.count, next: seen.of, scale };
  }

  #every(here: Here, then: Then): void {
    const { count } = this.#stride(here);
    const high = (): void => this.#emit(count === undefined ? 'cpus' : `const ${count}`);
    this.#loop(here, { low: () => this.#emit('const 0'), high, included: false }, then, undefined);
  }

  #index(here: Here, index: Formula, then: Then): void {
    if (resolved(this.#types, here.type)?.kind === 'pointer' && !here.per_cpu) {
      const target = this.#followed(here);
      const many: TypeModel = { kind: 'array', of: target.type as TypeModel, count: Number.MAX_SAFE_INTEGER };
      return this.#index({ ...target, type: many }, index, then);
    }
    const { count } = this.#stride(here);
    if (index.kind === 'range') {
      const ends = { low: () => this.value(index.low), high: () => this.value(index.high), included: true };
      return this.#loop(here, ends, then, count);
    }
    const { scale, next } = this.#stride(here);
    const object = this.#objectBelow(here);
    this.value(index);
    if (count !== undefined) this.#emit(`below ${count}`);
    scale();
    return then({ type: next, ...object, per_cpu: false });
  }

  /** An element of an array that is no member is an object of its own; else the object around it stays. */
  #objectBelow(here: Here): { readonly object: TypeModel | undefined; readonly same: boolean } {
    this.#flush();
    return here.same ? { object: this.#stride(here).next, same: true } : { object: here.object, same: false };
  }

  /** For each index of a stretch; `bound`: how many there really are, when the ends are read from memory. */
  #loop(here: Here, ends: Ends, then: Then, bound: number | undefined): void {
    const { next, scale } = this.#stride(here);
    const { object, same } = this.#objectBelow(here);
    const [again, done] = [`again${this.#labels}`, `done${this.#labels++}`];
    // Below: the object, if it is another, and the base. Then the high end and the index.
    ends.high();
    ends.low();
    this.#emit(`${again}:`);
    // An end that is included is never counted up: it may be the greatest number there is.
    if (ends.included) this.#emit('pick 1', 'pick 1', 'lt', 'const 0', 'eq', `branch ${done}`);
    else this.#emit('pick 0', 'pick 2', 'lt', `branch ${done}`);
    if (bound !== undefined) this.#emit(`below ${bound}`);
    if (!same) this.#emit('pick 3');
    this.#emit(same ? 'pick 2' : 'pick 3', same ? 'pick 1' : 'pick 2');
    scale();
    then({ type: next, object, same, per_cpu: false });
    this.#emit('const 1', 'add', `loop ${again}`, `${done}:`, 'drop', 'drop', 'drop');
    if (!same) this.#emit('drop');
  }

  #size(type: TypeModel): void {
    if (this.#by_name && type.kind === 'named') return this.#emit(`size ${type.name}`);
    const bytes = sizeOf(this.#types, type);
    if (bytes === undefined) throw new NotCompiled(`the size of ${typeText(type) || 'a type'} is not known`);
    return this.#emit(`const ${bytes}`);
  }

  /** Replaces the address on the stack by the number there. */
  #load(
    type: TypeModel | undefined,
    bits: { readonly from: number; readonly width: number } | undefined,
  ): void {
    const seen = resolved(this.#types, type);
    if (seen?.kind === 'int' && seen.big_endian && seen.bytes > 1)
      throw new NotCompiled('big-endian numbers have no instruction');
    const bytes = type === undefined ? 8 : sizeOf(this.#types, type);
    const load = bytes === undefined ? undefined : LOADS[bytes];
    if (load === undefined) throw new NotCompiled(`${typeText(type) || 'an aggregate'} is no number`);
    this.#emit(load);
    if (bits) {
      if (bits.from > 0) this.#emit(`const ${bits.from}`, 'shr');
      return this.#emit(`const ${2n ** BigInt(bits.width) - 1n}`, 'and');
    }
    if (seen?.kind !== 'int' || !seen.signed || seen.bytes === 8) return undefined;
    const sign = 2n ** BigInt(seen.bytes * 8 - 1);
    return this.#emit(`const ${sign}`, 'xor', `const ${sign}`, 'sub');
  }

  #emit(...lines: string[]): void {
    this.#flush();
    this.#lines.push(...lines);
  }
}

function isPlace(formula: Formula): boolean {
  switch (formula.kind) {
    case 'element':
    case 'symbol':
      return true;
    case 'cast':
    case 'member':
    case 'every':
    case 'index':
      return isPlace(formula.of);
    default:
      return false;
  }
}
