import { expect, test } from 'vitest';
import type { CoreFile } from '../../src/formats/core-file.ts';
import { openCoreFile } from '../../src/formats/open-core.ts';
import { inflatePage } from '../../src/targets/core/file.ts';
import { fileOf, flattened, kdumpBytes } from '../support/core-files.ts';

const page = (fill: number): Uint8Array => new Uint8Array(4096).fill(fill);
const PAGES = new Map<number, Uint8Array | undefined>([
  [0, page(7)],
  [1, page(8)],
  [2, undefined],
  [9, page(9)],
]);
const DUMP = kdumpBytes({ pages: PAGES, vmcoreinfo: 'OSRELEASE=6.1\n', rip: 0xffff_ffff_8100_0000n });

function opened(bytes: Uint8Array): CoreFile {
  const result = openCoreFile(fileOf(bytes), inflatePage);
  if (!result.ok) throw new Error(result.message);
  return result.value;
}

function byteAt(core: CoreFile, address: number): number | undefined {
  const into = new Uint8Array(1);
  return core.read(address, into) ? into[0] : undefined;
}

test('pages are unpacked, the release, VMCOREINFO and registers read', () => {
  const core = opened(DUMP);
  expect([0, 4095, 4096, 9 * 4096].map((at) => byteAt(core, at))).toEqual([7, 7, 8, 9]);
  const across = new Uint8Array(4);
  expect(core.read(4094, across)).toBe(true);
  expect([...across]).toEqual([7, 7, 8, 8]);
  expect(Buffer.from(core.vmcoreinfo ?? []).toString()).toBe('OSRELEASE=6.1\n');
  expect(core.cpus[0]?.['rip']).toBe(0xffff_ffff_8100_0000n);
  expect(core).toMatchObject({ memory_bytes: 10 * 4096, release: '6.1.0-test', shortcomings: [] });
});

test('a page that was left out, and memory that never was, cannot be read', () => {
  const core = opened(DUMP);
  expect([2 * 4096, 3 * 4096, 10 * 4096, -1].map((at) => byteAt(core, at))).toEqual([
    undefined,
    undefined,
    undefined,
    undefined,
  ]);
  expect(core.read(2 * 4096 - 1, new Uint8Array(2))).toBe(false);
});

test('pages that are not packed are read as they lie', () => {
  const core = opened(kdumpBytes({ pages: new Map([[3, page(5)]]), packed: 0 }));
  expect(byteAt(core, 3 * 4096)).toBe(5);
});

test('a flattened dump is the same, in whatever order its pieces were written', () => {
  for (const order of [(count: number) => count - 1, () => 0]) {
    const core = opened(
      flattened(DUMP, 1000, (count) =>
        Array.from({ length: count }, (_, index) => Math.abs(order(count) - index)),
      ),
    );
    expect([0, 4096, 9 * 4096].map((at) => byteAt(core, at))).toEqual([7, 8, 9]);
    expect(core).toMatchObject({ format: 'kdump, flattened', shortcomings: [] });
  }
});

test('a dump that is cut short is read as far as it goes, and says so', () => {
  const core = opened(DUMP.subarray(0, DUMP.length - 10));
  expect(byteAt(core, 0)).toBe(7);
  expect(byteAt(core, 9 * 4096)).toBeUndefined();
  expect(core.shortcomings).toEqual(['the file is cut short: 66.6 % of its pages are there']);
});

test('a page whose bytes are damaged is not there', () => {
  const bytes = Buffer.from(DUMP);
  bytes.fill(0xee, 4 * 4096 + 3 * 24 + 4, 4 * 4096 + 3 * 24 + 8);
  const core = opened(bytes);
  expect(byteAt(core, 0)).toBeUndefined();
  expect(byteAt(core, 4096)).toBe(8);
});

test.each([
  ['lzo', 2, 'packed with lzo'],
  ['snappy', 4, 'packed with snappy'],
  ['zstd', 32, 'packed with zstd'],
])('%s is refused with what to do instead', (_, packed, message) => {
  const result = openCoreFile(fileOf(kdumpBytes({ pages: PAGES, packed })), inflatePage);
  expect(result).toMatchObject({ ok: false, code: 'UNSUPPORTED' });
  expect(result.ok ? '' : result.message).toMatch(new RegExp(`${message}.*makedumpfile -c`));
});

test.each([
  ['another architecture', (bytes: Buffer) => bytes.write('s390x\0', 272), 'UNSUPPORTED', /s390x/],
  ['another byte order', (bytes: Buffer) => bytes.writeUInt32BE(6, 8), 'UNSUPPORTED', /big-endian/],
  ['blocks of no page', (bytes: Buffer) => bytes.writeUInt32LE(512, 428), 'MALFORMED', /512 bytes/],
  [
    'a bitmap too short for its pages',
    (bytes: Buffer) => bytes.writeUInt32LE(0x200_0000, 4096 + 96),
    'MALFORMED',
    /bitmap/,
  ],
  [
    'more pages than there can be',
    (bytes: Buffer) => bytes.writeUInt32LE(1000, 4096 + 100),
    'LIMIT',
    /pages/,
  ],
])('%s is refused', (_, damage, code, message) => {
  const bytes = Buffer.from(DUMP);
  damage(bytes);
  const result = openCoreFile(fileOf(bytes), inflatePage);
  expect(result).toMatchObject({ ok: false, code });
  expect(result.ok ? '' : result.message).toMatch(message);
});

test.each([
  ['nothing', 0, /empty/],
  ['a header alone', 300, /within its header/],
  ['no second header', 4100, /second header/],
  ['no bitmap', 9000, /bitmap of pages/],
])('%s is refused as cut short', (_, length, message) => {
  const result = openCoreFile(fileOf(DUMP.subarray(0, length)), inflatePage);
  expect(result).toMatchObject({ ok: false, code: 'TRUNCATED' });
  expect(result.ok ? '' : result.message).toMatch(message);
});

test.each([
  [
    0x20,
    (bytes: Buffer, at: number) => bytes.writeUInt32LE(0x20, at + 12),
    /^1 of the pages .* packed with zstd: make it again with zlib/,
  ],
  [
    1,
    (bytes: Buffer, at: number) => bytes.writeUInt32LE(0xffff_ffff, at + 8),
    /^1 of the pages .* take more bytes than a page/,
  ],
] as const)(
  'a page that cannot be unpacked (%i) is not in the file, and is told of when it was asked for',
  (_what, lie, told) => {
    const bytes = kdumpBytes({
      pages: new Map([
        [0, new Uint8Array(4096).fill(1)],
        [1, new Uint8Array(4096).fill(2)],
      ]),
    });
    lie(bytes, 4 * 4096);
    const opened = openCoreFile(fileOf(bytes), inflatePage);
    if (!opened.ok) throw new Error(opened.message);
    const { value } = opened;
    expect(value.shortcomings).toEqual([]);
    expect([
      value.read(0, new Uint8Array(8)),
      value.read(4096, new Uint8Array(8)),
      value.absent?.(4096),
      value.absent?.(0),
    ]).toEqual([false, true, false, true]);
    expect(value.shortcomings).toHaveLength(1);
    expect(value.shortcomings[0]).toMatch(told);
  },
);
