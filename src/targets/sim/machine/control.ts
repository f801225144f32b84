import { REG } from '../step.ts';
import { MemoryAccess } from './access.ts';
import { hasErrorCode } from './cpu-fault.ts';

/** Selectors as Linux has them; the privilege is in the low two bits of cs. */
export const KERNEL_CS = 0x10;
const KERNEL_SS = 0x18;
const USER_CS = 0x33;
const USER_SS = 0x2b;
const FLAG_IF = 0x200;

/** Offsets in a 64-bit TSS (SDM volume 3, 8.7). */
const TSS_SP0 = 4;
const TSS_IST1 = 36;
const GATE_PRESENT = 0x80;
/** A trap gate leaves interrupts as they are; type 0xf against an interrupt gate's 0xe. */
const GATE_TRAP = 1;

/** Where execution goes next: calls, returns, privilege changes, and the way into a handler through the IDT. */
export abstract class Control extends MemoryAccess {
  get user(): boolean {
    return this.user_mode;
  }

  get interruptsEnabled(): boolean {
    if (this.watched !== 0) this.registerRead(REG.rflags);
    return this.interrupt_flag;
  }

  /** The same, by whom no damage is met. */
  protected get interrupt_flag(): boolean {
    return ((this.registers[REG.rflags * 2] as number) & FLAG_IF) !== 0;
  }

  interruptsOn(): void {
    if (this.watched !== 0) this.registerWritten(REG.rflags);
    this.registers[REG.rflags * 2] = (this.registers[REG.rflags * 2] as number) | FLAG_IF;
  }

  interruptsOff(): void {
    if (this.watched !== 0) this.registerWritten(REG.rflags);
    this.registers[REG.rflags * 2] = (this.registers[REG.rflags * 2] as number) & ~FLAG_IF;
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
    if (this.watched !== 0) this.registerRestored(REG.cs);
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

  /**
   * Enters the handler of `vector`; false, with the registers as they were, when that faults (the reason is in
   * `fault`).
   */
  protected deliver(vector: number, error_code: number): boolean {
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
      let stack: number;
      if (stack_table !== 0) stack = this.load64(this.get(REG.tr) + TSS_IST1 + (stack_table - 1) * 8);
      else stack = from_user ? this.load64(this.get(REG.tr) + TSS_SP0) : this.get(REG.rsp);
      stack -= stack & 15;
      this.storeFrame(stack, from_user);
      if (hasErrorCode(vector)) {
        this.store64(stack - 48, error_code);
        this.set(REG.rsp, stack - 48);
      } else this.set(REG.rsp, stack - 40);
      this.enterKernel(entry, ((high >>> 8) & GATE_TRAP) === 0);
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
    this.save64(REG.rsp, stack - 16);
    this.save64(REG.rflags, stack - 24);
    this.save64(REG.cs, stack - 32);
    this.save64(REG.rip, stack - 40);
  }

  private enterKernel(entry: number, interrupts_off: boolean): void {
    this.set(REG.cs, KERNEL_CS);
    this.set(REG.rip, entry);
    if (interrupts_off) this.interruptsOff();
  }

  invalidate(address: number): void {
    this.flushPage(address);
  }

  /**
   * Bytes at a virtual address as the kernel sees them, without a fault: undefined when a page of them is not mapped.
   */
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
}
