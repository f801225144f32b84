import { REG } from '../step.ts';
import type { CpuStorage } from './cpu-storage.ts';
import { newStorage } from './cpu-storage.ts';
import type { WatchSet } from './watch.ts';

const TWO_32 = 0x1_0000_0000;

/** A register whose damage nobody has read yet, as plain data. */
export interface WatchedRegister {
  /** As WatchSet.arm gave it. */
  readonly watch: number;
  readonly register: number;
  /** The damaged value's halves. */
  readonly low: number;
  readonly high: number;
  /** False while something else is in the register. */
  present: boolean;
  /** It was put away on a stack, from where it may come back. */
  saved: boolean;
}

/**
 * The register file of one virtual CPU. Every use of a register's value goes through `get`, or tells `registerRead`:
 * reading an operand, the fetch at rip, the walk from cr3, the interrupt flag when an interrupt is pending, idtr and tr
 * when one is delivered. Putting a register away on a stack and bringing it back (an exception's frame, callee-saved
 * registers, pushf) is no reading: a damaged value is followed through it.
 */
export abstract class Registers {
  readonly watch: WatchSet;
  protected readonly storage: CpuStorage;
  readonly registers: Int32Array;
  /** Internal time of the step at hand: when watchpoints were read. */
  time = 0;
  watched_registers: WatchedRegister[] = [];
  /** How many: what every access asks first. */
  protected watched = 0;

  constructor(watch: WatchSet) {
    this.watch = watch;
    this.storage = newStorage();
    this.registers = this.storage.registers;
  }

  /** cs was written: the privilege follows it. */
  protected abstract modeChanged(): void;

  get(register: number): number {
    if (this.watched !== 0) this.registerRead(register);
    return this.observed(register);
  }

  /** As `get`, by whom no damage is met. */
  protected observed(register: number): number {
    const at = register * 2;
    return ((this.registers[at] as number) >>> 0) + (this.registers[at + 1] as number) * TWO_32;
  }

  set(register: number, value: number): void {
    if (this.watched !== 0) this.registerWritten(register);
    const at = register * 2;
    this.registers[at] = value;
    this.registers[at + 1] = Math.floor(value / TWO_32);
    if (register === REG.cs) this.modeChanged();
  }

  /** The register's 64 bits, unsigned; for the harness. */
  exact(register: number): bigint {
    const low = (this.registers[register * 2] as number) >>> 0;
    const high = (this.registers[register * 2 + 1] as number) >>> 0;
    return (BigInt(high) << 32n) | BigInt(low);
  }

  /** For the harness. */
  setExact(register: number, value: bigint): void {
    if (this.watched !== 0) this.registerWritten(register);
    this.registers[register * 2] = Number(BigInt.asIntN(32, value));
    this.registers[register * 2 + 1] = Number(BigInt.asIntN(32, value >> 32n));
    if (register === REG.cs) this.modeChanged();
  }

  /** All 64 bits of another CPU's register. */
  copyRegister(from: Registers, source: number, register: number): void {
    if (from.watched !== 0) from.registerRead(source);
    if (this.watched !== 0) this.registerWritten(register);
    this.registers[register * 2] = from.registers[source * 2] as number;
    this.registers[register * 2 + 1] = from.registers[source * 2 + 1] as number;
  }

  /** `watch` is met when the value that the register has now is first read. */
  watchRegister(watch: number, register: number): void {
    const [low, high] = [this.registers[register * 2] as number, this.registers[register * 2 + 1] as number];
    this.watched_registers.push({ watch, register, low, high, present: true, saved: false });
    this.watched = this.watched_registers.length;
  }

  /** Takes over watches that were saved, or another CPU's. */
  protected takeWatched(from: readonly WatchedRegister[]): void {
    this.watched_registers = from.map((one) => ({ ...one }));
    this.watched = from.length;
  }

  protected registerRead(register: number, time: number = this.time): void {
    const met = (one: WatchedRegister): boolean => one.register === register && one.present;
    for (const one of this.watched_registers) if (met(one)) this.watch.mark(one.watch, time);
    this.watched_registers = this.watched_registers.filter((one) => !met(one));
    this.watched = this.watched_registers.length;
  }

  protected registerWritten(register: number): void {
    for (const one of this.watched_registers) if (one.register === register) one.present = false;
  }

  /** Its value goes to a stack. */
  protected registerSaved(register: number): void {
    for (const one of this.watched_registers) if (one.register === register && one.present) one.saved = true;
  }

  /** It was loaded from a stack: the damaged value may be back. */
  protected registerRestored(register: number): void {
    const [low, high] = [this.registers[register * 2], this.registers[register * 2 + 1]];
    for (const one of this.watched_registers) {
      if (one.register === register) one.present = one.saved && one.low === low && one.high === high;
    }
  }
}
