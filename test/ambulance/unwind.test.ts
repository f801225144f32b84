import { describe, expect, it } from 'vitest';
import { unwind } from '../../src/ambulance/unwind.ts';
import type { OrcEntry } from '../../src/formats/orc.ts';
import { OrcTable, openOrc, ORC_REG, ORC_TYPE } from '../../src/formats/orc.ts';

const TEXT = -0x7f00_0000;
const STACK = -0x4000_0000_0000;
const LAYOUT = { ip: 128, sp: 152, bp: 32, cs: 136, r10: 56, r13: 16, di: 112, dx: 96 };
/** Functions of 0x100 bytes each, from TEXT on. */
const fn = (index: number, into = 0x20): number => TEXT + index * 0x100 + into;
const at = (index: number): number => Math.floor((index - TEXT) / 0x100);

const CALL: OrcEntry = {
  sp_reg: ORC_REG.sp,
  sp_offset: 16,
  bp_reg: ORC_REG.undefined,
  bp_offset: 0,
  type: ORC_TYPE.call,
  end: false,
};
const END: OrcEntry = { ...CALL, sp_reg: ORC_REG.undefined, end: true };

/** What the functions of a stack are, by their numbers, and whether it was followed to its end. */
function framesOf(
  entries: readonly (OrcEntry | undefined)[],
  words: ReadonlyMap<number, number>,
  registers = {},
) {
  const orc = { find: (ip: number) => entries[at(ip)] } as OrcTable;
  const memory = { u64: (address: number) => words.get(address) ?? NaN };
  const first = { ip: fn(0), sp: STACK, bp: 0, r10: 0, r13: 0, di: 0, dx: 0, ...registers };
  const { frames, complete } = unwind(memory, orc, LAYOUT, first, 8);
  return { functions: frames.map(at), complete };
}

describe('a kernel stack', () => {
  it('is followed by what the tables say, past words that calls have left behind', () => {
    const words = new Map([
      [STACK, fn(5)],
      [STACK + 8, fn(1)],
      [STACK + 16, fn(6)],
      [STACK + 24, fn(2)],
    ]);
    expect(framesOf([CALL, CALL, END], words)).toEqual({ functions: [0, 1, 2], complete: true });
  });

  it('takes the call, not what lies behind it, for where a caller is', () => {
    const words = new Map([[STACK + 8, fn(2, 0)]]);
    expect(framesOf([CALL, END], words)).toEqual({ functions: [0, 1], complete: true });
  });

  it('goes on by a saved frame pointer, and restores it', () => {
    const by_bp = { ...CALL, sp_reg: ORC_REG.bp, bp_reg: ORC_REG.prev_sp, bp_offset: -16 };
    const words = new Map([
      [STACK + 0x48, fn(1)],
      [STACK + 0x40, STACK + 0x90],
      [STACK + 0x98, fn(2)],
      [STACK + 0x90, 0],
    ]);
    expect(framesOf([by_bp, by_bp, END], words, { bp: STACK + 0x40 })).toEqual({
      functions: [0, 1, 2],
      complete: true,
    });
  });

  it('goes on where an interrupt came, and ends where a process was in its own code', () => {
    const regs = { ...CALL, sp_offset: 0, type: ORC_TYPE.regs };
    const words = new Map([
      [STACK + 128, fn(1, 0)],
      [STACK + 136, 0x10],
      [STACK + 152, STACK + 0x400],
      [STACK + 32, 0],
    ]);
    words.set(STACK + 0x400 + 128, 0x1234).set(STACK + 0x400 + 136, 0x33);
    expect(framesOf([regs, regs], words)).toEqual({ functions: [0, 1], complete: true });
  });

  it('goes on where the processor alone saved something, and on another stack', () => {
    const partial = { ...CALL, sp_offset: 0, type: ORC_TYPE.regs_partial };
    const other = { ...CALL, sp_reg: ORC_REG.sp_indirect, sp_offset: 8 };
    const words = new Map([
      [STACK, fn(1)],
      [STACK + 8, 0x10],
      [STACK + 24, STACK + 0x100],
      [STACK + 0x100, STACK + 0x800],
      [STACK + 0x800, fn(2)],
    ]);
    expect(framesOf([partial, other, END], words)).toEqual({ functions: [0, 1, 2], complete: true });
  });

  it('is not complete where memory, tables or registers say no more, and where it has no end', () => {
    expect(framesOf([CALL, CALL], new Map())).toEqual({ functions: [0], complete: false });
    expect(framesOf([CALL, undefined], new Map([[STACK + 8, fn(1)]]))).toEqual({
      functions: [0, 1],
      complete: false,
    });
    const lost = { ...CALL, sp_reg: ORC_REG.r10 };
    expect(framesOf([CALL, lost], new Map([[STACK + 8, fn(1)]]))).toEqual({
      functions: [0, 1],
      complete: false,
    });
    const round = { ...CALL, sp_offset: 0 };
    expect(framesOf([round], new Map([[STACK - 8, fn(0)]])).functions).toHaveLength(8);
  });
});

/** A table in memory: instructions' addresses as distances, and entries of six bytes. */
function tableOf(starts: readonly number[], type = 'end'): OrcTable | undefined {
  const [ips, entries] = [TEXT + 0x10_0000, TEXT + 0x20_0000];
  const bytes = new Map<number, number>();
  const store = (address: number, value: number, count: number): void => {
    for (let byte = 0; byte < count; byte++) bytes.set(address + byte, (value >> (8 * byte)) & 0xff);
  };
  starts.forEach((start, index) => {
    store(ips + 4 * index, start - (ips + 4 * index), 4);
    store(entries + 6 * index, -8 * (index + 1), 2);
    store(entries + 6 * index + 2, -16, 2);
    store(entries + 6 * index + 4, ORC_REG.sp | (ORC_REG.prev_sp << 4), 1);
    store(entries + 6 * index + 5, ORC_TYPE.regs | (index === 1 ? 4 : 0), 1);
  });
  const read = (address: number, count: number): number => {
    let value = 0;
    for (let byte = count - 1; byte >= 0; byte--) value = value * 256 + (bytes.get(address + byte) ?? NaN);
    return value;
  };
  const symbols = new Map([
    ['__start_orc_unwind_ip', ips],
    ['__stop_orc_unwind_ip', ips + 4 * starts.length],
    ['__start_orc_unwind', entries],
  ]);
  const members: Record<string, readonly [offset: number, bytes: number, bit: number, bits: number]> = {
    sp_offset: [0, 2, 0, 0],
    bp_offset: [2, 2, 16, 0],
    sp_reg: [4, 1, 32, 4],
    bp_reg: [4, 1, 36, 4],
    type: [5, 1, 40, 2],
    [type]: [5, 1, 42, 1],
  };
  return openOrc({
    symbol: (name) => symbols.get(name),
    sizeOf: () => 6,
    member: (_type, name) => {
      const [offset, count, bit_offset, bits] = members[name] ?? [];
      return offset === undefined
        ? undefined
        : { name, type: 1, offset, bytes: count ?? 0, bit_offset: bit_offset ?? 0, bits: bits ?? 0 };
    },
    space: {
      u8: (address) => read(address, 1),
      u16: (address) => read(address, 2),
      u32: (address) => read(address, 4),
    },
  });
}

describe('the table of frames', () => {
  it('gives each instruction the last entry that begins at or before it', () => {
    const table = tableOf([fn(0, 0), fn(1, 0), fn(2, 0)]);
    const entry = {
      sp_reg: ORC_REG.sp,
      bp_reg: ORC_REG.prev_sp,
      bp_offset: -16,
      type: ORC_TYPE.regs,
      end: false,
    };
    expect(table?.find(fn(0, 0))).toEqual({ ...entry, sp_offset: -8 });
    expect(table?.find(fn(1, 0xff))).toEqual({ ...entry, sp_offset: -16, end: true });
    expect(table?.find(fn(9))).toEqual({ ...entry, sp_offset: -24 });
    expect(table?.find(fn(0, -1))).toBeUndefined();
  });

  it('is none where a kernel writes it in another form', () => {
    expect(tableOf([fn(0)], 'signal')).toBeUndefined();
    expect(tableOf([])).toBeUndefined();
  });
});
