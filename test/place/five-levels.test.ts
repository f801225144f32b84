// Places in a kernel with page tables of five levels: what they are called, where they lie, and what is written of
// them.
import { describe, expect, it } from 'vitest';
import { openKernel } from '../../src/formats/kernel.ts';
import { parseVmcoreInfo } from '../../src/formats/vmcoreinfo.ts';
import { runsAt } from '../../src/place/bytes-at.ts';
import { encoded } from '../../src/place/encode.ts';
import { Kernel } from '../../src/place/kernel.ts';
import type { BytesPlace } from '../../src/place/place.ts';
import { addressBits } from '../../src/place/place.ts';
import { addressPlace } from '../../src/place/special.ts';
import type { World } from '../../src/place/world.ts';
import type { Partition } from '../../src/target/target.ts';
import { linuxExcerpt } from '../support/linux-excerpt.ts';

const { read, vmcoreinfo, tasks = [] } = linuxExcerpt('five-levels');
const second = BigInt(`0x${tasks[1]?.address ?? ''}`);

function kernel(): Kernel {
  const published = openKernel(read, parseVmcoreInfo(vmcoreinfo));
  if (!published.ok) throw new Error(published.message);
  return new Kernel({ name: 'web' } as Partition, published.value, read);
}

function taskPlace(): BytesPlace {
  const place = addressPlace(kernel(), second, 'the second task');
  if (!place.ok) throw new Error(place.code);
  return place.value;
}

describe('a place of a kernel with five levels', () => {
  it('is found by its 57 bits, and knows them', () => {
    const place = taskPlace();
    expect(addressBits(place)).toBe(second);
    expect(place.runs[0]?.physical).toBeGreaterThan(0);
  });

  it('is the same when it is copied to another thread', () => {
    expect(addressBits(structuredClone(taskPlace()))).toBe(second);
  });

  it('is written as the address that it has', () => {
    const word = { ...taskPlace(), bytes: 8 };
    const change = encoded({} as World, { kind: 'place', value: taskPlace() }, word);
    expect(change.ok && Buffer.from(change.value(new Uint8Array(8))).readBigUInt64LE()).toBe(second);
  });

  it('is none where such a kernel maps nothing', () => {
    const own = kernel();
    for (const bits of [0xffff_8880_0000_0000n, 0xff99_0000_0000_0000n])
      expect(addressPlace(own, bits, 'x')).toMatchObject({ ok: false, code: 'UNMAPPED' });
    expect(runsAt(own, NaN, 8, { text: 'x' })).toMatchObject({ ok: false });
  });
});
