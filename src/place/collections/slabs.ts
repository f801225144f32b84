import type { Address } from '../../base/address.ts';
import { lowHalf } from '../../base/address.ts';
import { trueHigh } from '../../base/fold.ts';
import { SLAB_CACHES } from '../../model/collections.ts';
import type { Kernel } from '../kernel.ts';
import type { Outcome } from '../outcome.ts';
import { found, lost } from '../outcome.ts';
import type { BytesPlace } from '../place.ts';
import { bytesAt, memberOf, objectAt } from '../typed.ts';
import { ring } from '../walk.ts';
import type { Element } from './element.ts';
import { positions } from './element.ts';
import { cpuCount, perCpu } from './queues.ts';

const PAGE = 4096;
/** linux/page-flags.h of 6.1: PG_slab. */
const PG_SLAB = 0x200;
/** Entries of the memory map that are read at once. */
const MAP_ENTRIES = 1024;
const NAME_BYTES = 64;

/** `slabs`: the caches on slab_caches, by name. */
export function slabElements(kernel: Kernel, at: string): Outcome<Element[]> {
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const head = kernel.symbol('slab_caches');
  const type = btf.value.find('struct', 'kmem_cache');
  const link = type === undefined ? undefined : btf.value.member(type, 'list');
  const name = type === undefined ? undefined : btf.value.member(type, 'name');
  if (head === undefined) return lost('NO_SYMBOL', at, 'the kernel has no slab_caches');
  if (!link || !name) return lost('NO_TYPE', at, 'BTF lacks kmem_cache.list or kmem_cache.name');
  const links = ring(kernel, head, at);
  if (!links.ok) return links;
  return found(
    links.value.map((entry, number) => {
      const address = entry - link.offset;
      const text_at = kernel.u64(address + name.offset);
      const text = text_at === undefined ? undefined : kernel.text(text_at, NAME_BYTES);
      const open: Element['open'] = (path) =>
        objectAt(kernel, address, 'kmem_cache', { text: path, element: 'slabs' });
      return text === undefined
        ? { label: String(number), number, open }
        : { label: JSON.stringify(text), name: text, number, open };
    }),
  );
}

/** Parts of a cache that are no members of its struct. */
export function isSlabPart(place: BytesPlace, name: string): boolean {
  return place.element === 'slabs' && ['objects', 'free', 'slabs', 'cpu_slab'].includes(name);
}

/**
 * What is numbered behind a part of a cache: `.objects` and `.free` in the order of their addresses, `.slabs` likewise,
 * `.cpu_slab` by CPU. Slabs are found through the memory map, for full ones are on no list.
 */
export function slabPart(kernel: Kernel, cache: BytesPlace, part: string): Outcome<Element[]> {
  const at = `${cache.text}.${part}`;
  if (part === 'cpu_slab') return cpuSlabs(kernel, cache, at);
  const view = viewOf(kernel, cache, at);
  if (!view.ok) return view;
  const slabs = slabsOf(kernel, view.value, at);
  if (!slabs.ok) return slabs;
  if (part === 'slabs') {
    return found(
      positions(slabs.value.length, (index, text) =>
        objectAt(kernel, (slabs.value[index] as Slab).at, 'slab', { text }),
      ),
    );
  }
  const objects = slabs.value.flatMap((slab) => objectsOf(slab, view.value));
  if (part === 'objects') return found(numbered(kernel, cache, view.value, objects));
  const free = freeObjects(kernel, cache, view.value, slabs.value, objects.length, at);
  if (!free.ok) return free;
  return found(
    numbered(
      kernel,
      cache,
      view.value,
      objects.filter((object) => free.value.has(object)),
    ),
  );
}

/** The slab that an object lies in; undefined when its page is no slab's. */
export function slabOf(kernel: Kernel, object: Address): Address | undefined {
  const map = mapOf(kernel);
  if (!map) return undefined;
  const page = Math.floor((object - map.pages) / PAGE);
  const slab = map.entries + page * map.bytes;
  return page >= 0 && ((kernel.u32(slab) ?? 0) & PG_SLAB) !== 0 ? slab : undefined;
}

/**
 * The object that lies there, or around it, as a spec names it: `slabs["dentry"].objects[7]`. Undefined where no slab
 * is, or its cache has no name.
 */
export function objectNamed(kernel: Kernel, address: Address): string | undefined {
  const at = slabOf(kernel, address);
  const slab = at === undefined ? undefined : objectAt(kernel, at, 'slab', { text: '' });
  const owner = slab?.ok ? memberOf(kernel, slab.value, 'slab_cache') : undefined;
  const whole = owner?.ok ? kernel.u64(owner.value.address as Address) : undefined;
  const cache = whole === undefined ? undefined : objectAt(kernel, whole, 'kmem_cache', { text: '' });
  const view = cache?.ok ? viewOf(kernel, cache.value, '') : undefined;
  const slabs = view?.ok ? slabsOf(kernel, view.value, '') : undefined;
  if (!view?.ok || !slabs?.ok || view.value.name === '') return undefined;
  let number = 0;
  for (const { page, objects } of slabs.value) {
    const index = Math.floor((address - page) / view.value.size);
    if (index >= 0 && index < objects)
      return `slabs[${JSON.stringify(view.value.name)}].objects[${number + index}]`;
    number += objects;
  }
  return undefined;
}

/** The CPUs whose own slab this is. */
export function cpusOfSlab(kernel: Kernel, slab: Address): readonly number[] {
  const pointer = objectAt(kernel, slab, 'slab', { text: '' });
  const owner = pointer.ok ? memberOf(kernel, pointer.value, 'slab_cache') : pointer;
  const cache = owner.ok ? kernel.u64(owner.value.address as Address) : undefined;
  const whole = cache === undefined ? undefined : objectAt(kernel, cache, 'kmem_cache', { text: '' });
  if (!whole?.ok) return [];
  const cpus = cpuSlabs(kernel, whole.value, '');
  if (!cpus.ok) return [];
  return cpus.value.flatMap((element, cpu) => {
    const own = element.open('');
    const member = own.ok ? memberOf(kernel, own.value, 'slab') : own;
    return member.ok && kernel.u64(member.value.address as Address) === slab ? [cpu] : [];
  });
}

interface Slab {
  readonly at: Address;
  readonly page: Address;
  readonly objects: number;
  readonly freelist: Address;
}

/** What of a cache decoding its freelists takes. */
interface CacheView {
  readonly at: Address;
  readonly name: string;
  readonly size: number;
  readonly object_size: number;
  readonly offset: number;
  readonly random_low: number;
  readonly random_high: number;
}

function viewOf(kernel: Kernel, cache: BytesPlace, at: string): Outcome<CacheView> {
  const field = (name: string): Address | undefined => {
    const member = memberOf(kernel, cache, name);
    return member.ok ? member.value.address : undefined;
  };
  const word = (name: string): number | undefined => {
    const address = field(name);
    return address === undefined ? undefined : kernel.u32(address);
  };
  const [size, object_size, offset] = [word('size'), word('object_size'), word('offset')];
  const random = field('random');
  const name_at = field('name');
  const [random_low, random_high] = random === undefined ? [] : [kernel.u32(random), kernel.u32(random + 4)];
  const text_at = name_at === undefined ? undefined : kernel.u64(name_at);
  if (
    !size ||
    size > PAGE * 64 ||
    object_size === undefined ||
    offset === undefined ||
    random_low === undefined ||
    random_high === undefined
  ) {
    return lost('UNMAPPED', at, 'the cache does not say how large its objects are');
  }
  const name = text_at === undefined ? '' : (kernel.text(text_at, NAME_BYTES) ?? '');
  return found({ at: cache.address as Address, name, size, object_size, offset, random_low, random_high });
}

interface MemoryMap {
  readonly entries: Address;
  readonly pages: Address;
  /** sizeof(struct page). */
  readonly bytes: number;
}

function mapOf(kernel: Kernel): MemoryMap | undefined {
  const word = (name: string): Address | undefined => {
    const symbol = kernel.symbol(name);
    return symbol === undefined ? undefined : kernel.u64(symbol);
  };
  const btf = kernel.btf();
  const type = btf.ok ? (btf.value.find('struct', 'page') ?? btf.value.find('struct', 'slab')) : undefined;
  const [entries, pages] = [word('vmemmap_base'), word('page_offset_base')];
  if (!btf.ok || type === undefined || entries === undefined || pages === undefined) return undefined;
  return { entries, pages, bytes: btf.value.sizeOf(type) };
}

/** The slabs of a cache in order of address. */
function slabsOf(kernel: Kernel, cache: CacheView, at: string): Outcome<Slab[]> {
  const btf = kernel.btf();
  if (!btf.ok) return btf;
  const map = mapOf(kernel);
  const type = btf.value.find('struct', 'slab');
  const [owner, counters, freelist] = ['slab_cache', 'counters', 'freelist'].map((name) =>
    type === undefined ? undefined : btf.value.member(type, name)?.offset,
  );
  if (!map || owner === undefined || counters === undefined || freelist === undefined) {
    return lost('NO_TYPE', at, 'the kernel publishes no memory map of slabs');
  }
  const slabs: Slab[] = [];
  const pages = Math.floor(kernel.partition.memory.size / PAGE);
  const bytes = new Uint8Array(MAP_ENTRIES * map.bytes);
  const view = new DataView(bytes.buffer);
  const word = (offset: number): Address =>
    kernel.address(view.getUint32(offset, true), view.getInt32(offset + 4, true));
  for (let first = 0; first < pages; first += MAP_ENTRIES) {
    const part = bytes.subarray(0, Math.min(MAP_ENTRIES, pages - first) * map.bytes);
    // A hole in the map is memory that there is not.
    if (!kernel.read(map.entries + first * map.bytes, part)) continue;
    for (let offset = 0; offset < part.length; offset += map.bytes) {
      if ((view.getUint32(offset, true) & PG_SLAB) === 0 || word(offset + owner) !== cache.at) continue;
      slabs.push({
        at: map.entries + first * map.bytes + offset,
        page: map.pages + (first + offset / map.bytes) * PAGE,
        objects: (view.getUint32(offset + counters, true) >>> 16) & 0x7fff,
        freelist: word(offset + freelist),
      });
    }
  }
  return found(slabs);
}

function objectsOf(slab: Slab, cache: CacheView): Address[] {
  return Array.from({ length: slab.objects }, (_, index) => slab.page + index * cache.size);
}

function numbered(
  kernel: Kernel,
  place: BytesPlace,
  cache: CacheView,
  objects: readonly Address[],
): Element[] {
  const type = SLAB_CACHES[cache.name];
  return positions(objects.length, (index, text) => {
    const object = objects[index] as Address;
    const naming = { text, element: 'objects', owner: place.address as Address };
    const typed = type ? objectAt(kernel, object, type, naming) : undefined;
    return typed?.ok ? typed : bytesAt(kernel, object, cache.object_size, naming);
  });
}

/** Everything on the slabs' freelists and the CPUs'; `limit` is how many objects there are. */
function freeObjects(
  kernel: Kernel,
  place: BytesPlace,
  cache: CacheView,
  slabs: readonly Slab[],
  limit: number,
  at: string,
): Outcome<ReadonlySet<Address>> {
  const heads = slabs.map(({ freelist }) => freelist);
  const cpus = cpuSlabs(kernel, place, at);
  if (!cpus.ok) return cpus;
  for (const { open } of cpus.value) {
    const own = open('');
    const head = own.ok ? kernel.u64(own.value.address as Address) : undefined;
    if (head !== undefined) heads.push(head);
  }
  const free = new Set<Address>();
  for (const head of heads) {
    for (let object = head; object !== 0;) {
      if (free.has(object) || free.size >= limit) return lost('WALK', at, 'a freelist does not end');
      free.add(object);
      const next = linkOf(kernel, cache, object);
      if (next === undefined) return lost('UNMAPPED', at, 'a freelist leaves mapped memory');
      object = next;
    }
  }
  return found(free);
}

/** The decoded link: stored ^ random ^ swab64(address of the link). */
function linkOf(kernel: Kernel, cache: CacheView, object: Address): Address | undefined {
  const place = object + cache.offset;
  const [low, high] = [kernel.u32(place), kernel.u32(place + 4)];
  if (low === undefined || high === undefined) return undefined;
  return kernel.address(
    low ^ cache.random_low ^ swab32(trueHigh(kernel.fold, place)),
    high ^ cache.random_high ^ swab32(lowHalf(place)),
  );
}

function swab32(word: number): number {
  return ((word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24)) >>> 0;
}

/** `.cpu_slab[cpu]`: the pointer is an offset into each CPU's area. */
function cpuSlabs(kernel: Kernel, cache: BytesPlace, at: string): Outcome<Element[]> {
  const pointer = memberOf(kernel, cache, 'cpu_slab');
  if (!pointer.ok) return pointer;
  const offset = kernel.u64(pointer.value.address as Address);
  const runqueues = kernel.symbol('runqueues');
  if (offset === undefined || runqueues === undefined)
    return lost('UNMAPPED', at, 'its per-CPU part cannot be found');
  return found(
    positions(cpuCount(kernel), (cpu, text) => {
      const area = perCpu(kernel, 'runqueues', cpu, text);
      return area.ok ? objectAt(kernel, area.value - runqueues + offset, 'kmem_cache_cpu', { text }) : area;
    }),
  );
}
