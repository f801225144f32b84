import { expect, test } from 'vitest';
import fc from 'fast-check';
import { parseVmcoreInfo, writeVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';

const TEXT = `OSRELEASE=6.1.0-56-cloud-amd64
BUILD-ID=0123abcd
PAGESIZE=4096
SYMBOL(init_uts_ns)=ffffffffb2219e80
SYMBOL(vmap_area_list)=ffffffffb2347b20
OFFSET(list_head.next)=0
OFFSET(page.flags)=8
SIZE(page)=64
LENGTH(zone.free_area)=11
NUMBER(phys_base)=-201326592
NUMBER(PG_lru)=4
CONFIG(x)=y
KERNELOFFSET=2f800000
`;

test('every kind of line is read into its own table', () => {
  const info = parseVmcoreInfo(TEXT);
  expect(info.osrelease).toBe('6.1.0-56-cloud-amd64');
  expect(info.page_bytes).toBe(4096);
  expect(info.kernel_offset).toBe(0x2f80_0000);
  expect(info.symbols.get('init_uts_ns')).toBe(0xb221_9e80 - 2 ** 32);
  expect(info.offsets.get('page.flags')).toBe(8);
  expect(info.sizes.get('page')).toBe(64);
  expect(info.lengths.get('zone.free_area')).toBe(11);
  expect(info.numbers.get('phys_base')).toBe(-201326592);
  expect(info.others.get('CONFIG(x)')).toBe('y');
  expect(info.malformed).toEqual([]);
});

test('what follows a NUL is no part of the text', () => {
  const info = parseVmcoreInfo(Buffer.from('OSRELEASE=6.1\n\0SIZE(page)=64\n'));
  expect([info.osrelease, info.sizes.size]).toEqual(['6.1', 0]);
});

test('a line that cannot be understood is listed by its offset, and the others stand', () => {
  const info = parseVmcoreInfo(
    'OSRELEASE=6.1\nnonsense\nSYMBOL(a)=xyz\nSIZE(b)=1e3\nSIZE()=1\nSIZE(page)=64\n',
  );
  expect(info.malformed).toEqual([14, 23, 37, 49]);
  expect([...info.sizes]).toEqual([['page', 64]]);
});

test.each(['constructor', '__proto__', 'toString', 'hasOwnProperty'])(
  '%s is a word like any other',
  (word) => {
    const info = parseVmcoreInfo(`${word}(x)=1\nSIZE(${word})=2\n`);
    expect(info.others.get(`${word}(x)`)).toBe('1');
    expect(info.sizes.get(word)).toBe(2);
  },
);

const name = fc.stringMatching(/^[a-z_][a-z0-9_.]{0,12}$/);
const table = (value: fc.Arbitrary<number>): fc.Arbitrary<Map<string, number>> =>
  fc.array(fc.tuple(name, value), { maxLength: 6 }).map((entries) => new Map(entries));

test('what is written is read back', () => {
  const content = fc.record({
    osrelease: fc.stringMatching(/^[0-9.a-z-]{1,20}$/),
    page_bytes: fc.constant(4096),
    kernel_offset: fc.nat(0x3fff_ffff),
    symbols: table(fc.integer({ min: -(2 ** 47), max: 2 ** 47 - 1 })),
    offsets: table(fc.nat(100_000)),
    sizes: table(fc.nat(100_000)),
    lengths: table(fc.nat(100_000)),
    numbers: table(fc.integer()),
  });
  fc.assert(
    fc.property(content, (facts) => {
      expect(parseVmcoreInfo(writeVmcoreInfo(facts))).toMatchObject(facts);
    }),
  );
});

test('a text is bounded, however long it is', () => {
  const info = parseVmcoreInfo('SIZE(a)=1\n'.repeat(100_000));
  expect(info.sizes.get('a')).toBe(1);
  expect(parseVmcoreInfo('x'.repeat(10_000_000)).malformed).toEqual([0]);
});
