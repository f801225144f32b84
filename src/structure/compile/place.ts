import type { TypeModel } from '../../model/structure.ts';
import { findMember } from '../../model/type-source.ts';
import type { Compiled, Context, Place, Text } from './context.ts';
import { nameOf, resolved, sizeOf, Unlinkable } from './context.ts';
import { literal } from './code.ts';
import type { Value } from './value.ts';
import { asNumber, asPair, exact, isWord } from './value.ts';
import { arithmetic } from './arithmetic.ts';

const TWO_32 = 4_294_967_296;

/** The address of a place, as an expression. */
export function addressCode({ base, offset }: Place): string {
  return offset === 0 ? base : `(${base} + ${offset})`;
}

/** The address of a place, to be reckoned with. */
export function addressOf(context: Context, { value, offset }: Place): Value {
  return offset === 0
    ? value
    : arithmetic(context.code, '+', value, exact(`${offset}`, offset, offset), false, () => undefined);
}

/** Arguments that fill the holes of a text. */
export function holesOf(text: Text): string {
  return text.map((part) => (typeof part === 'string' ? '' : `, ${part.atom}`)).join('');
}

/** Gives up: memory cannot be read, and what led there is to blame. */
export function unmapped(context: Context, test: string, place: Place): void {
  const { code, tables, bail, quiet } = context;
  if (quiet) return code.unless(test, bail);
  const blamed = place.via ?? place;
  const report = `R.unmapped(${addressCode(blamed)}, ${addressCode(place)}, ${tables.template(blamed.text)}${holesOf(blamed.text)});`;
  code.unless(test, `${report} ${bail}`);
}

/** Reads a place of a number, pointer, truth or text. */
export function load(context: Context, place: Place): Compiled {
  const { code, scope } = context;
  const { type } = place;
  if (type === undefined) throw new Unlinkable('NO_TYPE', 'a symbol has no type before `as`');
  if (place.bits)
    return {
      kind: 'value',
      value: loadBits(context, place, type),
      type: { kind: 'number', signed: type.kind === 'int' && type.signed },
      from: place,
    };
  switch (type.kind) {
    case 'int':
      return {
        kind: 'value',
        value: loadInt(context, place, type),
        type: { kind: 'number', signed: type.signed },
        from: place,
      };
    case 'enum':
      return {
        kind: 'value',
        value: loadUnsigned(context, place, type.bytes),
        type: { kind: 'number', signed: false },
        from: place,
      };
    case 'char':
      return {
        kind: 'value',
        value: loadUnsigned(context, place, 1),
        type: { kind: 'number', signed: false },
        from: place,
      };
    case 'bool':
      return { kind: 'bool', code: code.keep(`${loadUnsigned(context, place, 1).code} !== 0`), from: place };
    case 'pointer':
      return {
        kind: 'value',
        value: loadUnsigned(context, place, 8),
        type: { kind: 'pointer', to: type.to },
        from: place,
      };
    case 'array':
      if (resolved(type.of, scope.source).kind === 'char') {
        const text = code.keep(`R.text(${place.space}, ${addressCode(place)}, ${type.count})`);
        unmapped(context, `${text} === undefined`, place);
        return { kind: 'text', code: text, from: place };
      }
      return { kind: 'place', place };
    default:
      return { kind: 'place', place };
  }
}

type Scalar = Exclude<Value, { form: 'wide' }>;

function loadUnsigned(context: Context, place: Place, bytes: 1 | 2 | 4 | 8): Scalar {
  const { code } = context;
  const at = addressCode(place);
  const read = code.keep(`${place.space}.u${bytes * 8}(${at})`);
  unmapped(context, `${read} !== ${read}`, place);
  return bytes === 8
    ? { form: 'loaded', code: read, space: place.space, at }
    : exact(read, 0, 2 ** (bytes * 8) - 1);
}

function loadInt(context: Context, place: Place, type: TypeModel & { kind: 'int' }): Value {
  const { code } = context;
  const read = loadUnsigned(context, place, type.bytes);
  if (type.bytes === 8) {
    if (!type.big_endian) return read;
    const pair = asPair(code, read);
    return {
      form: 'wide',
      high: code.keep(`R.swap32(${pair.low}) | 0`),
      low: code.keep(`R.swap32(${pair.high}) | 0`),
    };
  }
  const swapped =
    !type.big_endian || type.bytes === 1
      ? read.code
      : code.keep(
          type.bytes === 2 ? `((${read.code} & 0xff) << 8) | (${read.code} >>> 8)` : `R.swap32(${read.code})`,
        );
  return extend(context, exact(swapped, 0, 2 ** (type.bytes * 8) - 1), type.bytes * 8, type.signed);
}

/** Sign-extends what has that many bits (at most 32). */
function extend({ code }: Context, value: Value, bits: number, signed: boolean): Value {
  if (!signed || value.form !== 'exact') return value;
  const away = 32 - bits;
  return exact(
    code.keep(away === 0 ? `${value.code} | 0` : `(${value.code} << ${away}) >> ${away}`),
    -(2 ** (bits - 1)),
    2 ** (bits - 1) - 1,
  );
}

function loadBits(context: Context, place: Place, type: TypeModel): Value {
  const { from, width } = place.bits as { from: number; width: number };
  const bytes = sizeOf(type, context.scope.source) as 1 | 2 | 4 | 8;
  const unit = loadUnsigned(context, place, bytes);
  const signed = type.kind === 'int' && type.signed;
  if (isWord(unit)) {
    const mask = width === 32 ? 0xffff_ffff : 2 ** width - 1;
    return extend(
      context,
      exact(context.code.keep(`((${unit.code} >>> ${from}) & ${mask}) >>> 0`), 0, mask),
      width,
      signed,
    );
  }
  const up = arithmetic(
    context.code,
    '<<',
    unit,
    exact(`${64 - from - width}`, 64 - from - width, 64 - from - width),
    false,
    () => undefined,
  );
  return narrow(
    context,
    arithmetic(
      context.code,
      '>>',
      up,
      exact(`${64 - width}`, 64 - width, 64 - width),
      signed,
      () => undefined,
    ),
    width,
    signed,
  );
}

/** A wide value that is known to have few bits, as one number. */
function narrow({ code }: Context, value: Value, width: number, signed: boolean): Value {
  if (width > 52 || value.form !== 'wide') return value;
  const number = code.keep(`${value.high} * ${TWO_32} + (${value.low} >>> 0)`);
  return signed ? exact(number, -(2 ** (width - 1)), 2 ** (width - 1) - 1) : exact(number, 0, 2 ** width - 1);
}

/** What a pointer leads to. */
export function follow(context: Context, pointer: Compiled): Place {
  const at = pointer.kind === 'place' ? load(context, pointer.place) : pointer;
  if (at.kind !== 'value' || at.type.kind !== 'pointer')
    throw new Unlinkable('NO_TYPE', 'what is no pointer is followed');
  const { to } = at.type;
  const base = asNumber(context.code, at.value);
  if (context.skips_null) context.code.line(`if (${base} === 0) ${context.bail}`);
  const text: Text = at.from ? at.from.text : [{ hole: 'address', atom: base }];
  const named = nameOf(to);
  return {
    space: at.from?.space ?? context.space,
    base,
    value: at.value,
    offset: 0,
    type: resolvedOrVoid(to, context),
    named,
    text,
    ...(at.from ? { via: at.from } : {}),
    object: { type: named, base, text },
  };
}

function resolvedOrVoid(type: TypeModel, context: Context): TypeModel {
  return type.kind === 'void' ? type : resolved(type, context.scope.source);
}

/** A member of a struct; a place of a pointer is followed. */
export function memberPlace(context: Context, of: Compiled, name: string): Place {
  const outer = of.kind === 'place' && of.place.type?.kind !== 'pointer' ? of.place : follow(context, of);
  const found = outer.type && findMember(outer.type, name, context.scope.source);
  if (!found || found === 'opaque')
    throw new Unlinkable('NO_TYPE', `BTF has no ${outer.named || 'struct'}.${name}`);
  const { bits: _, element: __, position: ___, ...rest } = outer;
  return {
    ...rest,
    offset: outer.offset + found.offset,
    type: resolvedOrVoid(found.type, context),
    named: nameOf(found.type),
    ...(found.bits ? { bits: found.bits } : {}),
    text: joined(outer.text, `.${name}`),
    ...(outer.object ? { object: outer.object } : {}),
  };
}

function joined(text: Text, ...more: Text): Text {
  const parts = [...text];
  for (const part of more) {
    const last = parts.at(-1);
    if (typeof part === 'string' && typeof last === 'string') parts[parts.length - 1] = last + part;
    else parts.push(part);
  }
  return parts;
}

/** An entry of an array, or a pointer's nth object; `position` is its index, `source` where that was read. */
export function entryPlace(context: Context, of: Compiled, position: Value, source?: Place): Place {
  const { code, scope } = context;
  const array = of.kind === 'place' && of.place.type?.kind === 'array' ? of.place : follow(context, of);
  const element =
    array.type?.kind === 'array' && of.kind === 'place' && of.place.type?.kind === 'array'
      ? array.type.of
      : undefined;
  const type =
    element ??
    (array.named === '' ? (array.type ?? { kind: 'void' }) : ({ kind: 'named', name: array.named } as const));
  const bytes = sizeOf(type, scope.source);
  const number = asNumber(code, position);
  if (array.type?.kind === 'array' && element)
    withinBounds(context, position, number, array.type.count, array, source);
  const { bits: _, element: __, position: ___, type: ____, ...rest } = array;
  const fixed = position.form === 'exact' && position.low === position.high;
  const text = joined(array.text, '[', fixed ? number : { hole: 'number', atom: number }, ']');
  if (fixed)
    return {
      ...rest,
      offset: array.offset + position.low * bytes,
      type: resolvedOrVoid(type, context),
      named: nameOf(type),
      text,
      position: number,
    };
  const scaled = arithmetic(code, '*', position, exact(`${bytes}`, bytes, bytes), false, () => undefined);
  const value = arithmetic(code, '+', array.value, scaled, false, () => undefined);
  const base = asNumber(code, value);
  return {
    ...rest,
    base,
    value,
    type: resolvedOrVoid(type, context),
    named: nameOf(type),
    text,
    position: number,
    ...entryObject(array, nameOf(type), base, text),
  };
}

/** Entries of an array that is part of no struct are objects of their own. */
export function entryObject(array: Place, named: string, base: string, text: Text): Pick<Place, 'object'> {
  const own = array.offset === 0 && (array.object === undefined || array.object.type === '');
  return own ? { object: { type: named, base, text } } : {};
}

/** An index outside its array is an outcome of its own. */
function withinBounds(
  context: Context,
  index: Value,
  number: string,
  count: number,
  array: Place,
  source: Place | undefined,
): void {
  if (index.form === 'exact' && index.low >= 0 && index.high < count) return;
  const { code, tables, bail, quiet } = context;
  const from =
    source?.type &&
    `R.indexAt(${addressCode(source)}, ${sizeOf(source.type, context.scope.source)}, ${tables.template(source.text)}${holesOf(source.text)});`;
  const report = quiet
    ? ''
    : `${from ?? ''} R.outside(${array.space}, ${addressCode(array)}, ${number}, ${count}, ${tables.template(array.text)}${holesOf(array.text)});`;
  code.line(`if (!(${number} >= 0 && ${number} < ${literal(count)})) { ${report} ${bail} }`);
}
