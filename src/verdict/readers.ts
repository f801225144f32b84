import type { Formula, LibraryModel, LocatorModel, Statement, ValidatorModel } from '../model/structure.ts';

/** Who looks at a field: codes of the requirements that read it, and locators whose walk follows it. */
export interface Readers {
  readonly codes: readonly string[];
  readonly walks: readonly string[];
}

/** A place as a validator writes it: members from an element of a locator, or from a symbol, on. */
interface Way {
  /** A locator's name, `symbols["x"]`, or '' where it is not known. */
  readonly base: string;
  readonly names: readonly string[];
}

/** What is read by one requirement or one walk, and what of it as a whole, by a function that takes bytes. */
interface Reads {
  readonly ways: Way[];
  readonly whole: Way[];
}

type Names = ReadonlyMap<string, readonly Way[]>;

const ELSEWHERE: readonly Way[] = [{ base: '', names: [] }];

/** Functions that read all of what their first argument names, not a word of it. */
const OF_BYTES: ReadonlySet<string> = new Set([
  'crc32c',
  'filled',
  'first_other',
  'first_changed',
  'printable',
  'held',
]);

/** What is added or compared stands for few places. */
const WAYS = 8;

/** `["sshd"]`, `[3]` and `.name` of a place as a receipt prints it. */
const STEP = /\.([A-Za-z_]\w*)|\[("(?:[^"\\]|\\.)*"|[^\]"]*)\]/g;

/**
 * Who of a validator reads the field that a place ends with. Undefined for a place that ends with no field: an element,
 * an address.
 */
export function readersOf(
  place: string,
  validator: ValidatorModel,
  library: LibraryModel,
): Readers | undefined {
  const locators = new Map(library.locators.map((one) => [one.name, one]));
  const asked = wayOf(place, locators);
  if (asked === undefined) return undefined;
  const hit = (reads: Reads): boolean =>
    reads.ways.some((way) => same(asked, way, locators)) ||
    reads.whole.some((way) =>
      same({ ...asked, names: asked.names.slice(0, way.names.length) }, way, locators),
    );
  const search = new Search(locators);
  search.body(validator.body, new Map(), undefined);
  const codes = new Set<string>();
  for (const { code, reads } of search.requirements) if (hit(reads)) codes.add(code);
  const walks = new Set<string>();
  for (const [name, reads] of search.walks) if (hit(reads)) walks.add(name);
  return { codes: [...codes], walks: [...walks] };
}

/**
 * The last locator that a place goes through, and the fields from its element on:
 * `web.slabs["dentry"].cpu_slabs[1].page`.
 */
function wayOf(place: string, locators: ReadonlyMap<string, LocatorModel>): Way | undefined {
  let base = '';
  let names: string[] = [];
  let pending = '';
  for (const [, field, index] of place.matchAll(STEP)) {
    if (field !== undefined) {
      names.push(field);
      pending = field;
    } else if (pending === 'symbols') {
      base = `symbols[${index ?? ''}]`;
      names = [];
    } else if (base === '' || locators.has(pending)) {
      if (pending !== '') [base, names] = [pending, []];
    }
    if (field === undefined) pending = '';
  }
  return names.length === 0 && !base.startsWith('symbols[') ? undefined : { base, names };
}

/**
 * True where both may be the same field. Where elements of one type are at their beginnings they have to agree whole,
 * else as far as both go.
 */
function same(asked: Way, way: Way, locators: ReadonlyMap<string, LocatorModel>): boolean {
  const [long, short] =
    asked.names.length < way.names.length ? [way.names, asked.names] : [asked.names, way.names];
  if (asked.base.startsWith('symbols[') || way.base.startsWith('symbols['))
    return asked.base === way.base
      ? long.length === short.length && ends(long, short)
      : asked.base === '' && short.length > 0 && ends(long, short);
  const alike = typeOf(asked.base, locators) === typeOf(way.base, locators) && asked.base !== '';
  return short.length > 0 && ends(long, short) && (!alike || way.names.length >= asked.names.length);
}

function ends(long: readonly string[], short: readonly string[]): boolean {
  return short.every((name, index) => name === long[long.length - short.length + index]);
}

function typeOf(base: string, locators: ReadonlyMap<string, LocatorModel>): string {
  const type = locators.get(base)?.of;
  return type?.kind === 'named' ? type.name : base;
}

/** Goes once through a validator: names of `let`, `each` and `walk` stand for the ways that they were bound to. */
class Search {
  readonly requirements: { readonly code: string; readonly reads: Reads }[] = [];
  readonly walks = new Map<string, Reads>();
  readonly #locators: ReadonlyMap<string, LocatorModel>;
  #reads: Reads = { ways: [], whole: [] };
  #lets = new Map<string, Reads>();

  constructor(locators: ReadonlyMap<string, LocatorModel>) {
    this.#locators = locators;
  }

  body(body: readonly Statement[], outer: Names, given: Reads | undefined): void {
    const names = new Map(outer);
    for (const one of body) {
      if (one.kind === 'let') {
        const { reads, ways } = this.#apart(one.value, names);
        this.#lets.set(one.name, reads);
        names.set(one.name, ways);
      } else if (one.kind === 'require') {
        const { reads } = this.#apart(one.condition, names);
        this.requirements.push({ code: one.code, reads: joined(reads, given) });
      } else if (one.kind === 'if') {
        this.body(one.body, names, joined(this.#apart(one.condition, names).reads, given));
      } else if (one.kind === 'each') {
        const over = this.#apart(one.over, names);
        const inner = new Map(names).set(one.name, over.ways);
        const where = one.where && this.#apart(one.where, inner, over.ways).reads;
        this.body(one.body, inner, joined(joined(over.reads, where), given));
      } else {
        const from = this.#apart(one.from, names);
        const inner = new Map(names).set(one.name, from.ways);
        const step = this.#apart(one.step, inner, from.ways);
        const walk = joined(from.reads, step.reads);
        this.requirements.push({ code: one.cycle, reads: walk });
        this.body(one.body, new Map(names).set(one.name, [...from.ways, ...step.ways]), joined(walk, given));
      }
    }
  }

  /** What a formula reads, kept apart from what was read before, and the ways that it stands for itself. */
  #apart(
    formula: Formula,
    names: Names,
    element?: readonly Way[],
  ): { readonly reads: Reads; readonly ways: readonly Way[] } {
    const before = this.#reads;
    const reads: Reads = { ways: [], whole: [] };
    this.#reads = reads;
    const ways = this.#ways(formula, names, element ?? ELSEWHERE);
    this.#reads = before;
    return { reads, ways };
  }

  #ways(formula: Formula, names: Names, element: readonly Way[]): readonly Way[] {
    const all = (parts: readonly Formula[], of = element): readonly Way[] =>
      parts.flatMap((part) => this.#ways(part, names, of));
    switch (formula.kind) {
      case 'name': {
        const reads = this.#lets.get(formula.name);
        if (reads) this.#take(reads);
        return names.get(formula.name) ?? ELSEWHERE;
      }
      case 'element':
        return element;
      case 'symbol':
        return this.#read([{ base: `symbols["${formula.name}"]`, names: [] }]);
      case 'collection':
        if (formula.of) all([formula.of]);
        this.#walk(formula.locator);
        return [{ base: formula.locator, names: [] }];
      case 'member':
        return this.#read(
          all([formula.of]).map(({ base, names: way }) => ({ base, names: [...way, formula.name] })),
        );
      case 'index':
        all([formula.index]);
        return all([formula.of]);
      case 'every':
      case 'cast':
      case 'address':
        return all([formula.of]);
      case 'unary':
        return all([formula.operand]);
      case 'binary':
        return all([formula.left, formula.right]).slice(0, WAYS);
      case 'conditional':
        all([formula.condition]);
        return all([formula.then, formula.otherwise]).slice(0, WAYS);
      case 'range':
        return all([formula.low, formula.high]).slice(0, WAYS);
      case 'set':
        all(formula.items);
        return ELSEWHERE;
      case 'call': {
        const [first, ...rest] = formula.args;
        const of = first ? all([first]) : ELSEWHERE;
        if (OF_BYTES.has(formula.function))
          this.#reads.whole.push(...of.filter((way) => way.names.length > 0));
        all(rest, of);
        return ELSEWHERE;
      }
      default:
        return ELSEWHERE;
    }
  }

  #read(ways: readonly Way[]): readonly Way[] {
    this.#reads.ways.push(...ways);
    return ways;
  }

  #take({ ways, whole }: Reads): void {
    this.#reads.ways.push(...ways);
    this.#reads.whole.push(...whole);
  }

  /** What going through a locator reads: its links, where it begins, what its elements are ordered by. */
  #walk(name: string): void {
    const locator = this.#locators.get(name);
    if (!locator || this.walks.has(name)) return;
    const before = this.#reads;
    const reads: Reads = { ways: [], whole: [] };
    this.walks.set(name, reads);
    this.#reads = reads;
    const own: readonly Way[] = [{ base: name, names: [] }];
    const parent: readonly Way[] = [{ base: locator.parent ?? '', names: [] }];
    for (const path of [locator.via, locator.key]) if (path.length > 0) this.#links(name, path);
    for (const one of locator.from)
      reads.whole.push(...this.#ways(one, new Map(), parent).filter((way) => way.names.length > 0));
    for (const one of locator.step) this.#ways(one, new Map(), own);
    for (const one of [locator.length, locator.first, locator.last])
      if (one) this.#ways(one, new Map(), parent);
    if (locator.parent !== undefined) this.#walk(locator.parent);
    this.#reads = before;
  }

  /** The members of a link have names that the locator does not say: `next`, `prev`, `rb_left`. */
  #links(base: string, path: readonly string[]): void {
    this.#reads.ways.push({ base, names: path });
    this.#reads.whole.push({ base, names: path });
  }
}

function joined(one: Reads, other: Reads | undefined): Reads {
  return other === undefined
    ? one
    : { ways: [...one.ways, ...other.ways], whole: [...one.whole, ...other.whole] };
}
