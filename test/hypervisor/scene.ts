import { Hypervisor } from '../../src/hypervisor/hypervisor.ts';
import type { AmbulanceModel, TopologyModel } from '../../src/model/machine.ts';
import type { TraceEvent } from '../../src/target/events.ts';
import { HYPERCALL } from '../../src/target/hypercalls.ts';
import type { KernelContext } from '../../src/targets/sim/machine/plan.ts';
import type { SimTarget } from '../../src/targets/sim/sim-target.ts';
import { powerOn } from '../../src/targets/sim/sim-target.ts';
import type { Cpu, GuestKernel } from '../../src/targets/sim/step.ts';
import { REG } from '../../src/targets/sim/step.ts';
import type { TinyOptions, TinyStep } from '../targets/sim/tiny-guest.ts';
import { BASE, lpar, stepAddress, tinyKernel, topology } from '../targets/sim/tiny-guest.ts';
import { tinyRegion } from '../targets/sim/region.ts';

export const MS = 1_000_000;
/** Where the tiny guest has its region. */
export const REGION = 0x70_0000;
/** Where the firmware leaves the boot id. */
const BOOT_ID = 0x71_0000;

export function hypercall(cpu: Cpu, number: number, ...values: readonly number[]): void {
  cpu.set(REG.rax, number);
  const registers = [REG.rdi, REG.rsi, REG.rdx];
  for (const [index, value] of values.entries()) cpu.set(registers[index] as number, value);
  cpu.hypercall();
}

/** Registers the region, says boot complete. Two steps. */
export const boot: readonly TinyStep[] = [
  {
    run(cpu) {
      cpu.load64Into(REG.rdx, BASE + BOOT_ID);
      hypercall(cpu, HYPERCALL.register_metadata, REGION, 4096);
    },
  },
  { run: (cpu) => hypercall(cpu, HYPERCALL.boot_complete) },
];

/** Beats every `period` by a loop of one long step. */
export const beating = (period: number): readonly TinyStep[] => [
  ...boot,
  { run: (cpu) => hypercall(cpu, HYPERCALL.heartbeat) },
  { cost_ns: period, run: (cpu) => cpu.jump(stepAddress(2)) },
];

export interface Scene {
  readonly target: SimTarget;
  readonly hypervisor: Hypervisor;
  readonly events: TraceEvent[];
}

/** `web` with these steps and an ambulance `rescue` that attends it, and others like it, at power-on. */
export function scene(
  steps: readonly TinyStep[],
  options: TinyOptions = {},
  shape: TopologyModel = topology([lpar('web')]),
  others: readonly Partial<AmbulanceModel>[] = [],
): Scene {
  const rescue: AmbulanceModel = {
    name: 'rescue',
    cpus: { mode: 'owned', cpus: [9], vcpus: 1, weight: 1 },
    memory_bytes: 1_048_576,
    attends: ['web'],
    span: shape.machine.span,
  };
  const ambulances = [rescue, ...others.map((other) => ({ ...rescue, ...other }))];
  const whole = { ...shape, ambulances };
  const target = powerOn(whole, 1, (context) => withRegion(steps, options, context));
  const hypervisor = new Hypervisor(target, whole);
  const events: TraceEvent[] = [];
  target.onTrace((event) => {
    events.push(event);
    return false;
  });
  return { target, hypervisor, events };
}

function withRegion(steps: readonly TinyStep[], options: TinyOptions, context: KernelContext): GuestKernel {
  return tinyKernel(steps, {
    ...options,
    prepare(loader) {
      loader.writeBytes(REGION, tinyRegion(context.boot_id));
      loader.writeBytes(BOOT_ID, bytesOf(context.boot_id));
      options.prepare?.(loader);
    },
  });
}

function bytesOf(value: bigint): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigUint64(0, value, true);
  return bytes;
}

/** Events of one kind, as [time, detail]. */
export function seen(events: readonly TraceEvent[], kind: string): [number, TraceEvent['detail']][] {
  return events.filter((event) => event.kind === kind).map(({ time_ns, detail }) => [time_ns, detail]);
}
