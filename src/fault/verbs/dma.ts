import { evaluate, resolve, scalar } from '../../place/evaluate.ts';
import type { Outcome } from '../../place/outcome.ts';
import { found, lost } from '../../place/outcome.ts';
import type { MachinePlace, Place } from '../../place/place.ts';
import { partitionOf } from '../../place/read.ts';
import { machineAddressOf } from '../../place/special.ts';
import type { Injection, Perform } from '../injection.ts';
import { clause, controlOf, NO_BYTES, refused, refusedFor, smallInteger } from '../injection.ts';
import { readPlace } from '../write.ts';
import { subject } from './bytes.ts';

const DMA_BYTES = 512;
const DMA_LIMIT = 65_536;

/**
 * `dma DEVICE to PLACE bytes N fill BYTE`: the device completes a transfer to a machine address that nobody gave it.
 */
export const dma: Perform = (injection) => {
  const device = subject(injection);
  if (!device.ok) return refusedFor(device);
  const { value: place } = device;
  if (place.kind !== 'thing' || place.thing.kind !== 'device') return refused(`${place.text} is no device`);
  const to = destination(injection);
  if (!to.ok) return refusedFor(to);
  const bytes = amount(injection, 'bytes', DMA_BYTES, DMA_LIMIT);
  const fill = amount(injection, 'fill', 0xa5, 255);
  if (bytes === undefined || bytes === 0) return refused(`\`bytes\` is 1..${DMA_LIMIT}`);
  if (fill === undefined) return refused('`fill` is a byte, 0..255');
  const controls = controlOf(injection.live, 'injectDma');
  if (!controls.ok) return refusedFor(controls);
  const hit: MachinePlace = { ...to.value, bytes };
  const before = readPlace(injection.live, hit) ?? NO_BYTES;
  const written = controls.value.injectDma(place.partition, place.thing.device, hit.address, bytes, fill);
  const after = readPlace(injection.live, hit) ?? NO_BYTES;
  const where = `${written} of ${bytes} bytes to machine address 0x${hit.address.toString(16)} (${to.value.text})`;
  const stopped = written < bytes ? '; the IOMMU stopped it' : '';
  const watch = written > 0 ? [{ kind: 'machine', address: hit.address, bytes: written } as const] : [];
  const aim = to.value.of ? { aim: to.value.of } : {};
  return { kind: 'done', place, before, after, watch, note: `${where}${stopped}`, ...aim };
};

function destination(injection: Injection): Outcome<MachinePlace> {
  const written = clause(injection.action, 'to');
  const to: Outcome<Place> = written
    ? resolve(injection.world, written)
    : lost('TYPE', '', '`to` is missing');
  if (!to.ok) return to;
  const partition = partitionOf(injection.world.target, to.value.partition);
  if (!partition) return lost('NO_PARTITION', to.value.text, 'it is in no partition');
  const machine = machineAddressOf(partition, to.value);
  if (!machine.ok) return machine;
  return machine.value.kind === 'machine'
    ? found(machine.value)
    : lost('TYPE', to.value.text, 'it is no memory');
}

function amount(injection: Injection, word: string, absent: number, limit: number): number | undefined {
  const written = clause(injection.action, word);
  if (!written) return absent;
  const value = scalar(injection.world, evaluate(injection.world, written));
  return value.ok ? smallInteger(value.value, limit) : undefined;
}
