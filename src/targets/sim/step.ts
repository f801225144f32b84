import type { Address } from '../../base/address.ts';

/**
 * Guest code. Text is bytes in guest memory: every STEP_BYTES-long slot begins with the little-endian word STEP_MAGIC |
 * index, and the processor executes step `index` of the partition's program when it fetches that word at rip. Anything
 * else there is an invalid opcode; an unmapped rip is a page fault. A step is the unit of pre-emption: interrupts and
 * pauses come between steps, so an update that takes two steps can be seen torn. A step keeps nothing outside guest
 * memory and registers.
 */
export interface Step {
  /** Unique: `symbol` or `symbol+n` for a function's n-th step; reports and kallsyms use it. */
  readonly name: string;
  /** Virtual nanoseconds that it takes, above what `spend` adds. At least 1. */
  readonly cost_ns: number;
  /**
   * Runs with rip already at the next slot; jumps by setting rip. A throw of the Cpu's own fault undoes nothing: stores
   * before the faulting access stay, as on a processor, so a step does its risky loads first.
   */
  readonly run: (cpu: Cpu) => void;
}

export const STEP_BYTES = 16;
export const STEP_MAGIC = 0x0f0b_0000; // index in the low 16 bits

/** The steps of a kernel and its user programs, by index. The same object serves every machine: it has no state. */
export interface Program {
  readonly steps: readonly Step[];
}

/** Register numbers: index into the register file of a Cpu. */
export const REG = {
  rax: 0,
  rbx: 1,
  rcx: 2,
  rdx: 3,
  rsi: 4,
  rdi: 5,
  rbp: 6,
  rsp: 7,
  r8: 8,
  r9: 9,
  r10: 10,
  r11: 11,
  r12: 12,
  r13: 13,
  r14: 14,
  r15: 15,
  rip: 16,
  rflags: 17,
  cs: 18,
  cr2: 19,
  cr3: 20,
  gs_base: 21,
  idtr: 22,
  tr: 23,
} as const;

/**
 * What guest steps can do: the processor. All addresses are virtual and translated; a bad one throws the Cpu's fault.
 */
export interface Cpu {
  /** As the guest numbers it. */
  readonly index: number;
  /** Virtual nanoseconds at the start of this step: the TSC. */
  readonly now: number;
  /** Register as a number (signed canonical form; rounded beyond 2^53, exact bits are kept by `copyRegister`). */
  get(register: number): number;
  set(register: number, value: number): void;
  /** Exact 64-bit moves, for values that may be non-canonical. */
  load64Into(register: number, address: Address): void;
  store64From(register: number, address: Address): void;
  load8(address: Address): number;
  load16(address: Address): number;
  /** Unsigned. */
  load32(address: Address): number;
  /** Signed canonical number, rounded beyond 2^53. */
  load64(address: Address): number;
  /** True when the eight bytes at both addresses' contents equal: exact. */
  equal64(address: Address, value: number): boolean;
  store8(address: Address, value: number): void;
  store16(address: Address, value: number): void;
  store32(address: Address, value: number): void;
  store64(address: Address, value: number): void;
  /** Exact copy of a run of bytes (at most 4096), page by page. */
  copy(to: Address, from: Address, bytes: number): void;
  fill(to: Address, byte: number, bytes: number): void;
  /** rsp -= 8, store. */
  push(value: number): void;
  pop(): number;
  /** Pushes registers with all their bits, the first named first. */
  pushRegisters(registers: readonly number[]): void;
  /** Pops what `pushRegisters` with the same list pushed. */
  popRegisters(registers: readonly number[]): void;
  /** Pushes rip (the next slot) and goes to `target`. */
  call(target: Address): void;
  /** Pops rip. */
  ret(): void;
  jump(target: Address): void;
  /** Pops rip, cs, rflags, rsp as the interrupt entry pushed them. */
  iret(): void;
  /** Writes cr3 and flushes the TLB. */
  loadCr3(physical: number): void;
  /** Flushes one page's translation. */
  invalidate(address: Address): void;
  interruptsOn(): void;
  interruptsOff(): void;
  readonly interruptsEnabled: boolean;
  /** True when the current privilege is user. */
  readonly user: boolean;
  /** Leaves to user mode at `rip` with `rsp`, interrupts on. */
  toUser(rip: Address, rsp: Address): void;
  /**
   * Enters the kernel at `entry` on the stack at tr's sp0, as `syscall` does with a saved frame {rip, cs, rflags, rsp,
   * ss} pushed.
   */
  toKernel(entry: Address): void;
  /** Adds to this step's time. */
  spend(duration_ns: number): void;
  /** Stops until the next interrupt; returns at once when one is pending. */
  halt(): void;
  /** Never executes again (after a panic): interrupts off and halted. */
  die(): void;
  /** Calls the hypervisor: number and arguments from rax, rdi, rsi, rdx, r10, r8; result in rax. */
  hypercall(): void;
  /** Raises an exception as the processor would (BUG() is invalid_opcode); does not return. */
  raise(vector: number, error_code: number): never;
  /** An observation for the trace: ground truth, invisible to the guest. Kinds as in target/events.ts. */
  trace(kind: string, detail: Readonly<Record<string, string | number>>): void;
  /**
   * A word for `trace`: read without a trace in caches and watches, for observing must change nothing. 0 where nothing
   * is mapped; the address a multiple of 4.
   */
  peek32(address: Address): number;
  /** True when anybody listens to that kind: lets a step skip making the detail. */
  traces(kind: string): boolean;
}

/** What a guest kernel is to the machine: its code, and what happens at power-on. */
export interface GuestKernel {
  readonly program: Program;
  /**
   * What firmware and boot loader do before the first instruction: kernel image, page tables, stack of the boot CPU as
   * bytes in guest-physical memory; returns the boot CPU's registers. Everything else the kernel does itself, in steps.
   */
  powerOn(loader: Loader): ReadonlyMap<number, number>;
  /** The kernel's own VMCOREINFO text, for the harness. */
  vmcoreinfo(): string;
}

/** Direct access to guest-physical memory before the first instruction. */
export interface Loader {
  readonly memory_bytes: number;
  write8(physical: number, value: number): void;
  write16(physical: number, value: number): void;
  write32(physical: number, value: number): void;
  write64(physical: number, value: number): void;
  writeBytes(physical: number, bytes: Uint8Array): void;
}
