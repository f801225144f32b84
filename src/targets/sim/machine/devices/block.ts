import type { Buffer, Request } from './device.ts';

/** Request types and statuses of virtio-blk (Virtio 1.2, 5.2.6). */
const IN = 0;
const OUT = 1;
const FLUSH = 4;
const STATUS_OK = 0;
const STATUS_IOERR = 1;
const STATUS_UNSUPPORTED = 2;

const SECTOR_BYTES = 512;
/** 1 GiB a partition, whatever the device. */
const SECTORS = 2_097_152;

/** What a sector holds that was never written: a function of the device's seed and the number. */
export function originalSector(seed: number, sector: number): Uint8Array {
  const bytes = new Uint8Array(SECTOR_BYTES);
  const view = new DataView(bytes.buffer);
  let word = (seed ^ Math.imul(sector + 1, 0x9e3779b1)) | 0;
  for (let offset = 0; offset < SECTOR_BYTES; offset += 4) {
    word = Math.imul(word ^ (word >>> 15), 0x2c1b3c6d);
    word = (word + 0x6d2b79f5) | 0;
    view.setInt32(offset, word, true);
  }
  return bytes;
}

/**
 * Serves one chain: a header {u32 type, u32 reserved, u64 sector}, data, a status byte. Returns the bytes written to
 * the guest; a chain of another shape gets no status and 0.
 */
export function serveBlock(request: Request, chain: readonly Buffer[]): number {
  const [header, ...rest] = chain;
  const status = rest.pop();
  if (header === undefined || status === undefined || header.bytes < 16 || !status.writable) return 0;
  const bytes = new Uint8Array(16);
  request.dma.read(header.address, bytes);
  const view = new DataView(bytes.buffer);
  const type = view.getUint32(0, true);
  const sector = view.getUint32(8, true) + view.getUint32(12, true) * 0x1_0000_0000;
  const outcome = transfer(request, type, sector, rest);
  request.dma.write(status.address + status.bytes - 1, Uint8Array.of(outcome.status));
  return outcome.written + 1;
}

function transfer(
  request: Request,
  type: number,
  first: number,
  buffers: readonly Buffer[],
): { status: number; written: number } {
  if (type === FLUSH) return { status: STATUS_OK, written: 0 };
  if (type !== IN && type !== OUT) return { status: STATUS_UNSUPPORTED, written: 0 };
  let sector = first;
  let written = 0;
  for (const buffer of buffers) {
    const count = buffer.bytes / SECTOR_BYTES;
    if (!Number.isInteger(count) || sector + count > SECTORS || buffer.writable !== (type === IN))
      return { status: STATUS_IOERR, written };
    for (let index = 0; index < count; index++, sector++) {
      const address = buffer.address + index * SECTOR_BYTES;
      if (type === IN) {
        request.dma.write(
          address,
          request.state.sectors.get(sector) ?? originalSector(request.device.seed, sector),
        );
        written += SECTOR_BYTES;
      } else {
        const content = new Uint8Array(SECTOR_BYTES);
        request.dma.read(address, content);
        request.state.sectors.set(sector, content);
        request.outputs.add(request.time, request.device.name, 'sector', sector, content);
      }
    }
  }
  return { status: STATUS_OK, written };
}
