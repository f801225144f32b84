import type { Progress } from '../../../target/supervisor.ts';
import { REG } from '../step.ts';
import { Control, KERNEL_CS } from './control.ts';
import type { MachineMemory } from './memory.ts';
import type { WatchedRegister } from './registers.ts';
import type { Slots } from './slots.ts';
import type { WatchSet } from './watch.ts';

/** Bit 1 of rflags always reads as one. */
const FLAGS_RESET = 0x2;

export type CpuState = 'off' | 'running' | 'halted' | 'dead';

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

/** What of a CPU is not in its storage. */
interface CpuFigures {
  readonly time: number;
  readonly state: CpuState;
  readonly stalled_until: number;
  readonly timer_at: number;
  readonly pending_count: number;
  readonly cpu_time: number;
  readonly progress_at: number;
  readonly ticks: number;
  readonly ceded: boolean;
  readonly watched_registers: readonly WatchedRegister[];
}

/** `timer_at` is -1 when the timer is disarmed. */
export interface SavedCpu extends CpuFigures {
  /** Registers, pending interrupts and both caches, in base64. */
  readonly architectural: string;
}

/** A virtual CPU as the machine sees it: runnable or not, since when and until when, with which interrupts waiting. */
export abstract class VirtualCpuState extends Control {
  readonly place: CpuPlace;
  readonly index: number;
  readonly slots: Slots | undefined;

  state: CpuState = 'off';
  /** Internal time before which it stands still: an injected stall. */
  stalled_until = 0;
  /** Internal time at which the local timer expires, Infinity when disarmed. */
  timer_at: number = Number.POSITIVE_INFINITY;
  pending_count = 0;
  /** Nanoseconds of own time spent executing. */
  cpu_time = 0;
  /**
   * Internal time of the last interrupt or exception, halt, hypercall or cr3 load: a loop with interrupts off makes
   * none of them.
   */
  progress_at = 0;
  /** Timer interrupts delivered. */
  ticks = 0;
  /** Halted by `cede`. */
  ceded = false;

  constructor(memory: MachineMemory, watch: WatchSet, place: CpuPlace) {
    super(memory, watch, place.second_level_root);
    this.place = place;
    this.index = place.index;
    this.slots = place.slots;
    this.set(REG.cs, KERNEL_CS);
    this.set(REG.rflags, FLAGS_RESET);
  }

  protected retire(duration: number): void {
    this.cpu_time += duration;
    this.time = this.slots === undefined ? this.time + duration : this.slots.advance(this.time, duration);
  }

  /** Marks an interrupt pending at `time`, unless its source was lost. True when a halted processor has to wake. */
  post(vector: number, time: number): boolean {
    const mask = 1 << (vector & 31);
    if (((this.lost[vector >>> 5] as number) & mask) !== 0) return false;
    this.setPending(vector, true);
    return this.state === 'halted' && this.wakes(time);
  }

  /** A halted processor wakes on a pending interrupt it may take; after `cede`, on any. */
  private wakes(time: number): boolean {
    if (this.pending_count === 0) return false;
    if (this.watched !== 0 && !this.ceded) this.registerRead(REG.rflags, time);
    return this.interrupt_flag || this.ceded;
  }

  /** Nothing on this vector reaches the processor any more. */
  lose(vector: number): void {
    const word = vector >>> 5;
    this.lost[word] = (this.lost[word] as number) | (1 << (vector & 31));
    this.setPending(vector, false);
  }

  protected setPending(vector: number, on: boolean): void {
    const word = vector >>> 5;
    const mask = 1 << (vector & 31);
    const before = this.pending[word] as number;
    this.pending[word] = on ? before | mask : before & ~mask;
    if (((before & mask) !== 0) !== on) this.pending_count += on ? 1 : -1;
  }

  protected highestPending(): number {
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
    if (this.state !== 'running') this.progress_at = at;
    this.time = at;
    this.state = 'running';
    this.ceded = false;
  }

  /**
   * Was parked for a while, until `time`: goes on from there, with what came in meanwhile. Who had stood in a loop
   * before still stands in it.
   */
  unpark(time: number, parked_ns: number): void {
    this.progress_at = Math.min(time, this.progress_at + parked_ns);
    if (this.state === 'halted' && this.wakes(time)) this.wake(time);
    else if (this.state === 'running') this.wake(time);
  }

  /** Stands still for a while when the step at hand is over; interrupts that come stay pending. */
  stall(time: number, duration: number): void {
    const begin = this.state === 'running' ? Math.max(this.time, time) : time;
    this.stalled_until = Math.max(this.stalled_until, begin + duration);
    if (this.state === 'running') this.wake(this.stalled_until);
  }

  /** Executes nothing any more. */
  stop(): void {
    this.state = 'dead';
    this.timer_at = Number.POSITIVE_INFINITY;
  }

  protected moved(): void {
    this.progress_at = this.time;
  }

  /** As a hypervisor sees it from outside, at internal time `time`. */
  progress(time: number): Progress {
    const idle = this.state === 'off' || (this.state === 'halted' && (this.interrupt_flag || this.ceded));
    const from = this.progress_at;
    const given = this.slots === undefined ? time - from : this.slots.given(time) - this.slots.given(from);
    return {
      stuck_ns: idle ? 0 : Math.max(0, given),
      running: this.state !== 'dead' && this.stalled_until <= time,
      started: this.state !== 'off',
      ticks: this.ticks,
    };
  }

  /**
   * True when the other would do the same, given the same memory: all that is architectural, with both caches, and all
   * else that counts.
   */
  isAlike(other: VirtualCpuState): boolean {
    return (
      Buffer.compare(this.storage.architectural, other.storage.architectural) === 0 &&
      this.time === other.time &&
      this.state === other.state &&
      this.stalled_until === other.stalled_until &&
      this.timer_at === other.timer_at &&
      this.pending_count === other.pending_count &&
      this.cpu_time === other.cpu_time &&
      this.progress_at === other.progress_at &&
      this.ticks === other.ticks &&
      this.ceded === other.ceded &&
      this.watched_registers.length + other.watched_registers.length === 0
    );
  }

  /** Takes over the other's whole state. */
  copyFrom(other: VirtualCpuState): void {
    this.storage.architectural.set(other.storage.architectural);
    this.take(other);
  }

  private take(from: CpuFigures): void {
    this.time = from.time;
    this.state = from.state;
    this.stalled_until = from.stalled_until;
    this.timer_at = from.timer_at;
    this.pending_count = from.pending_count;
    this.cpu_time = from.cpu_time;
    this.progress_at = from.progress_at;
    this.ticks = from.ticks;
    this.ceded = from.ceded;
    this.takeWatched(from.watched_registers);
    this.restored();
  }

  /** Everything, as JSON can hold it. */
  save(): SavedCpu {
    const {
      time,
      state,
      stalled_until,
      pending_count,
      cpu_time,
      progress_at,
      ticks,
      ceded,
      watched_registers,
    } = this;
    return {
      time,
      state,
      stalled_until,
      pending_count,
      cpu_time,
      progress_at,
      ticks,
      ceded,
      watched_registers,
      timer_at: this.timer_at === Number.POSITIVE_INFINITY ? -1 : this.timer_at,
      architectural: Buffer.from(this.storage.architectural).toString('base64'),
    };
  }

  /** What `save` gave; throws when it cannot have been that. */
  load(saved: SavedCpu): void {
    const bytes = Buffer.from(saved.architectural, 'base64');
    if (bytes.length !== this.storage.architectural.length) throw new TypeError('a CPU of another size');
    this.storage.architectural.set(bytes);
    this.take({ ...saved, timer_at: saved.timer_at < 0 ? Number.POSITIVE_INFINITY : saved.timer_at });
  }
}
