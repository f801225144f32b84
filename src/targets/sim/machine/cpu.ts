import { VECTOR } from '../../../target/hypercalls.ts';
import type { Cpu } from '../step.ts';
import { REG, STEP_BYTES, STEP_MAGIC } from '../step.ts';
import { EXCEPTION_NS, FAULT_NS } from './costs.ts';
import { SECOND_LEVEL_FAULT } from './cpu-fault.ts';
import type { MachineMemory } from './memory.ts';
import { FETCH, tlbSlot } from './mmu.ts';
import type { CompiledProgram } from './program.ts';
import type { CpuPlace } from './vcpu.ts';
import { VirtualCpuState } from './vcpu.ts';
import type { WatchSet } from './watch.ts';

/** What a processor needs of the machine it sits in. */
export interface CpuHost {
  /** Steps begin before this internal time; the engine lowers it when something is to happen earlier. */
  bound: number;
  hypercall(cpu: SimCpu): void;
  trace(cpu: SimCpu, kind: string, detail: Readonly<Record<string, string | number>>): void;
  traces(kind: string): boolean;
  /** The processor cannot go on: the partition has to be stopped. */
  stopped(cpu: SimCpu, sign: 'triple_fault' | 'second_level', address: number): void;
}

/** A virtual CPU: fetches, executes, takes interrupts and exceptions. */
export class SimCpu extends VirtualCpuState implements Cpu {
  private readonly host: CpuHost;
  private readonly program: CompiledProgram;
  private spent = 0;
  private step_low = 0;
  private step_high = 0;

  constructor(
    host: CpuHost,
    memory: MachineMemory,
    watch: WatchSet,
    program: CompiledProgram,
    place: CpuPlace,
  ) {
    super(memory, watch, place);
    this.host = host;
    this.program = program;
  }

  get now(): number {
    return this.time;
  }

  /** Executes one step, and goes on while the next begins before the host's bound. */
  run(): void {
    const registers = this.registers;
    const runs = this.program.runs;
    const costs = this.program.costs;
    const host = this.host;
    do {
      try {
        do {
          if (this.pending_count !== 0 && this.interruptsEnabled) {
            this.takeInterrupt();
            continue;
          }
          if (this.watched !== 0) this.aboutToExecute();
          const low = registers[REG.rip * 2] as number;
          const high = registers[REG.rip * 2 + 1] as number;
          this.step_low = low;
          this.step_high = high;
          this.spent = 0;
          const word =
            (low & ~4095) === this.fetch_low && high === this.fetch_high && (low & 4095) <= 4092
              ? this.fetch_view.getUint32(low & 4095, true)
              : this.fetch();
          const index = (word ^ STEP_MAGIC) >>> 0;
          if (index >= runs.length || index > 0xffff) this.throwFault(6, 0, 0);
          const next = (low + STEP_BYTES) | 0;
          registers[REG.rip * 2] = next;
          if (next >>> 0 < STEP_BYTES) registers[REG.rip * 2 + 1] = high + 1;
          this.spent = costs[index] as number;
          (runs[index] as (cpu: Cpu) => void)(this);
          this.retire(this.spent);
        } while (this.time < host.bound && this.state === 'running');
      } catch (caught) {
        if (caught !== this.fault) throw caught;
        this.takeFault();
      }
    } while (this.time < host.bound && this.state === 'running');
  }

  /** What every step reads, whatever it does. */
  private aboutToExecute(): void {
    this.registerRead(REG.rip);
    this.registerRead(REG.cs);
  }

  /** The word at rip, through translation. */
  private fetch(): number {
    const rip = this.observed(REG.rip);
    const offset = rip & 4095;
    const slot = tlbSlot(rip);
    if (this.fast_fetch[slot] !== rip - offset) this.translate(rip, FETCH);
    if (offset > 4092) {
      this.translate(rip + 3, FETCH);
      return this.gather(rip, 4).getUint32(0, true);
    }
    const view = this.views[slot] as DataView;
    const machine = this.machineAddress(slot, rip);
    if (this.watch.active) {
      this.watch.read(machine, 4, this.time);
      if (this.watch.covers(machine)) return view.getUint32(offset, true);
    }
    this.fetch_low = (rip | 0) & ~4095;
    this.fetch_high = this.registers[REG.rip * 2 + 1] as number;
    this.fetch_slot = slot;
    this.fetch_view = view;
    return view.getUint32(offset, true);
  }

  /** The step faulted: rip goes back to it and the exception is delivered, or the hypervisor hears of it. */
  private takeFault(): void {
    this.registers[REG.rip * 2] = this.step_low;
    this.registers[REG.rip * 2 + 1] = this.step_high;
    const { vector, error_code, address } = this.fault;
    const spent = this.spent + FAULT_NS;
    if (vector === SECOND_LEVEL_FAULT) this.host.stopped(this, 'second_level', address);
    else {
      if (vector === 14) this.set(REG.cr2, address);
      this.except(vector, error_code);
    }
    this.retire(spent);
  }

  private takeInterrupt(): void {
    const vector = this.highestPending();
    this.setPending(vector, false);
    if (vector === VECTOR.timer) this.ticks++;
    this.except(vector, 0);
  }

  private enter(vector: number, error_code: number): boolean {
    if (!this.deliver(vector, error_code)) return false;
    this.retire(EXCEPTION_NS);
    return true;
  }

  /** Delivers, as double fault what cannot be delivered, and gives up after that. */
  private except(vector: number, error_code: number): void {
    this.moved();
    if (this.enter(vector, error_code)) return;
    if (this.fault.vector === SECOND_LEVEL_FAULT) {
      this.host.stopped(this, 'second_level', this.fault.address);
      return;
    }
    if (vector !== 8 && this.enter(8, 0)) return;
    if (this.fault.vector === SECOND_LEVEL_FAULT) this.host.stopped(this, 'second_level', this.fault.address);
    else this.host.stopped(this, 'triple_fault', this.fault.address);
  }

  loadCr3(physical: number): void {
    this.set(REG.cr3, physical);
    this.flush();
    this.moved();
  }

  spend(duration_ns: number): void {
    if (duration_ns > 0) this.spent += Math.ceil(duration_ns);
  }

  /** Virtual time within this step: its start and what it has spent so far. */
  get elapsed(): number {
    return this.time + this.spent;
  }

  halt(): void {
    this.moved();
    if (this.pending_count !== 0 && this.interruptsEnabled) return;
    this.state = 'halted';
  }

  cede(): void {
    this.moved();
    if (this.pending_count !== 0) return;
    this.state = 'halted';
    this.ceded = true;
  }

  die(): void {
    this.interruptsOff();
    this.state = 'dead';
  }

  hypercall(): void {
    this.moved();
    this.host.hypercall(this);
  }

  raise(vector: number, error_code: number): never {
    this.throwFault(vector, error_code, this.observed(REG.cr2));
  }

  trace(kind: string, detail: Readonly<Record<string, string | number>>): void {
    this.host.trace(this, kind, detail);
  }

  traces(kind: string): boolean {
    return this.host.traces(kind);
  }
}
