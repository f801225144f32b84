/**
 * Source text in the making. Nothing gets into it but numbers, the locals that are numbered here, and the fixed names
 * of the runtime: what a spec says goes into tables and is spoken of by its index.
 */
export class Code {
  /** True where it is for a kernel whose addresses are folded into numbers. */
  readonly folds: boolean;
  #lines: string[] = [];
  readonly #aside: string[] = [];
  #locals = 0;
  #labels = 0;
  /** What is known in each of the blocks around, the innermost last. */
  readonly #scopes: Scope[] = [newScope()];
  /** Locals that never change. */
  readonly #constant = new Set<string>();

  constructor(folds = false) {
    this.folds = folds;
  }

  line(text: string): void {
    this.#lines.push(text);
  }

  /** A local that keeps the value of an expression; the same one where a block around has worked out the same. */
  keep(expression: string): string {
    const pure = this.#isPure(expression);
    if (pure) {
      const known = this.#scopes.findLast(({ values }) => values.has(expression))?.values.get(expression);
      if (known !== undefined) return known;
    }
    const name = this.fresh();
    this.line(`const ${name} = ${expression};`);
    this.#constant.add(name);
    if (pure) this.#scopes.at(-1)?.values.set(expression, name);
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

  /**
   * Gives up where a test holds. What was found not to hold on the way here is not asked again: `test` speaks of
   * constant locals.
   */
  unless(test: string, otherwise: string): void {
    if (this.#scopes.some(({ refuted }) => refuted.has(test))) return;
    this.line(`if (${test}) { ${otherwise} }`);
    this.#scopes.at(-1)?.refuted.add(test);
  }

  /** `HEAD { … }`. */
  block(head: string, inside: () => void): void {
    this.line(`${head} {`);
    this.#scopes.push(newScope());
    inside();
    this.#scopes.pop();
    this.line('}');
  }

  /** A block that `break LABEL` leaves. */
  labelled(inside: (label: string) => void): void {
    const label = `L${this.#labels++}`;
    this.block(`${label}:`, () => inside(label));
  }

  /** What hardly ever runs: a function of its own, so that the one around it stays small. Leaves no block around it. */
  rarely(inside: () => void): void {
    const around = this.#lines;
    this.#lines = [];
    this.#scopes.push(newScope());
    inside();
    this.#scopes.pop();
    const body = this.#lines.join('\n');
    this.#lines = around;
    const own = new Set(Array.from(body.matchAll(/\b(?:const|let) (v\d+)/g), ([, name]) => name));
    const used = new Set(Array.from(body.matchAll(/\b[vm]\d+\b/g), ([name]) => name));
    const given = ['R', ...[...used].filter((name) => !own.has(name))].join(', ');
    const name = `c${this.#aside.length}`;
    this.#aside.push(`function ${name}(${given}) {\n${body}\n}`);
    this.line(`${name}(${given});`);
  }

  get text(): string {
    return this.#lines.join('\n');
  }

  /** The functions that `text` calls. */
  get aside(): string {
    return this.#aside.join('\n');
  }

  /** The memory that code is run on stands still meanwhile: to read twice is to read the same. */
  #isPure(expression: string): boolean {
    if (PROPERTY.test(expression)) return false;
    for (const [word] of expression.matchAll(WORD))
      if (word.startsWith('R') ? !PURE.has(word) : !this.#constant.has(word)) return false;
    return true;
  }
}

interface Scope {
  /** Locals by the expressions that they keep. */
  readonly values: Map<string, string>;
  readonly refuted: Set<string>;
}

function newScope(): Scope {
  return { values: new Map<string, string>(), refuted: new Set<string>() };
}

/** What belongs to a local: elements become more, and positions change. */
const PROPERTY = /\bv\d+\./;
const WORD = /\bR\.\w+|\bv\d+\b/g;
/** Of the runtime, what gives the same whenever it is asked. */
const PURE: ReadonlySet<string> = new Set([
  'R.symbols',
  'R.elements',
  'R.elementsOf',
  'R.perCpu',
  'R.isFunction',
  'R.inText',
  'R.functionAt',
  'R.text',
  'R.printable',
  'R.ones',
  'R.swap32',
  'R.turn',
]);

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
