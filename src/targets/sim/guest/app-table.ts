import { substream } from '../../../base/random.ts';
import type { Address } from '../../../base/address.ts';
import type { KernelContext } from '../machine/plan.ts';
import type { Loader } from '../step.ts';
import { FREE_PHYSICAL, imagePhysical, PER_CPU_STRIDE } from './memory-map.ts';
import { buildAppData } from './user/app/data.ts';
import type { AppLayout } from './user/app/layout.ts';
import { coprime } from './user/app/layout.ts';

/** A partition has at most so many apps. */
export const APPS_LIMIT = 8;

/** Where the fields of an entry of `app_table` lie; its comm comes first, and is empty behind the last. */
export const APP_ENTRY = {
  comm: 0,
  entry: 16,
  base: 24,
  physical: 32,
  pages: 40,
  stride: 44,
  bytes: 64,
} as const;

const PAGE = 4096;
/** What must be left for everything else. */
const LEFT_BYTES = 0x40_0000;

/** What the boot loader puts into memory for the apps. */
export interface Ramdisk {
  readonly physical: number;
  readonly bytes: number;
}

/**
 * Loads the data of the apps behind what the kernel takes before its allocator works, and the table that says where:
 * page n of an app lies in frame n * stride mod pages, so that neighbours in its address space are none in memory. Apps
 * that do not fit are left out.
 */
export function loadApps(
  loader: Loader,
  table: Address,
  apps: readonly AppLayout[],
  entries: ReadonlyMap<string, Address>,
  context: KernelContext,
): Ramdisk {
  const { cpus, metadata, name } = context.lpar;
  const start =
    FREE_PHYSICAL + Math.min(32, cpus.vcpus) * PER_CPU_STRIDE + Math.ceil(metadata.size_bytes / PAGE) * PAGE;
  let physical = start;
  let written = 0;
  for (const app of apps.slice(0, APPS_LIMIT)) {
    if (physical + app.bytes + LEFT_BYTES > loader.memory_bytes) continue;
    const random = substream(context.seed, `app:${name}:${app.model.name}`);
    const { data } = buildAppData(app, random);
    const pages = app.bytes / PAGE;
    const stride = coprime(pages);
    for (let page = 0; page < pages; page++) {
      const frame = (page * stride) % pages;
      loader.writeBytes(physical + frame * PAGE, data.bytes.subarray(page * PAGE, (page + 1) * PAGE));
    }
    const at = imagePhysical(table) + written * APP_ENTRY.bytes;
    loader.writeBytes(at, Buffer.from(app.model.name.padEnd(16, '\0').slice(0, 15) + '\0', 'latin1'));
    loader.write64(at + APP_ENTRY.entry, entries.get(app.model.name) ?? 0);
    loader.write64(at + APP_ENTRY.base, app.base);
    loader.write64(at + APP_ENTRY.physical, physical);
    loader.write32(at + APP_ENTRY.pages, pages);
    loader.write32(at + APP_ENTRY.stride, stride);
    physical += app.bytes;
    written++;
  }
  return { physical: start, bytes: physical - start };
}
