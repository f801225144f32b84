import { VECTOR } from '../../../target/hypercalls.ts';
import type { Progress } from '../../../target/supervisor.ts';
import type { Cpu } from '../step.ts';
import { REG, STEP_BYTES, STEP_MAGIC } from '../step.ts';
import { MemoryAccess } from './access.ts';
import { EXCEPTION_NS, FAULT_NS } from './costs.ts';
import { hasErrorCode, SECOND_LEVEL_FAULT } from './cpu-fault.ts';
import type { MachineMemory } from './memory.ts';
import { FETCH, tlbSlot } from './mmu.ts';
import type { CompiledProgram } from './program.ts';
import type { Slots } from './slots.ts';
import type { WatchSet } from './watch.ts';

/** Selectors as Linux has them; the privilege is in the low two bits of cs. */
const KERNEL_CS = 0x10;
const KERNEL_SS = 0x18;
const USER_CS = 0x33;
const USER_SS = 0x2b;
const FLAG_IF = 0x200;
/** Bit 1 of rflags always reads as one. */
const FLAGS_RESET = 0x2;

/** Offsets in a 64-bit TSS (SDM volume 3, 8.7). */
const TSS_SP0 = 4;
const TSS_IST1 = 36;
const GATE_PRESENT = 0x80;
/** A trap gate leaves interrupts as they are; type 0xf against an interrupt gate's 0xe. */
const GATE_TRAP = 1;

export type CpuState = 'off' | 'running' | 'halted' | 'dead';

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

/** Where a processor belongs: fixed at power-on. */
export interface CpuPlace {
  /** Index among all vCPUs of the machine. */
  readonly number: number;
  /** Index among the partition's CPUs, as the guest numbers them. */
  readonly index: number;
  /** Index of the partition. */
  readonly partition: number;
  readonly second_level_root: number;
  /** undefined when the physical CPU is owned. */
  readonly slots: Slots | undefined;
}

/** A virtual CPU: fetches, executes, takes interrupts and exceptions. */
export class SimCpu extends MemoryAccess implements Cpu {
  readonly place: CpuPlace;
  readonly index: number;
  readonly slots: Slots | undefined;
  private readonly host: CpuHost;
  private readonly program: CompiledProgram;

  state: CpuState = 'off';
  /** Internal time before which it stands still: an injected stall. */
  stalled_until = 0;
  /** Internal time at which the local timer expires, Infinity when disarmed. */
  timer_at: number = Number.POSITIVE_INFINITY;
  pending_count = 0;
  /** Nanoseconds of own time spent executing. */
  cpu_time = 0;
  /** Internal time of the last interrupt or exception, halt, hypercall or cr3 load: a loop with interrupts off makes none of them. */
  progress_at = 0;
  /** Timer interrupts delivered. */
  ticks = 0;
  /** Halted by `cede`. */
  ceded = false;
  /** Something to look at before the next step. */
  private attention = false;
  private watched_registers: number[] = [];
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
    super(memory, watch, place.second_level_root);
    this.host = host;
    this.program = program;
    this.place = place;
    this.index = place.index;
    this.slots = place.slots;
    this.set(REG.cs, KERNEL_CS);
    this.set(REG.rflags, FLAGS_RESET);
  }

  get now(): number {
    return this.time;
  }

  get user(): boolean {
    return this.user_mode;
  }

  get interruptsEnabled(): boolean {
    return ((this.registers[REG.rflags * 2] as number) & FLAG_IF) !== 0;
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
          if (this.pending_count !== 0 && ((registers[REG.rflags * 2] as number) & FLAG_IF) !== 0) {
            this.takeInterrupt();
            continue;
          }
          if (this.attention) this.attend();
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

  private retire(duration: number): void {
    this.cpu_time += duration;
    this.time = this.slots === undefined ? this.time + duration : this.slots.advance(this.time, duration);
  }

  /** The word at rip, through translation. */
  private fetch(): number {
    const rip = this.get(REG.rip);
    const offset = rip & 4095;
    const slot = this.translate(rip, FETCH);
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
    this.fetch_slot = tlbSlot(rip);
    this.fetch_view = view;
    return view.getUint32(offset, true);
  }

  private moved(): void {
    this.progress_at = this.time;
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

  /** Delivers, as double fault what cannot be delivered, and gives up after that. */
  private except(vector: number, error_code: number): void {
    this.moved();
    if (this.deliver(vector, error_code)) return;
    if (this.fault.vector === SECOND_LEVEL_FAULT) {
      this.host.stopped(this, 'second_level', this.fault.address);
      return;
    }
    if (vector !== 8 && this.deliver(8, 0)) return;
    if (this.fault.vector === SECOND_LEVEL_FAULT) this.host.stopped(this, 'second_level', this.fault.address);
    else this.host.stopped(this, 'triple_fault', this.fault.address);
  }

  /** Enters the handler of `vector`; false, with the registers as they were, when that faults (the reason is in `fault`). */
  private deliver(vector: number, error_code: number): boolean {
    const from_user = this.user_mode;
    this.setMode(false);
    try {
      const gate = this.get(REG.idtr) + vector * 16;
      const low = this.load32(gate);
      const high = this.load32(gate + 4);
      const offset_high = this.load32(gate + 8) | 0;
      if ((high & (GATE_PRESENT << 8)) === 0) this.throwFault(13, vector * 8 + 2, 0);
      const entry = offset_high * 0x1_0000_0000 + (((high & 0xffff_0000) | (low & 0xffff)) >>> 0);
      const stack_table = high & 7;
      let stack = this.get(REG.rsp);
      if (stack_table !== 0) stack = this.load64(this.get(REG.tr) + TSS_IST1 + (stack_table - 1) * 8);
      else if (from_user) stack = this.load64(this.get(REG.tr) + TSS_SP0);
      stack -= stack & 15;
      this.storeFrame(stack, from_user);
      if (hasErrorCode(vector)) {
        this.store64(stack - 48, error_code);
        this.set(REG.rsp, stack - 48);
      } else this.set(REG.rsp, stack - 40);
      this.enterKernel(entry, ((high >>> 8) & GATE_TRAP) === 0);
      this.retire(EXCEPTION_NS);
      return true;
    } catch (caught) {
      if (caught !== this.fault) throw caught;
      this.setMode(from_user);
      return false;
    }
  }

  /** ss, rsp, rflags, cs, rip below `stack`. */
  private storeFrame(stack: number, from_user: boolean): void {
    this.store64(stack - 8, from_user ? USER_SS : KERNEL_SS);
    this.store64From(REG.rsp, stack - 16);
    this.store64From(REG.rflags, stack - 24);
    this.store64From(REG.cs, stack - 32);
    this.store64From(REG.rip, stack - 40);
  }

  private enterKernel(entry: number, interrupts_off: boolean): void {
    this.set(REG.cs, KERNEL_CS);
    this.set(REG.rip, entry);
    if (interrupts_off) this.interruptsOff();
  }

  /** Marks an interrupt pending, unless its source was lost. True when a halted processor has to wake. */
  post(vector: number): boolean {
    const mask = 1 << (vector & 31);
    if (((this.lost[vector >>> 5] as number) & mask) !== 0) return false;
    this.setPending(vector, true);
    return this.state === 'halted' && this.wakes();
  }

  /** A halted processor wakes on a pending interrupt it may take; after `cede`, on any. */
  private wakes(): boolean {
    return this.pending_count !== 0 && (this.interruptsEnabled || this.ceded);
  }

  /** Nothing on this vector reaches the processor any more. */
  lose(vector: number): void {
    const word = vector >>> 5;
    this.lost[word] = (this.lost[word] as number) | (1 << (vector & 31));
    this.setPending(vector, false);
  }

  private setPending(vector: number, on: boolean): void {
    const word = vector >>> 5;
    const mask = 1 << (vector & 31);
    const before = this.pending[word] as number;
    this.pending[word] = on ? before | mask : before & ~mask;
    if (((before & mask) !== 0) !== on) this.pending_count += on ? 1 : -1;
  }

  private highestPending(): number {
    for (let word = 7; word >= 0; word--) {
      const bits = this.pending[word] as number;
      if (bits !== 0) return word * 32 + 31 - Math.clz32(bits);
    }
    return 0;
  }

  /** Becomes runnable at `time` or in the next own slot after it, not before a stall is over. */
  wake(time: number): void {
    let at = Math.max(time, this.time, this.stalled_until);
    if (this.slots !== undefined) at = this.slots.next(at);
    this.time = at;
    this.state = 'running';
    this.ceded = false;
  }

  /** Was parked until `time`: goes on from there, with what came in meanwhile. */
  unpark(time: number): void {
    this.progress_at = time;
    if (this.state === 'halted' && this.wakes()) this.wake(time);
    else if (this.state === 'running') this.wake(time);
  }

  /** Stands still for a while; interrupts that come stay pending. */
  stall(time: number, duration: number): void {
    this.stalled_until = Math.max(this.stalled_until, time + duration);
    if (this.state === 'running') this.wake(this.stalled_until);
  }

  /** Executes nothing any more. */
  stop(): void {
    this.state = 'dead';
    this.timer_at = Number.POSITIVE_INFINITY;
  }

  /** The watch ends when this CPU next executes: it has read its registers then. */
  watchRegister(watch: number): void {
    this.watched_registers.push(watch);
    this.attention = true;
  }

  private attend(): void {
    for (const watch of this.watched_registers.splice(0)) this.watch.mark(watch, this.time);
    this.attention = false;
  }

  /** As a hypervisor sees it from outside, at internal time `time`. */
  progress(time: number): Progress {
    const idle = this.state === 'off' || (this.state === 'halted' && (this.interruptsEnabled || this.ceded));
    const from = this.progress_at;
    const given = this.slots === undefined ? time - from : this.slots.given(time) - this.slots.given(from);
    return {
      stuck_ns: idle ? 0 : Math.max(0, given),
      running: this.state !== 'dead' && this.stalled_until <= time,
      started: this.state !== 'off',
      ticks: this.ticks,
    };
  }

  /** Bytes at a virtual address as the kernel sees them, without a fault: undefined when a page of them is not mapped. */
  peek(address: number, bytes: number): Uint8Array | undefined {
    const from_user = this.user_mode;
    const into = new Uint8Array(bytes);
    this.setMode(false);
    try {
      for (let index = 0; index < bytes; index++) into[index] = this.load8(address + index);
      return into;
    } catch (caught) {
      if (caught !== this.fault) throw caught;
      return undefined;
    } finally {
      this.setMode(from_user);
    }
  }

  /** Takes over the other's whole state. */
  copyFrom(other: SimCpu): void {
    this.architectural.set(other.architectural);
    this.time = other.time;
    this.state = other.state;
    this.stalled_until = other.stalled_until;
    this.timer_at = other.timer_at;
    this.pending_count = other.pending_count;
    this.cpu_time = other.cpu_time;
    this.progress_at = other.progress_at;
    this.ticks = other.ticks;
    this.ceded = other.ceded;
    this.watched_registers = other.watched_registers.slice();
    this.attention = other.attention;
    this.restored();
  }

  call(target: number): void {
    const at = this.get(REG.rsp) - 8;
    this.store64From(REG.rip, at);
    this.set(REG.rsp, at);
    this.set(REG.rip, target);
  }

  ret(): void {
    const at = this.get(REG.rsp);
    this.load64Into(REG.rip, at);
    this.set(REG.rsp, at + 8);
  }

  jump(target: number): void {
    this.set(REG.rip, target);
  }

  iret(): void {
    const frame = this.get(REG.rsp);
    // Look at all of it before anything changes: a fault here must leave the frame where it is.
    this.load64(frame + 32);
    this.load64Into(REG.rip, frame);
    const cs = this.load64(frame + 8);
    this.load64Into(REG.rflags, frame + 16);
    this.load64Into(REG.rsp, frame + 24);
    this.set(REG.cs, cs);
  }

  loadCr3(physical: number): void {
    this.set(REG.cr3, physical);
    this.flush();
    this.moved();
  }

  invalidate(address: number): void {
    this.flushPage(address);
  }

  interruptsOn(): void {
    this.registers[REG.rflags * 2] = (this.registers[REG.rflags * 2] as number) | FLAG_IF;
  }

  interruptsOff(): void {
    this.registers[REG.rflags * 2] = (this.registers[REG.rflags * 2] as number) & ~FLAG_IF;
  }

  toUser(rip: number, rsp: number): void {
    this.set(REG.rip, rip);
    this.set(REG.rsp, rsp);
    this.interruptsOn();
    this.set(REG.cs, USER_CS);
  }

  toKernel(entry: number): void {
    const from_user = this.user_mode;
    this.setMode(false);
    let stack: number;
    try {
      stack = this.load64(this.get(REG.tr) + TSS_SP0);
      this.storeFrame(stack, from_user);
    } catch (caught) {
      this.setMode(from_user);
      throw caught;
    }
    this.set(REG.rsp, stack - 40);
    this.enterKernel(entry, true);
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
    this.throwFault(vector, error_code, this.get(REG.cr2));
  }

  trace(kind: string, detail: Readonly<Record<string, string | number>>): void {
    this.host.trace(this, kind, detail);
  }

  traces(kind: string): boolean {
    return this.host.traces(kind);
  }
}
