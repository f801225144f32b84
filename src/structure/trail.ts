import type { Address } from '../base/address.ts';

/** Where a walk has been: Brent's check, and which link closed a cycle once there is one. */
export class Trail {
  readonly #values: number[] = [];
  readonly #fields: Address[] = [];
  #power = 1;
  #since = 0;
  #high = 0;
  #low = 0;

  get length(): number {
    return this.#values.length;
  }

  /** Notes a value and the field that it was read at; true when the walk has come back to where it was. */
  meets(value: number, high: number, low: number, field: Address): boolean {
    const back = this.#values.length > 0 && high === this.#high && low === this.#low;
    this.#values.push(value);
    this.#fields.push(field);
    if (back) return true;
    if (this.#values.length === 1 || this.#since === this.#power) {
      this.#high = high;
      this.#low = low;
      this.#power = this.#values.length === 1 ? 1 : this.#power * 2;
      this.#since = 0;
    }
    this.#since++;
    return false;
  }

  /** The field that led back to what had been passed: that of the first value that was there before. */
  closing(): Address {
    const seen = new Set<number>();
    for (const [index, value] of this.#values.entries()) {
      if (seen.has(value)) return this.#fields[index] as Address;
      seen.add(value);
    }
    return this.#fields.at(-1) ?? NaN;
  }

  /**
   * The field that leads on from what was met twice. Who frees an object a second time overwrites just that one: until then it led to what
   * had been freed before it.
   */
  freedTwice(): Address {
    const seen = new Map<number, number>();
    for (const [index, value] of this.#values.entries()) {
      const first = seen.get(value);
      if (first !== undefined) return this.#fields[first + 1] as Address;
      seen.set(value, index);
    }
    return this.#fields.at(-1) ?? NaN;
  }
}
