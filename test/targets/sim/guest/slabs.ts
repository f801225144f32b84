import type { Address } from '../../../../src/base/address.ts';
import { fromBigint, toBigint } from '../../../../src/base/address.ts';
import type { Booted } from './support.ts';

const DIRECT_MAP = -0x7780_0000_0000;
const VMEMMAP = -0x1600_0000_0000;
const PG_SLAB = 0x200;

function swab64(value: bigint): bigint {
  let out = 0n;
  for (let byte = 0n; byte < 8n; byte++) out = (out << 8n) | ((value >> (byte * 8n)) & 0xffn);
  return out;
}

export interface SlabSeen {
  readonly page: Address;
  readonly inuse: number;
  readonly objects: number;
  readonly frozen: boolean;
  readonly free: readonly Address[];
}

/** A cache as its bytes say: the test's own reading of include/linux/slub_def.h and mm/slab.h. */
export class CacheSeen {
  readonly name: string;
  readonly at: Address;
  readonly size: number;
  private readonly guest: Booted;

  constructor(guest: Booted, at: Address) {
    this.guest = guest;
    this.at = at;
    this.name = guest.text(guest.u64(at + guest.offset('kmem_cache', 'name')), 32);
    this.size = guest.u32(at + guest.offset('kmem_cache', 'size'));
  }

  /** Decodes links until 0; throws when one leads out of its page or the list has more than a page's objects. */
  freelist(first: Address): Address[] {
    const { guest } = this;
    const offset = guest.u32(this.at + guest.offset('kmem_cache', 'offset'));
    const random = guest.view(this.at + guest.offset('kmem_cache', 'random'), 8).getBigUint64(0, true);
    const found: Address[] = [];
    for (let at = first; at !== 0;) {
      if (((at - DIRECT_MAP) % 4096) % this.size !== 0)
        throw new Error(`${this.name}: a link into an object`);
      if (found.length > 64) throw new Error(`${this.name}: the freelist does not end`);
      found.push(at);
      const place = at + offset;
      const stored = guest.view(place, 8).getBigUint64(0, true);
      at = fromBigint(stored ^ random ^ swab64(toBigint(place)));
    }
    return found;
  }

  node(path: string): Address {
    const { guest } = this;
    return guest.u64(this.at + guest.offset('kmem_cache', 'node')) + guest.offset('kmem_cache_node', path);
  }

  /** The cache's slabs by the memory map, in order of address. */
  slabs(): SlabSeen[] {
    const { guest } = this;
    const found: SlabSeen[] = [];
    for (let page = 0xa0_0000; page < guest.u64(guest.symbol('memory_next')); page += 4096) {
      const slab = VMEMMAP + (page / 4096) * 64;
      if ((guest.u32(slab) & PG_SLAB) === 0) continue;
      if (guest.u64(slab + guest.offset('slab', 'slab_cache')) !== this.at) continue;
      const counters = guest.u32(slab + guest.offset('slab', 'counters'));
      found.push({
        page: DIRECT_MAP + page,
        inuse: counters & 0xffff,
        objects: (counters >>> 16) & 0x7fff,
        frozen: counters >>> 31 === 1,
        free: this.freelist(guest.u64(slab + guest.offset('slab', 'freelist'))),
      });
    }
    return found;
  }

  cpuSlab(cpu: number): Address {
    const { guest } = this;
    return (
      guest.u64(this.at + guest.offset('kmem_cache', 'cpu_slab')) +
      guest.perCpu(cpu, 'runqueues') -
      guest.symbol('runqueues')
    );
  }

  /** What a CPU would hand out next. */
  cpuFreelist(cpu: number): Address[] {
    return this.freelist(this.guest.u64(this.cpuSlab(cpu) + this.guest.offset('kmem_cache_cpu', 'freelist')));
  }
}

export function cachesOf(guest: Booted): CacheSeen[] {
  const link = guest.offset('kmem_cache', 'list');
  return guest.ring(guest.symbol('slab_caches'), link).map((at) => new CacheSeen(guest, at));
}

export function cacheOf(guest: Booted, name: string): CacheSeen {
  const found = cachesOf(guest).find((cache) => cache.name === name);
  if (!found) throw new Error(`no cache ${name}`);
  return found;
}
