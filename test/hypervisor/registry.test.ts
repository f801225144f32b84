import { describe, expect, test } from 'vitest';
import { writeNotes } from '../../src/formats/notes.ts';
import { sealRegion } from '../../src/formats/region.ts';
import type { Application } from '../../src/hypervisor/registry.ts';
import { resultOf, rule } from '../../src/hypervisor/registry.ts';
import { REFUSALS } from '../../src/model/vocabulary.ts';
import { logicalAddress } from '../../src/target/hypercalls.ts';
import { tinyRegion } from '../targets/sim/region.ts';

const BOOT_ID = 0xfedc_ba98_7654_3210n;
const SIZE = 1_048_576;
const AT = 0x8000;

/** A partition's memory with a region at AT. */
function memory(region: Uint8Array): Application['memory'] {
  const bytes = new Uint8Array(SIZE);
  bytes.set(region, AT);
  return {
    size: SIZE,
    read(address, into): boolean {
      if (address < 0 || address + into.length > SIZE) return false;
      into.set(bytes.subarray(address, address + into.length));
      return true;
    },
    write: () => false,
  };
}

function apply(change: Partial<Application> = {}, region = tinyRegion(BOOT_ID), entry = {}) {
  return rule(entry, {
    address: AT,
    bytes: region.length,
    boot_id: BOOT_ID,
    current_boot_id: BOOT_ID,
    number: 1,
    booted: false,
    memory: memory(region),
    memoryOf: (number) => [undefined, SIZE, SIZE][number],
    ...change,
  });
}

const code = (ruling: ReturnType<typeof rule>): string => (ruling.accepted ? 'accepted' : ruling.code);

test('a well-formed region in time is accepted, and copied as it is', () => {
  const ruling = apply();
  expect(ruling).toMatchObject({ accepted: true, entry: { region: { physical: AT, bytes: 4096 } } });
  expect(ruling.accepted && ruling.entry.copy).toEqual(tinyRegion(BOOT_ID));
  expect(resultOf(ruling)).toBe(0);
});

test('its own partition may be named in the address', () => {
  expect(code(apply({ address: logicalAddress(1, AT) }))).toBe('accepted');
});

test.each<[string, Partial<Application>]>([
  ['LATE', { booted: true }],
  ['OUTSIDE', { address: SIZE }],
  ['OUTSIDE', { address: SIZE - 8 }],
  ['OUTSIDE', { address: -4096 }],
  ['OUTSIDE', { bytes: -1 }],
  ['OUTSIDE', { bytes: 2 ** 60 }],
  ['OUTSIDE', { address: logicalAddress(9, AT) }],
  ['OUTSIDE', { address: logicalAddress(2, SIZE) }],
  ['FOREIGN', { address: logicalAddress(2, AT) }],
  ['TRUNCATED', { bytes: 4095 }],
  ['TRUNCATED', { bytes: 0 }],
  ['STALE', { boot_id: 1n }],
  ['STALE', { current_boot_id: BOOT_ID + 1n, boot_id: BOOT_ID + 1n }],
  ['MALFORMED', { address: AT + 8 }],
])('%s is said of %o', (expected, change) => {
  const ruling = apply(change);
  expect(code(ruling)).toBe(expected);
  expect(resultOf(ruling)).toBe(-1 - Object.keys(REFUSALS).indexOf(expected));
});

test('a second one is refused, and the first stays', () => {
  const first = apply();
  expect(code(apply({}, tinyRegion(BOOT_ID), first.accepted ? first.entry : {}))).toBe('TWICE');
});

test('another version, a broken seal and a broken entry are told apart', () => {
  const broken = (at: number, value: number, sealed: boolean): string => {
    const region = tinyRegion(BOOT_ID);
    region[at] = value;
    if (sealed) sealRegion(region);
    return code(apply({}, region));
  };
  expect(broken(8, 9, true)).toBe('VERSION');
  expect(broken(60, 0xff, false)).toBe('SEAL');
  expect(broken(41, 0xff, true)).toBe('MALFORMED');
  expect(code(apply({}, tinyRegion(BOOT_ID, false)))).toBe('accepted');
});

describe('a bare VMCOREINFO note, which is all that a stock Linux registers', () => {
  const text = new TextEncoder().encode('OSRELEASE=6.1.0\nPAGESIZE=4096\n');
  const note = writeNotes([{ name: 'VMCOREINFO', type: 0, desc: text }]);

  test('is accepted, and copied as it is', () => {
    const ruling = apply({}, note);
    expect(ruling).toMatchObject({ accepted: true, entry: { region: { physical: AT, bytes: note.length } } });
    expect(ruling.accepted && ruling.entry.copy).toEqual(note);
  });

  test('is refused cut short, with nothing in it, under another name, and by the id of another boot', () => {
    expect(code(apply({ bytes: note.length - 8 }, note))).toBe('TRUNCATED');
    expect(code(apply({}, writeNotes([{ name: 'VMCOREINFO', type: 0, desc: new Uint8Array(0) }])))).toBe(
      'TRUNCATED',
    );
    expect(code(apply({}, writeNotes([{ name: 'VMCOREINFX', type: 0, desc: text }])))).toBe('MALFORMED');
    expect(code(apply({ boot_id: 1n }, note))).toBe('STALE');
  });
});
