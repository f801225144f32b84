import type { Address } from '../../base/address.ts';
import { addressHex } from '../../base/address.ts';
import type { Locator } from '../../formats/locator.ts';
import type { RepairVerb } from '../../model/structure.ts';
import type { Activity } from '../cpus.ts';
import type { Meter } from '../limits.ts';
import type { Census } from '../locate/census.ts';
import type { Located, Root } from '../locate/roots.ts';
import { guardOf, rootsOf } from '../locate/roots.ts';
import type { Subject } from '../locate/subject.ts';
import type { GuardState } from '../locks.ts';
import { guardState } from '../locks.ts';
import type { Space } from '../memory.ts';
import type { CodeFacts } from './code-facts.ts';
import { factsOfCode } from './code-facts.ts';

/** A finding in the making: the field whose value is wrong. */
export interface Draft {
  readonly structure: string;
  readonly code: string;
  /** As a spec would write it, without the patient's name: `tasks["nginx"].tasks.next`. */
  readonly place: string;
  readonly address: Address;
  /** -1 when it has none. */
  readonly physical: number;
  readonly bytes: number;
  readonly message: string;
  /** The object that the field is part of, for the hex view. */
  readonly object?: { readonly type: string; readonly base: Address };
  /** What the value should be, when the rest of the structure says so. */
  readonly expected?: Address;
  /** What would mend it. */
  readonly repair?: DraftRepair;
  /** Where it lies; undefined outside virtual memory. */
  readonly space: Space | undefined;
  /** How its guard stood when it was read: what is half done under a held lock can be no damage. */
  readonly guard: GuardState;
  /** True for what a half-done update can look like: two fields that disagree. Else the value alone is damage, whoever holds the lock. */
  readonly torn: boolean;
  /** True when it has to be seen again before it is believed: what no lock guards. */
  readonly unguarded: boolean;
  /** A cause of model/diagnoses.ts; undefined for a pointer, whose cause its value tells. */
  readonly means: string | undefined;
  /** True for a link of a shape that leads astray: what lies behind it is not found. */
  readonly link: boolean;
  /** True when it is about what a walk found as a whole: with a broken link there, it only follows. */
  readonly sums: boolean;
}

/** A repair in the making: bytes for addresses of the finding's own space. */
export interface DraftRepair {
  readonly kind: RepairVerb;
  readonly writes: readonly {
    readonly place: string;
    readonly address: Address;
    readonly bytes: Uint8Array;
  }[];
  readonly loses?: string;
  /** Why it must not be made: a code of SERVICE_CODES. */
  readonly declined?: string;
}

export type NewDraft = Omit<Draft, 'structure' | 'physical' | 'space' | 'guard' | keyof CodeFacts>;

/**
 * The invariants of one structure. Built in for now; the language fills the same interface next. `run` reads through the inspection,
 * never throws, and reports what does not hold.
 */
export interface Validator {
  /** Name in model/collections.ts. */
  readonly structure: string;
  run(inspection: Inspection): void;
}

/** What a validator is given, and what it says. */
export class Inspection {
  readonly structure: string;
  readonly subject: Subject;
  readonly locator: Locator;
  readonly space: Space;
  readonly meter: Meter;
  readonly activities: readonly Activity[];
  /** Undefined when no task could be found. */
  readonly census: Census | undefined;
  readonly drafts: Draft[] = [];
  /** How many elements were looked at. */
  elements = 0;
  failure: { readonly code: string; readonly message: string } | undefined;
  #guard: GuardState = 'free';

  constructor(structure: string, subject: Subject, locator: Locator, space: Space, meter: Meter, activities: readonly Activity[], census: Census | undefined) {
    this.structure = structure;
    this.subject = subject;
    this.locator = locator;
    this.space = space;
    this.meter = meter;
    this.activities = activities;
    this.census = census;
  } // prettier-ignore

  /** The objects that the locator's root leads to; none when it leads nowhere, which is then the structure's failure. */
  roots(): readonly Root[] {
    const located: Located = rootsOf(this.subject, this.locator, this.space);
    if (located.ok) return located.roots;
    this.unreachable(located.code, located.message);
    return [];
  }

  /** From here on findings are about what this root's guard protects. */
  under(root: Root): void {
    const guard = guardOf(this.subject, this.locator, root);
    const name = this.locator.keys.get('GUARD') ?? '';
    if (!guard) this.#guard = 'free';
    else if (this.space === this.subject.space)
      this.#guard = guardState(this.subject, name, guard.address, guard.type || 'rwlock_t', this.activities); // prettier-ignore
    // A lock in a process is held by whoever is in the middle of its own code: nothing outside tells who.
    else this.#guard = this.space.u8(guard.address) === 0 ? 'free' : 'held';
  }

  /** Findings from here on are about what no lock guards. */
  unguarded(): void {
    this.#guard = 'free';
  }

  /** Another structure's lock protects what follows. */
  underLock(name: string, type: string): void {
    const at = this.subject.symbol(name);
    this.#guard = at === undefined ? 'free' : guardState(this.subject, name, at, type, this.activities);
  }

  get full(): boolean {
    return this.drafts.length >= this.meter.limits.findings;
  }

  report(draft: NewDraft): void {
    if (this.full || this.meter.exhausted) return;
    const physical = this.space === this.subject.space ? this.subject.physical(draft.address) : this.space.physical(draft.address); // prettier-ignore
    this.drafts.push({
      ...draft,
      structure: this.structure,
      physical,
      space: this.space,
      guard: this.#guard,
      ...factsOfCode(draft.code, this.space, draft.address),
    });
  }

  /** The structure itself cannot be got at. The first reason stands. */
  unreachable(code: string, message: string): void {
    this.failure ??= { code, message };
  }

  /** The members' offsets, or undefined and the structure unreachable with NO_TYPE. */
  offsets<K extends string>(type: string, paths: Readonly<Record<K, string>>): Record<K, number> | undefined {
    const found: Partial<Record<K, number>> = {};
    for (const key of Object.keys(paths) as K[]) {
      const offset = this.subject.offset(type, paths[key]);
      if (Number.isNaN(offset)) {
        this.unreachable('NO_TYPE', `BTF has no ${type}.${paths[key]}`);
        return undefined;
      }
      found[key] = offset;
    }
    return found as Record<K, number>;
  }

  /** Sixteen digits of the eight bytes at an address, exact. */
  hexAt(address: Address): string {
    const [low, high] = [this.space.u32(address), this.space.u32(address + 4)];
    if (Number.isNaN(low) || Number.isNaN(high)) return 'unreadable';
    return `0x${high.toString(16).padStart(8, '0')}${low.toString(16).padStart(8, '0')}`;
  }
}

/** `0xffff888000001000`, for messages. */
export function hex(address: Address): string {
  return Number.isFinite(address) ? `0x${addressHex(address)}` : 'unreadable';
}
