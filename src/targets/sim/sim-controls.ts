import type { FaultControls, InterruptSource, Location } from '../../target/target.ts';
import { VECTOR } from '../../target/hypercalls.ts';
import { deviceOf, guarded } from './engine/devices.ts';
import { REG } from './step.ts';
import { DmaRefused } from './machine/devices/device.ts';
import { translatedWrite } from './machine/devices/dma.ts';
import type { SimTarget } from './sim-target.ts';

const DMA_LIMIT = 1_048_576;

/** What an injector may do to the simulated machine itself. */
export function simControls(target: SimTarget): FaultControls {
  const machine = target.machine_state;
  const device = (partition: string, name: string): ReturnType<typeof deviceOf> => {
    const plan = target.partitions.find((one) => one.name === partition)?.plan;
    return (
      plan &&
      deviceOf(
        machine,
        plan,
        plan.devices.findIndex((one) => one.name === name),
      )
    );
  };
  return {
    stopCpu(partition, index): boolean {
      const cpu = target.cpuNamed(partition, index);
      if (cpu === undefined) return false;
      cpu.stop();
      machine.settlePartition(cpu.place.partition);
      return true;
    },
    stallCpu(partition, index, duration_ns): boolean {
      const cpu = target.cpuNamed(partition, index);
      if (cpu === undefined) return false;
      cpu.stall(machine.clock, duration_ns);
      machine.update(cpu);
      return true;
    },
    loseInterrupt(source: InterruptSource): boolean {
      if (source.kind === 'tick') {
        const cpu = target.cpuNamed(source.partition, source.cpu);
        cpu?.lose(VECTOR.timer);
        return cpu !== undefined;
      }
      const found = device(source.partition, source.device);
      if (found === undefined) return false;
      found.state.interrupt_lost = true;
      return true;
    },
    injectDma(partition, name, address, bytes, fill): number {
      const found = device(partition, name);
      if (found === undefined || found.state.frozen || !(address >= 0)) return 0;
      const content = new Uint8Array(Math.min(bytes, DMA_LIMIT)).fill(fill);
      const outcome = translatedWrite(machine, found.partition, found.plan, address, content);
      if (outcome.refused_at >= 0)
        guarded(machine, found, () => {
          throw new DmaRefused(outcome.refused_at);
        });
      return outcome.written;
    },
    raiseInterrupt(partition, index, vector): boolean {
      const cpu = target.cpuNamed(partition, index);
      if (cpu === undefined || !(vector >= 32 && vector <= 255)) return false;
      machine.interrupt(cpu, vector);
      return true;
    },
    watch(location: Location): number {
      if (location.kind === 'register') {
        const watch = machine.watch.arm(0, 0);
        target.cpuNamed(location.partition, location.cpu)?.watchRegister(watch, REG[location.register]);
        return watch;
      }
      // Who is not simulated reads nothing.
      if (location.kind === 'machine') machine.bringBackAll();
      else target.bringBack(location.partition);
      const at =
        location.kind === 'machine'
          ? location.address
          : target.partitionNamed(location.partition).baseOf(location.physical) + location.physical;
      const watch = machine.watch.arm(at, location.bytes);
      for (const cpu of machine.presentCpus) cpu.dropFast();
      return watch;
    },
    activated(watch): number | undefined {
      const time = machine.watch.firstRead(watch);
      return time === undefined || time < 0 ? undefined : time - target.origin;
    },
  };
}
