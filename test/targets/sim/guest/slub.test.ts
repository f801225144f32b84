import { describe, expect, it } from 'vitest';
import { substream } from '../../../../src/base/random.ts';
import type { CacheSeen } from './slabs.ts';
import { cacheOf, cachesOf } from './slabs.ts';
import { Booted } from './support.ts';

const NAMES = ['kmalloc-64', 'kmalloc-256', 'task_struct', 'inode_cache', 'dentry'];

const pageOf = (object: number): number => Math.floor(object / 4096) * 4096;
const slabOf = (object: number): number =>
  -0x1600_0000_0000 + ((pageOf(object) + 0x7780_0000_0000) / 4096) * 64;

/** Slabs that a CPU or the node would take objects from. */
function partialSlabs(guest: Booted, cache: CacheSeen): number[] {
  const found = guest.ring(cache.node('partial'), guest.offset('slab', 'slab_list'));
  for (const cpu of [0, 1]) {
    found.push(guest.u64(cache.cpuSlab(cpu) + guest.offset('kmem_cache_cpu', 'slab')));
    let left = 8;
    for (
      let slab = guest.u64(cache.cpuSlab(cpu) + guest.offset('kmem_cache_cpu', 'partial'));
      slab !== 0 && left-- > 0;
    ) {
      found.push(slab);
      slab = guest.u64(slab + guest.offset('slab', 'next'));
    }
  }
  return found;
}

/** Everything that holds between two steps of the allocator, of each cache whose node lock is free. */
function checkCaches(guest: Booted): void {
  for (const cache of cachesOf(guest)) {
    if (guest.u32(cache.node('list_lock')) !== 0) continue;
    const slabs = cache.slabs();
    expect(guest.u64(cache.node('nr_slabs'))).toBe(slabs.length);
    for (const slab of slabs) {
      expect(slab.objects).toBe(Math.floor(4096 / cache.size));
      expect(slab.inuse + slab.free.length).toBe(slab.objects);
      for (const object of slab.free) expect(pageOf(object)).toBe(slab.page);
    }
    const listed = new Set(partialSlabs(guest, cache));
    for (const slab of slabs) {
      // A slab with free objects is somebody's: a CPU's own, on a CPU's partial list or on the node's.
      if (slab.free.length > 0) expect(listed, cache.name).toContain(slabOf(slab.page));
    }
    const partial = guest.ring(cache.node('partial'), guest.offset('slab', 'slab_list'));
    expect(guest.u64(cache.node('nr_partial'))).toBe(partial.length);
    for (let cpu = 0; cpu < 2; cpu++) {
      const own = guest.u64(cache.cpuSlab(cpu) + guest.offset('kmem_cache_cpu', 'slab'));
      for (const object of cache.cpuFreelist(cpu)) expect(slabOf(object)).toBe(own);
      if (own !== 0) expect(guest.u32(own + guest.offset('slab', 'counters')) >>> 31).toBe(1);
    }
  }
}

describe('the slab allocator', () => {
  it('has the caches that booting makes, each with an encoding of its own', () => {
    const guest = new Booted();
    const caches = cachesOf(guest);
    expect(caches.map(({ name }) => name)).toEqual(NAMES);
    const random = caches.map(({ at }) =>
      guest.view(at + guest.offset('kmem_cache', 'random'), 8).getBigUint64(0, true),
    );
    expect(new Set(random).size).toBe(NAMES.length);
  });

  it('keeps counters and freelists in step, whenever it is looked at', () => {
    for (const workload of ['web_server', 'compile'] as const) {
      const guest = new Booted({ workload });
      const random = substream(11, workload);
      for (let pause = 0; pause < 40; pause++) {
        guest.target.runUntil(guest.target.now() + 1 + random.below(4_000_000));
        checkCaches(guest);
      }
      expect(guest.of('oops')).toEqual([]);
    }
  });

  it("counts each change of a CPU's freelist in a transaction id of that CPU's", () => {
    const guest = new Booted({ workload: 'database' });
    const cache = cacheOf(guest, 'dentry');
    const tids = (): number[] =>
      [0, 1].map((cpu) => guest.u64(cache.cpuSlab(cpu) + guest.offset('kmem_cache_cpu', 'tid')));
    const before = tids().reduce((sum, tid) => sum + tid, 0);
    guest.run(200);
    expect(tids().reduce((sum, tid) => sum + tid, 0)).toBeGreaterThan(before);
    expect(tids().map((tid) => tid % 32)).toEqual([0, 1]);
  });

  it('stores no link as it is: a freelist read plain leads nowhere', () => {
    const guest = new Booted().run(50);
    const cache = cacheOf(guest, 'kmalloc-64');
    const [first, second] = cache.cpuFreelist(0);
    expect(second).toBeDefined();
    expect(guest.u64(first! + 32)).not.toBe(second);
  });

  it('works with permuted members', () => {
    for (const layout_seed of [1, 2, 3]) {
      const guest = new Booted({ kernel: { layout_seed } }).run(60);
      checkCaches(guest);
      expect(cachesOf(guest).map(({ name }) => name)).toEqual(NAMES);
    }
  });

  it('gives the memory of many short-lived tasks back', () => {
    const guest = new Booted({ workload: 'compile' }).run(1_000);
    const slabs = cacheOf(guest, 'task_struct').slabs().length;
    guest.run(2_000);
    expect(cacheOf(guest, 'task_struct').slabs().length).toBeLessThanOrEqual(slabs);
  });

  it('faults when a link that somebody has overwritten is used', () => {
    const guest = new Booted({ workload: 'database' }).run(40);
    const cache = cacheOf(guest, 'kmalloc-64');
    for (const cpu of [0, 1]) {
      const [first] = cache.cpuFreelist(cpu);
      if (first !== undefined) guest.write64(first + 32, 0x4141_4141_4141_4141n);
    }
    guest.run(300);
    expect(guest.of('oops')[0]?.detail['sign']).toBe('general_protection');
  });
});

describe('files', () => {
  it('hang together: super blocks, their inodes, dentries under their roots', () => {
    const guest = new Booted({ workload: 'database' }).run(150);
    guest.untilFree(guest.symbol('inode_hash_lock'));
    const supers = guest.ring(guest.symbol('super_blocks'), guest.offset('super_block', 's_list'));
    expect(supers.map((at) => guest.text(at + guest.offset('super_block', 's_id'), 32))).toEqual([
      'rootfs',
      'tmpfs',
    ]);
    const seen = supers.map((at) => {
      const inodes = guest.ring(
        at + guest.offset('super_block', 's_inodes'),
        guest.offset('inode', 'i_sb_list'),
      );
      const root = guest.u64(at + guest.offset('super_block', 's_root'));
      const lock = root + guest.offset('dentry', 'd_lockref.lock');
      guest.untilFree(lock);
      const children = guest.ring(
        root + guest.offset('dentry', 'd_subdirs'),
        guest.offset('dentry', 'd_child'),
      );
      for (const child of children) {
        expect(guest.u64(child + guest.offset('dentry', 'd_parent'))).toBe(root);
        expect(inodes).toContain(guest.u64(child + guest.offset('dentry', 'd_inode')));
        const name = guest.text(guest.u64(child + guest.offset('dentry', 'd_name.name')), 40);
        expect(name.length).toBe(guest.u32(child + guest.offset('dentry', 'd_name.len')));
      }
      return children.length;
    });
    expect(seen[0]).toBe(6);
    expect(seen[1]).toBeGreaterThan(8);
    expect(seen[1]).toBeLessThan(18);
  });

  it('come and go without end, and take no more memory', () => {
    const guest = new Booted({ workload: 'database' }).run(1_000);
    const slabs = cacheOf(guest, 'dentry').slabs().length;
    const ino = guest.u32(guest.symbol('last_ino'));
    guest.run(2_500);
    expect(guest.u32(guest.symbol('last_ino'))).toBeGreaterThan(ino + 20);
    expect(cacheOf(guest, 'dentry').slabs().length).toBeLessThanOrEqual(slabs + 1);
    expect(guest.of('oops')).toEqual([]);
  });
});
