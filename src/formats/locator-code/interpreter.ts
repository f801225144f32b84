import type { Address } from '../../base/address.ts';
import { isCanonical, lowHalf } from '../../base/address.ts';
import { foldHalves, trueHex, trueHigh } from '../../base/fold.ts';
import type { LocatorBudget, LocatorFailure, LocatorFailureCode, LocatorHost } from './host.ts';
import { LOCATOR_BUDGET } from './host.ts';
import type { Leb } from './leb128.ts';
import { readLeb } from './leb128.ts';
import { INSTRUCTIONS, OP, STACK_DEPTH } from './opcodes.ts';
import { wideText, product } from './wide.ts';

/**
 * The stack of whichever code runs: none of it runs any other, and what it leaves is taken off before the next begins.
 */
const LOW = new Int32Array(STACK_DEPTH);
const HIGH = new Int32Array(STACK_DEPTH);
/** Where each value was read that the stack holds, or the first part of what it was made of; NaN for nowhere. */
const ORIGIN = new Float64Array(STACK_DEPTH);

/**
 * Runs locator code. Pure: it reads through its host and writes nothing. Never throws; ends within its budget, whatever
 * the code.
 */
export class LocatorInterpreter {
  /** What `root` and `roots` gave in the last run: the object, and the address in it at which a shape begins. */
  readonly objects: Address[] = [];
  readonly heads: Address[] = [];
  /** Where the last load since the last symbol had read; NaN when there was none. */
  readonly sources: Address[] = [];
  /** The last symbol that had been named then, '' for none; the CPU whose area was asked for since, -1 for none. */
  readonly symbols: string[] = [];
  readonly cpus: number[] = [];
  /** True when the last run asked the guest for nothing: what it gave follows from the code and the element alone. */
  of_element_only = true;
  steps = 0;
  loads = 0;
  readonly #host: LocatorHost;
  readonly #budget: LocatorBudget;
  readonly #low = LOW;
  readonly #high = HIGH;
  readonly #origin = ORIGIN;
  readonly #operand: Leb = { low: 0, high: 0, next: 0 };
  #depth = 0;
  #value: Address = NaN;
  #loaded: Address = NaN;
  #symbol = '';
  #cpu = -1;
  #roots = 0;

  constructor(host: LocatorHost, budget: LocatorBudget = LOCATOR_BUDGET) {
    this.#host = host;
    this.#budget = budget;
  }

  /** The value on top of the stack where the last run ended; NaN when there is none. */
  get value(): Address {
    return this.#value;
  }

  get #top(): Address {
    const top = this.#depth - 1;
    return top < 0 ? NaN : foldHalves(this.#host.fold, this.#low[top] as number, this.#high[top] as number);
  }

  /** The last symbol that the last run named; '' for none. */
  get symbol(): string {
    return this.#symbol;
  }

  /** Where the last run read last since it named that symbol; NaN for nowhere. */
  get loaded(): Address {
    return this.#loaded;
  }

  /** Runs one piece of code from its first byte to `end`, or to its last. `texts` is the entry's table. */
  run(code: Uint8Array, texts: readonly string[], element: Address = NaN): LocatorFailure | undefined {
    const failure = this.#run(code, texts, element);
    this.#value = this.#top;
    return failure;
  }

  #run(code: Uint8Array, texts: readonly string[], element: Address): LocatorFailure | undefined {
    this.#depth = 0;
    this.#loaded = NaN;
    this.#symbol = '';
    this.#cpu = -1;
    this.objects.length =
      this.heads.length =
      this.sources.length =
      this.symbols.length =
      this.cpus.length =
        0;
    this.of_element_only = true;
    const operand = this.#operand;
    for (let at = 0; at < code.length;) {
      if (++this.steps > this.#budget.steps)
        return fail('LOCATOR_BUDGET', at, `${this.#budget.steps} steps are used up`);
      const op = code[at] as number;
      const instruction = INSTRUCTIONS[op];
      if (!instruction) return fail('LOCATOR_MALFORMED', at, `0x${op.toString(16)} is no instruction`);
      let next = at + 1;
      if (instruction.operand !== 'none') {
        if (!readLeb(code, next, code.length, operand))
          return fail('LOCATOR_MALFORMED', at, `the operand of ${instruction.name} cannot be read`);
        next = operand.next;
      }
      if (this.#depth < instruction.pops)
        return fail('LOCATOR_STACK', at, `${instruction.name} finds ${this.#depth} values on the stack`);
      if (this.#depth - instruction.pops + instruction.pushes > STACK_DEPTH)
        return fail('LOCATOR_STACK', at, `the stack holds ${STACK_DEPTH} values`);
      if (op === OP.end) return undefined;
      if (op === OP.branch || op === OP.loop) {
        const target = operand.high === 0 ? operand.low : Infinity;
        if (op === OP.loop ? target > at : target < next || target > code.length)
          return fail('LOCATOR_MALFORMED', at, `${instruction.name} to ${target}`);
        const taken = op === OP.loop || this.#isZero(--this.#depth);
        at = taken ? target : next;
        continue;
      }
      const failure = op < OP.load8 ? this.#compute(op, at, texts, element) : this.#move(op, at);
      if (failure) return failure;
      at = next;
    }
    return undefined;
  }

  /** Takes what a run would use up, without it; false, and nothing taken, when that is more than there is left. */
  take(steps: number, roots: number): boolean {
    if (this.steps + steps > this.#budget.steps || this.#roots + roots > this.#budget.roots) return false;
    this.steps += steps;
    this.#roots += roots;
    return true;
  }

  /**
   * The next run has the whole budget again: for code that is run once for each element, whose number the caller
   * bounds.
   */
  refill(): void {
    this.steps = 0;
    this.loads = 0;
    this.#roots = 0;
  }

  #isZero(index: number): boolean {
    return this.#low[index] === 0 && this.#high[index] === 0;
  }

  #push(value: Address): void {
    this.#low[this.#depth] = lowHalf(value);
    this.#origin[this.#depth] = NaN;
    this.#high[this.#depth++] = trueHigh(this.#host.fold, value);
  }

  #text(at: number, texts: readonly string[]): string | LocatorFailure {
    const { low, high } = this.#operand;
    const text = high === 0 ? texts[low] : undefined;
    return text ?? fail('LOCATOR_MALFORMED', at, `there is no text ${low}`);
  }

  /** Constants, names, CPUs, arithmetic. */
  #compute(op: number, at: number, texts: readonly string[], element: Address): LocatorFailure | undefined {
    const host = this.#host;
    if (op >= OP.add) return this.#combine(op);
    switch (op) {
      case OP.const:
        this.#low[this.#depth] = this.#operand.low;
        this.#origin[this.#depth] = NaN;
        this.#high[this.#depth++] = this.#operand.high;
        return undefined;
      case OP.cpus:
        this.of_element_only = false;
        this.#push(host.cpus);
        return undefined;
      case OP.element:
        if (Number.isNaN(element)) return fail('LOCATOR_MALFORMED', at, 'there is no element here');
        this.#push(element);
        return undefined;
      case OP.percpu: {
        this.of_element_only = false;
        const cpu = this.#top;
        const base = cpu >= 0 && cpu < host.cpus ? host.perCpuBase(cpu) : NaN;
        if (Number.isNaN(base))
          return fail('INDEX', at, `there is no CPU ${cpu}: the guest has ${host.cpus}`);
        this.#depth--;
        this.#cpu = cpu;
        this.#push(base);
        return undefined;
      }
    }
    this.of_element_only = false;
    const text = this.#text(at, texts);
    if (typeof text !== 'string') return text;
    if (op === OP.symbol) {
      const address = host.symbol(text);
      if (address === undefined) return fail('NO_SYMBOL', at, `there is no symbol ${text}`);
      this.#symbol = text;
      this.#cpu = -1;
      this.#loaded = NaN;
      this.#push(address);
      return undefined;
    }
    const number = op === OP.member ? host.member(text) : host.size(text);
    if (number === undefined) return fail('NO_TYPE', at, `BTF has no ${text}`);
    this.#push(number);
    return op === OP.member ? this.#combine(OP.add) : undefined;
  }

  /** Two values become one, modulo 2^64. */
  #combine(op: number): undefined {
    const low = this.#low;
    const high = this.#high;
    const right = --this.#depth;
    const left = right - 1;
    const origin = this.#origin[left] as number;
    if (origin !== origin) this.#origin[left] = this.#origin[right] as number;
    const al = (low[left] as number) >>> 0;
    const ah = (high[left] as number) >>> 0;
    const bl = (low[right] as number) >>> 0;
    const bh = (high[right] as number) >>> 0;
    switch (op) {
      case OP.add:
        return this.#set(left, al + bl, ah + bh + (al + bl > 0xffff_ffff ? 1 : 0));
      case OP.sub:
        return this.#set(left, al - bl, ah - bh - (al < bl ? 1 : 0));
      case OP.mul:
        return this.#set(left, Math.imul(al, bl), product(al, ah, bl, bh));
      case OP.and:
        return this.#set(left, al & bl, ah & bh);
      case OP.or:
        return this.#set(left, al | bl, ah | bh);
      case OP.xor:
        return this.#set(left, al ^ bl, ah ^ bh);
      case OP.eq:
        return this.#set(left, al === bl && ah === bh ? 1 : 0, 0);
      case OP.ne:
        return this.#set(left, al === bl && ah === bh ? 0 : 1, 0);
      case OP.lt:
        return this.#set(left, ah < bh || (ah === bh && al < bl) ? 1 : 0, 0);
    }
    const count = bh === 0 ? bl : 64;
    if (count === 0) return this.#set(left, al, ah);
    if (count > 63) return this.#set(left, 0, 0);
    if (op === OP.shl)
      return count > 31
        ? this.#set(left, 0, al << (count - 32))
        : this.#set(left, al << count, (ah << count) | (al >>> (32 - count)));
    return count > 31
      ? this.#set(left, ah >>> (count - 32), 0)
      : this.#set(left, (al >>> count) | (ah << (32 - count)), ah >>> count);
  }

  #set(index: number, low: number, high: number): undefined {
    this.#low[index] = low;
    this.#high[index] = high;
    return undefined;
  }

  /** Loads, the stack, the check of a bound, and what the code gives. */
  #move(op: number, at: number): LocatorFailure | undefined {
    const low = this.#low;
    const high = this.#high;
    const top = this.#depth - 1;
    switch (op) {
      case OP.dup:
        low[top + 1] = low[top] as number;
        high[top + 1] = high[top] as number;
        this.#origin[top + 1] = this.#origin[top] as number;
        this.#depth++;
        return undefined;
      case OP.drop:
        this.#depth--;
        return undefined;
      case OP.swap:
        return this.#swap(top);
      case OP.pick: {
        const from = this.#operand.high === 0 ? top - this.#operand.low : -1;
        if (from < 0) return fail('LOCATOR_STACK', at, `pick finds ${this.#depth} values on the stack`);
        low[top + 1] = low[from] as number;
        high[top + 1] = high[from] as number;
        this.#origin[top + 1] = this.#origin[from] as number;
        this.#depth++;
        return undefined;
      }
      case OP.below: {
        const [h, l] = [(high[top] as number) >>> 0, (low[top] as number) >>> 0];
        const bound = this.#operand;
        if (h < bound.high || (h === bound.high && l < bound.low)) return undefined;
        const count = wideText(bound.low, bound.high);
        return fail('INDEX', at, `${wideText(l, h)} is outside of ${count}`, this.#bounding(top));
      }
      case OP.root:
        this.#depth -= 2;
        return this.#give(at, this.#address(this.#depth), this.#address(this.#depth + 1), 1, 0);
      case OP.roots:
        this.#depth -= 4;
        return this.#give(
          at,
          this.#address(this.#depth),
          this.#address(this.#depth + 1),
          this.#address(this.#depth + 2),
          this.#address(this.#depth + 3),
        );
      default:
        return this.#load(op, at);
    }
  }

  /** Where an index was read; of one that was counted up, what it was counted up to, which lies below it. */
  #bounding(top: number): Address {
    const origin = this.#origin[top] as number;
    return Number.isNaN(origin) && top > 0 ? (this.#origin[top - 1] as number) : origin;
  }

  #swap(top: number): undefined {
    const low = this.#low[top] as number;
    const high = this.#high[top] as number;
    const origin = this.#origin[top] as number;
    this.#origin[top] = this.#origin[top - 1] as number;
    this.#origin[top - 1] = origin;
    this.#set(top, this.#low[top - 1] as number, this.#high[top - 1] as number);
    return this.#set(top - 1, low, high);
  }

  #address(index: number): Address {
    return foldHalves(this.#host.fold, this.#low[index] as number, this.#high[index] as number);
  }

  #load(op: number, at: number): LocatorFailure | undefined {
    if (++this.loads > this.#budget.loads)
      return fail('LOCATOR_BUDGET', at, `${this.#budget.loads} loads are used up`);
    const address = this.#top;
    const host = this.#host;
    let l = NaN;
    let h = 0;
    this.of_element_only = false;
    if (isCanonical(address)) {
      if (op === OP.load8) l = host.u8(address);
      else if (op === OP.load16) l = host.u16(address);
      else l = host.u32(address);
      if (op === OP.load64) h = host.u32(address + 4);
    }
    if (Number.isNaN(l) || Number.isNaN(h))
      return fail('UNMAPPED', at, `0x${trueHex(this.#host.fold, address)} cannot be read`, address);
    this.#loaded = address;
    this.#origin[this.#depth - 1] = address;
    this.#low[this.#depth - 1] = l;
    this.#high[this.#depth - 1] = h;
    return undefined;
  }

  #give(
    at: number,
    object: Address,
    head: Address,
    count: number,
    stride: number,
  ): LocatorFailure | undefined {
    if (!(count >= 0 && this.#roots + count <= this.#budget.roots))
      return fail('LOCATOR_BUDGET', at, `${this.#budget.roots} roots are used up`);
    this.#roots += count;
    for (let index = 0; index < count; index++) {
      this.objects.push(object);
      this.heads.push(head + index * stride);
      this.sources.push(this.#loaded);
      this.symbols.push(this.#symbol);
      this.cpus.push(this.#cpu);
    }
    return undefined;
  }
}

function fail(code: LocatorFailureCode, offset: number, message: string, address?: Address): LocatorFailure {
  return address === undefined || Number.isNaN(address)
    ? { code, offset, message }
    : { code, offset, message, address };
}
