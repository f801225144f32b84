import type { Address } from '../base/address.ts';
import type { NumberField } from '../model/number-field.ts';
import type { Guard } from './elements.ts';
import type { Reader } from './reader.ts';

/** A finding in the making: the field whose value is wrong. */
export interface Draft {
  readonly structure: string;
  readonly code: string;
  /** As a spec would write it, without the patient's name: `tasks["nginx"].tasks.next`. */
  readonly place: string;
  /** NaN when it has none. */
  readonly address: Address;
  readonly bytes: number;
  /** How its number lies in them; absent: it is none, or a shape's link. */
  readonly field?: NumberField;
  /** True where it holds an address, as its type says. */
  readonly pointer: boolean;
  readonly message: string;
  /** The object that the field is part of, for the hex view. */
  readonly object?: { readonly type: string; readonly base: Address };
  /**
   * What the value should be, when the rest of the structure says so; rounded beyond 2^53, exact in `expected_bits`.
   */
  readonly expected?: number;
  readonly expected_bits?: bigint;
  /** Where it lies. */
  readonly space: Reader;
  /** The lock that writers of it hold. */
  readonly guard?: Guard;
  /** Locks of what was gone through to get there: while one is held, what was found may be half done, too. */
  readonly around: readonly Guard[];
  /**
   * Of a ring of free objects: the link that leads back to what was freed twice, or that leads astray itself. Which, the
   * ring does not say.
   */
  readonly back?: { readonly place: string; readonly address: Address };
  /** A diagnosis that it speaks for, as the validator says. */
  readonly means?: string;
  /** True where the word at fault is wrong whatever stands anywhere else. */
  readonly alone?: boolean;
  /** True for what a bounded walker found about the links themselves. */
  readonly of_shape: boolean;
  /** For repairs: which requirement failed (-1: a shape's), and the names that were bound there. */
  readonly rule: number;
  readonly bound: readonly unknown[];
}

/** Why a structure, or part of it, could not be judged. */
export interface Failing {
  readonly code: string;
  readonly message: string;
  /** '' when it has none. */
  readonly place: string;
  readonly address: Address;
  readonly bytes: number;
}

/** What a validator says. */
export interface Result {
  readonly drafts: readonly Draft[];
  /** So many more were found and not kept. */
  readonly left_out: number;
  /** How many elements were looked at. */
  readonly elements: number;
  /** The first. */
  readonly failure: Failing | undefined;
}

/** Of a validator that could not be run. */
export function failed({ code, message }: { readonly code: string; readonly message: string }): Result {
  return {
    drafts: [],
    left_out: 0,
    elements: 0,
    failure: { code, message, place: '', address: NaN, bytes: 0 },
  };
}
