// Structures of a kernel with page tables of five levels: read by folded numbers, told and mended with all their 57
// bits.
import { describe, expect, it } from 'vitest';
import { foldBits, foldOf, trueBits, trueHex } from '../../src/base/fold.ts';
import { assemble } from '../../src/formats/locator-code/assemble.ts';
import { LocatorInterpreter } from '../../src/formats/locator-code/interpreter.ts';
import { link } from '../../src/structure/link.ts';
import { propose } from '../../src/structure/repair/propose.ts';
import { FlatSpace } from '../support/flat-space.ts';
import {
  address,
  binary,
  call,
  cast,
  collection,
  element,
  every,
  int,
  member,
  name,
  span,
  symbol,
} from '../support/formulas.ts';
import {
  each,
  KERNEL_STRUCTS,
  let_,
  library,
  locator,
  require_,
  sessionOn,
  struct,
  typeOf,
  validator,
} from '../support/structures.ts';

const FOLD = foldOf({ direct: 0xff42_220e | 0, vmalloc: 0xff8f_dd45 | 0, vmemmap: 0xfff7_b218 | 0 }) ?? [];
const ORIGIN = 0xff42_220e_4000_0000n;
const t = name('t');
const ITEM = struct('item', { link: 'list_head', count: 'u64' }, KERNEL_STRUCTS);
const HEAD = 0x4000;
const at = (index: number): number => 0x1_0000 + index * 0x40;

function far(): FlatSpace {
  return new FlatSpace({ origin: ORIGIN, fold: FOLD });
}

function ring(many: number): FlatSpace {
  const memory = far();
  const nodes = [HEAD, ...Array.from({ length: many }, (_, index) => at(index))];
  nodes.forEach((node, index) => {
    memory.put(node, ORIGIN + BigInt(nodes[(index + 1) % nodes.length] as number));
    memory.put(node + 8, ORIGIN + BigInt(nodes[(index + nodes.length - 1) % nodes.length] as number));
  });
  return memory;
}

const ITEMS = itemsOf();

function itemsOf() {
  const items = locator('items', 'list', 'item', symbol('head'), { via: ['link'] });
  const body = each(
    't',
    collection('items'),
    require_(binary('<', member(t, 'count'), int(10)), 'COUNT', [{ value: address(t), format: 'address' }]),
  );
  const mend = { code: 'LIST_NEXT_WILD', verb: 'relink', unless_loss: false, span } as const;
  const off = { code: 'COUNT', verb: 'unlink', unless_loss: false, span, subject: t } as const;
  return library([ITEM], [items], [validator('items', [body], [mend, off])]);
}

function checked(memory: FlatSpace, of = ITEMS) {
  const session = sessionOn(of, memory, { head: memory.at(HEAD) });
  const drafts = session.validate('items')?.drafts ?? [];
  const plans = drafts.map((draft) =>
    propose(session, link(of, undefined, memory.space.fold), draft, drafts),
  );
  return { drafts, plans, found: session.elements('items').all().bases };
}

describe('with five levels', () => {
  it('a list is gone through, and nothing is wrong with it', () => {
    const memory = ring(4);
    const { drafts, found } = checked(memory);
    expect(drafts).toEqual([]);
    expect(found).toEqual([0, 1, 2, 3].map((index) => memory.at(at(index))));
  });

  it.each([
    [0xff42_220e_7777_0000n, '0xff42220e77770000'],
    [0xff11_0000_0000_0008n, '0xff11000000000008'],
    // Canonical with 48 bits: what stands there as a number is another address.
    [0xffff_8000_4001_0080n, '0xffff800040010080'],
  ])(
    'a link that leads astray (%i) is told with the address that it has, and mended with the one that it should have',
    (value, said) => {
      const memory = ring(4);
      memory.put(at(1), value);
      const { drafts, plans } = checked(memory);
      expect(drafts.map(({ code, address: where }) => [code, trueHex(FOLD, where)])).toEqual([
        ['LIST_NEXT_WILD', 'ff42220e40010040'],
      ]);
      expect(drafts[0]?.message).toContain(`is ${said}: `);
      expect(drafts[0]?.message).toContain('its neighbours say 0xff42220e40010080');
      expect(drafts[0]?.expected_bits).toBe(0xff42_220e_4001_0080n);
      const [write] = plans[0]?.writes ?? [];
      expect(Buffer.from(write?.after ?? []).toString('hex')).toBe('800001400e2242ff');
    },
  );

  it('an address in a message has all its bits', () => {
    const memory = ring(2);
    memory.put(at(0) + 16, 11);
    const { drafts, plans } = checked(memory);
    expect(drafts.map(({ message }) => message)).toEqual(['0xff42220e40010000']);
    // Taken off the list, its neighbours lead to each other.
    expect(plans[0]?.writes.map((one) => Buffer.from(one.after).toString('hex'))).toEqual([
      '400001400e2242ff',
      '004000400e2242ff',
    ]);
  });

  it.each(['before', 'after'])('the same library serves a kernel with four levels %s', (when) => {
    const near = new FlatSpace();
    near.put(HEAD, HEAD);
    near.put(HEAD + 8, HEAD);
    const of = itemsOf();
    const items = (memory: FlatSpace) => checked(memory, of);
    const [four, five] =
      when === 'before' ? [items(near), items(ring(4))] : [items(ring(4)), items(near)].reverse();
    expect([four?.drafts, four?.found]).toEqual([[], []]);
    const memory = ring(3);
    memory.put(at(1) + 16, 11);
    expect([five?.drafts, five?.found.length]).toEqual([[], 4]);
    expect(items(memory).drafts.map(({ message }) => message)).toEqual(['0xff42220e40010040']);
  });

  it('a constant is itself, and not the address whose number is the same', () => {
    const memory = ring(1);
    const constant = 0xffff_8880_0000_1000n;
    const other = trueBits(FOLD, Number(BigInt.asIntN(64, constant)));
    expect(other.toString(16)).toBe('ff422a8e00001000');
    const items = locator('items', 'list', 'item', symbol('head'), { via: ['link'] });
    const count = member(t, 'count');
    const body = each(
      't',
      collection('items'),
      require_(binary('!=', count, int(constant)), 'SAME'),
      require_(binary('<', count, int(constant)), 'LESS'),
    );
    const of = library([ITEM], [items], [validator('items', [body])]);
    const said = (value: bigint): unknown => {
      memory.put(at(0) + 16, value);
      return sessionOn(of, memory, { head: memory.at(HEAD) })
        .validate('items')
        ?.drafts.map(({ code }) => code);
    };
    expect(said(other)).toEqual([]);
    expect(said(constant)).toEqual(['SAME', 'LESS']);
  });

  it('a pointer that is hidden by its own address is found', () => {
    const memory = far();
    const random = 0x1234_5678_9abc_def0n;
    const swab = (bits: bigint): bigint =>
      Buffer.from(bits.toString(16).padStart(16, '0'), 'hex').readBigUInt64LE();
    const hide = (where: number, to: bigint): void =>
      memory.put(where, to ^ random ^ swab(ORIGIN + BigInt(where)));
    const FREE = struct('free', { next: 'u64' });
    memory.put(HEAD, ORIGIN + BigInt(at(2)));
    memory.put(0x5000, random);
    hide(at(2), ORIGIN + BigInt(at(0)));
    hide(at(0), ORIGIN + BigInt(at(7)));
    hide(at(7), 0n);
    const decoded = binary(
      '^',
      binary('^', member(element, 'next'), cast(symbol('random'), typeOf('u64'))),
      call('swab64', address(member(element, 'next'))),
    );
    const free = locator('free', 'freelist', 'free', cast(symbol('head'), typeOf('*free')), {
      step: [decoded],
    });
    const of = library([FREE], [free], []);
    const session = sessionOn(of, memory, { head: memory.at(HEAD), random: memory.at(0x5000) });
    expect(session.elements('free').all().bases).toEqual([2, 0, 7].map((index) => memory.at(at(index))));
  });

  it('what every CPU has of its own is found, however far its area lies from the first', () => {
    const memory = far();
    const area = 0xff8f_dd45_0000_0000n;
    const CELL = struct('cell', { value: 'u64' });
    const OWNER = struct('owner', { cells: '*cell' }, [CELL]);
    memory.put(HEAD, ORIGIN + BigInt(at(3)) - area);
    memory.put(at(3), 7);
    memory.put(at(3) + 0x1000, 8);
    const cells = member(cast(symbol('owner'), typeOf('owner')), 'cells');
    const body = [
      each(
        't',
        every(cells),
        require_(binary('<', member(t, 'value'), int(1)), 'CELL', [
          { value: member(t, 'value'), format: 'plain' },
        ]),
      ),
    ];
    const session = sessionOn(
      library([CELL, OWNER], [], [validator('v', body)]),
      memory,
      { owner: memory.at(HEAD) },
      { perCpuBase: (cpu) => foldBits(FOLD, area + BigInt(cpu * 0x1000)) },
    );
    const result = session.validate('v');
    expect(result?.failure).toBeUndefined();
    expect(result?.drafts.map(({ message, address: where }) => [message, trueHex(FOLD, where)])).toEqual([
      ['7', 'ff42220e400100c0'],
      ['8', 'ff42220e400110c0'],
    ]);
  });

  it('the guest’s own locators reckon with all bits of an address, too', () => {
    const memory = far();
    memory.put(at(1), ORIGIN + BigInt(at(5)));
    memory.put(at(5), 42);
    const { space } = memory;
    const host = {
      fold: FOLD,
      cpus: 1,
      symbol: () => memory.at(at(0)),
      perCpuBase: () => NaN,
      u8: (of: number) => space.u8(of),
      u16: (of: number) => space.u16(of),
      u32: (of: number) => space.u32(of),
      member: () => undefined,
      size: () => undefined,
    };
    const made = assemble('symbol x\nconst 64\nadd\nload64\nload64');
    if (!made.ok) throw new Error(made.message);
    const machine = new LocatorInterpreter(host);
    expect(machine.run(made.blocks.get('roots')!, made.texts)).toBeUndefined();
    expect(machine.value).toBe(42);
    const away = assemble('const 0xff11000000001000\nload64');
    if (!away.ok) throw new Error(away.message);
    expect(machine.run(away.blocks.get('roots')!, away.texts)?.message).toBe(
      '0xff11000000001000 cannot be read',
    );
  });

  it('a name is kept for its repair as it was when the requirement failed', () => {
    const memory = ring(2);
    memory.put(at(1) + 16, 11);
    const items = locator('items', 'list', 'item', symbol('head'), { via: ['link'] });
    const body = each(
      't',
      collection('items'),
      let_('here', address(member(t, 'count'))),
      require_(binary('<', member(t, 'count'), int(10)), 'COUNT'),
    );
    const mend = {
      code: 'COUNT',
      verb: 'set',
      unless_loss: false,
      span,
      subject: member(t, 'count'),
      to: name('here'),
    } as const;
    const of = library([ITEM], [items], [validator('items', [body], [mend])]);
    const session = sessionOn(of, memory, { head: memory.at(HEAD) });
    const drafts = session.validate('items')?.drafts ?? [];
    const plan = propose(session, link(of, undefined, FOLD), drafts[0]!, drafts);
    expect(
      plan?.writes.map((one) => [trueHex(FOLD, one.address), Buffer.from(one.after).toString('hex')]),
    ).toEqual([['ff42220e40010050', '500001400e2242ff']]);
  });
});
