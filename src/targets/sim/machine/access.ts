import { PAGE_SIZE } from '../../../base/units.ts';
import { REG } from '../step.ts';
import type { Page } from './page.ts';
import { Mmu, READ, tlbSlot, WRITE } from './mmu.ts';

const TWO_32 = 0x1_0000_0000;
const RSP = REG.rsp;

/**
 * Loads and stores at virtual addresses, little-endian. The first lines of each are the fast path: a hit in the TLB,
 * inside one page. An access that crosses a page translates both pages before it touches either.
 */
export abstract class MemoryAccess extends Mmu {
  load8(address: number): number {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (this.fast_read[slot] === address - offset) return (this.views[slot] as DataView).getUint8(offset);
    return this.viewFor(address, 1, READ).getUint8(offset);
  }

  load16(address: number): number {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (offset <= 4094) {
      if (this.fast_read[slot] === address - offset)
        return (this.views[slot] as DataView).getUint16(offset, true);
      return this.viewFor(address, 2, READ).getUint16(offset, true);
    }
    return this.gather(address, 2).getUint16(0, true);
  }

  load32(address: number): number {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (offset <= 4092) {
      if (this.fast_read[slot] === address - offset)
        return (this.views[slot] as DataView).getUint32(offset, true);
      return this.viewFor(address, 4, READ).getUint32(offset, true);
    }
    return this.gather(address, 4).getUint32(0, true);
  }

  load64(address: number): number {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (offset <= 4088) {
      const view =
        this.fast_read[slot] === address - offset
          ? (this.views[slot] as DataView)
          : this.viewFor(address, 8, READ);
      return view.getUint32(offset, true) + view.getInt32(offset + 4, true) * TWO_32;
    }
    const view = this.gather(address, 8);
    return view.getUint32(0, true) + view.getInt32(4, true) * TWO_32;
  }

  store8(address: number, value: number): void {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (this.fast_write[slot] === address - offset) (this.views[slot] as DataView).setUint8(offset, value);
    else this.viewFor(address, 1, WRITE).setUint8(offset, value);
  }

  store16(address: number, value: number): void {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (offset > 4094) {
      SPLIT.setUint16(0, value, true);
      this.scatter(address, 2);
    } else if (this.fast_write[slot] === address - offset) {
      (this.views[slot] as DataView).setUint16(offset, value, true);
    } else this.viewFor(address, 2, WRITE).setUint16(offset, value, true);
  }

  store32(address: number, value: number): void {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (offset > 4092) {
      SPLIT.setUint32(0, value, true);
      this.scatter(address, 4);
    } else if (this.fast_write[slot] === address - offset) {
      (this.views[slot] as DataView).setUint32(offset, value, true);
    } else this.viewFor(address, 4, WRITE).setUint32(offset, value, true);
  }

  store64(address: number, value: number): void {
    this.storeHalves(address, value | 0, Math.floor(value / TWO_32) | 0);
  }

  protected storeHalves(address: number, low: number, high: number): void {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (offset > 4088) {
      SPLIT.setInt32(0, low, true);
      SPLIT.setInt32(4, high, true);
      this.scatter(address, 8);
      return;
    }
    const view =
      this.fast_write[slot] === address - offset
        ? (this.views[slot] as DataView)
        : this.viewFor(address, 8, WRITE);
    view.setInt32(offset, low, true);
    view.setInt32(offset + 4, high, true);
  }

  load64Into(register: number, address: number): void {
    const view = this.viewOf64(address);
    const at = view === SPLIT ? 0 : address & 4095;
    const low = view.getInt32(at, true);
    this.registers[register * 2] = low;
    this.registers[register * 2 + 1] = view.getInt32(at + 4, true);
    if (this.watched !== 0) this.registerRestored(register);
  }

  store64From(register: number, address: number): void {
    // pushf puts the flags away.
    if (this.watched !== 0 && register !== REG.rflags) this.registerRead(register);
    this.save64(register, address);
  }

  /** Puts a register away. */
  protected save64(register: number, address: number): void {
    if (this.watched !== 0) this.registerSaved(register);
    this.storeHalves(
      address,
      this.registers[register * 2] as number,
      this.registers[register * 2 + 1] as number,
    );
  }

  equal64(address: number, value: number): boolean {
    const view = this.viewOf64(address);
    const at = view === SPLIT ? 0 : address & 4095;
    return (
      view.getInt32(at, true) === (value | 0) &&
      view.getInt32(at + 4, true) === (Math.floor(value / TWO_32) | 0)
    );
  }

  copy(to: number, from: number, bytes: number): void {
    for (let done = 0; done < bytes;) {
      const source = from + done;
      const target = to + done;
      const length = Math.min(bytes - done, PAGE_SIZE - (source & 4095), PAGE_SIZE - (target & 4095));
      // The target first: making its page our own may put another page where the source is read from.
      const output = (this.pages[this.rangeSlot(target, length, WRITE)] as Page).bytes;
      const input = (this.pages[this.rangeSlot(source, length, READ)] as Page).bytes;
      const at = source & 4095;
      const out = target & 4095;
      if (length <= 64 && input !== output) {
        for (let index = 0; index < length; index++) output[out + index] = input[at + index] as number;
      } else output.set(input.subarray(at, at + length), out);
      done += length;
    }
  }

  fill(to: number, byte: number, bytes: number): void {
    for (let done = 0; done < bytes;) {
      const target = to + done;
      const offset = target & 4095;
      const length = Math.min(bytes - done, PAGE_SIZE - offset);
      const slot = this.rangeSlot(target, length, WRITE);
      (this.pages[slot] as Page).bytes.fill(byte, offset, offset + length);
      done += length;
    }
  }

  push(value: number): void {
    const at = this.get(7) - 8;
    this.store64(at, value);
    this.set(7, at);
  }

  pop(): number {
    const at = this.get(7);
    const value = this.load64(at);
    this.set(7, at + 8);
    return value;
  }

  pushRegisters(registers: readonly number[]): void {
    const { length } = registers;
    const top = this.get(RSP);
    const bottom = top - length * 8;
    const offset = bottom & 4095;
    const slot = tlbSlot(bottom);
    if (offset <= 4096 - length * 8 && this.fast_write[slot] === bottom - offset) {
      const view = this.views[slot] as DataView;
      for (let index = 0, at = offset + length * 8 - 8; index < length; index++, at -= 8) {
        const half = (registers[index] as number) * 2;
        view.setInt32(at, this.registers[half] as number, true);
        view.setInt32(at + 4, this.registers[half + 1] as number, true);
      }
    } else {
      let at = top;
      for (let index = 0; index < length; index++) this.save64(registers[index] as number, (at -= 8));
    }
    if (this.watched !== 0) for (const register of registers) this.registerSaved(register);
    this.set(RSP, bottom);
  }

  popRegisters(registers: readonly number[]): void {
    const { length } = registers;
    const bottom = this.get(RSP);
    const offset = bottom & 4095;
    const slot = tlbSlot(bottom);
    if (offset <= 4096 - length * 8 && this.fast_read[slot] === bottom - offset) {
      const view = this.views[slot] as DataView;
      for (let index = length - 1, at = offset; index >= 0; index--, at += 8) {
        const half = (registers[index] as number) * 2;
        this.registers[half] = view.getInt32(at, true);
        this.registers[half + 1] = view.getInt32(at + 4, true);
      }
    } else {
      let at = bottom;
      for (let index = length - 1; index >= 0; index--, at += 8)
        this.load64Into(registers[index] as number, at);
    }
    if (this.watched !== 0) for (const register of registers) this.registerRestored(register);
    this.set(RSP, bottom + length * 8);
  }

  /**
   * The view to read eight bytes from: that of the page, at the address's offset, or SPLIT, at 0, when they cross one.
   */
  private viewOf64(address: number): DataView {
    const slot = tlbSlot(address);
    const offset = address & 4095;
    if (offset > 4088) return this.gather(address, 8);
    return this.fast_read[slot] === address - offset
      ? (this.views[slot] as DataView)
      : this.viewFor(address, 8, READ);
  }

  /** The view of the page of an access that lies in one page, translated and reported to the watchpoints. */
  private viewFor(address: number, bytes: number, access: number): DataView {
    return this.views[this.rangeSlot(address, bytes, access)] as DataView;
  }

  private rangeSlot(address: number, bytes: number, access: number): number {
    const watched = access === WRITE ? this.watched_write : this.watched_read;
    const slot = watched === address - (address & 4095) ? tlbSlot(address) : this.translate(address, access);
    if (this.watch.active) {
      const machine = this.machineAddress(slot, address);
      if (access === WRITE) this.watch.written(machine, bytes, this.time);
      else this.watch.read(machine, bytes, this.time);
    }
    return slot;
  }

  /** The bytes of a load that crosses a page, in SPLIT. */
  protected gather(address: number, bytes: number): DataView {
    this.translate(address, READ);
    this.translate(address + bytes - 1, READ);
    for (let index = 0; index < bytes; index++) SPLIT.setUint8(index, this.load8(address + index));
    return SPLIT;
  }

  /** Stores the bytes in SPLIT across a page. */
  private scatter(address: number, bytes: number): void {
    this.translate(address, WRITE);
    this.translate(address + bytes - 1, WRITE);
    for (let index = 0; index < bytes; index++) this.store8(address + index, SPLIT.getUint8(index));
  }
}

/** Scratch of one access; nothing lives here between two. */
const SPLIT = new DataView(new ArrayBuffer(8));
