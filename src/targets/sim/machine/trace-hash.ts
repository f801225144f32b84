import { hashName } from '../../../base/random.ts';

export type Detail = Readonly<Record<string, string | number>>;

/**
 * A hash over a sequence of numbers and strings, in two 32-bit lanes (multiplications by the primes of FNV-1a and of
 * xxHash32, each followed by a rotation). Not cryptographic: it tells two runs apart, nobody forges them.
 */
export class TraceHash {
  a: number = 0x811c9dc5 | 0;
  b: number = 0x9e3779b1 | 0;

  word(value: number): void {
    const a = Math.imul(this.a ^ value, 0x01000193);
    this.a = (a << 11) | (a >>> 21);
    const b = Math.imul(this.b ^ value, 0x85ebca77);
    this.b = (b << 15) | (b >>> 17);
  }

  /** An integer, or any number whose low 64 bits tell it. */
  number(value: number): void {
    this.word(value | 0);
    this.word(Math.floor(value / 0x1_0000_0000) | 0);
  }

  text(value: string): void {
    this.word(hashName(value) | 0);
    this.word(value.length);
  }

  bytes(value: Uint8Array): void {
    let { a, b } = this;
    // As `word` for each byte.
    for (let index = 0; index < value.length; index++) {
      const byte = value[index] as number;
      const one = Math.imul(a ^ byte, 0x01000193);
      a = (one << 11) | (one >>> 21);
      const other = Math.imul(b ^ byte, 0x85ebca77);
      b = (other << 15) | (other >>> 17);
    }
    this.a = a;
    this.b = b;
    this.word(value.length);
  }

  event(time: number, subject: string, kind: string, detail: Detail): void {
    this.number(time);
    this.text(subject);
    this.text(kind);
    for (const key of Object.keys(detail)) {
      const value = detail[key] as string | number;
      this.text(key);
      if (typeof value === 'number') this.number(value);
      else this.text(value);
    }
  }

  fork(): TraceHash {
    const child = new TraceHash();
    child.a = this.a;
    child.b = this.b;
    return child;
  }

  /** Sixteen hex digits. */
  hex(): string {
    return [this.a, this.b].map((lane) => (lane >>> 0).toString(16).padStart(8, '0')).join('');
  }
}

/**
 * So frequent that they are made only for somebody who asked, and left out of the hash so that asking changes nothing.
 */
export const FREQUENT_KINDS: readonly string[] = ['run'];
