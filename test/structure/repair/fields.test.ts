// A repair writes a number as its field holds it, and nothing else: every numeric type, every verb that writes one.
import { describe, expect, it } from 'vitest';
import type { MemberModel, RepairModel, StructModel } from '../../../src/model/structure.ts';
import { propose } from '../../../src/structure/repair/propose.ts';
import { link } from '../../../src/structure/link.ts';
import { binary, cast, int, int_type, member, name, span, symbol } from '../../support/formulas.ts';
import { FlatSpace } from '../../support/flat-space.ts';
import { let_, library, locator, require_, sessionOn, typeOf, validator } from '../../support/structures.ts';

const AT = 0x4000;
const bit = (type: string, from: number, width: number): Pick<MemberModel, 'type' | 'bits'> => ({
  type: int_type(type),
  bits: { from, width },
});

/** The field under test at byte 8, 0xff all around and in it. */
function holding(of: Pick<MemberModel, 'type' | 'bits'>): StructModel {
  return {
    name: 'thing',
    from_guest: false,
    members: [{ name: 'v', offset: 8, span, ...of }],
    bytes: 24,
    span,
  };
}

/** The sixteen bytes around the field after a repair, as it would leave them; or why there is none. */
function repaired(
  of: Pick<MemberModel, 'type' | 'bits'>,
  expected: bigint,
  ...repairs: Partial<RepairModel>[]
): string | undefined {
  const memory = new FlatSpace();
  memory.putBytes(
    AT,
    Array.from({ length: 24 }, () => 0xff),
  );
  const v = member(name('t'), 'v');
  const body = [
    let_('t', cast(symbol('thing'), typeOf('thing'))),
    require_(binary('==', v, int(expected)), 'WRONG', [], { expected: int(expected) }),
  ];
  const models = repairs.map((one): RepairModel => ({
    code: 'WRONG',
    verb: 'recount',
    unless_loss: false,
    span,
    ...one,
  }));
  const made = library(
    [holding(of)],
    [locator('things', 'one', 'thing', cast(symbol('thing'), typeOf('thing')))],
    [validator('things', body, models)],
  );
  const session = sessionOn(made, memory, { thing: AT });
  const drafts = session.validate('things')?.drafts ?? [];
  expect(drafts.map(({ code }) => code)).toEqual(['WRONG']);
  const plan = propose(session, link(made, undefined), drafts[0] as (typeof drafts)[number], drafts);
  if (!plan || plan.declined) return plan?.declined?.code;
  const bytes = memory.space.bytes(AT + 4, 16) as Uint8Array;
  for (const write of plan.writes) bytes.set(write.after, write.address - AT - 4);
  return Buffer.from(bytes)
    .toString('hex')
    .replaceAll(/^f{8}|f{8}$/g, '');
}

describe('a repair of a number', () => {
  it.each([
    ['u8', 5n, '05ffffffffffffff'],
    ['s8', -5n, 'fbffffffffffffff'],
    ['u16', 0x0102n, '0201ffffffffffff'],
    ['be16', 0x0102n, '0102ffffffffffff'],
    ['u32', 0x01020304n, '04030201ffffffff'],
    ['s32', -7n, 'f9ffffffffffffff'],
    ['be32', 0x01020304n, '01020304ffffffff'],
    ['u64', 0x0102030405060708n, '0807060504030201'],
    ['be64', 0x0102030405060708n, '0102030405060708'],
  ])('of type %s puts its bytes in their order, told or counted', (type, value, hex) => {
    const of = { type: int_type(type) };
    const v = member(cast(symbol('thing'), typeOf('thing')), 'v');
    expect(repaired(of, value, {})).toBe(hex);
    expect(repaired(of, value, { verb: 'set', subject: v, to: int(value) })).toBe(hex);
  });

  it('of some bits of a word leaves the bits of its neighbours, whatever the verb', () => {
    const v = member(cast(symbol('thing'), typeOf('thing')), 'v');
    expect(repaired(bit('u32', 0, 3), 5n, {})).toBe('fdffffffffffffff');
    expect(repaired(bit('u32', 3, 7), 6n, { verb: 'set', subject: v, to: int(6) })).toBe('37fcffffffffffff');
    expect(repaired(bit('u32', 10, 22), 0n, { verb: 'abandon', subject: v })).toBe('ff030000ffffffff');
    expect(repaired(bit('s32', 3, 7), -64n, {})).toBe('07feffffffffffff');
  });

  it('in several steps changes each in what the one before has left', () => {
    const v = member(cast(symbol('thing'), typeOf('thing')), 'v');
    const again: RepairModel = {
      code: 'WRONG',
      verb: 'set',
      subject: v,
      to: int(1),
      unless_loss: false,
      span,
    };
    expect(repaired(bit('u32', 3, 7), 6n, { verb: 'abandon', subject: v, more: [again] })).toBe(
      '0ffcffffffffffff',
    );
  });

  it('that does not fit is declined, not cut off', () => {
    expect(repaired(bit('u32', 3, 7), 128n, {})).toBe('NO_VALUE');
    expect(repaired({ type: int_type('u8') }, 256n, {})).toBe('NO_VALUE');
  });
});
