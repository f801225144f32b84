import type { Fold } from '../base/fold.ts';
import { NO_FOLD } from '../base/fold.ts';
import type { Btf } from '../formats/btf.ts';
import type { LibraryModel, LocatorModel, RepairModel, TypeModel } from '../model/structure.ts';
import type { TypeSource } from '../model/type-source.ts';
import { resolveType } from '../model/type-source.ts';
import { Unlinkable } from './compile/context.ts';
import type { Generated, Around, ValidatorProgram } from './compile/program.ts';
import { compileLocator, compileRepair, compileValidator } from './compile/program.ts';
import type { FieldAt } from './fields.ts';
import { fieldsIn } from './fields.ts';
import type { LinkedLocator } from './locators.ts';
import { linkLocator } from './locators.ts';
import { bytesOf } from './size.ts';
import { BtfTypes, differences } from './types.ts';

/** Why something cannot be used with this kernel. */
export interface Problem {
  readonly code: string;
  readonly message: string;
}

export interface LinkedValidator {
  readonly program: ValidatorProgram;
}

/** A library against the types of one kernel. Everything is linked when it is first asked for, and kept. */
export class LinkedLibrary {
  readonly library: LibraryModel;
  readonly #types: BtfTypes | undefined;
  readonly source: TypeSource;
  readonly #folds: boolean;
  readonly #locators = new Map<string, LinkedLocator | Problem | undefined>();
  readonly #validators = new Map<string, LinkedValidator | Problem | undefined>();
  readonly #models: ReadonlyMap<string, LocatorModel>;
  readonly #members = new Map<string, string>();
  readonly #lists = new Map<string, readonly string[]>();
  readonly #repairs = new Map<RepairModel, Map<string, Generated | Problem | undefined>>();
  #notes: readonly string[] | undefined;

  constructor(library: LibraryModel, btf: Btf | undefined, folds = false) {
    this.#folds = folds;
    this.library = library;
    this.#types = btf && new BtfTypes(btf);
    this.#models = new Map(library.locators.map((one) => [one.name, one]));
    this.source = this.#sourceOf();
  }

  locator(name: string): LinkedLocator | Problem | undefined {
    return this.#once(this.#locators, name, () => {
      const model = this.#models.get(name);
      return model && linkLocator(model, this.source, compileLocator(model, this.#around()));
    });
  }

  validator(name: string): LinkedValidator | Problem | undefined {
    return this.#once(this.#validators, name, () => {
      const model = this.library.validators.find((one) => one.name === name);
      return model && { program: compileValidator(model, this.#around()) };
    });
  }

  repairsOf(name: string): readonly RepairModel[] {
    return this.library.validators.find((one) => one.name === name)?.repairs ?? [];
  }

  /** A repair's formulas, with the names of the requirement that failed. */
  repair(model: RepairModel, structure: string, rule: number): Generated | Problem {
    const validator = this.validator(structure);
    if (!validator || 'code' in validator) return validator ?? { code: 'NO_VALIDATOR', message: structure };
    const { tables, bindings } = validator.program;
    const of_rule = this.#repairs.get(model) ?? new Map<string, Generated | Problem | undefined>();
    this.#repairs.set(model, of_rule);
    return this.#once(of_rule, `${rule}`, () =>
      compileRepair(model, bindings.get(rule), tables, this.#around(), structure),
    ) as Generated | Problem;
  }

  /** A type by its name; undefined when nothing has it. */
  type(name: string): TypeModel | undefined {
    return name === '' ? undefined : { kind: 'named', name };
  }

  hasValidator(name: string): boolean {
    return this.library.validators.some((one) => one.name === name);
  }

  /** The structure that is judged of those whose elements have that type. */
  structureOf(type: string): string | undefined {
    return this.library.locators.find(
      ({ name, of }) => of.kind === 'named' && of.name === type && this.hasValidator(name),
    )?.name;
  }

  /** Locators of lists and arrays whose elements have that type: they know what is an element. */
  listsOf(type: string): readonly string[] {
    const known = this.#lists.get(type);
    if (known) return known;
    const lists = this.library.locators.filter(
      ({ of, shape }) => (shape === 'list' || shape === 'array') && of.kind === 'named' && of.name === type,
    );
    // What stands by itself before what hangs off something.
    const names = [
      ...lists.filter(({ parent }) => parent === undefined),
      ...lists.filter(({ parent }) => parent !== undefined),
    ].map(({ name }) => name);
    this.#lists.set(type, names);
    return names;
  }

  /** Offsets of the function pointers in a struct of the guest; none in what is written out, which cannot say. */
  functionPointers(type: string): readonly number[] {
    return this.#types?.functionPointers(type) ?? [];
  }

  /** In what the structs that are written out differ from the guest's own. */
  get notes(): readonly string[] {
    this.#notes ??= this.library.structs.flatMap((struct) => {
      const guest = struct.from_guest ? undefined : this.#types?.named(struct.name);
      return guest ? differences(struct, guest, this.source) : [];
    });
    return this.#notes;
  }

  /** A type by its name: the guest's own, else one that is written out. */
  typeNamed(name: string): TypeModel | undefined {
    const type = this.source.named(name);
    return type === 'opaque' ? undefined : type;
  }

  /** Bytes of a type by name; 0 when there is none. */
  sizeOf(type: string): number {
    return bytesOf({ kind: 'named', name: type }, this.source) ?? 0;
  }

  /** The named fields of a type that lie in [from, from + bytes); offsets from `from`. */
  fieldsOf(type: string, from: number, bytes: number): readonly FieldAt[] {
    return fieldsIn(
      { kind: 'named', name: type },
      this.source,
      (of) => bytesOf(of, this.source) ?? 0,
      from,
      bytes,
    );
  }

  /** `.tasks.next`: the member of a type at an offset, '' when there is none. */
  memberAt(type: string, offset: number): string {
    const key = `${type} ${offset}`;
    let path = this.#members.get(key);
    if (path === undefined) {
      path = pathAt({ kind: 'named', name: type }, offset, this.source, 0);
      this.#members.set(key, path);
    }
    return path;
  }

  #around(): Around {
    return { source: this.source, spaceOf: (name) => this.#spaceOf(name, 0), folds: this.#folds };
  }

  /** A nested locator lies where its parent does. */
  #spaceOf(name: string, depth: number): string {
    const model = this.#models.get(name);
    if (!model || depth > 8) return '';
    return model.space?.comm ?? (model.parent === undefined ? '' : this.#spaceOf(model.parent, depth + 1));
  }

  /** The guest's own types before those that are written out. */
  #sourceOf(): TypeSource {
    const written = new Map<string, TypeModel>();
    for (const { name, from_guest, members, bytes } of this.library.structs)
      if (!from_guest) written.set(name, { kind: 'aggregate', union: false, members, bytes });
    return {
      named: (name) => this.#types?.named(name) ?? written.get(name),
      perCpu: (symbol) => this.#types?.perCpu(symbol),
      locator: (name) => this.#models.get(name),
    };
  }

  #once<T>(
    known: Map<string, T | Problem | undefined>,
    name: string,
    make: () => T | undefined,
  ): T | Problem | undefined {
    if (known.has(name)) return known.get(name);
    let made: T | Problem | undefined;
    try {
      made = make();
    } catch (error) {
      if (!(error instanceof Unlinkable)) throw error;
      made = { code: error.code, message: error.message };
    }
    known.set(name, made);
    return made;
  }
}

const MEMBER_DEPTH = 8;

function pathAt(type: TypeModel, offset: number, source: TypeSource, depth: number): string {
  const seen = resolveType(type, source);
  if (seen === undefined || seen === 'opaque' || depth > MEMBER_DEPTH) return '';
  if (seen.kind === 'array') {
    const bytes = bytesOf(seen.of, source) ?? 0;
    if (bytes === 0 || seen.count === 0) return '';
    const index = Math.floor(offset / bytes);
    return `[${index}]${pathAt(seen.of, offset - index * bytes, source, depth + 1)}`;
  }
  if (seen.kind !== 'aggregate') return '';
  const member = seen.members.findLast(
    (one) => one.offset <= offset && offset < one.offset + Math.max(bytesOf(one.type, source) ?? 0, 1),
  );
  if (!member) return '';
  const inner = pathAt(member.type, offset - member.offset, source, depth + 1);
  return `${member.name === '' ? '' : `.${member.name}`}${inner}`;
}

const LINKED = new WeakMap<LibraryModel, WeakMap<object, LinkedLibrary>>();
const FOLDED = new WeakMap<LibraryModel, WeakMap<object, LinkedLibrary>>();
const NO_BTF = {};

/**
 * The library against a kernel's types; made once for each of the two, and apart for kernels whose addresses are
 * folded. A kernel without BTF leaves the structs that are written out.
 */
export function link(library: LibraryModel, btf: Btf | undefined, fold: Fold = NO_FOLD): LinkedLibrary {
  const all = fold.length > 0 ? FOLDED : LINKED;
  const of_library = all.get(library) ?? new WeakMap<object, LinkedLibrary>();
  all.set(library, of_library);
  const key = btf ?? NO_BTF;
  const known = of_library.get(key) ?? new LinkedLibrary(library, btf, fold.length > 0);
  of_library.set(key, known);
  return known;
}
