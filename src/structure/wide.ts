/**
 * Arithmetic of 64 bits in halves, for generated code: a result is left in `high` and `low`, as signed 32-bit numbers.
 * No bigint: it runs in loops.
 */
export class Wide {
  high = 0;
  low = 0;

  multiply(a_high: number, a_low: number, b_high: number, b_low: number): void {
    const [a0, a1, b0, b1] = [a_low & 0xffff, a_low >>> 16, b_low & 0xffff, b_low >>> 16];
    // Sixteen bits at a time: no product is beyond 2^33.
    const p0 = a0 * b0;
    const p1 = a1 * b0 + Math.floor(p0 / 0x1_0000);
    const p2 = a0 * b1 + (p1 % 0x1_0000);
    const carried = a1 * b1 + Math.floor(p1 / 0x1_0000) + Math.floor(p2 / 0x1_0000);
    this.low = ((p2 % 0x1_0000) << 16) | (p0 & 0xffff);
    this.high = (carried + Math.imul(a_high, b_low) + Math.imul(a_low, b_high)) | 0;
  }

  divide(a_high: number, a_low: number, b_high: number, b_low: number): void {
    this.#divide(a_high, a_low, b_high, b_low, false);
  }

  remainder(a_high: number, a_low: number, b_high: number, b_low: number): void {
    this.#divide(a_high, a_low, b_high, b_low, true);
  }

  divideSigned(a_high: number, a_low: number, b_high: number, b_low: number): void {
    const negative = a_high < 0 !== b_high < 0;
    this.#magnitudes(a_high, a_low, b_high, b_low, false);
    if (negative) this.#set(~this.high + (this.low === 0 ? 1 : 0), -this.low);
  }

  /** Has the sign of the dividend, as in C. */
  remainderSigned(a_high: number, a_low: number, b_high: number, b_low: number): void {
    this.#magnitudes(a_high, a_low, b_high, b_low, true);
    if (a_high < 0) this.#set(~this.high + (this.low === 0 ? 1 : 0), -this.low);
  }

  shiftLeft(high: number, low: number, by_high: number, by: number): void {
    if (by_high !== 0 || by >>> 0 >= 64) this.#set(0, 0);
    else if (by === 0) this.#set(high, low);
    else if (by >= 32) this.#set(low << (by - 32), 0);
    else this.#set((high << by) | (low >>> (32 - by)), low << by);
  }

  shiftRight(high: number, low: number, by_high: number, by: number): void {
    if (by_high !== 0 || by >>> 0 >= 64) this.#set(0, 0);
    else if (by === 0) this.#set(high, low);
    else if (by >= 32) this.#set(0, high >>> (by - 32));
    else this.#set(high >>> by, (low >>> by) | (high << (32 - by)));
  }

  shiftRightSigned(high: number, low: number, by_high: number, by: number): void {
    if (by_high !== 0 || by >>> 0 >= 64) this.#set(0, 0);
    else if (by === 0) this.#set(high, low);
    else if (by >= 32) this.#set(high >> 31, high >> (by - 32));
    else this.#set(high >> by, (low >>> by) | (high << (32 - by)));
  }

  /** The four bytes of a number in the other order, unsigned. */
  swap32(value: number): number {
    return (
      (((value & 0xff) << 24) | ((value & 0xff00) << 8) | ((value >>> 8) & 0xff00) | (value >>> 24)) >>> 0
    );
  }

  /** How many of 32 bits are 1. */
  ones(value: number): number {
    let rest = value - ((value >>> 1) & 0x5555_5555);
    rest = (rest & 0x3333_3333) + ((rest >>> 2) & 0x3333_3333);
    return Math.imul((rest + (rest >>> 4)) & 0x0f0f_0f0f, 0x0101_0101) >>> 24;
  }

  #set(high: number, low: number): void {
    this.high = high | 0;
    this.low = low | 0;
  }

  #magnitudes(a_high: number, a_low: number, b_high: number, b_low: number, rest: boolean): void {
    const [x_high, x_low] = a_high < 0 ? [~a_high + (a_low === 0 ? 1 : 0), -a_low] : [a_high, a_low];
    const [y_high, y_low] = b_high < 0 ? [~b_high + (b_low === 0 ? 1 : 0), -b_low] : [b_high, b_low];
    this.#divide(x_high, x_low, y_high, y_low, rest);
  }

  /** Unsigned; the divisor is not zero. */
  #divide(a_high: number, a_low: number, b_high: number, b_low: number, rest: boolean): void {
    // Below 2^53 one number is exact, and a multiple of the divisor divides without rounding.
    if (a_high >>> 0 < 0x20_0000 && b_high >>> 0 < 0x20_0000) {
      const [a, b] = [(a_high >>> 0) * TWO_32 + (a_low >>> 0), (b_high >>> 0) * TWO_32 + (b_low >>> 0)];
      const left = a % b;
      const result = rest ? left : (a - left) / b;
      this.#set(Math.floor(result / TWO_32), result);
      return;
    }
    let [r_high, r_low, q_high, q_low] = [0, 0, 0, 0];
    for (let bit = 63; bit >= 0; bit--) {
      // The bit that the remainder shifts out stands for 2^64, which is more than any divisor.
      const out = r_high < 0;
      r_high = (r_high << 1) | (r_low >>> 31);
      r_low = (r_low << 1) | (((bit >= 32 ? a_high : a_low) >>> (bit & 31)) & 1);
      if (!out && (r_high >>> 0 < b_high >>> 0 || (r_high === (b_high | 0) && r_low >>> 0 < b_low >>> 0)))
        continue;
      const low = (r_low >>> 0) - (b_low >>> 0);
      r_high = (r_high - b_high - (low < 0 ? 1 : 0)) | 0;
      r_low = low | 0;
      if (bit >= 32) q_high |= 1 << (bit - 32);
      else q_low |= 1 << bit;
    }
    if (rest) this.#set(r_high, r_low);
    else this.#set(q_high, q_low);
  }
}

const TWO_32 = 0x1_0000_0000;
