import type { Address } from '../../base/address.ts';
import { trueBits } from '../../base/fold.ts';
import type { NumberField } from '../../model/number-field.ts';
import { holdsBits, isBitField, maskOf, plainField, withNumber } from '../../model/number-field.ts';
import type { RepairVerb } from '../../model/structure.ts';
import type { Reader } from '../reader.ts';

/** Bytes that a repair would put somewhere. */
export interface PlannedWrite {
  /** As a spec would write it, without the patient's name. */
  readonly place: string;
  readonly address: Address;
  readonly space: Reader;
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** The bits that it is about, where others share its bytes with it; absent: all. */
  readonly mask?: Uint8Array;
}

/** A field that a repair may write. */
export interface Subject {
  readonly place: string;
  readonly address: Address;
  readonly bytes: number;
  readonly space: Reader;
  /** How its number lies; absent: the least significant byte first, in all of its bytes. */
  readonly field?: NumberField;
}

/** What would be done about a finding; nothing has been written. */
export interface Plan {
  readonly code: string;
  readonly verb: RepairVerb;
  /** Each step, and what it acts on. */
  readonly acts: readonly { readonly verb: RepairVerb; readonly place: string }[];
  readonly place: string;
  /** True where it may hide that data is gone. */
  readonly loss: boolean;
  /** In their order. Empty when declined. */
  readonly writes: readonly PlannedWrite[];
  readonly loses?: string;
  /** Why it must not be made. */
  readonly declined?: { readonly code: DeclineCode; readonly message: string };
}

export type DeclineCode =
  /** `only_if` does not hold. */
  | 'CONDITION'
  /** It would make damage look like order: data is missing. */
  | 'WOULD_LOSE_DATA'
  /** What should be written cannot be worked out from the rest of the structure, or does not fit. */
  | 'NO_VALUE'
  /** What has to be read or written cannot be. */
  | 'UNMAPPED'
  /** That verb does nothing for such a structure. */
  | 'NO_WAY';

/** Why a repair cannot be worked out; a value, as everything that memory can cause. */
export interface Declined {
  readonly code: DeclineCode;
  readonly message: string;
}

/** Writes as they are put together: a later one of the same bytes sees what the earlier would have left. */
export class Writes {
  readonly list: PlannedWrite[] = [];
  failed: Declined | undefined;

  /** `bytes` bytes of a number, the least significant first. */
  put(space: Reader, address: Address, value: bigint, bytes: number, place: string): void {
    this.bytes(space, address, withNumber(plainField(bytes), new Uint8Array(bytes), value), place);
  }

  /** A number as its field holds it: what others have in the same bytes stays. */
  number({ space, address, bytes, place, field = plainField(bytes) }: Subject, value: bigint): void {
    if (!holdsBits(field, value))
      return this.decline(
        'NO_VALUE',
        `${place} has ${field.width} bits, too few for 0x${BigInt.asUintN(64, value).toString(16)}`,
      );
    if (!isBitField(field))
      return this.#change(space, address, field.bytes, place, (unit) => withNumber(field, unit, value));
    this.#change(space, address, field.bytes, place, (unit) => withNumber(field, unit, value), maskOf(field));
  }

  pointer(space: Reader, address: Address, value: Address, place: string): void {
    this.put(space, address, trueBits(space.fold, value), 8, place);
  }

  bytes(space: Reader, address: Address, after: Uint8Array, place: string): void {
    this.#change(space, address, after.length, place, () => after);
  }

  #change(
    space: Reader,
    address: Address,
    bytes: number,
    place: string,
    change: (before: Uint8Array) => Uint8Array,
    mask?: Uint8Array,
  ): void {
    const before = space.bytes(address, bytes);
    if (!before) {
      this.failed ??= { code: 'UNMAPPED', message: `${place} cannot be read` };
      return;
    }
    for (const earlier of this.list) overlay(before, address, earlier);
    const after = change(before);
    if (before.every((byte, index) => byte === after[index])) return;
    this.list.push({ place, address, space, before, after, ...(mask ? { mask } : {}) });
  }

  decline(code: DeclineCode, message: string): void {
    this.failed ??= { code, message };
  }
}

function overlay(bytes: Uint8Array, address: Address, write: PlannedWrite): void {
  for (let index = 0; index < write.after.length; index++) {
    const at = write.address + index - address;
    if (at >= 0 && at < bytes.length) bytes[at] = write.after[index] as number;
  }
}
