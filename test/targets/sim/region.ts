import { writeRegion } from '../../../src/formats/region.ts';

/** A small well-formed region. */
export function tinyRegion(boot_id: bigint, sealed = true): Uint8Array {
  return writeRegion({
    boot_id,
    sealed,
    entries: [{ name: 'VMCOREINFO', type: 0, desc: new TextEncoder().encode('OSRELEASE=tiny\n') }],
    total_bytes: 4096,
  });
}
