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

  /**
   * True where a value was there before. Brent sees a cycle after up to three times its length: who is at a limit asks
   * this, for a walk that goes round is not one that has too far to go. Values that are rounded say nothing.
   */
  comesBack(): boolean {
    const twice = this.#twice();
    return twice !== undefined && Number.isSafeInteger(this.#values[twice.again]);
  }

  /** The field that led back to what had been passed: that of the first value that was there before. */
  closing(): Address {
    const twice = this.#twice();
    return (twice ? this.#fields[twice.again] : this.#fields.at(-1)) ?? NaN;
  }

  /**
   * The field that leads on from what was met twice. Who frees an object a second time overwrites just that one: until
   * then it led to what had been freed before it.
   */
  freedTwice(): Address {
    const twice = this.#twice();
    return (twice ? this.#fields[twice.first + 1] : this.#fields.at(-1)) ?? NaN;
  }

  /** Where the first value that was met again stands. */
  #twice(): { readonly first: number; readonly again: number } | undefined {
    const seen = new Map<number, number>();
    for (const [again, value] of this.#values.entries()) {
      const first = seen.get(value);
      if (first !== undefined) return { first, again };
      seen.set(value, again);
    }
    return undefined;
  }
}
