import type { Address } from '../../../base/address.ts';
import type { KernelContext } from '../machine/plan.ts';
import type { Loader } from '../step.ts';
import { DIRECT_MAP, imagePhysical } from './memory-map.ts';

/** What the boot loader tells the kernel, as `boot_params` does: addresses of its fields. */
export interface BootParams {
  readonly memory_bytes: Address;
  readonly cpus: Address;
  readonly workload: Address;
  readonly heartbeat_ns: Address;
  /** 0 fork, 1 thread. */
  readonly heartbeat_by: Address;
  readonly region_bytes: Address;
  readonly sealed: Address;
  readonly panic_on_oops: Address;
  readonly softlockup_panic: Address;
  readonly watchdog_thresh_ns: Address;
  readonly boot_id: Address;
  readonly random: Address;
  /** Index of the first block device in the partition, 0xffffffff when there is none. */
  readonly disk: Address;
  readonly net: Address;
  /**
   * Four pairs of eight bytes: the direct map's address of a region that is shared, 0 behind the last; which of its
   * rings is ours.
   */
  readonly shared: Address;
  /** Where the data of apps lies, and how much of it there is. */
  readonly apps: Address;
  readonly apps_bytes: Address;
}

const FIELDS: Readonly<Record<keyof BootParams, readonly [offset: number, bytes: 4 | 8]>> = {
  memory_bytes: [0, 8],
  cpus: [8, 4],
  workload: [12, 4],
  heartbeat_ns: [16, 8],
  heartbeat_by: [24, 4],
  region_bytes: [32, 8],
  sealed: [40, 4],
  panic_on_oops: [44, 4],
  softlockup_panic: [48, 4],
  random: [52, 4],
  watchdog_thresh_ns: [56, 8],
  boot_id: [64, 8],
  disk: [72, 4],
  net: [76, 4],
  shared: [80, 8],
  apps: [160, 8],
  apps_bytes: [168, 8],
};

/** A guest knows of so many shared regions. */
export const SHARED_LIMIT = 4;

export const WORKLOADS = ['web_server', 'database', 'compile', 'idle', 'analytics'] as const;

export function bootParamsAt(base: Address): BootParams {
  const entries = Object.entries(FIELDS).map(([name, [offset]]) => [name, base + offset] as const);
  return Object.fromEntries(entries) as unknown as BootParams;
}

export function writeBootParams(
  loader: Loader,
  base: Address,
  context: KernelContext,
  random: number,
  apps: { readonly physical: number; readonly bytes: number },
): void {
  const { kernel, metadata, memory_bytes, cpus } = context.lpar;
  const device = (kind: string): number => context.devices.findIndex((one) => one.kind === kind);
  const values: Record<keyof BootParams, number> = {
    memory_bytes,
    cpus: cpus.vcpus,
    workload: WORKLOADS.indexOf(kernel.workload),
    heartbeat_ns: kernel.heartbeat_ns,
    heartbeat_by: kernel.heartbeat_by === 'thread' ? 1 : 0,
    region_bytes: metadata.size_bytes,
    sealed: metadata.seal === 'crc32c' ? 1 : 0,
    panic_on_oops: kernel.panic_on_oops ? 1 : 0,
    softlockup_panic: kernel.softlockup_panic ? 1 : 0,
    random,
    watchdog_thresh_ns: kernel.watchdog_thresh_ns,
    boot_id: 0,
    disk: device('block'),
    net: device('network'),
    shared: 0,
    apps: apps.physical,
    apps_bytes: apps.bytes,
  };
  for (const [name, [offset, bytes]] of Object.entries(FIELDS)) {
    const physical = imagePhysical(base) + offset;
    const value = values[name as keyof BootParams];
    if (bytes === 8) loader.write64(physical, value);
    else loader.write32(physical, value >>> 0);
  }
  context.windows.slice(0, SHARED_LIMIT).forEach(({ physical, side }, index) => {
    const entry = imagePhysical(base) + FIELDS.shared[0] + index * 16;
    loader.write64(entry, DIRECT_MAP + physical);
    loader.write64(entry + 8, side);
  });
  const boot_id = new Uint8Array(8);
  new DataView(boot_id.buffer).setBigUint64(0, context.boot_id, true);
  loader.writeBytes(imagePhysical(base) + FIELDS.boot_id[0], boot_id);
}
