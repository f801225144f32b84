// What is generated does what a plain walk of the tree does: random formulas over random memories.
import { describe, expect, it } from 'vitest';
import type { Random } from '../../src/base/random.ts';
import { substream } from '../../src/base/random.ts';
import type { Formula, FormulaOperator, MemberModel, StructModel } from '../../src/model/structure.ts';
import { foldBits, foldOf } from '../../src/base/fold.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  address,
  binary,
  call,
  cast,
  conditional,
  index,
  int,
  int_type,
  member,
  name,
  not,
  range,
  span,
  symbol,
  truth as constant_truth,
} from '../support/formulas.ts';
import type { Plain, PlainWorld } from '../support/plain-evaluator.ts';
import { Trouble, truth, value } from '../support/plain-evaluator.ts';
import { let_, library, require_, sessionOn, struct, typeOf, validator } from '../support/structures.ts';

const INTS = ['u8', 'u16', 'u32', 'u64', 's8', 's16', 's32', 's64', 'be16', 'be32', 'be64'];
const plain = struct('thing', {
  ...Object.fromEntries(INTS.map((one) => [one, one])),
  next: '*u64',
  list: 'u64[5]',
});
const at = (member_name: string): number =>
  (plain.members.find((one) => one.name === member_name) as MemberModel).offset;
const field = (label: string, type: string, offset: number, from: number, width: number): MemberModel => ({
  name: label,
  type: int_type(type),
  offset,
  bits: { from, width },
  span,
});
const THING: StructModel = {
  ...plain,
  members: [
    ...plain.members.map((one) =>
      one.name === 'next'
        ? { ...one, type: { kind: 'pointer', to: { kind: 'named', name: 'thing' } } as const }
        : one,
    ),
    field('low', 'u32', at('u32'), 0, 5),
    field('top', 'u32', at('u32'), 29, 3),
    field('all', 'u32', at('u32'), 0, 32),
    field('signed', 's32', at('s32'), 7, 9),
    field('wide', 'u64', at('u64'), 11, 44),
    field('widest', 's64', at('u64'), 3, 60),
  ],
};
const NUMBERS = THING.members.map((one) => one.name).filter((one) => one !== 'next' && one !== 'list');
const EDGES = [
  0n,
  1n,
  2n,
  7n,
  63n,
  64n,
  255n,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  0x1_0000_0000n,
  (1n << 53n) - 1n,
  1n << 53n,
  (1n << 53n) + 1n,
  1n << 63n,
  (1n << 64n) - 1n,
  0xffff_8880_0000_1000n,
  0xdead_0000_0000_0100n,
];
const BASES = [0x1_0000, 0x1_0ff0, 0x2_0000];

type Dice = Random;

function dice(seed: number): Dice {
  return substream(seed, 'formulas');
}

function pick<T>(roll: Dice, of: readonly T[]): T {
  return roll.pick(of);
}

function numberFormula(roll: Dice, depth: number): Formula {
  const kind = depth <= 0 ? roll.below(3) : roll.below(14);
  const number = (): Formula => numberFormula(roll, depth - 1);
  switch (kind) {
    case 0:
      return int(roll.below(3) === 0 ? BigInt(roll.below(100)) : pick(roll, EDGES));
    case 1:
    case 2: {
      let place: Formula = name('x');
      while (roll.below(4) === 0) place = member(place, 'next');
      return roll.below(5) === 0
        ? index(
            member(place, 'list'),
            roll.below(3) === 0
              ? int(roll.below(5))
              : roll.below(2) === 0
                ? member(name('x'), pick(roll, NUMBERS))
                : binary('&', member(name('x'), 'u32'), int(7)),
          )
        : member(place, pick(roll, NUMBERS));
    }
    case 3:
      return { kind: 'unary', operator: pick(roll, ['-', '~'] as const), operand: number(), span };
    case 4:
      return conditional(truthFormula(roll, depth - 1), number(), number());
    case 5:
      return call(pick(roll, ['swab16', 'swab32', 'swab64', 'bits']), number());
    case 6:
      return cast(binary('+', number(), int(0)), int_type(pick(roll, INTS.slice(0, 8))));
    case 7:
      return name('kept');
    case 8:
      return binary(
        pick(roll, ['<<', '>>'] as const),
        number(),
        roll.below(2) === 0 ? int(roll.below(70)) : number(),
      );
    case 9:
      return address(member(name('x'), pick(roll, ['u8', 'u64', 'list'])));
    default:
      return binary(
        pick<FormulaOperator>(roll, ['+', '-', '*', '/', 'mod', '&', '|', '^']),
        number(),
        number(),
      );
  }
}

function truthFormula(roll: Dice, depth: number): Formula {
  const number = (): Formula => numberFormula(roll, depth - 1);
  const kind = depth <= 0 ? roll.below(2) : roll.below(6);
  if (kind <= 1)
    return binary(pick<FormulaOperator>(roll, ['==', '!=', '<', '<=', '>', '>=']), number(), number());
  if (kind === 2) return binary('in', number(), range(number(), number()));
  if (kind === 3) return binary('in', number(), { kind: 'set', items: [number(), number()], span });
  if (kind === 4) return not(truthFormula(roll, depth - 1));
  return binary(
    pick<FormulaOperator>(roll, ['and', 'or']),
    truthFormula(roll, depth - 1),
    truthFormula(roll, depth - 1),
  );
}

/** Three things that lead to each other, to themselves, or nowhere. */
function memoryOf(roll: Dice, memory = new FlatSpace()): FlatSpace {
  const edges = memory.origin === 0n ? EDGES : [...EDGES, ...FAR];
  for (const base of BASES) {
    for (let word = 0; word < THING.bytes; word += 8) {
      const bits =
        roll.below(3) === 0
          ? pick(roll, edges)
          : (BigInt(roll.below(2 ** 32)) << 32n) | BigInt(roll.below(2 ** 32));
      memory.put(base + word, bits);
    }
    memory.put(
      base + at('next'),
      roll.below(6) === 0 ? pick(roll, edges) : memory.origin + BigInt(pick(roll, BASES)),
    );
  }
  return memory;
}

function worldOf(memory: FlatSpace): PlainWorld {
  const x: Plain = { kind: 'place', at: memory.origin + BigInt(BASES[0] as number), type: typeOf('thing') };
  const kept: Plain = { kind: 'number', bits: BigInt(memory.get(0x3_0000)), signed: false };
  const byte = (where: bigint): number | undefined => {
    const read = memory.space.u8(foldBits(memory.space.fold, where));
    // A mebibyte where virtual is physical: nothing beyond, whatever a rounded number may say.
    return where >= memory.origin && where < memory.origin + 0x10_0000n && !Number.isNaN(read)
      ? read
      : undefined;
  };
  return {
    names: new Map<string, Plain>([
      ['x', x],
      ['kept', kept],
    ]),
    structs: new Map([['thing', THING]]),
    byte,
  };
}

/** What the generated function says of a statement. */
function run(memory: FlatSpace, ...body: ReturnType<typeof require_>[]) {
  const of = library(
    [THING],
    [],
    [
      validator('v', [
        let_('x', cast(symbol('x'), typeOf('thing'))),
        let_('kept', cast(symbol('kept'), typeOf('u64'))),
        ...body,
      ]),
    ],
  );
  const result = sessionOn(of, memory, {
    x: memory.at(BASES[0] as number),
    kept: memory.at(0x3_0000),
  }).validate('v');
  return result?.failure ? result.failure.code : result?.drafts.map((one) => one.message).join();
}

/** What the plain evaluator says of it. */
function said(make: () => string): string {
  try {
    return make();
  } catch (error) {
    if (error instanceof Trouble) return error.message;
    throw error;
  }
}

const RUNS = 350;
/** A kernel with five levels: what is reckoned with its addresses is reckoned with all 57 bits. */
const FOLD = foldOf({ direct: 0xff42_220e | 0, vmalloc: 0xffa0_1234 | 0, vmemmap: 0xffd5_0000 | 0 }) ?? [];
const FAR = [
  0xff42_220e_4001_0000n,
  0xff42_220e_0000_0008n,
  0xffa0_1234_0000_1000n,
  0xffd1_ff00_0000_0000n,
  0xffff_8000_0000_1000n,
  0xffff_c000_0000_0000n,
  0xff00_0000_0000_0001n,
];
const KERNELS = [
  ['four levels', () => new FlatSpace()],
  ['five levels', () => new FlatSpace({ origin: 0xff42_220e_4000_0000n, fold: FOLD })],
] as const;

describe('a generated function', () => {
  it.each(KERNELS)('works out the numbers that a plain walk of the formula does (%s)', (_, made) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const roll = dice(seed);
      const formula = numberFormula(roll, 1 + roll.below(4));
      const memory = memoryOf(roll, made());
      memory.put(0x3_0000, BigInt(roll.below(2 ** 30)));
      const world = worldOf(memory);
      // The condition holds the number; the message is worked out again, and says it to the last bit.
      const never = binary('and', binary('==', formula, formula), constant_truth(false));
      const generated = run(
        memory,
        require_(never, 'N', [{ value: binary('+', formula, int(0)), format: 'hex' }]),
      );
      const expected = said(() => `0x${value(formula, world).bits.toString(16)}`);
      expect(
        `${seed}: ${generated}`,
        JSON.stringify(formula, (_, one) => (typeof one === 'bigint' ? `${one}` : one)),
      ).toBe(`${seed}: ${expected}`);
    }
  });

  it.each(KERNELS)('holds what a plain walk of the condition holds (%s)', (_, made) => {
    for (let seed = 1; seed <= RUNS; seed++) {
      const roll = dice(seed + 1_000_000);
      const formula = truthFormula(roll, 1 + roll.below(4));
      const memory = memoryOf(roll, made());
      memory.put(0x3_0000, BigInt(roll.below(2 ** 30)));
      const generated = run(memory, require_(formula, 'N', ['false']));
      const expected = said(() => (truth(formula, worldOf(memory)) ? '' : 'false'));
      expect(
        `${seed}: ${generated}`,
        JSON.stringify(formula, (_, one) => (typeof one === 'bigint' ? `${one}` : one)),
      ).toBe(`${seed}: ${expected}`);
    }
  });

  it('divides by powers of two and shifts by what is known beforehand as by anything else', () => {
    const u64 = member(name('x'), 'u64');
    const s64 = member(name('x'), 's64');
    const numbers = [u64, s64, member(name('x'), 'u32'), binary('-', s64, u64), binary('^', u64, s64)];
    const right = [0, 1, 3, 10, 11, 12, 31, 32, 33, 47, 52, 63, 64];
    const formulas = numbers.flatMap((number) => [
      ...right.flatMap((by) => [binary('<<', number, int(by)), binary('>>', number, int(by))]),
      ...right
        .slice(0, -1)
        .flatMap((by) => [
          binary('/', number, int(1n << BigInt(by))),
          binary('mod', number, int(1n << BigInt(by))),
        ]),
      binary('<<', int(3), binary('&', number, int(31))),
      binary('<<', int(1), binary('&', number, int(63))),
    ]);
    const roll = dice(7);
    for (const formula of formulas) {
      const memory = memoryOf(roll);
      const world = worldOf(memory);
      const never = binary('and', binary('==', formula, formula), constant_truth(false));
      const generated = run(
        memory,
        require_(never, 'N', [{ value: binary('+', formula, int(0)), format: 'hex' }]),
      );
      const expected = said(() => `0x${value(formula, world).bits.toString(16)}`);
      expect(
        generated,
        JSON.stringify(formula, (_, one) => (typeof one === 'bigint' ? `${one}` : one)),
      ).toBe(expected);
    }
  });
});
