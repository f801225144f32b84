import { consoleSign } from '../../../model/console-signs.ts';
import { DISTRESS, HYPERCALL } from '../../../target/hypercalls.ts';
import { HYPERCALL_NS, IPI_LATENCY_NS } from '../machine/costs.ts';
import type { SimCpu } from '../machine/cpu.ts';
import { REG } from '../step.ts';
import { kickQueue, setUpQueue } from './devices.ts';
import { EVENT } from './event-heap.ts';
import { carryMessages } from './mailbox.ts';
import type { Machine } from './machine.ts';

/** Errors as Linux numbers them, negative. */
const EFAULT = -14;
const EINVAL = -22;
const ENOSYS = -38;
const CONSOLE_LIMIT = 1024;
const LINE_FEED = 10;

/** Answers what a processor asks of the machine; hands on what is the supervisor's. The result goes into rax. */
export function answerHypercall(machine: Machine, cpu: SimCpu): void {
  cpu.spend(HYPERCALL_NS);
  cpu.set(REG.rax, answer(machine, cpu, cpu.get(REG.rax)));
}

function answer(machine: Machine, cpu: SimCpu, number: number): number {
  const plan = machine.planOf(cpu);
  const state = machine.stateOf(plan.index);
  const first = cpu.get(REG.rdi);
  const second = cpu.get(REG.rsi);
  switch (number) {
    case HYPERCALL.register_metadata:
      state.region_address = first;
      state.region_bytes = second;
      machine.emit(machine.clock, plan.name, 'register', { address: first, size: second });
      return supervisor(machine, cpu, number);
    case HYPERCALL.boot_complete:
      if (state.boot_complete < 0) {
        state.boot_complete = machine.clock;
        machine.emit(machine.clock, plan.name, 'boot_complete', {});
      }
      return supervisor(machine, cpu, number);
    case HYPERCALL.heartbeat:
      state.heartbeats++;
      machine.emit(machine.clock, plan.name, 'heartbeat', {});
      return supervisor(machine, cpu, number);
    case HYPERCALL.distress:
      return supervisor(machine, cpu, number);
    case HYPERCALL.cede:
      cpu.cede();
      return 0;
    case HYPERCALL.console:
      return consoleText(machine, cpu, first, second);
    case HYPERCALL.send_ipi: {
      const target = guestCpu(machine, cpu, first);
      if (target === undefined || second < 32 || second > 255) return EINVAL;
      machine.schedule(cpu.elapsed + IPI_LATENCY_NS, EVENT.interrupt, target.place.number, second);
      return 0;
    }
    case HYPERCALL.start_cpu: {
      const target = guestCpu(machine, cpu, first);
      if (target === undefined || target.state !== 'off') return EINVAL;
      target.copyRegister(cpu, REG.rsi, REG.rip);
      target.copyRegister(cpu, REG.rdx, REG.rsp);
      target.copyRegister(cpu, REG.r10, REG.cr3);
      target.copyRegister(cpu, REG.r8, REG.gs_base);
      machine.schedule(cpu.elapsed + IPI_LATENCY_NS, EVENT.start_cpu, target.place.number);
      return 0;
    }
    case HYPERCALL.device_setup:
      return setUpQueue(machine, cpu, plan) ? 0 : EINVAL;
    case HYPERCALL.device_kick:
      return kickQueue(machine, cpu, plan) ? 0 : EINVAL;
    case HYPERCALL.mailbox:
      return carryMessages(machine, plan, first) ? 0 : EINVAL;
    case HYPERCALL.set_timer:
      machine.setTimer(cpu, first <= 0 ? Number.POSITIVE_INFINITY : Math.max(first, cpu.elapsed));
      return 0;
    default:
      return ENOSYS;
  }
}

function supervisor(machine: Machine, cpu: SimCpu, number: number): number {
  return machine.host?.hypercall(machine, cpu, number) ?? ENOSYS;
}

function guestCpu(machine: Machine, cpu: SimCpu, index: number): SimCpu | undefined {
  const plan = machine.planOf(cpu);
  if (!Number.isInteger(index) || index < 0 || index >= plan.cpu_slots.length) return undefined;
  return machine.cpuOf(plan, index);
}

/** The first line of an oops, whatever kind it is, as a hypervisor that reads the console knows it. */
function tellsOops(bytes: Uint8Array): boolean {
  return consoleSign(String.fromCharCode(...bytes))?.kind === 'oops';
}

function consoleText(machine: Machine, cpu: SimCpu, address: number, count: number): number {
  if (!Number.isInteger(count) || count < 0 || count > CONSOLE_LIMIT) return EINVAL;
  const bytes = cpu.peek(address, count);
  if (bytes === undefined) return EFAULT;
  const line = bytes.at(-1) === LINE_FEED ? bytes : Uint8Array.of(...bytes, LINE_FEED);
  machine.outputsOf(cpu.place.partition).add(machine.clock, 'console', 'text', 0, line);
  if (tellsOops(bytes)) machine.host?.distress(machine, cpu, DISTRESS.oops);
  return 0;
}
