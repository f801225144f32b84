import type { SimCpu } from '../machine/cpu.ts';
import type { DeviceState, Queue } from '../machine/devices/device.ts';
import { DmaRefused, QUEUE_ENTRIES_LIMIT, QUEUES_PER_DEVICE } from '../machine/devices/device.ts';
import { deviceDma } from '../machine/devices/dma.ts';
import { isReceiving, latency, serve } from '../machine/devices/serve.ts';
import { giveBack, readChain, takeAvailable } from '../machine/devices/virtqueue.ts';
import type { DevicePlan, PartitionPlan } from '../machine/plan.ts';
import { REG } from '../step.ts';
import { EVENT } from './event-heap.ts';
import type { Machine } from './machine.ts';

interface Device {
  readonly plan: DevicePlan;
  readonly state: DeviceState;
  readonly partition: PartitionPlan;
  readonly index: number;
}

/** A device by the number that a guest, or an event, gives. */
export function deviceOf(machine: Machine, partition: PartitionPlan, index: number): Device | undefined {
  const plan = partition.devices[index];
  const state = machine.devicesOf(partition.index)[index];
  return plan === undefined || state === undefined ? undefined : { plan, state, partition, index };
}

/** device_setup: rdi device, rsi queue, rdx table, r10 entries, r8 vector. False when one of them is out of range. */
export function setUpQueue(machine: Machine, cpu: SimCpu, partition: PartitionPlan): boolean {
  const device = deviceOf(machine, partition, cpu.get(REG.rdi));
  const queue = cpu.get(REG.rsi);
  const table = cpu.get(REG.rdx);
  const entries = cpu.get(REG.r10);
  const vector = cpu.get(REG.r8);
  if (device === undefined || !(queue >= 0 && queue < QUEUES_PER_DEVICE)) return false;
  if (!(entries >= 1 && entries <= QUEUE_ENTRIES_LIMIT) || (entries & (entries - 1)) !== 0) return false;
  if (!(table >= 0) || table % 16 !== 0 || vector < 32 || vector > 255) return false;
  device.state.queues[queue] = {
    table,
    entries,
    vector,
    cpu: cpu.index,
    last_avail: 0,
    used: 0,
    pending: [],
  };
  return true;
}

/** device_kick: rdi device, rsi queue. Takes up what is available; each chain completes at a time of its own. */
export function kickQueue(machine: Machine, cpu: SimCpu, partition: PartitionPlan): boolean {
  const device = deviceOf(machine, partition, cpu.get(REG.rdi));
  const number = cpu.get(REG.rsi);
  const queue = device?.state.queues[number];
  if (device === undefined || queue === undefined) return false;
  if (device.state.frozen) return true;
  let fresh = 0;
  const done = guarded(machine, device, () => {
    fresh = takeAvailable(queue, deviceDma(machine, partition, device.plan));
  });
  if (!done || isReceiving(device.plan, number)) return true;
  for (let count = 0; count < fresh; count++) {
    const begin = Math.max(cpu.elapsed, device.state.busy_until);
    const duration = latency(device.plan, device.state);
    const slots = device.plan.slots;
    const end = slots === undefined ? begin + duration : slots.advance(begin, duration);
    device.state.busy_until = end;
    machine.schedule(end, EVENT.device, partition.index, device.index, number);
  }
  return true;
}

/** The oldest pending chain of a queue is done: data moves, the chain is given back, the interrupt is raised. */
export function completeNext(
  machine: Machine,
  partition: PartitionPlan,
  index: number,
  number: number,
): void {
  const device = deviceOf(machine, partition, index);
  const queue = device?.state.queues[number];
  const head = queue?.pending.shift();
  if (device === undefined || queue === undefined || head === undefined || device.state.frozen) return;
  const done = guarded(machine, device, () => {
    const dma = deviceDma(machine, partition, device.plan);
    const outputs = machine.outputsOf(partition.index);
    const request = { device: device.plan, state: device.state, dma, outputs, time: machine.clock };
    giveBack(queue, head, serve(request, readChain(queue, head, dma)), dma);
  });
  if (!done) return;
  machine.emit(machine.clock, partition.name, 'complete', { device: device.plan.name });
  raise(machine, device, queue);
}

function raise(machine: Machine, device: Device, queue: Queue): void {
  if (device.state.interrupt_lost) return;
  device.state.interrupts++;
  machine.interrupt(machine.cpuOf(device.partition, queue.cpu), queue.vector);
}

/** Does a piece of the device's work; when the IOMMU stops it, the device is taken offline and false comes back. */
export function guarded(machine: Machine, device: Device, work: () => void): boolean {
  try {
    work();
    return true;
  } catch (caught) {
    if (!(caught instanceof DmaRefused)) throw caught;
    const { plan, state, partition } = device;
    state.iommu_faults++;
    state.frozen = true;
    for (const queue of state.queues) queue?.pending.splice(0);
    const detail = { device: plan.name };
    machine.emit(machine.clock, partition.name, 'iommu_fault', { ...detail, address: caught.address });
    machine.emit(machine.clock, partition.name, 'frozen', detail);
    return false;
  }
}
