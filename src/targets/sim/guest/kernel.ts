import { bigintsToJson } from '../../../base/exact-json.ts';
import { substream } from '../../../base/random.ts';
import type { LparModel } from '../../../model/machine.ts';
import type { KernelContext } from '../machine/plan.ts';
import type { GuestKernel } from '../step.ts';
import { REG } from '../step.ts';
import { loadApps } from './app-table.ts';
import { writeBootParams } from './boot-params.ts';
import type { KernelImage } from './image.ts';
import { buildImage, directMapEntry, LARGE_PAGE } from './image.ts';
import { layoutOf } from './layout.ts';

const images = new Map<string, KernelImage>();
const keys = new WeakMap<LparModel, string>();

/** The image that a partition's settings give. It never changes: the cache holds what building it again would give. */
function imageOf(lpar: LparModel): KernelImage {
  const key = keyOf(lpar);
  const known = images.get(key);
  if (known) return known;
  const { locators = [], structs = [] } = lpar.metadata;
  const image = buildImage(layoutOf(lpar.kernel.layout_seed), { locators, structs, apps: lpar.apps ?? [] });
  if (images.size >= 16) images.clear();
  images.set(key, image);
  return image;
}

/**
 * What of a partition's apps cannot be built: `ledger: accounts: …`. Nothing that such a guest shows is what its spec
 * says.
 */
export function unbuilt(lpar: LparModel): readonly string[] {
  return (lpar.apps ?? []).length === 0 ? [] : imageOf(lpar).app_problems;
}

/** All that an image is made of, but not where it was written. */
function keyOf(lpar: LparModel): string {
  const known = keys.get(lpar);
  if (known !== undefined) return known;
  const { locators, structs } = lpar.metadata;
  const key = JSON.stringify(
    [lpar.kernel.layout_seed, locators, structs, lpar.apps],
    (name, value: unknown) => (name === 'span' || name === 'doc' ? undefined : bigintsToJson(name, value)),
  );
  keys.set(lpar, key);
  return key;
}

/** With less guest-physical memory there is nowhere to load the image: 16 MiB. */
const LEAST_MEMORY_BYTES = 0x100_0000;

/** The simulated Linux of a partition. Machines of one layout share its code; nothing of it changes while they run. */
export function createGuest(context: KernelContext): GuestKernel {
  const image = imageOf(context.lpar);
  return {
    program: image.program,
    vmcoreinfo: () => image.vmcoreinfo,
    powerOn(loader) {
      // The boot loader gives up, and the processor runs into nothing.
      if (loader.memory_bytes < LEAST_MEMORY_BYTES) return new Map();
      for (const { physical, bytes } of image.segments) loader.writeBytes(physical, bytes);
      for (let physical = 0; physical < loader.memory_bytes; physical += LARGE_PAGE) {
        loader.write64(image.direct_tables + (physical / LARGE_PAGE) * 8, directMapEntry(physical, image));
      }
      for (const { physical, bytes } of context.windows) {
        for (let at = physical; at < physical + bytes; at += LARGE_PAGE)
          loader.write64(image.direct_tables + (at / LARGE_PAGE) * 8, directMapEntry(at, image));
      }
      const random = substream(context.seed, `guest:${context.lpar.name}`).u32();
      const ramdisk = loadApps(loader, image.app_table, image.apps, image.app_entries, context);
      writeBootParams(loader, image.boot_params, context, random, ramdisk);
      return new Map<number, number>([
        [REG.rip, image.entry],
        [REG.rsp, image.stack],
        [REG.cr3, image.root],
      ]);
    },
  };
}
