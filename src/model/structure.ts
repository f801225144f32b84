import type { Span } from '../text/span.ts';
import type { Quantity } from './quantities.ts';

/**
 * Structures in a guest's memory as the language declares them: what they are made of, how they are found, what must
 * hold and how it is mended. Checked, plain, frozen data. Members and symbols are names here: offsets and addresses
 * come from the guest (BTF, kallsyms) when a rescuer links a library against it.
 */
export interface LibraryModel {
  readonly structs: readonly StructModel[];
  readonly locators: readonly LocatorModel[];
  readonly validators: readonly ValidatorModel[];
  /** Lists of texts that what ships has by name: functions by which it is known what a CPU is at. */
  readonly lists?: Readonly<Record<string, readonly string[]>>;
  /** The files of what ships that declare a `def` or a `let`, by its name; and the texts of those files. */
  readonly defs?: Readonly<Record<string, readonly string[]>>;
  readonly lets?: Readonly<Record<string, readonly string[]>>;
  readonly texts?: Readonly<Record<string, string>>;
}

export const NO_LIBRARY: LibraryModel = { structs: [], locators: [], validators: [] };

/** The type of a value or place. Names are looked up in the spec's structs first, then in the guest's BTF. */
export type TypeModel =
  | {
      readonly kind: 'int';
      readonly name: string;
      readonly bytes: 1 | 2 | 4 | 8;
      readonly signed: boolean;
      readonly big_endian: boolean;
    }
  /** One byte of text; an array of it is a text that ends at its first zero. */
  | { readonly kind: 'char' }
  | { readonly kind: 'bool' }
  | { readonly kind: 'void' }
  | {
      readonly kind: 'enum';
      readonly bytes: 1 | 2 | 4 | 8;
      readonly values: readonly { readonly name: string; readonly value: bigint }[];
    }
  | { readonly kind: 'pointer'; readonly to: TypeModel }
  | { readonly kind: 'array'; readonly of: TypeModel; readonly count: number }
  | {
      readonly kind: 'aggregate';
      readonly union: boolean;
      readonly members: readonly MemberModel[];
      readonly bytes: number;
    }
  /** A struct, union, enum or typedef by name. */
  | { readonly kind: 'named'; readonly name: string };

export interface MemberModel {
  /** '' for an anonymous struct or union: its members are found through it. */
  readonly name: string;
  readonly type: TypeModel;
  /** Bytes from the start of the struct, by the rules of the x86-64 psABI. */
  readonly offset: number;
  /** A bit-field: bits from the least significant of the unit at `offset`. */
  readonly bits?: { readonly from: number; readonly width: number };
  readonly doc?: string;
  readonly span: Span;
}

export interface StructModel {
  readonly name: string;
  /** `struct task_struct from guest`: no members here, the guest's BTF has them. */
  readonly from_guest: boolean;
  readonly members: readonly MemberModel[];
  /** As declared or computed; 0 when from the guest. */
  readonly bytes: number;
  readonly doc?: string;
  readonly span: Span;
}

export type Shape =
  | 'one'
  | 'list'
  | 'hlist'
  | 'llist'
  | 'tree'
  | 'hash'
  | 'array'
  | 'ring'
  | 'freelist'
  | 'bitmap'
  | 'xarray'
  | 'maple'
  | 'graph';

/** Where a structure is and how to walk it. Expressions are those below; `element` stands for the element at hand. */
export interface LocatorModel {
  readonly name: string;
  /** The locator whose elements each have one of these; `element` in `from` is then the parent's element. */
  readonly parent?: string;
  readonly shape: Shape;
  /** Type of an element. */
  readonly of: TypeModel;
  /** The element's link member: `tasks`, `se.run_node`. Empty where the shape has none. */
  readonly via: readonly string[];
  /**
   * Places at which the shape begins (`list_head`, `rb_root_cached`, pointer, array …); one with `[*]` stands for each
   * CPU or entry.
   */
  readonly from: readonly Formula[];
  /** True when the object that a list's head is part of is itself an element (`init_task`). */
  readonly including_head: boolean;
  /** graph, freelist: what follows an element; several, and ranges of an array, are followed in order. */
  readonly step: readonly Formula[];
  /** array, ring, bitmap: how many entries there are. */
  readonly length?: Formula;
  /** ring: the first index in use and the one after the last, both modulo `length`. */
  readonly first?: Formula;
  readonly last?: Formula;
  /** Members of an element: what it is ordered by, named by (char array), numbered by. */
  readonly key: readonly string[];
  readonly label: readonly string[];
  readonly id: readonly string[];
  /**
   * Undefined: the kernel's. Else a place that leads to an mm_struct: `tasks["shop"].mm`, of which only the comm is
   * needed.
   */
  readonly space?: { readonly comm: string };
  /** The lock that writers hold; relative to the root object when it begins with `element`. */
  readonly guard?: Formula;
  /** More elements than that are not gone through. Default 1,048,576. */
  readonly limit: number;
  /**
   * What more are: damage where the locator says a limit, and not to be told where the guest says another. Absent:
   * nobody said one.
   */
  readonly beyond?: 'damage' | 'disputed';
  /** True for the library that ships. */
  readonly shipped: boolean;
  readonly doc?: string;
  readonly span: Span;
}

export interface ValidatorModel {
  /** The structure that verdicts name: `web.NAME`. */
  readonly name: string;
  /** Wins over the locators' guards. */
  readonly guard?: Formula;
  readonly body: readonly Statement[];
  readonly repairs: readonly RepairModel[];
  /**
   * Every code that it can give, with its document (the `##` before the `require`, else its message), the shapes' own
   * not included.
   */
  readonly codes: readonly { readonly code: string; readonly doc: string; readonly means?: string }[];
  readonly shipped: boolean;
  readonly doc?: string;
  readonly span: Span;
}

export type Statement =
  | { readonly kind: 'let'; readonly name: string; readonly value: Formula; readonly span: Span }
  | {
      readonly kind: 'require';
      readonly condition: Formula;
      readonly code: string;
      readonly message: Message;
      /** `at PLACE`: the field to blame. Default: the last place that the left side of the condition reads. */
      readonly at?: Formula;
      /** `expected VALUE`: what the rest of the structure says that it should be. */
      readonly expected?: Formula;
      /** `means CAUSE`: a diagnosis of model/diagnoses.ts. */
      readonly means?: string;
      readonly span: Span;
    }
  | {
      readonly kind: 'each';
      readonly name: string;
      /** A locator, a nested locator, an array place, a per-CPU pointer with `[*]`, a range, `cpus`. */
      readonly over: Formula;
      readonly where?: Formula;
      readonly body: readonly Statement[];
      readonly span: Span;
    }
  | {
      readonly kind: 'if';
      readonly condition: Formula;
      readonly body: readonly Statement[];
      readonly span: Span;
    }
  | {
      readonly kind: 'walk';
      readonly name: string;
      readonly from: Formula;
      /** Sees `name`; the walk ends well where it gives 0, or where `until` holds. */
      readonly step: Formula;
      readonly until?: Formula;
      readonly limit: Formula;
      /**
       * Codes of a walk that meets itself, or its limit, or memory that cannot be read; the place is that of the last
       * good element.
       */
      readonly cycle: string;
      /** Of the cycle: a diagnosis of model/diagnoses.ts. */
      readonly means?: string;
      readonly over_limit: string;
      readonly body: readonly Statement[];
      readonly span: Span;
    };

/** Text and values: `"order {o.id}: quantity {o.qty}"`. */
export type Message = readonly (
  string | { readonly value: Formula; readonly format: 'plain' | 'address' | 'hex' }
)[];

/**
 * Numbers are unsigned and of 64 bits, and wrap; a signed member is sign-extended. `def` and constants have been
 * replaced.
 */
export type Formula =
  /** A time is in nanoseconds, a size in bytes. */
  | { readonly kind: 'int'; readonly value: bigint; readonly quantity?: Quantity; readonly span: Span }
  | { readonly kind: 'bool'; readonly value: boolean; readonly span: Span }
  | { readonly kind: 'text'; readonly value: string; readonly span: Span }
  /** A name bound by `each`, `walk` or `let` of the validator. */
  | { readonly kind: 'name'; readonly name: string; readonly span: Span }
  /** The element at hand: in a locator's clauses, and in the second argument of `any all sum min max count depth`. */
  | { readonly kind: 'element'; readonly span: Span }
  /** All elements of a locator; of a nested one, those of the element `of` when it is given: `c.slabs`. */
  | { readonly kind: 'collection'; readonly locator: string; readonly of?: Formula; readonly span: Span }
  /** The rescuer's view of the CPUs: members of CPU_MEMBERS. */
  | { readonly kind: 'cpus'; readonly span: Span }
  /** The place at a kernel symbol, of unknown type until `cast`. */
  | { readonly kind: 'symbol'; readonly name: string; readonly span: Span }
  /** Follows a pointer by itself when `of` is one. `.index` of a loop's name is its position. */
  | { readonly kind: 'member'; readonly of: Formula; readonly name: string; readonly span: Span }
  /**
   * An entry of an array, a pointer's nth object, a CPU's copy of a per-CPU symbol or pointer, a named element of a
   * collection.
   */
  | { readonly kind: 'index'; readonly of: Formula; readonly index: Formula; readonly span: Span }
  /** `x[*]`: every entry, or every CPU's copy. */
  | { readonly kind: 'every'; readonly of: Formula; readonly span: Span }
  /** `x as T`: another type for a place, another width for a number, a pointer made of a number. */
  | { readonly kind: 'cast'; readonly of: Formula; readonly type: TypeModel; readonly span: Span }
  /** `&x`. */
  | { readonly kind: 'address'; readonly of: Formula; readonly span: Span }
  | {
      readonly kind: 'unary';
      readonly operator: 'not' | '-' | '~';
      readonly operand: Formula;
      readonly span: Span;
    }
  | {
      readonly kind: 'binary';
      readonly operator: FormulaOperator;
      readonly left: Formula;
      readonly right: Formula;
      readonly span: Span;
    }
  | {
      readonly kind: 'conditional';
      readonly condition: Formula;
      readonly then: Formula;
      readonly otherwise: Formula;
      readonly span: Span;
    }
  | { readonly kind: 'range'; readonly low: Formula; readonly high: Formula; readonly span: Span }
  | { readonly kind: 'set'; readonly items: readonly Formula[]; readonly span: Span }
  /** `order.state` in `x in order.state`: the values of an enumeration. */
  | { readonly kind: 'enumeration'; readonly type: TypeModel; readonly span: Span }
  | {
      readonly kind: 'call';
      readonly function: string;
      readonly args: readonly Formula[];
      readonly span: Span;
    }
  | { readonly kind: 'sizeof'; readonly type: TypeModel; readonly span: Span };

export type FormulaOperator =
  | 'or'
  | 'and'
  | '=='
  | '!='
  | '<'
  | '<='
  | '>'
  | '>='
  | 'in'
  | '|'
  | '^'
  | '&'
  | '<<'
  | '>>'
  | '+'
  | '-'
  | '*'
  | '/'
  | 'mod';

/** What to do about a finding of that code. It sees the names that were bound where the requirement failed. */
export interface RepairModel {
  readonly code: string;
  readonly verb: RepairVerb;
  /** What it acts on; where the verb says so by itself (`relink`), absent: the finding's own place. */
  readonly subject?: Formula;
  /** `to VALUE`. */
  readonly to?: Formula;
  readonly only_if?: Formula;
  /**
   * `unless loss`: declined with WOULD_LOSE_DATA when data is out of reach that was not, and the repair would make one
   * forget it.
   */
  readonly unless_loss: boolean;
  /** `loses objects`: what it gives up, for the report. */
  readonly loses?: string;
  /** What is done after it; all of it, or nothing. */
  readonly more?: readonly RepairModel[];
  readonly span: Span;
}

export type RepairVerb =
  'set' | 'relink' | 'recount' | 'release' | 'unlink' | 'rearm' | 'quarantine' | 'abandon';
