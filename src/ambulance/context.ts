import type { Address } from '../base/address.ts';
import { addressHex } from '../base/address.ts';
import type { Btf } from '../formats/btf.ts';
import type { HexContext } from '../patient/report.ts';
import type { Subject } from './subject.ts';
import type { Draft } from './draft.ts';

const CONTEXT_BYTES = 512;
/** Bytes shown on either side of a field in an object that is longer. */
const BEFORE = 64;
const AFTER = 192;
const FIELD_LIMIT = 64;
const DEPTH_LIMIT = 4;

interface Field {
  readonly name: string;
  readonly offset: number;
  readonly bytes: number;
}

/** The bytes around a wrong field, with the names of the fields that they are. */
export function contextOf(subject: Subject, draft: Draft): HexContext | undefined {
  if (!draft.space || !Number.isFinite(draft.address)) return undefined;
  const { base, type } = draft.object ?? { base: draft.address - (draft.address & 15), type: '' };
  const size = type === '' ? 64 : subject.sizeOf(type) || 64;
  const [start, end] = windowOf(base, size, draft.address, draft.bytes);
  const bytes = draft.space.bytes(start, end - start) ?? draft.space.bytes(draft.address, draft.bytes);
  if (!bytes) return undefined;
  const first = bytes.length === end - start ? start : draft.address;
  const fields = subject.btf && type !== '' ? fieldsOf(subject.btf, type, first - base, bytes.length) : [];
  return { base: addressHex(first), hex: Buffer.from(bytes).toString('hex'), fields };
}

function windowOf(base: Address, size: number, field: Address, bytes: number): readonly [Address, Address] {
  if (size <= CONTEXT_BYTES && field >= base && field < base + size) return [base, base + size];
  const start = Math.max(field - BEFORE - ((field - BEFORE) & 7), field >= base ? base : field);
  const end = Math.min(start + CONTEXT_BYTES, field + Math.max(bytes, 1) + AFTER);
  return [start, size > 0 && field < base + size ? Math.min(end, base + size) : end];
}

/** The innermost named fields that lie wholly in [from, from + bytes) of a type; offsets from `from`. */
function fieldsOf(btf: Btf, type: string, from: number, bytes: number): Field[] {
  const fields: Field[] = [];
  const id = btf.findType(type);
  if (id !== undefined) collect(id, 0, '', 0);
  return fields;

  function collect(of: number, base: number, prefix: string, depth: number): void {
    for (const member of btf.members(of)) {
      if (fields.length >= FIELD_LIMIT) return;
      const offset = base + member.offset;
      if (offset + member.bytes <= from || offset >= from + bytes) continue;
      const name = member.name === '' ? prefix : prefix === '' ? member.name : `${prefix}.${member.name}`;
      const kind = btf.kind(btf.resolve(member.type));
      if (kind === 'struct' && depth < DEPTH_LIMIT) collect(member.type, offset, name, depth + 1);
      else if (kind === 'union' && member.name === '' && depth < DEPTH_LIMIT)
        collect(member.type, offset, name, depth + 1); // prettier-ignore
      else if (offset >= from && offset + member.bytes <= from + bytes && name !== '' && member.bytes > 0) {
        fields.push({ name, offset: offset - from, bytes: member.bytes });
      }
    }
  }
}
