// Locators and structs of the language written by hand, for what reads them.
import type { LocatorModel, MemberModel, StructModel, TypeModel } from '../../src/model/structure.ts';
import { int_type, span } from './formulas.ts';

export const u16: TypeModel = int_type('u16');
export const u32: TypeModel = int_type('u32');
export const u64: TypeModel = int_type('u64');
export const array = (of: TypeModel, count: number): TypeModel => ({ kind: 'array', of, count });

export function locator(
  part: Pick<LocatorModel, 'name' | 'shape' | 'of'> & Partial<LocatorModel>,
): LocatorModel {
  return {
    via: [],
    from: [],
    including_head: false,
    step: [],
    key: [],
    label: [],
    id: [],
    limit: 1_048_576,
    shipped: false,
    span,
    ...part,
  };
}

/** Members at the offsets that C gives them: each a type of a power of two, an array of them, or a pointer. */
export function struct(
  name: string,
  members: readonly (readonly [string, TypeModel])[],
  bytes?: number,
): StructModel {
  let at = 0;
  let align = 1;
  const placed = members.map(([member_name, type]): MemberModel => {
    const [size, unit] = measure(type);
    at = Math.ceil(at / unit) * unit;
    align = Math.max(align, unit);
    const offset = at;
    at += size;
    return { name: member_name, type, offset, span };
  });
  return { name, from_guest: false, members: placed, bytes: bytes ?? Math.ceil(at / align) * align, span };
}

function measure(type: TypeModel): readonly [bytes: number, align: number] {
  switch (type.kind) {
    case 'int':
    case 'enum':
      return [type.bytes, type.bytes];
    case 'pointer':
      return [8, 8];
    case 'array': {
      const [bytes, align] = measure(type.of);
      return [bytes * type.count, align];
    }
    case 'named':
      if (type.name === 'rb_node') return [24, 8];
      return type.name.endsWith('_node') || type.name === 'list_head' ? [16, 8] : [8, 8];
    default:
      return [1, 1];
  }
}
