import type { Address } from '../base/address.ts';
import type { Btf, BtfMember } from '../formats/btf.ts';
import { numbered, runsAt } from './bytes-at.ts';
import type { Naming } from './bytes-at.ts';
import { declaredElement, declaredMember } from './declared.ts';
import type { Kernel } from './kernel.ts';
import type { Outcome } from './outcome.ts';
import { found, lost } from './outcome.ts';
import type { BytesPlace, Reading } from './place.ts';

/** Bytes at a virtual address, typed by BTF where the type is known. */
export function bytesAt(
  kernel: Kernel,
  address: Address,
  bytes: number,
  naming: Naming,
  type?: number,
): Outcome<BytesPlace> {
  const place = runsAt(kernel, address, bytes, naming);
  if (!place.ok || type === undefined) return place;
  return found({ ...place.value, type, reading: readingOf(kernel, type) });
}

/** The object of a BTF type at an address. */
export function objectAt(
  kernel: Kernel,
  address: Address,
  type_name: string,
  naming: Naming,
): Outcome<BytesPlace> {
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const type = btf.value.findType(type_name);
  if (type === undefined) return lost('NO_TYPE', naming.text, `BTF has no type ${type_name}`);
  return bytesAt(kernel, address, btf.value.sizeOf(type), naming, type);
}

/** `place.name`: a member of a struct or union; a pointer is followed first. */
export function memberOf(kernel: Kernel, place: BytesPlace, name: string): Outcome<BytesPlace> {
  if (place.declared && kernel.declared) return declaredMember(kernel, kernel.declared, place, name);
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const text = `${place.text}.${name}`;
  const base = followed(kernel, btf.value, place);
  if (!base.ok) return base;
  const { type, address } = base.value;
  const member = btf.value.member(type, name);
  if (!member) {
    const names = btf.value.members(type).map((known) => known.name);
    if (names.length === 0)
      return lost('NOT_A_PLACE', place.text, `it has no member ${name}: it is no struct`);
    const described = btf.value.describe(type);
    return lost(
      'NO_MEMBER',
      place.text,
      `${described} has no member ${name}`,
      names.filter(Boolean).slice(0, 16),
    );
  }
  const naming = place.space === undefined ? { text } : { text, space: place.space };
  if (member.bits > 0) return bitsAt(kernel, btf.value, address, member, naming);
  return bytesAt(kernel, address + member.offset, member.bytes, naming, member.type);
}

/** A bit-field: the word of its type that it lies in, or where it lies in none, as many bytes as it touches. */
function bitsAt(
  kernel: Kernel,
  btf: Btf,
  base: Address,
  { bit_offset, bits: width, type, ...touched }: BtfMember,
  naming: Naming,
): Outcome<BytesPlace> {
  const unit = Math.max(btf.sizeOf(type), 1);
  const start = Math.floor(bit_offset / (unit * 8)) * unit;
  const whole = bit_offset + width <= (start + unit) * 8;
  const { offset, bytes } = whole ? { offset: start, bytes: unit } : touched;
  const place = bytesAt(kernel, base + offset, bytes, naming, type);
  const signed = place.ok && place.value.reading === 'signed';
  const number = { bytes, from: bit_offset - offset * 8, width, big_endian: false, signed };
  return place.ok ? found({ ...place.value, ...numbered(number) }) : place;
}

/** `place[index]`: an element of an array, or the object `index` elements behind a pointer. */
export function elementOf(kernel: Kernel, place: BytesPlace, index: number): Outcome<BytesPlace> {
  if (place.declared && kernel.declared) return declaredElement(kernel, kernel.declared, place, index);
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const text = `${place.text}[${index}]`;
  const naming = place.space === undefined ? { text } : { text, space: place.space };
  const array = place.type === undefined ? undefined : btf.value.elements(place.type);
  if (array && place.address !== undefined) {
    if (index < 0 || index >= array.count) {
      return lost('INDEX', place.text, `${index} is outside its ${array.count} elements`);
    }
    const bytes = btf.value.sizeOf(array.type);
    return bytesAt(kernel, place.address + index * bytes, bytes, naming, array.type);
  }
  if (place.type !== undefined && btf.value.pointee(place.type) !== undefined) {
    const base = followed(kernel, btf.value, place);
    if (!base.ok) return base;
    const bytes = btf.value.sizeOf(base.value.type);
    return bytesAt(kernel, base.value.address + index * bytes, bytes, naming, base.value.type);
  }
  return lost('NOT_A_PLACE', place.text, 'it is no array');
}

/** `place[low..high]`: neighbouring elements as one run of bytes. */
export function elementsOf(
  kernel: Kernel,
  place: BytesPlace,
  low: number,
  high: number,
): Outcome<BytesPlace> {
  const text = `${place.text}[${low}..${high}]`;
  if (high < low) return lost('INDEX', text, 'it is empty');
  const first = elementOf(kernel, place, low);
  const last = high === low ? first : elementOf(kernel, place, high);
  if (!first.ok) return first;
  if (!last.ok) return last;
  const naming = place.space === undefined ? { text } : { text, space: place.space };
  return bytesAt(kernel, first.value.address as Address, (high - low + 1) * first.value.bytes, naming);
}

/** Type and address of a struct, through one pointer where the place is one. */
function followed(
  kernel: Kernel,
  btf: Btf,
  place: BytesPlace,
): Outcome<{ readonly type: number; readonly address: Address }> {
  if (place.type === undefined || place.address === undefined) {
    return lost('NO_TYPE', place.text, 'nothing is known of its type');
  }
  const pointee = btf.pointee(place.type);
  if (pointee === undefined) return found({ type: place.type, address: place.address });
  const address = kernel.u64(place.address, place.space);
  if (address === undefined) return lost('UNMAPPED', place.text, 'it cannot be read');
  return found({ type: pointee, address });
}

function readingOf(kernel: Kernel, type: number): Reading {
  const btf = kernel.btf();
  if (!btf.ok) return 'unsigned';
  const at = btf.value.resolve(type);
  switch (btf.value.kind(at)) {
    case 'int':
      return btf.value.signed(at) ? 'signed' : 'unsigned';
    case 'enum':
    case 'enum64':
      return btf.value.signed(at) ? 'signed' : 'unsigned';
    case 'pointer':
      return 'pointer';
    case 'array': {
      const inner = btf.value.elements(at);
      return inner &&
        btf.value.kind(btf.value.resolve(inner.type)) === 'int' &&
        btf.value.sizeOf(inner.type) === 1
        ? 'text'
        : 'aggregate';
    }
    default:
      return 'aggregate';
  }
}
