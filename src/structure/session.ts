import type { Address } from '../base/address.ts';
import type { Draft, Failing, Result } from './findings.ts';
import { failed } from './findings.ts';
import type { Guard } from './elements.ts';
import { Unlinkable } from './compile/context.ts';
import { Elements } from './elements.ts';
import { Frame } from './frame.ts';
import type { LinkedLibrary, Problem } from './link.ts';
import type { LinkedLocator } from './locators.ts';
import type { RepairModel } from '../model/structure.ts';
import type { Budget, Reader } from './reader.ts';
import type { Told } from './repair/propose.ts';
import { beginsWhereHeld, holdsEntry } from './shapes/hlist.ts';
import { draftOf } from './shape-drafts.ts';
import { doubtOf, lackingSymbol, noElements, orphanedBy } from './beginnings.ts';
import { hex } from './shapes/shape.ts';
import { SHAPES } from './shapes/shapes.ts';
import type { CpuView, Surroundings } from './surroundings.ts';
import type { ShapeJob } from './shapes/shape.ts';

export type { CpuView, DescribedLocator, Surroundings } from './surroundings.ts';

/** A library at work on a patient, until the patient runs on: elements are found once. */
export class Session {
  readonly budget: Budget;
  readonly finding_limit: number;
  readonly cpus: readonly CpuView[];
  readonly cpu_count: number;
  /** What is known of the kernel's code and symbols. */
  readonly code: Pick<Surroundings, 'isFunction' | 'inText' | 'functionAt' | 'symbolAround'>;
  readonly #linked: LinkedLibrary;
  readonly #around: Surroundings;
  readonly #elements = new Map<string, Elements>();
  readonly #nested = new Map<string, Map<Address, Elements>>();
  readonly #guards = new Map<string, Guard | undefined>();
  readonly #frames = new Map<LinkedLocator['program'], Frame | Problem>();

  constructor(linked: LinkedLibrary, around: Surroundings) {
    this.#linked = linked;
    this.#around = around;
    this.budget = around.budget;
    this.finding_limit = around.finding_limit;
    this.cpus = around.cpus;
    this.cpu_count = around.cpu_count;
    this.code = around;
  }

  /** Runs a validator. Undefined when there is none of that name. */
  validate(name: string): Result | undefined {
    const validator = this.#linked.validator(name);
    if (!validator) return undefined;
    if ('code' in validator) return failed(validator);
    const { symbols, optional } = validator.program.tables;
    const missing = symbols.items.find(
      (name_of) => this.symbol(name_of) === undefined && !optional.has(name_of),
    );
    if (missing !== undefined) return failed({ code: 'NO_SYMBOL', message: `there is no symbol ${missing}` });
    const readers = this.#readers(validator.program.tables.spaces.items);
    if ('code' in readers) return failed(readers);
    const frame = new Frame(this, validator.program.tables, name, readers);
    this.#guards.delete(name);
    validator.program.guard?.(frame);
    this.#guards.set(name, frame.guarded);
    validator.program.run(frame);
    return this.#conclude(name, frame);
  }

  /** Every element of a locator, as far as they have been asked for; of a nested one, of all its parents. */
  elements(name: string): Elements {
    const known = this.#elements.get(name);
    if (known) return known;
    const locator = this.#linked.locator(name);
    if (locator === undefined || 'code' in locator) {
      const none = noElements(
        name,
        locator ?? { code: 'NO_LOCATOR', message: `there is no locator ${name}` },
      );
      this.#elements.set(name, none);
      return none;
    }
    const made = new Elements(locator);
    this.#elements.set(name, made);
    if (locator.model.parent === undefined) this.#locate(made, undefined);
    else this.#ofAll(made, locator.model.parent);
    return made;
  }

  /** Those that hang off one element of the parent. */
  elementsOf(name: string, parent: Address): Elements {
    const of = this.#nested.get(name) ?? new Map<Address, Elements>();
    this.#nested.set(name, of);
    const known = of.get(parent);
    if (known) return known;
    const locator = this.#linked.locator(name);
    if (locator === undefined || 'code' in locator) return this.elements(name);
    const made = new Elements(locator);
    of.set(parent, made);
    this.#locate(made, parent);
    return made;
  }

  /** A repair's condition, subject and value for a finding; a text when they cannot be had. */
  evaluateRepair(model: RepairModel, draft: Draft): Told | string {
    const validator = this.#linked.validator(draft.structure);
    const made = this.#linked.repair(model, draft.structure, draft.rule);
    if (typeof made !== 'function') return made.message;
    if (!validator || 'code' in validator) return `there is no validator ${draft.structure}`;
    const { tables } = validator.program;
    const readers = this.#readers(tables.spaces.items);
    if ('code' in readers) return readers.message;
    const frame = new Frame(this, tables, draft.structure, readers);
    frame.bound = draft.bound;
    made(frame);
    const { told } = frame;
    const subject = told?.space && {
      place: told.place,
      address: told.address,
      bytes: told.bytes,
      space: told.space,
      type: told.named,
      ...(told.field ? { field: told.field } : {}),
    };
    return {
      only_if: frame.only_if,
      subject,
      target: frame.target,
      element_of: frame.element_of,
      to: told?.expected_bits,
    };
  }

  /** Where an object hangs: every structure that has been gone through and has it. */
  placesOf(base: Address): { readonly elements: Elements; readonly index: number }[] {
    const found: { elements: Elements; index: number }[] = [];
    const all = [...this.#elements.values(), ...[...this.#nested.values()].flatMap((of) => [...of.values()])];
    for (const elements of all) {
      const index =
        elements.locator.model.parent !== undefined &&
        this.#elements.get(elements.locator.model.name) === elements
          ? -1
          : elements.indexOf(base);
      if (index >= 0) found.push({ elements, index });
    }
    return found;
  }

  /** The elements of a locator, when there is one of that name. */
  located(name: string): Elements | undefined {
    const locator = this.#linked.locator(name);
    return locator && !('code' in locator) ? this.elements(name) : undefined;
  }

  symbol(name: string): Address | undefined {
    return this.#around.symbol(name);
  }

  perCpuBase(cpu: number): Address {
    return this.#around.perCpuBase(cpu);
  }

  /** The lock of the validator itself. */
  validatorGuard(name: string): Guard | undefined {
    return this.#guards.get(name);
  }

  /** The lock of a structure that begins in one place: it protects what is said of the whole, too. */
  guardOf(name: string): Guard | undefined {
    const { roots } = this.elements(name);
    return roots.length === 1 ? roots[0]?.guard : undefined;
  }

  /** As a spec names an element of a locator: as the list does that knows it by a label, else by what it hangs off. */
  nameOf(locator: string, base: Address): string {
    const { named } = this.elements(locator).locator;
    const known = this.#around.objects?.(named).get(base);
    if (known !== undefined) return `${this.#linked.structureOf(named) ?? locator}["${known}"]`;
    for (const list of this.#linked.listsOf(named)) {
      const elements = this.#elements.get(list);
      const index = elements?.locator.label ? elements.indexOf(base) : -1;
      if (elements && index >= 0) return elements.name(index);
    }
    return this.#ownName(locator, base) ?? `address(${hex(base, this.#around.kernel.fold)})`;
  }

  #ownName(locator: string, base: Address): string | undefined {
    const model = this.elements(locator).locator.model;
    const plain = model.label.length + model.id.length === 0;
    for (const [parent, elements] of this.#nested.get(locator) ?? []) {
      const index = elements.indexOf(base);
      if (index < 0) continue;
      if (!model.shipped) return elements.name(index);
      if (plain && model.shape === 'one')
        return this.nameOf(model.parent ?? '', parent).replace(/^\w+/, locator);
    }
    const elements = this.elements(locator).all();
    const index = elements.indexOf(base);
    if (index < 0) return undefined;
    return plain &&
      model.shipped &&
      model.shape === 'one' &&
      model.parent === undefined &&
      elements.roots.length === 1
      ? locator
      : elements.name(index);
  }

  /** The element that an address lies in, among those that have been found, and the member there. */
  placeOf(address: Address): string | undefined {
    if (Number.isNaN(address)) return undefined;
    const nested = [...this.#nested].flatMap(([name, of]) =>
      [...of.values()].map((one) => [name, one] as const),
    );
    for (const [name, elements] of [...this.#elements, ...nested]) {
      const { bytes, named } = elements.locator;
      if (named === '') continue;
      for (const base of elements.bases) {
        if (address < base || address >= base + bytes) continue;
        const member = this.#linked.memberAt(named, address - base);
        return `${this.nameOf(name, base)}${member}`;
      }
    }
    return undefined;
  }

  #readers(comms: readonly string[]): Reader[] | Problem {
    const readers: Reader[] = [];
    for (const comm of comms) {
      const reader = comm === '' ? this.#around.kernel : this.#around.process(comm);
      if ('code' in reader) return reader;
      readers.push(reader);
    }
    return readers;
  }

  /** Elements of all parents, one parent after the other. */
  #ofAll(made: Elements, parent: string): void {
    const parents = this.elements(parent);
    let next = 0;
    made.follow(() => {
      if (next >= parents.length && !parents.more()) {
        if (!parents.complete) made.complete = false;
        if (parents.length === 0) made.orphaned = parents.orphaned ?? orphanedBy(parent, parents.failure);
        return false;
      }
      const inner = this.elementsOf(made.locator.model.name, parents.bases[next++] as Address).all();
      made.take(inner);
      return true;
    });
  }

  /** One for all runs of a locator's functions; a problem when its address space is not to be had. */
  #frameOf({ program, model }: LinkedLocator): Frame | Problem {
    const known = this.#frames.get(program);
    if (known !== undefined) return known;
    const readers = this.#readers(program.tables.spaces.items);
    const made = 'code' in readers ? readers : new Frame(this, program.tables, model.name, readers);
    this.#frames.set(program, made);
    return made;
  }

  /** Finds the roots, and lets the shape follow them one after the other. */
  #locate(made: Elements, parent: Address | undefined): void {
    const { locator } = made;
    const { name } = locator.model;
    const described = this.#around.described?.get(name);
    const { run, steps } = locator.program;
    const fail = ({ code, message }: Problem): void => {
      made.complete = false;
      made.failure = { code, message, place: name, address: NaN, bytes: 0 };
    };
    const frame = this.#frameOf(locator);
    if ('code' in frame) return fail(frame);
    frame.failure = undefined;
    if (described) {
      const roots = described.roots(parent, beginsWhereHeld(locator.model.shape) ? holdsEntry : undefined);
      const doubt = 'code' in roots ? undefined : doubtOf(locator, frame, roots, this, parent);
      if ('code' in roots || doubt) return fail(doubt ?? (roots as Problem));
      for (const root of roots) made.roots.push(root);
    } else {
      const missing = lackingSymbol(locator, this);
      if (missing !== undefined) return fail({ code: 'NO_SYMBOL', message: `there is no symbol ${missing}` });
      frame.at = parent ?? NaN;
      frame.onRoot = (root) => void (Number.isNaN(root.head) || made.roots.push(root));
      run(frame);
      if (frame.failure) {
        made.complete = false;
        made.failure = frame.failure;
      }
    }
    let next = 0;
    let advance: (() => boolean) | undefined;
    const go = (): boolean => {
      if (!advance) {
        const root = made.roots[next];
        if (!root) return false;
        made.starts.push(made.bases.length);
        const job: ShapeJob = {
          elements: made,
          locator,
          space: root.space,
          root,
          root_index: next++,
          budget: this.budget,
          known: (base) => this.#known(locator, base),
          looks: (base) => this.#looks(locator, root.space, base),
          successors: (base, found) => {
            if (described?.successors) {
              const member = (field: Address): string => this.#linked.memberAt(locator.named, field - base);
              const lost = described.successors(base, (target, field) =>
                found(target, field, Number.isNaN(field) ? '' : member(field)),
              );
              if (!lost) return;
              made.complete = false;
              const { address = NaN } = lost;
              const own = address >= base && address < base + locator.bytes;
              const place = `${this.nameOf(name, base)}${own ? member(address) : ''}`;
              made.failure ??= { ...lost, place, bytes: 8, address };
              return;
            }
            frame.at = base;
            frame.onEdge = found;
            frame.failure = undefined;
            steps?.(frame);
            made.failure ??= frame.failure;
          },
        };
        advance = SHAPES[locator.model.shape](job);
      }
      if (!advance()) advance = undefined;
      return advance !== undefined || next < made.roots.length;
    };
    made.follow(() => {
      try {
        return go();
      } catch (error) {
        // A link type that damaged BTF lacks.
        if (!(error instanceof Unlinkable)) throw error;
        fail(error);
        return false;
      }
    });
  }

  /** True for an address that another structure, or the kernel's variables, know as an object of that type. */
  #known(locator: LinkedLocator, base: Address): boolean {
    if (this.#around.objects?.(locator.named).has(base)) return true;
    for (const name of this.#linked.listsOf(locator.named)) {
      if (name !== locator.model.name && this.elements(name).all().indexOf(base) >= 0) return true;
    }
    return false;
  }

  /** Function pointers that the type has, all of them into the text. */
  #looks({ named }: LinkedLocator, space: Reader, base: Address): boolean | undefined {
    const offsets = this.#linked.functionPointers(named);
    if (offsets.length === 0) return undefined;
    return offsets.every((offset) => this.code.inText(space.u64(base + offset)));
  }

  /** The findings of a run, those of the shapes that it stands for before its own. */
  #conclude(structure: string, frame: Frame): Result {
    const own = this.#linked.locator(structure);
    if (own && !('code' in own)) {
      if (own.model.parent === undefined) frame.used.add(this.elements(structure).all());
    } else if (own) frame.failure ??= { ...own, place: structure, address: NaN, bytes: 0 };
    const shaped: Draft[] = [];
    let count = 0;
    let failure: Failing | undefined = frame.failure;
    let orphaned: Failing | undefined;
    for (const elements of frame.used) {
      const { name } = elements.locator.model;
      failure ??= elements.failure;
      orphaned ??= elements.orphaned;
      const mine = name === structure || !this.#linked.hasValidator(name);
      if (name === structure || mine) count += elements.length;
      if (!mine) continue;
      for (const one of elements.faults) {
        // Who goes through all that hang off a parent, and through all of them, meets the same twice.
        const told = shaped.some(
          ({ code, address, space }) =>
            code === one.code && address === one.address && space === elements.roots[one.root]?.space,
        );
        if (!told) shaped.push(draftOf(this, structure, elements, one));
      }
    }
    const all = [...shaped, ...frame.drafts];
    const drafts = all.slice(0, this.finding_limit);
    const left_out = frame.left_out + all.length - drafts.length;
    const looked = own ? count : Math.max(count, frame.looked);
    // What has elements of its own is judged by those: a lie costs its own structure only. Of what has none nothing is
    // known.
    if (looked === 0) failure ??= orphaned;
    return { drafts, left_out, elements: looked, failure };
  }
}
