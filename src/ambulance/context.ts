import type { Address } from '../base/address.ts';
import { trueHex } from '../base/fold.ts';
import type { HexContext } from '../patient/report.ts';
import type { LinkedLibrary } from '../structure/link.ts';
import type { Draft } from './draft.ts';

const CONTEXT_BYTES = 512;
/** Bytes shown on either side of a field in an object that is longer. */
const BEFORE = 64;
const AFTER = 192;

/** The bytes around a wrong field, with the names of the fields that they are. */
export function contextOf(draft: Draft, linked: LinkedLibrary): HexContext | undefined {
  if (!draft.space || !Number.isFinite(draft.address)) return undefined;
  const { base, type } = draft.object ?? { base: draft.address - (draft.address & 15), type: '' };
  const size = type === '' ? 64 : linked.sizeOf(type) || 64;
  const [start, end] = windowOf(base, size, draft.address, draft.bytes);
  const bytes = draft.space.bytes(start, end - start) ?? draft.space.bytes(draft.address, draft.bytes);
  if (!bytes) return undefined;
  const first = bytes.length === end - start ? start : draft.address;
  const fields = type === '' ? [] : linked.fieldsOf(type, first - base, bytes.length);
  return { base: trueHex(draft.space.fold, first), hex: Buffer.from(bytes).toString('hex'), fields };
}

function windowOf(base: Address, size: number, field: Address, bytes: number): readonly [Address, Address] {
  if (size <= CONTEXT_BYTES && field >= base && field < base + size) return [base, base + size];
  const start = Math.max(field - BEFORE - ((field - BEFORE) & 7), field >= base ? base : field);
  const end = Math.min(start + CONTEXT_BYTES, field + Math.max(bytes, 1) + AFTER);
  return [start, size > 0 && field < base + size ? Math.min(end, base + size) : end];
}
