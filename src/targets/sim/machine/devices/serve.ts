import { BLOCK_NS, BLOCK_SPREAD_NS, CONSOLE_NS, NETWORK_NS, NETWORK_SPREAD_NS } from '../costs.ts';
import type { DevicePlan } from '../plan.ts';
import { serveBlock } from './block.ts';
import type { Buffer, DeviceState, Request } from './device.ts';

/**
 * Queue numbers: 0 is a block device's only queue and where network and console transmit; 1 is where a network
 * receives.
 */
const RECEIVE_QUEUE = 1;

/**
 * Buffers that wait to be received into complete when something arrives, which nothing does unless a spec declares
 * traffic.
 */
export function isReceiving(device: DevicePlan, queue: number): boolean {
  return device.kind !== 'block' && queue === RECEIVE_QUEUE;
}

/**
 * How long the next request takes: fixed by the kind, spread by the device's own seed and the number of the request.
 */
export function latency(device: DevicePlan, state: DeviceState): number {
  const draw = spread(device.seed, state.requests++);
  switch (device.kind) {
    case 'block':
      return BLOCK_NS + Math.floor(draw * BLOCK_SPREAD_NS);
    case 'network':
      return NETWORK_NS + Math.floor(draw * NETWORK_SPREAD_NS);
    case 'console':
      return CONSOLE_NS;
  }
}

/** In [0, 1): the `number`-th draw of a device. A function, not a stream, so that the state is one counter. */
function spread(seed: number, number: number): number {
  let word = (seed + Math.imul(number + 1, 0x9e3779b1)) | 0;
  word = Math.imul(word ^ (word >>> 16), 0x21f0aaad);
  word = Math.imul(word ^ (word >>> 15), 0x735a2d97);
  return ((word ^ (word >>> 15)) >>> 0) / 0x1_0000_0000;
}

/** Carries a chain out; returns the bytes written into it. Throws DmaRefused. */
export function serve(request: Request, chain: readonly Buffer[]): number {
  if (request.device.kind === 'block') return serveBlock(request, chain);
  const readable = chain.filter((buffer) => !buffer.writable);
  const bytes = new Uint8Array(readable.reduce((sum, buffer) => sum + buffer.bytes, 0));
  let at = 0;
  for (const buffer of readable) {
    request.dma.read(buffer.address, bytes.subarray(at, at + buffer.bytes));
    at += buffer.bytes;
  }
  const what = request.device.kind === 'network' ? 'frame' : 'text';
  request.outputs.add(request.time, request.device.name, what, 0, bytes);
  return 0;
}
