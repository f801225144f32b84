import type { Address } from '../base/address.ts';
import { isCanonical } from '../base/address.ts';
import type { NumberField } from '../model/number-field.ts';
import { isBitField } from '../model/number-field.ts';
import type { Kernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { BytesPlace } from './place.ts';

/** What a place is called and which address space its address and its pointers belong to. */
export interface Naming {
  readonly text: string;
  readonly space?: number;
  readonly element?: string;
  readonly owner?: Address;
}

/** Bytes at a virtual address, of no known type. */
export function runsAt(kernel: Kernel, address: Address, bytes: number, naming: Naming): Outcome<BytesPlace> {
  if (!isCanonical(address)) return lost('UNMAPPED', naming.text, 'its address is not canonical');
  const runs = kernel.runs(address, bytes, naming.space);
  if (!runs) return lost('UNMAPPED', naming.text, 'its address leads to no mapped memory');
  const { fold, partition } = kernel;
  return found({
    kind: 'bytes',
    partition: partition.name,
    address,
    ...(fold.length === 0 ? {} : { fold }),
    runs,
    bytes,
    ...naming,
  });
}

/** The number that bytes hold, where they do not hold it as any machine word. */
export function numbered(field: NumberField | undefined): Pick<BytesPlace, 'number'> {
  return field && (field.big_endian || isBitField(field)) ? { number: field } : {};
}
