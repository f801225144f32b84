import type { Address } from '../../../../base/address.ts';
import type { Cpu } from '../../step.ts';
import type { Kernel } from '../kernel-data.ts';
import { TIF } from './constants.ts';
import { FLAG_IF, gs, rflags, rsp } from './registers.ts';

/** What the compiler would inline everywhere. Each is part of the step that uses it. */
export interface Inline {
  current(cpu: Cpu): Address;
  /** Run queue of a CPU by its number in memory. */
  cpuRq(cpu: Cpu, index: number): Address;
  needResched(cpu: Cpu): boolean;
  inInterrupt(cpu: Cpu): number;
  comm(cpu: Cpu, task: Address): string;
  /** Who a trace is about: read as an observer does. */
  named(cpu: Cpu, task: Address): { readonly comm: string; readonly pid: number };
}

export function inlineOf(k: Kernel): Inline {
  const current_task = k.symbol('current_task');
  const preempt_count = k.symbol('__preempt_count');
  const offsets = k.symbol('__per_cpu_offset');
  const runqueues = k.symbol('runqueues');
  const { thread_info_flags, comm, pid } = k.o.task;
  return {
    current: (cpu) => cpu.load64(cpu.get(gs) + current_task),
    cpuRq: (cpu, index) => cpu.load64(offsets + index * 8) + runqueues,
    needResched: (cpu) =>
      (cpu.load32(cpu.load64(cpu.get(gs) + current_task) + thread_info_flags) & TIF.NEED_RESCHED) !== 0,
    inInterrupt: (cpu) => cpu.load32(cpu.get(gs) + preempt_count) & 0xf_ff00,
    comm: (cpu, task) => textOf((at) => cpu.load32(at), task + comm),
    named: (cpu, task) => ({
      comm: textOf((at) => cpu.peek32(at), task + comm),
      pid: cpu.peek32(task + pid),
    }),
  };
}

/** pushf; cli. */
export function saveFlags(cpu: Cpu): void {
  const at = cpu.get(rsp) - 8;
  cpu.store64From(rflags, at);
  cpu.set(rsp, at);
  cpu.interruptsOff();
}

/** popf. */
export function restoreFlags(cpu: Cpu): void {
  const at = cpu.get(rsp);
  const on = (cpu.load32(at) & FLAG_IF) !== 0;
  cpu.set(rsp, at + 8);
  if (on) cpu.interruptsOn();
  else cpu.interruptsOff();
}

/** Pushes registers, the first named first. */
export function pushRegisters(cpu: Cpu, ...registers: number[]): void {
  cpu.pushRegisters(registers);
}

/** Pops what `pushRegisters` with the same list pushed. */
export function popRegisters(cpu: Cpu, ...registers: number[]): void {
  cpu.popRegisters(registers);
}

/** char comm[16], four bytes at a time. */
function textOf(word_at: (address: Address) => number, address: Address): string {
  let text = '';
  for (let at = 0; at < 16; at += 4) {
    let word = word_at(address + at);
    for (let byte = 0; byte < 4; byte++, word >>>= 8) {
      const code = word & 0xff;
      if (code === 0) return text;
      text += code >= 0x20 && code < 0x7f ? String.fromCharCode(code) : '?';
    }
  }
  return text;
}

/** At most `limit` bytes up to the NUL; what cannot be printed shows as `?`. */
export function loadText(cpu: Cpu, address: Address, limit: number): string {
  let text = '';
  for (let index = 0; index < limit; index++) {
    const byte = cpu.load8(address + index);
    if (byte === 0) break;
    text += byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : '?';
  }
  return text;
}

/** Stores Latin-1 text without a NUL, eight bytes at a time. */
export function storeText(cpu: Cpu, address: Address, text: string): void {
  const words = text.length & ~3;
  for (let at = 0; at < words; at += 4) {
    cpu.store32(
      address + at,
      (text.charCodeAt(at) |
        (text.charCodeAt(at + 1) << 8) |
        (text.charCodeAt(at + 2) << 16) |
        (text.charCodeAt(at + 3) << 24)) >>>
        0,
    );
  }
  for (let at = words; at < text.length; at++) cpu.store8(address + at, text.charCodeAt(at));
}

/** Stores a 64-bit value given as halves: poison, states in the top bits. */
export function storeHalves(cpu: Cpu, address: Address, low: number, high: number): void {
  cpu.store32(address, low >>> 0);
  cpu.store32(address + 4, high >>> 0);
}

/** `%px` of the eight bytes at an address, exact. */
export function hexAt(cpu: Cpu, address: Address): string {
  return hex32(cpu.load32(address + 4)) + hex32(cpu.load32(address));
}

/** `%px` of an address. */
export function hex(address: Address): string {
  return hex32(Math.floor(address / 0x1_0000_0000) >>> 0) + hex32(address >>> 0);
}

function hex32(word: number): string {
  return word.toString(16).padStart(8, '0');
}
