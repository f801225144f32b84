import type { Formula, StructModel, TypeModel } from '../../src/model/structure.ts';

/** What a formula is, worked out in the plainest way: every number a bigint of 64 bits. */
export type Plain =
  | { readonly kind: 'number'; readonly bits: bigint; readonly signed: boolean | undefined }
  | { readonly kind: 'bool'; readonly value: boolean }
  | {
      readonly kind: 'place';
      readonly at: bigint;
      readonly type: TypeModel;
      readonly bits?: { from: number; width: number } | undefined;
    };

/** The code of what went wrong. */
export class Trouble extends Error {}

export interface PlainWorld {
  readonly names: ReadonlyMap<string, Plain>;
  readonly structs: ReadonlyMap<string, StructModel>;
  /** Undefined where there is no memory. */
  byte(at: bigint): number | undefined;
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

export function evaluate(formula: Formula, world: PlainWorld): Plain {
  switch (formula.kind) {
    case 'int':
      return number(formula.value, undefined);
    case 'bool':
      return bool(formula.value);
    case 'name':
      return world.names.get(formula.name) as Plain;
    case 'member': {
      const outer = evaluate(formula.of, world);
      const base =
        outer.kind === 'place' && seen(outer.type, world).kind === 'pointer' ? pointee(outer, world) : outer;
      if (base.kind !== 'place') throw new Error('no place');
      const type = seen(base.type, world);
      const member =
        type.kind === 'aggregate' ? type.members.find(({ name }) => name === formula.name) : undefined;
      if (!member) throw new Error(`no ${formula.name}`);
      return {
        kind: 'place',
        at: u64(base.at + BigInt(member.offset)),
        type: member.type,
        bits: member.bits,
      };
    }
    case 'index': {
      const outer = evaluate(formula.of, world);
      if (outer.kind !== 'place' || outer.type.kind !== 'array') throw new Error('no array');
      const index = bits(formula.index, world);
      if (index >= BigInt(outer.type.count)) throw new Trouble('INDEX');
      return { kind: 'place', at: outer.at + index * 8n, type: outer.type.of };
    }
    case 'cast': {
      const type = formula.type;
      if (type.kind !== 'int') throw new Error('no int');
      const width = type.bytes * 8;
      const low = BigInt.asUintN(width, bits(formula.of, world));
      return number(type.signed ? BigInt.asIntN(width, low) : low, type.signed);
    }
    case 'address': {
      const place = evaluate(formula.of, world);
      return number(place.kind === 'place' ? place.at : 0n, false);
    }
    case 'unary': {
      if (formula.operator === 'not') return bool(!truth(formula.operand, world));
      const operand = value(formula.operand, world);
      return number(formula.operator === '-' ? -operand.bits : ~operand.bits, operand.signed);
    }
    case 'binary':
      return binary(formula, world);
    case 'conditional': {
      const chosen = truth(formula.condition, world);
      const then = chosen ? value(formula.then, world) : undefined;
      const otherwise = chosen ? undefined : value(formula.otherwise, world);
      const signed = result(signOf(formula.then, world), signOf(formula.otherwise, world));
      return number((then ?? otherwise)?.bits ?? 0n, signed);
    }
    case 'call': {
      const of = bits(formula.args[0] as Formula, world);
      if (formula.function === 'bits')
        return number(BigInt(of.toString(2).replaceAll('0', '').length), false);
      const width = Number(/\d+/.exec(formula.function)?.[0]);
      let swapped = 0n;
      for (let byte = 0; byte < width / 8; byte++)
        swapped = (swapped << 8n) | ((of >> BigInt(byte * 8)) & 0xffn);
      return number(swapped, false);
    }
    default:
      throw new Error(`no ${formula.kind}`);
  }
}

function binary(formula: Formula & { kind: 'binary' }, world: PlainWorld): Plain {
  const { operator, left, right } = formula;
  if (operator === 'and') return bool(truth(left, world) && truth(right, world));
  if (operator === 'or') return bool(truth(left, world) || truth(right, world));
  const a = value(left, world);
  if (operator === 'in') {
    if (right.kind === 'set')
      return bool(right.items.reduce((found, item) => found || value(item, world).bits === a.bits, false));
    if (right.kind !== 'range') throw new Error('no range');
    const [low, high] = [value(right.low, world), value(right.high, world)];
    return bool(!less(a, low) && !less(high, a));
  }
  const b = value(right, world);
  switch (operator) {
    case '==':
      return bool(a.bits === b.bits);
    case '!=':
      return bool(a.bits !== b.bits);
    case '<':
      return bool(less(a, b));
    case '<=':
      return bool(!less(b, a));
    case '>':
      return bool(less(b, a));
    case '>=':
      return bool(!less(a, b));
    case '<<':
      return number(b.bits >= 64n ? 0n : a.bits << b.bits, a.signed);
    case '>>':
      return number(
        b.bits >= 64n ? 0n : (a.signed === true ? BigInt.asIntN(64, a.bits) : a.bits) >> b.bits,
        a.signed,
      );
    default: {
      const signed = result(a.signed, b.signed);
      const [x, y] =
        signed === true ? [BigInt.asIntN(64, a.bits), BigInt.asIntN(64, b.bits)] : [a.bits, b.bits];
      if ((operator === '/' || operator === 'mod') && y === 0n) throw new Trouble('DIVISION');
      const made = {
        '+': () => x + y,
        '-': () => x - y,
        '*': () => x * y,
        '/': () => x / y,
        mod: () => x % y,
        '&': () => x & y,
        '|': () => x | y,
        '^': () => x ^ y,
      }[operator as '+'];
      return number(made(), signed);
    }
  }
}

/** By what the numbers mean; a constant takes after the other side. */
function less(a: Plain & { kind: 'number' }, b: Plain & { kind: 'number' }): boolean {
  const meaning = (one: Plain & { kind: 'number' }, other: Plain & { kind: 'number' }): bigint =>
    (one.signed ?? other.signed) === true ? BigInt.asIntN(64, one.bits) : one.bits;
  return meaning(a, b) < meaning(b, a);
}

function result(one: boolean | undefined, other: boolean | undefined): boolean | undefined {
  return one === undefined ? other : other === undefined ? one : one && other;
}

/** Signedness, of which nothing has to be read. */
function signOf(formula: Formula, world: PlainWorld): boolean | undefined {
  switch (formula.kind) {
    case 'int':
      return undefined;
    case 'cast':
      return formula.type.kind === 'int' && formula.type.signed;
    case 'unary':
      return signOf(formula.operand, world);
    case 'conditional':
      return result(signOf(formula.then, world), signOf(formula.otherwise, world));
    case 'binary':
      return formula.operator === '<<' || formula.operator === '>>'
        ? signOf(formula.left, world)
        : result(signOf(formula.left, world), signOf(formula.right, world));
    case 'member': {
      const members = [...world.structs.values()].flatMap((one) => one.members);
      const type = members.find(({ name }) => name === formula.name)?.type;
      return type?.kind === 'int' && type.signed;
    }
    default:
      return false;
  }
}

function number(value_: bigint, signed: boolean | undefined): Plain & { kind: 'number' } {
  return { kind: 'number', bits: u64(value_), signed };
}

function bool(of: boolean): Plain {
  return { kind: 'bool', value: of };
}

export function truth(formula: Formula, world: PlainWorld): boolean {
  const made = evaluate(formula, world);
  if (made.kind !== 'bool') throw new Error('no truth');
  return made.value;
}

export function value(formula: Formula, world: PlainWorld): Plain & { kind: 'number' } {
  const made = evaluate(formula, world);
  if (made.kind === 'bool') throw new Error('no number');
  return made.kind === 'place' ? read(made, world) : made;
}

function bits(formula: Formula, world: PlainWorld): bigint {
  return value(formula, world).bits;
}

function seen(type: TypeModel, world: PlainWorld): TypeModel {
  if (type.kind !== 'named') return type;
  const struct = world.structs.get(type.name) as StructModel;
  return { kind: 'aggregate', union: false, members: struct.members, bytes: struct.bytes };
}

function pointee(place: Plain & { kind: 'place' }, world: PlainWorld): Plain {
  const to = (place.type as TypeModel & { kind: 'pointer' }).to;
  return { kind: 'place', at: read(place, world).bits, type: to };
}

function read(place: Plain & { kind: 'place' }, world: PlainWorld): Plain & { kind: 'number' } {
  const { type } = place;
  const bytes = type.kind === 'int' ? type.bytes : 8;
  let found = 0n;
  for (let index = 0; index < bytes; index++) {
    const at = u64(place.at + BigInt(type.kind === 'int' && type.big_endian ? index : bytes - 1 - index));
    const byte = world.byte(at);
    if (byte === undefined) throw new Trouble('UNMAPPED');
    found = (found << 8n) | BigInt(byte);
  }
  const signed = type.kind === 'int' && type.signed;
  if (place.bits) {
    found = (found >> BigInt(place.bits.from)) & ((1n << BigInt(place.bits.width)) - 1n);
    return number(signed ? BigInt.asIntN(place.bits.width, found) : found, signed);
  }
  return number(signed ? BigInt.asIntN(bytes * 8, found) : found, signed);
}
