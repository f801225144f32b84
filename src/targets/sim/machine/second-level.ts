import type { MachineMemory } from './memory.ts';
import type { WatchSet } from './watch.ts';

/**
 * The hypervisor's own translation tables: guest-physical to machine for processors, and bus address to machine for
 * devices. Four levels of 512 eight-byte entries as in Intel's EPT (SDM volume 3, 29.3) and VT-d second-level tables:
 * bit 0 read, bit 1 write, bit 2 execute, bit 7 large page (2 MiB here), bits 12..51 the machine frame. The tables are
 * bytes in machine memory, and every walk reads them.
 */
export const SECOND_LEVEL = { READ: 1, WRITE: 2, EXECUTE: 4, LARGE: 0x80 } as const;

const TWO_32 = 0x1_0000_0000;
const LARGE_BYTES = 0x20_0000;
/** Returned instead of a machine address: nothing is mapped there. */
export const NOT_MAPPED = -1;

/**
 * Machine address of the page that holds `address`, with the permission bits of SECOND_LEVEL in its low bits;
 * NOT_MAPPED otherwise. Bus and guest-physical addresses from 4 GiB on are never mapped: a machine has no more.
 */
export function walkSecondLevel(
  memory: MachineMemory,
  watch: WatchSet,
  time: number,
  root: number,
  address: number,
): number {
  if (address < 0 || address >= TWO_32) return NOT_MAPPED;
  let table = root;
  let allowed: number = SECOND_LEVEL.READ | SECOND_LEVEL.WRITE | SECOND_LEVEL.EXECUTE;
  for (let level = 4; ; level--) {
    const at = table + indexAt(address, level) * 8;
    if (at >= memory.size) return NOT_MAPPED;
    if (watch.active) watch.read(at, 8, time);
    const view = memory.page(at).view;
    const low = view.getUint32(at & 4095, true);
    const high = view.getUint32((at & 4095) + 4, true) & 0x000f_ffff;
    allowed &= low;
    if (allowed === 0 || high !== 0) return NOT_MAPPED;
    const frame = (low & 0xffff_f000) >>> 0;
    if (frame >= memory.size) return NOT_MAPPED;
    if (level === 1) return frame + allowed;
    if (level === 2 && (low & SECOND_LEVEL.LARGE) !== 0) {
      const page = (frame & ~(LARGE_BYTES - 1)) >>> 0;
      const base = page + (address & (LARGE_BYTES - 1) & ~4095);
      return base >= memory.size ? NOT_MAPPED : base + allowed;
    }
    table = frame;
  }
}

function indexAt(address: number, level: number): number {
  switch (level) {
    case 1:
      return (address >>> 12) & 511;
    case 2:
      return (address >>> 21) & 511;
    case 3:
      return (address >>> 30) & 511;
    default:
      return 0;
  }
}

/** Machine address of the entry that maps `address`, or of the first one that is not present; for the harness. */
export function secondLevelEntry(memory: MachineMemory, root: number, address: number): number {
  let table = root;
  for (let level = 4; level > 1; level--) {
    const at = table + indexAt(address, level) * 8;
    const low = memory.read32(at);
    if ((low & 7) === 0 || (level === 2 && (low & SECOND_LEVEL.LARGE) !== 0)) return at;
    table = (low & 0xffff_f000) >>> 0;
    if (table >= memory.size) return at;
  }
  return table + indexAt(address, 1) * 8;
}

/** Hands out zeroed 4 KiB frames of the hypervisor's reserve, upwards. */
export interface FrameSource {
  next(): number;
}

/**
 * Builds tables that map [0, bytes) to the machine memory at `base`, in 2 MiB entries where both sides are aligned,
 * else in 4 KiB ones. Returns the root's machine address.
 */
export function buildSecondLevel(
  memory: MachineMemory,
  frames: FrameSource,
  base: number,
  bytes: number,
): number {
  const root = frames.next();
  mapSecondLevel(memory, frames, root, 0, base, bytes);
  return root;
}

/**
 * Maps [from, from + bytes) to the machine memory at `base` in tables that there are; `from` is a multiple of 2 MiB.
 */
export function mapSecondLevel(
  memory: MachineMemory,
  frames: FrameSource,
  root: number,
  from: number,
  base: number,
  bytes: number,
): void {
  for (let done = 0; done < bytes;) {
    const address = from + done;
    const large =
      (base + done) % LARGE_BYTES === 0 && address % LARGE_BYTES === 0 && bytes - done >= LARGE_BYTES;
    let table = root;
    for (let level = 4; level > (large ? 2 : 1); level--) {
      const at = table + indexAt(address, level) * 8;
      let entry = memory.read32(at);
      if (entry === 0) {
        entry = frames.next() + 7;
        memory.write64(at, entry);
      }
      table = (entry & 0xffff_f000) >>> 0;
    }
    const at = table + indexAt(address, large ? 2 : 1) * 8;
    memory.write64(at, base + done + 7 + (large ? SECOND_LEVEL.LARGE : 0));
    done += large ? LARGE_BYTES : 4096;
  }
}

/** Frames that `buildSecondLevel` takes for `bytes` of memory: an upper bound. */
export function framesNeeded(bytes: number): number {
  const large = Math.ceil(bytes / LARGE_BYTES);
  return 2 + Math.ceil(large / 512 / 512) + Math.ceil(large / 512) + 1;
}
