import { describe, expect, it } from 'vitest';
import { evaluate, resolve, scalar } from '../../src/place/evaluate.ts';
import { objectNamed } from '../../src/place/collections/slabs.ts';
import { openKernel } from '../../src/place/kernel.ts';
import type { BytesPlace } from '../../src/place/place.ts';
import { formatValue } from '../../src/place/value.ts';
import type { World } from '../../src/place/world.ts';
import { worldOf } from '../../src/place/world.ts';
import { place } from '../support/expressions.ts';
import { cacheOf } from '../targets/sim/guest/slabs.ts';
import { Booted, topologyOf } from '../targets/sim/guest/support.ts';

function looked(guest: Booted): {
  readonly world: World;
  value(text: string): string;
  bytes(text: string): BytesPlace;
} {
  const world = worldOf({ topology: topologyOf(), lets: [] }, guest.target, 1);
  return {
    world,
    value(text) {
      const read = scalar(world, evaluate(world, place(text)));
      return read.ok ? formatValue(read.value) : `${read.code}: ${read.message}`;
    },
    bytes(text) {
      const found = resolve(world, place(text));
      if (!found.ok) throw new Error(`${found.code}: ${found.message}`);
      if (found.value.kind !== 'bytes') throw new Error(`${text} is no bytes`);
      return found.value;
    },
  };
}

describe.each([0, 7])('slab caches as places, layout seed %i', (layout_seed) => {
  const guest = new Booted({ workload: 'database', kernel: { layout_seed } }).run(60);
  const { world, value, bytes } = looked(guest);
  const cache = cacheOf(guest, 'kmalloc-64');

  it('are named, and have the members of a kmem_cache', () => {
    expect(value('web.slabs["kmalloc-64"].size')).toBe('64');
    expect(value('web.slabs["dentry"].object_size')).toBe(String(guest.layout.sizeOf('dentry')));
    expect(value('web.slabs["dentri"].size')).toMatch(/^NOT_FOUND/);
  });

  it('number their objects in the order of address, over all of their slabs', () => {
    const expected = cache
      .slabs()
      .flatMap((slab) => Array.from({ length: slab.objects }, (_, index) => slab.page + 64 * index));
    const seen = expected.map((_, index) => bytes(`web.slabs["kmalloc-64"].objects[${index}]`));
    expect(seen.map(({ address }) => address)).toEqual(expected);
    expect(seen[4]).toMatchObject({ bytes: 64, text: 'web.slabs["kmalloc-64"].objects[4]' });
    expect(resolve(world, place(`web.slabs["kmalloc-64"].objects[${expected.length}]`)).ok).toBe(false);
  });

  it('are found by any address in them', () => {
    const kernel = openKernel(guest.target.partitions[0]!);
    const name = (address: number) => (kernel.ok ? objectNamed(kernel.value, address) : 'no kernel');
    for (const index of [
      0,
      4,
      cache
        .slabs()
        .flatMap((slab) => slab.objects)
        .reduce((a, b) => a + b) - 1,
    ]) {
      const { address } = bytes(`web.slabs["kmalloc-64"].objects[${index}]`);
      expect(name(address!)).toBe(`slabs["kmalloc-64"].objects[${index}]`);
      expect(name(address! + 63)).toBe(`slabs["kmalloc-64"].objects[${index}]`);
    }
    expect(name(guest.symbol('init_task'))).toBeUndefined();
    expect(name(0x1000)).toBeUndefined();
  });

  it('number what is free of them', () => {
    const free = [
      ...cache.slabs().flatMap((slab) => slab.free),
      ...cache.cpuFreelist(0),
      ...cache.cpuFreelist(1),
    ];
    const seen = free.map((_, index) => bytes(`web.slabs["kmalloc-64"].free[${index}]`).address);
    expect(seen).toEqual(free.sort((a, b) => a - b));
  });

  it('type their objects where all are of one type', () => {
    expect(value('web.slabs["inode_cache"].objects[0].i_ino')).toBe('1');
    expect(bytes('web.slabs["dentry"].objects[1].d_parent').bytes).toBe(8);
  });

  it("find each CPU's part and its slab", () => {
    for (const cpu of [0, 1]) {
      const freelist = guest.offset('kmem_cache_cpu', 'freelist');
      expect(bytes(`web.slabs["kmalloc-64"].cpu_slab[${cpu}].freelist`).address).toBe(
        cache.cpuSlab(cpu) + freelist,
      );
    }
    expect(value('web.slabs["kmalloc-64"].slabs[0].slab_cache.size')).toBe('64');
    expect(value('web.slabs["kmalloc-64"].cpu_slab[2].tid')).toMatch(/^NOT_FOUND/);
  });

  it('a chosen object is named so that it can be pasted', () => {
    const any = bytes('web.slabs["dentry"].free[any]');
    expect(bytes(any.text).address).toBe(any.address);
  });

  it('a freelist that loops is told, not followed', () => {
    const broken = new Booted({ workload: 'database' }).run(60);
    const view = looked(broken);
    const [first] = cacheOf(broken, 'dentry').cpuFreelist(0);
    const own = view.bytes('web.slabs["dentry"].slabs[0].freelist').address as number;
    broken.write64(own, BigInt(first!));
    expect(view.value('web.slabs["dentry"].free[0].d_flags')).toMatch(/^WALK/);
  });
});

describe('files as places', () => {
  const guest = new Booted({ workload: 'database' }).run(60);
  const { value, bytes } = looked(guest);

  it('super blocks by what they are mounted as', () => {
    expect(value('web.super_blocks["tmpfs"].s_id')).toBe('"tmpfs"');
    expect(value('web.super_blocks[0].s_id')).toBe('"rootfs"');
  });

  it('dentries by name, below the root that they hang under', () => {
    const long = 'web.dentries["a-name-that-no-dentry-has-room-for-27"]';
    expect(bytes('web.dentries[0]').address).toBe(bytes('web.super_blocks["rootfs"].s_root[0]').address);
    expect(bytes(`${long}.d_parent[0]`).address).toBe(bytes('web.dentries[0]').address);
    expect(value(`${long}.d_lockref.count`)).toBe('1');
  });
});
