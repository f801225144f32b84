import { describe, expect, test } from 'vitest';
import fc from 'fast-check';
import { REFUSALS } from '../../src/model/vocabulary.ts';
import {
  btfNote,
  kallsymsNote,
  locatorNote,
  readContents,
  vmcoreinfoNote,
} from '../../src/formats/region-notes.ts';
import { readRegion, REGION_NOTE, sealRegion, SIREN_NOTE, writeRegion } from '../../src/formats/region.ts';
import { encodeLocator } from '../../src/formats/locator-code/entry.ts';
import { entryOf } from '../support/entries.ts';

const KALLSYMS = {
  names: -1000,
  num_syms: -2000,
  token_table: -3000,
  token_index: -4000,
  offsets: -5000,
  relative_base: -6000,
};
const locator = (name: string, code = 'symbol init_task; dup; root'): ReturnType<typeof locatorNote> =>
  locatorNote(entryOf(name, code));

const ENTRIES = [
  vmcoreinfoNote('OSRELEASE=6.1.0-siren\nSYMBOL(_stext)=ffffffff81000000\n'),
  kallsymsNote(KALLSYMS),
  btfNote({ address: -0x7000_0000, bytes: 12_345 }),
  locator('tasks'),
  locator('orders'),
];

function region(sealed = true, total_bytes = 0x1000): Uint8Array {
  return writeRegion({ boot_id: 0xfedc_ba98_7654_3210n, sealed, entries: ENTRIES, total_bytes });
}

function changed(at: number, value: number, seal = true): Uint8Array {
  const bytes = region();
  bytes[at] = value;
  if (seal) {
    sealRegion(bytes);
    if (at >= 20 && at < 24) bytes[at] = value;
  }
  return bytes;
}

test('everything that a guest says of itself is read back', () => {
  const bytes = region();
  const read = readRegion(bytes);
  if (!read.ok) throw new Error(read.message);
  expect(read.value).toMatchObject({
    version: 1,
    total_bytes: 0x1000,
    sealed: true,
    seal_holds: true,
    boot_id: 0xfedc_ba98_7654_3210n,
  });
  const contents = readContents(bytes, read.value);
  expect(contents.vmcoreinfo?.osrelease).toBe('6.1.0-siren');
  expect(contents.kallsyms).toEqual(KALLSYMS);
  expect(contents.btf).toEqual([{ address: -0x7000_0000, bytes: 12_345 }]);
  expect([...contents.described.keys()]).toEqual(['tasks', 'orders']);
  expect(contents.malformed).toEqual([]);
  expect(read.value.entries.map(({ type }) => type)).toEqual([
    0,
    REGION_NOTE.KALLSYMS,
    REGION_NOTE.BTF,
    REGION_NOTE.LOCATOR,
    REGION_NOTE.LOCATOR,
  ]);
});

test.each([
  ['the magic', changed(0, 0x58), 'MALFORMED', 0],
  ['the version', changed(8, 9), 'VERSION', 8],
  ['the size of the header', changed(10, 48), 'MALFORMED', 10],
  ['a total below the header', writeTotal(39), 'MALFORMED', 12],
  ['a total beyond the bytes', writeTotal(0x1001), 'TRUNCATED', 12],
  ['the count of entries', changed(16, 6), 'MALFORMED', 16],
  ['far too many entries', changed(18, 1), 'MALFORMED', 16],
  ['an unknown flag', changed(20, 3), 'MALFORMED', 20],
  ['an entry that reaches outside', changed(40 + 6, 0x10), 'MALFORMED', 40],
  ['a byte after the seal was made', changed(0x120, 0xff, false), 'SEAL', 32],
  ['a byte of the padding', changed(0xfff, 1, false), 'SEAL', 32],
  ['the flag of the seal', changed(20, 0, false), 'SEAL', 32],
  ['the boot id', changed(24, 0xff, false), 'SEAL', 32],
])('damage to %s is refused with the right code', (_, bytes, code, offset) => {
  expect(readRegion(bytes)).toMatchObject({ ok: false, code, offset });
  expect(Object.keys(REFUSALS)).toContain(code);
});

function writeTotal(total: number): Uint8Array {
  const bytes = region(false);
  new DataView(bytes.buffer).setUint32(12, total, true);
  return bytes;
}

test.each([0, 7, 39])('%i bytes are cut short', (length) => {
  expect(readRegion(region().subarray(0, length))).toMatchObject({ ok: false, code: 'TRUNCATED' });
});

test('a region that is cut short is refused as that, whatever its seal', () => {
  for (const sealed of [true, false]) {
    expect(readRegion(region(sealed).subarray(0, 0xfff))).toMatchObject({ ok: false, code: 'TRUNCATED' });
  }
});

test('a rescuer may read on past a broken seal, and is told', () => {
  const read = readRegion(changed(0xfff, 1, false), { ignore_seal: true });
  expect(read).toMatchObject({ ok: true, value: { sealed: true, seal_holds: false } });
});

test('without a seal any byte of the padding may be anything', () => {
  const bytes = region(false);
  bytes[0xfff] = 7;
  expect(readRegion(bytes)).toMatchObject({ ok: true, value: { sealed: false, seal_holds: true } });
});

test('every flipped bit of a sealed region is noticed', () => {
  const bytes = region(true, 0);
  for (let bit = 0; bit < bytes.length * 8; bit++) {
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
    expect(readRegion(bytes).ok).toBe(false);
    bytes[bit >> 3] = (bytes[bit >> 3] as number) ^ (1 << (bit & 7));
  }
  expect(readRegion(bytes).ok).toBe(true);
});

describe('entries', () => {
  test('one that cannot be understood is listed, and the others stand', () => {
    const broken = {
      name: SIREN_NOTE,
      type: REGION_NOTE.LOCATOR,
      desc: encodeLocator(entryOf('timers', 'loop 0')).fill(9, 4, 5),
    };
    const short = { name: SIREN_NOTE, type: REGION_NOTE.KALLSYMS, desc: new Uint8Array(47) };
    const bytes = writeRegion({ boot_id: 1n, sealed: true, entries: [broken, short, locator('tasks')] });
    const read = readRegion(bytes);
    if (!read.ok) throw new Error(read.message);
    const contents = readContents(bytes, read.value);
    expect(contents.malformed).toMatchObject([
      { offset: 40 + 20 + 4, name: 'timers' },
      { message: 'a kallsyms entry below 48 bytes' },
    ]);
    expect(contents.kallsyms).toBeUndefined();
    expect(contents.described.has('tasks')).toBe(true);
  });

  test('unknown notes are passed over, and the first of a name counts', () => {
    const entries = [
      { name: 'OTHER', type: 9, desc: new Uint8Array(3) },
      { name: SIREN_NOTE, type: 99, desc: new Uint8Array(0) },
      locator('tasks'),
      locator('tasks', 'symbol other_task; dup; root'),
    ];
    const bytes = writeRegion({ boot_id: 1n, sealed: false, entries });
    const read = readRegion(bytes);
    const contents = read.ok ? readContents(bytes, read.value) : undefined;
    expect(contents?.described.get('tasks')?.texts).toContain('init_task');
    expect(contents?.described.get('tasks')?.texts).not.toContain('other_task');
    expect(contents?.malformed).toEqual([]);
  });
});

test('any entries are read back in their order', () => {
  const entry = fc.record({
    name: fc.constantFrom('VMCOREINFO', 'SIREN', 'X'),
    type: fc.nat(5),
    desc: fc.uint8Array({ maxLength: 64 }),
  });
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 6 }), fc.boolean(), (entries, sealed) => {
      const bytes = writeRegion({ boot_id: 5n, sealed, entries });
      const read = readRegion(bytes);
      expect(read.ok && read.value.entries.map(({ name, type }) => [name, type])).toEqual(
        entries.map(({ name, type }) => [name, type]),
      );
      if (read.ok) readContents(bytes, read.value);
    }),
  );
});
