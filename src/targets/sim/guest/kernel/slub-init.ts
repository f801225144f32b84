import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import type { Label } from '../assembler.ts';
import { timed } from '../assembler.ts';
import type { Kernel } from '../kernel-data.ts';
import { initListHead, listAddTail } from './lists.ts';

/** linux/slab.h: flags of a cache. */
const SLAB_HWCACHE_ALIGN = 0x2000;
const SLAB_RECLAIM_ACCOUNT = 0x2_0000;
const SLAB_ACCOUNT = 0x400_0000;

/** A cache of this kernel, the variable that points at it, and the bytes of its objects. */
interface CacheSpec {
  readonly name: string;
  readonly variable: Address;
  readonly bytes: number;
  readonly flags: number;
  /** Its objects stay constructed while they are free, so that the link lies behind them. */
  readonly constructed?: true;
}

/** kmem_cache_create's choices for one cache (calculate_sizes, slub_set_cpu_partial). */
interface Sizes {
  readonly size: number;
  readonly offset: number;
  readonly objects: number;
  readonly cpu_partial: number;
}

const PAGE = 4096;
const MIN_PARTIAL = 5;
/** Room for a struct kmem_cache, however its members lie. */
const STRUCT_BYTES = 128;
const CREATE_NS = 500;

function sizesOf({ bytes, flags, constructed }: CacheSpec): Sizes {
  const align = (flags & SLAB_HWCACHE_ALIGN) !== 0 && bytes > 32 ? 64 : 8;
  const own = Math.ceil(bytes / 8) * 8;
  const size = Math.ceil((constructed ? own + 8 : own) / align) * align;
  const objects = Math.floor(PAGE / size);
  const cpu_partial = size >= PAGE ? 6 : size >= 1024 ? 24 : size >= 256 ? 52 : 120;
  // Near the middle of the object, away from its ends.
  return { size, offset: constructed ? own : Math.floor(bytes / 2 / 8) * 8, objects, cpu_partial };
}

/** kmalloc_index(): 64 bytes are 6, 256 are 8. */
export const KMALLOC_64 = 6;
export const KMALLOC_256 = 8;

/** kmem_cache_init and the kmem_cache_create calls of booting. A called function. */
export function assembleSlabInit(k: Kernel): Label {
  const { kmem_cache, node } = k.o;
  const at = (name: string): Address => k.symbol(name);
  const kmalloc = at('kmalloc_caches');
  const specs: readonly CacheSpec[] = [
    { name: 'kmalloc-64', variable: kmalloc + KMALLOC_64 * 8, bytes: 64, flags: 0 },
    { name: 'kmalloc-256', variable: kmalloc + KMALLOC_256 * 8, bytes: 256, flags: 0 },
    {
      name: 'task_struct',
      variable: at('task_struct_cachep'),
      bytes: k.o.task.bytes,
      flags: SLAB_HWCACHE_ALIGN | SLAB_ACCOUNT,
    },
    {
      name: 'inode_cache',
      variable: at('inode_cachep'),
      bytes: k.o.inode.bytes,
      flags: SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT,
      constructed: true,
    },
    {
      name: 'dentry',
      variable: at('dentry_cache'),
      bytes: k.o.dentry.bytes,
      flags: SLAB_RECLAIM_ACCOUNT | SLAB_ACCOUNT,
    },
  ];
  const caches = specs.map((spec) => ({ ...spec, sizes: sizesOf(spec), text: k.string(spec.name) }));
  const slab_caches = at('slab_caches');
  const per_cpu = at('kmem_cache_cpus');
  const random_state = at('random_state');
  const offsets = at('__per_cpu_offset');
  const nr_cpus = at('nr_cpu_ids');
  // Linux moves its first caches into slabs of their own; here all of them stay where they are in the image.
  const [structs, nodes] = [at('kmem_cache_structs'), at('kmem_cache_nodes')];

  /** get_random_long, half of it. */
  const random = (cpu: Cpu): number => {
    let word = cpu.load32(random_state);
    word ^= word << 13;
    word ^= word >>> 17;
    word ^= word << 5;
    cpu.store32(random_state, word >>> 0);
    return word >>> 0;
  };
  /** __kmem_cache_create, then the list. */
  const create = (cpu: Cpu, index: number, cache: Address, n: Address): void => {
    const spec = caches[index];
    if (spec === undefined) return;
    const { size, offset, objects, cpu_partial } = spec.sizes;
    cpu.fill(cache, 0, kmem_cache.bytes);
    cpu.fill(n, 0, node.bytes);
    initListHead(cpu, n + node.partial);
    const fields: readonly (readonly [number, number])[] = [
      [kmem_cache.flags, spec.flags],
      [kmem_cache.min_partial, MIN_PARTIAL],
      [kmem_cache.size, size],
      [kmem_cache.object_size, spec.bytes],
      [kmem_cache.offset, offset],
      [kmem_cache.cpu_partial, cpu_partial],
      [kmem_cache.oo, objects],
      [kmem_cache.min, objects],
      [kmem_cache.refcount, 1],
      [kmem_cache.cpu_partial_slabs, Math.ceil((cpu_partial * 2) / objects)],
      [kmem_cache.inuse, Math.ceil(spec.bytes / 8) * 8],
      [kmem_cache.align, (spec.flags & SLAB_HWCACHE_ALIGN) !== 0 ? 64 : 8],
      [kmem_cache.random, random(cpu)],
      [kmem_cache.random + 4, random(cpu)],
    ];
    for (const [field, value] of fields) cpu.store32(cache + field, value);
    cpu.store64(cache + kmem_cache.name, spec.text);
    cpu.store64(cache + kmem_cache.node, n);
    cpu.store64(cache + kmem_cache.cpu_slab, per_cpu + index * k.o.cpu_slab.bytes);
    const cpus = Math.min(32, cpu.load32(nr_cpus));
    for (let each = 0; each < cpus; each++) {
      const c = cpu.load64(offsets + each * 8) + per_cpu + index * k.o.cpu_slab.bytes;
      cpu.store64(c + k.o.cpu_slab.tid, each);
    }
    listAddTail(cpu, cache + kmem_cache.list, slab_caches);
    cpu.store64(spec.variable, cache);
  };

  return k.text.fn(
    'kmem_cache_init',
    timed(CREATE_NS * caches.length, (cpu) => {
      initListHead(cpu, slab_caches);
      for (let index = 0; index < caches.length; index++) {
        create(cpu, index, structs + index * STRUCT_BYTES, nodes + index * node.bytes);
      }
      cpu.ret();
    }),
  );
}
