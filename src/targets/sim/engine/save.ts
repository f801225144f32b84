import { bigintsFromJson, bigintsToJson } from '../../../base/exact-json.ts';
import { crc32c } from '../../../formats/crc32c.ts';
import type { Result } from '../../../formats/result.ts';
import { failure, success } from '../../../formats/result.ts';
import { PAGE_SIZE } from '../../../base/units.ts';
import type { TopologyModel } from '../../../model/machine.ts';
import type { SavedCpu } from '../machine/vcpu.ts';
import type { DeviceState } from '../machine/devices/device.ts';
import type { SavedOutputs } from '../machine/devices/outputs.ts';
import { Outputs } from '../machine/devices/outputs.ts';
import { MachineMemory } from '../machine/memory.ts';
import { isZero, ZERO_PAGE } from '../machine/page.ts';
import type { KernelFactory, MachinePlan } from '../machine/plan.ts';
import { planMachine } from '../machine/plan.ts';
import { TraceHash } from '../machine/trace-hash.ts';
import type { SavedWatches } from '../machine/watch.ts';
import { WatchSet } from '../machine/watch.ts';
import { EventHeap } from './event-heap.ts';
import { Machine } from './machine.ts';
import type { PartitionState } from './partition-state.ts';

/**
 * A machine as bytes. Little-endian:
 *
 *   offset size
 *        0    8  magic `SIRENSIM`
 *        8    4  version
 *       12    4  CRC-32C of everything behind these 16 bytes
 *       16    4  bytes of JSON
 *       20    4  number of pages
 *       24       JSON: SavedMachine; then for each page its number (4 bytes) and its 4 KiB, in order
 */
const MAGIC = 'SIRENSIM';
export const SAVE_VERSION = 5;
const HEADER_BYTES = 24;
const PAGE_RECORD = PAGE_SIZE + 4;

/** All but memory. */
interface SavedMachine {
  readonly topology: TopologyModel;
  readonly seed: number;
  readonly clock: number;
  readonly hash: readonly [number, number];
  /** By partition. */
  readonly heaps: readonly (readonly number[])[];
  readonly partitions: readonly PartitionState[];
  readonly cpus: readonly (readonly SavedCpu[])[];
  readonly devices: readonly (readonly SavedDevice[])[];
  readonly outputs: readonly SavedOutputs[];
  readonly watches: SavedWatches;
  /** Whatever the owner wants kept with it. */
  readonly attachment: string;
}

type SavedDevice = Omit<DeviceState, 'sectors'> & {
  readonly sectors: readonly (readonly [number, string])[];
};

/** The machine as it stands, between two steps, with a text of the owner's. */
export function saveMachine(machine: Machine, attachment: string): Uint8Array {
  const { plan, memory } = machine;
  const inhabitants = plan.partitions.map(({ index }) => machine.inhabitant(index));
  const saved: SavedMachine = {
    topology: plan.topology,
    seed: plan.seed,
    clock: machine.clock,
    hash: [machine.hash.a, machine.hash.b],
    heaps: inhabitants.map(({ heap }) => heap.toNumbers()),
    partitions: inhabitants.map(({ state }) => state),
    cpus: inhabitants.map(({ cpus }) => cpus.map((cpu) => cpu.save())),
    devices: inhabitants.map(({ devices }) => devices.map(saveDevice)),
    outputs: inhabitants.map(
      ({
        outputs: {
          kept,
          count,
          text,
          hash: { a, b },
        },
      }) => ({
        kept,
        count,
        text,
        hash: { a, b },
      }),
    ),
    watches: machine.watch.save(),
    attachment,
  };
  const json = new TextEncoder().encode(JSON.stringify(saved, bigintsToJson));
  const pages = [...contentPages(memory)];
  const bytes = new Uint8Array(HEADER_BYTES + json.length + pages.length * PAGE_RECORD);
  const view = new DataView(bytes.buffer);
  bytes.set(new TextEncoder().encode(MAGIC));
  view.setUint32(8, SAVE_VERSION, true);
  view.setUint32(16, json.length, true);
  view.setUint32(20, pages.length, true);
  bytes.set(json, HEADER_BYTES);
  let at = HEADER_BYTES + json.length;
  for (const address of pages) {
    view.setUint32(at, address / PAGE_SIZE, true);
    bytes.set(memory.page(address).bytes, at + 4);
    at += PAGE_RECORD;
  }
  view.setUint32(12, crc32c(bytes, 16, bytes.length), true);
  return bytes;
}

/** Addresses of the pages that hold something. */
function* contentPages(memory: MachineMemory): Generator<number> {
  for (let chunk = 0; chunk < memory.chunk_count; chunk++) {
    if (memory.chunk(chunk) === undefined) continue;
    for (let page = 0; page < 512; page++) {
      const address = (chunk * 512 + page) * PAGE_SIZE;
      if (address >= memory.size) return;
      const held = memory.page(address);
      if (held !== ZERO_PAGE && !isZero(held)) yield address;
    }
  }
}

/**
 * A machine from what `saveMachine` wrote, in any process: it goes on with the same trace. The kernels are made anew:
 * they hold no state. Failures: TRUNCATED, MALFORMED (not a save, or damaged), VERSION.
 */
export function loadMachine(
  bytes: Uint8Array,
  kernelFor: KernelFactory,
): Result<{ readonly machine: Machine; readonly attachment: string }> {
  if (bytes.length < HEADER_BYTES) return failure('TRUNCATED', 'shorter than a header', bytes.length);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const decoder = new TextDecoder();
  if (decoder.decode(bytes.subarray(0, 8)) !== MAGIC)
    return failure('MALFORMED', `it does not begin with ${MAGIC}`, 0);
  const version = view.getUint32(8, true);
  if (version !== SAVE_VERSION) return failure('VERSION', `version ${version} is not ${SAVE_VERSION}`, 8);
  const pages_at = HEADER_BYTES + view.getUint32(16, true);
  const page_count = view.getUint32(20, true);
  if (bytes.length !== pages_at + page_count * PAGE_RECORD)
    return failure('TRUNCATED', `${bytes.length} bytes are not what the header says`, 16);
  if (crc32c(bytes, 16, bytes.length) !== view.getUint32(12, true))
    return failure('MALFORMED', 'the checksum does not match', 12);
  try {
    const saved = JSON.parse(
      decoder.decode(bytes.subarray(HEADER_BYTES, pages_at)),
      bigintsFromJson,
    ) as SavedMachine;
    const { plan, memory: planned } = planMachine(saved.topology, saved.seed, kernelFor);
    const memory = new MachineMemory(planned.size, planned.table_bytes);
    for (let at = pages_at; at < bytes.length; at += PAGE_RECORD)
      memory.write(view.getUint32(at, true) * PAGE_SIZE, bytes.subarray(at + 4, at + PAGE_RECORD));
    return success({ machine: assemble(plan, memory, saved), attachment: saved.attachment });
  } catch (caught) {
    // The checksum held, so this was written by something else than saveMachine.
    return failure(
      'MALFORMED',
      caught instanceof Error ? caught.message : 'not a saved machine',
      HEADER_BYTES,
    );
  }
}

function assemble(plan: MachinePlan, memory: MachineMemory, saved: SavedMachine): Machine {
  const hash = new TraceHash();
  [hash.a, hash.b] = saved.hash;
  const watch = new WatchSet();
  watch.restore(saved.watches);
  const machine = new Machine(plan, { memory, watch, hash, clock: saved.clock });
  for (const partition of plan.partitions) {
    const { index } = partition;
    const heap = new EventHeap();
    if (!heap.fromNumbers(saved.heaps[index] ?? [])) throw new TypeError('the events are malformed');
    const cpus = machine.newCpus(partition);
    const saved_cpus = saved.cpus[index] ?? [];
    if (saved_cpus.length !== cpus.length) throw new TypeError('the CPUs are not those of the topology');
    for (const [number, cpu] of cpus.entries()) cpu.load(saved_cpus[number] as SavedCpu);
    const outputs = new Outputs();
    outputs.restore(saved.outputs[index] as SavedOutputs);
    const devices = (saved.devices[index] ?? []).map(loadDevice);
    machine.inhabit(index, {
      state: structuredClone(saved.partitions[index] as PartitionState),
      cpus,
      devices,
      outputs,
      heap,
    });
  }
  return machine;
}

function saveDevice(device: DeviceState): SavedDevice {
  const sectors = [...device.sectors].map(([number, content]): [number, string] => [
    number,
    Buffer.from(content).toString('base64'),
  ]);
  return { ...device, sectors };
}

function loadDevice(saved: SavedDevice): DeviceState {
  const sectors = new Map(
    saved.sectors.map(([number, content]) => [number, new Uint8Array(Buffer.from(content, 'base64'))]),
  );
  // A queue that was never set up is undefined, which JSON does not have.
  const queues = saved.queues.map((queue) => queue ?? undefined);
  return { ...saved, queues, sectors };
}
