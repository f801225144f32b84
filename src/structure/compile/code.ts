/**
 * Source text in the making. Nothing gets into it but numbers, the locals that are numbered here, and the fixed names of the runtime:
 * what a spec says goes into tables and is spoken of by its index.
 */
export class Code {
  readonly #lines: string[] = [];
  #locals = 0;
  #labels = 0;

  line(text: string): void {
    this.#lines.push(text);
  }

  /** A local that keeps the value of an expression. */
  keep(expression: string): string {
    const name = this.fresh();
    this.line(`const ${name} = ${expression};`);
    return name;
  }

  /** A local that is set later. */
  variable(expression: string): string {
    const name = this.fresh();
    this.line(`let ${name} = ${expression};`);
    return name;
  }

  fresh(): string {
    return `v${this.#locals++}`;
  }

  /** `HEAD { … }`. */
  block(head: string, inside: () => void): void {
    this.line(`${head} {`);
    inside();
    this.line('}');
  }

  /** A block that `break LABEL` leaves. */
  labelled(inside: (label: string) => void): void {
    const label = `L${this.#labels++}`;
    this.block(`${label}:`, () => inside(label));
  }

  get text(): string {
    return this.#lines.join('\n');
  }
}

/** Values by their index: each once. */
export class Table<T> {
  readonly items: T[] = [];
  readonly #known = new Map<T | string, number>();

  /** `key` tells alike values that are not identical. */
  index(item: T, key: T | string = item): number {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    this.#known.set(key, this.items.length);
    return this.items.push(item) - 1;
  }
}

/** A number as it stands in the source: exact, never an exponent that reads otherwise. */
export function literal(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(${value})` : `${value}`;
}
