import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import fc from 'fast-check';
import type { Btf } from '../../src/formats/btf.ts';
import { openBtf, readBtfBytes } from '../../src/formats/btf.ts';
import { BtfBuilder } from '../../src/formats/btf-write.ts';
import { memoryOf } from '../support/flat-memory.ts';

function open(bytes: Uint8Array): Btf {
  const opened = openBtf(bytes);
  if (!opened.ok) throw new Error(opened.message);
  return opened.value;
}

/** Every kind of type that a kernel has, and a struct with every kind of member. */
function sample(): { bytes: Uint8Array; task: number } {
  const b = new BtfBuilder();
  const [u8, u32, int] = [b.int('unsigned char', 1), b.int('unsigned int', 4), b.int('int', 4, 'signed')];
  const u64 = b.typedef('u64', b.int('long long unsigned int', 8));
  const list = b.declare('struct', 'list_head');
  b.define(list, 16, [
    { name: 'next', type: b.pointer(list), bit_offset: 0 },
    { name: 'prev', type: b.pointer(list), bit_offset: 64 },
  ]);
  const inner = b.struct('', 8, [
    { name: 'low', type: u32, bit_offset: 0 },
    { name: 'high', type: b.qualified('volatile', u32), bit_offset: 32 },
  ]);
  const either = b.union('', 8, [
    { name: 'whole', type: u64, bit_offset: 0 },
    { name: '', type: inner, bit_offset: 0 },
  ]);
  const task = b.declare('struct', 'task_struct');
  const proto = b.prototype(int, [['task', b.pointer(task)]]);
  b.define(task, 128, [
    { name: 'comm', type: b.array(b.qualified('const', b.int('char', 1, 'signed')), 16), bit_offset: 0 },
    { name: 'tasks', type: list, bit_offset: 128 },
    { name: '', type: either, bit_offset: 256 },
    { name: 'policy', type: u32, bit_offset: 320, bits: 3 },
    { name: 'reset', type: u32, bit_offset: 323, bits: 7 },
    { name: 'lists', type: b.array(b.array(list, 2), 2), bit_offset: 384 },
    { name: 'run', type: b.pointer(proto), bit_offset: 896 },
  ]);
  b.enumeration('state', 4, [
    ['RUNNING', 0],
    ['DEAD', -1],
  ]);
  b.enumeration('wide', 8, [['MINUS', -2]]);
  b.float('double', 8);
  b.typedef('pid_t', int);
  b.pointer(b.declare('struct', 'module'));
  b.declare('union', 'nobody');
  b.function('schedule', proto);
  b.section('.data..percpu', 128, [{ variable: b.variable('runqueues', task), offset: 0, bytes: 128 }]);
  b.qualified('restrict', b.pointer(u8));
  return { bytes: b.bytes(), task };
}

test('of two types of one name the first is found, of its kind, and no beginning of a name', () => {
  const b = new BtfBuilder();
  const first = b.struct('thing', 8, []);
  b.struct('thing', 16, []);
  const named = b.typedef('thing', first);
  const opened = openBtf(b.bytes());
  if (!opened.ok) throw new Error(opened.message);
  expect(opened.value.find('struct', 'thing')).toBe(first);
  expect(opened.value.find('typedef', 'thing')).toBe(named);
  expect([
    opened.value.find('struct', 'thin'),
    opened.value.find('struct', ''),
    opened.value.find('union', 'thing'),
  ]).toEqual([undefined, undefined, undefined]);
});

test.each([
  ['comm', 0, 16, 'char[16]'],
  ['comm[3]', 3, 1, 'char'],
  ['tasks.prev', 24, 8, 'struct list_head *'],
  ['whole', 32, 8, 'u64'],
  ['high', 36, 4, 'unsigned int'],
  ['lists[1][0].prev', 88, 8, 'struct list_head *'],
  ['run', 112, 8, 'function *'],
])('%s lies at byte %i of the struct', (path, offset, bytes, type) => {
  const { bytes: blob, task } = sample();
  const btf = open(blob);
  const member = btf.member(task, path);
  expect(member).toMatchObject({ offset, bytes, bit_offset: offset * 8, bits: 0 });
  expect(btf.describe(member?.type ?? 0)).toBe(type);
});

test('a bit-field has its bits and the bytes that hold them', () => {
  const { bytes, task } = sample();
  expect(open(bytes).member(task, 'policy')).toMatchObject({
    offset: 40,
    bytes: 1,
    bit_offset: 320,
    bits: 3,
  });
  expect(open(bytes).member(task, 'reset')).toMatchObject({ offset: 40, bytes: 2, bit_offset: 323, bits: 7 });
});

test.each([
  '',
  '.',
  'tasks.',
  'nobody',
  'tasks.next.prev',
  'comm.x',
  'tasks[0]',
  'comm[x]',
  'comm[',
  '__proto__',
])('%j is no member', (path) => {
  const { bytes, task } = sample();
  expect(open(bytes).member(task, path)).toBeUndefined();
});

test('types are found by kind and name', () => {
  const { bytes, task } = sample();
  const btf = open(bytes);
  expect(btf.find('struct', 'task_struct')).toBe(task);
  expect(btf.findType('u64')).toBe(btf.find('typedef', 'u64'));
  expect(btf.find('struct', 'module')).toBeUndefined();
  expect(btf.find('forward', 'module')).toBeDefined();
  expect(btf.find('struct', '')).toBeUndefined();
  const runqueues = btf.find('variable', 'runqueues') ?? 0;
  expect(btf.resolve(runqueues)).toBe(task);
  expect(btf.members(runqueues).map(({ name }) => name)).toEqual([
    'comm',
    'tasks',
    '',
    'policy',
    'reset',
    'lists',
    'run',
  ]);
});

test('enumerators have their sign', () => {
  const btf = open(sample().bytes);
  const state = btf.find('enum', 'state') ?? 0;
  expect(btf.enumerators(state)).toEqual([
    { name: 'RUNNING', value: 0 },
    { name: 'DEAD', value: -1 },
  ]);
  expect([
    btf.signed(state),
    btf.signed(btf.find('typedef', 'u64') ?? 0),
    btf.signed(btf.find('typedef', 'pid_t') ?? 0),
  ]).toEqual([true, false, true]);
});

test('pointers and arrays say what they lead to', () => {
  const { bytes, task } = sample();
  const btf = open(bytes);
  const next = btf.member(task, 'tasks.next')?.type ?? 0;
  expect(btf.pointee(next)).toBe(btf.find('struct', 'list_head'));
  expect(btf.pointee(task)).toBeUndefined();
  expect(btf.elements(btf.member(task, 'lists')?.type ?? 0)?.count).toBe(2);
  expect(btf.elements(task)).toBeUndefined();
});

test('a typedef that leads to itself ends', () => {
  const b = new BtfBuilder();
  b.typedef('loop', 1);
  const self = b.declare('struct', 'self');
  b.define(self, 8, [{ name: '', type: self, bit_offset: 0 }]);
  const array = b.array(4, 1_000_000);
  const btf = open(b.bytes());
  expect([btf.resolve(1), btf.sizeOf(1), btf.describe(1)]).toEqual([0, 0, 'loop']);
  expect(btf.member(self, 'x')).toBeUndefined();
  expect(btf.sizeOf(array)).toBeGreaterThanOrEqual(0);
});

test('numbers that no type has are void', () => {
  const btf = open(sample().bytes);
  for (const id of [0, -1, 1e9, Number.NaN]) {
    expect([btf.kind(id), btf.name(id), btf.sizeOf(id), btf.describe(id)]).toEqual(['void', '', 0, 'void']);
    expect([btf.members(id), btf.member(id, 'a')]).toEqual([[], undefined]);
  }
});

test.each([
  ['another magic', 0, 0x12, 'MALFORMED'],
  ['another version', 2, 9, 'VERSION'],
  ['a short header', 4, 8, 'MALFORMED'],
  ['types beyond the end', 14, 0xff, 'TRUNCATED'],
  ['strings beyond the end', 22, 0xff, 'TRUNCATED'],
  ['a kind that is none', 24 + 7, 0x1f, 'MALFORMED'],
])('%s is refused', (_, at, value, code) => {
  const { bytes } = sample();
  bytes[at] = value;
  expect(openBtf(bytes)).toMatchObject({ ok: false, code });
});

test('a blob is read from memory only in sane sizes', () => {
  const { bytes } = sample();
  const read = memoryOf([4096, bytes]);
  expect(readBtfBytes(read, 4096, bytes.length)).toMatchObject({ ok: true });
  expect(readBtfBytes(read, 4096, bytes.length + 1)).toMatchObject({ ok: false, code: 'UNREADABLE' });
  expect(readBtfBytes(read, 4096, -5)).toMatchObject({ ok: false, code: 'LIMIT' });
  expect(readBtfBytes(read, 4096, 2 ** 40)).toMatchObject({ ok: false, code: 'LIMIT' });
});

test('structs of any members are read as they were written', () => {
  const member = fc.record({
    name: fc.stringMatching(/^[a-z_]{1,12}$/),
    bit_offset: fc.nat(0xff_ffff),
    bits: fc.nat(64),
  });
  const members = fc.uniqueArray(member, { maxLength: 20, selector: ({ name }) => name });
  fc.assert(
    fc.property(members, fc.boolean(), (list, fields) => {
      const b = new BtfBuilder();
      const type = b.int('int', 4, 'signed');
      const content = list.map((one) => ({ ...one, type, bits: fields ? one.bits : 0 }));
      const id = b.struct('s', 64, content);
      const read = open(b.bytes()).members(id);
      expect(
        read.map(({ name, bit_offset, bits, type: of }) => ({ name, bit_offset, bits, type: of })),
      ).toEqual(content);
    }),
  );
});

const bpftool = ['/usr/sbin/bpftool', '/usr/bin/bpftool'].find((path) => existsSync(path));

test.skipIf(!bpftool)(
  `bpftool reads what is written${bpftool ? '' : ' (skipped: there is no bpftool)'}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'siren-btf-'));
    try {
      writeFileSync(join(folder, 'x.btf'), sample().bytes);
      const dump = (...form: string[]): string =>
        execFileSync(bpftool as string, ['btf', 'dump', 'file', join(folder, 'x.btf'), ...form], {
          encoding: 'utf8',
        });
      const raw = dump();
      expect(raw).toContain("STRUCT 'task_struct' size=128 vlen=7");
      expect(raw).toContain("'reset' type_id=2 bits_offset=323 bitfield_size=7");
      expect(raw).toContain("FWD 'nobody' fwd_kind=union");
      expect(raw).toContain("(VAR 'runqueues')");
      const c = dump('format', 'c');
      expect(c).toContain('struct list_head lists[2][2];');
      expect(c).toContain('int (*run)(struct task_struct *task);');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  },
);
