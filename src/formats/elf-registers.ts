/** Registers by the names of target/target.ts, exact; those that a note does not hold are not there. */
export type CpuRegisters = Readonly<Record<string, bigint>>;

/** struct elf_prstatus of x86-64: where pr_reg begins, the whole, and the order of struct user_regs_struct. */
const PRSTATUS_BYTES = 336;
const PR_PID_AT = 32;
const PR_REG_AT = 112;
const USER_REGS = [
  'r15',
  'r14',
  'r13',
  'r12',
  'rbp',
  'rbx',
  'r11',
  'r10',
  'r9',
  'r8',
  'rax',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'orig_rax',
  'rip',
  'cs',
  'rflags',
  'rsp',
  'ss',
  'fs_base',
  'gs_base',
  'ds',
  'es',
  'fs',
  'gs',
] as const;

/** QEMU's own note (target/i386/arch_dump.c, QEMUCPUState): what NT_PRSTATUS has no room for. */
const QEMU_STATE_BYTES = 440;
/** In the order of the note, which is not that of NT_PRSTATUS. */
const QEMU_REGS = [
  'rax',
  'rbx',
  'rcx',
  'rdx',
  'rsi',
  'rdi',
  'rsp',
  'rbp',
  'r8',
  'r9',
  'r10',
  'r11',
  'r12',
  'r13',
  'r14',
  'r15',
  'rip',
  'rflags',
] as const;
const QEMU_REGS_AT = 8;
const QEMU_RSP_AT = QEMU_REGS_AT + QEMU_REGS.indexOf('rsp') * 8;
const QEMU_SEGMENTS_AT = 8 + 18 * 8;
const QEMU_SEGMENTS = ['cs', 'ds', 'es', 'fs', 'gs', 'ss', 'ldtr', 'tr', 'gdtr', 'idtr'] as const;
const QEMU_CONTROL_AT = QEMU_SEGMENTS_AT + QEMU_SEGMENTS.length * 24;

/** The registers in an NT_PRSTATUS descriptor; none when it is too short. */
export function readPrstatus(desc: Uint8Array): CpuRegisters {
  if (desc.length < PRSTATUS_BYTES) return {};
  const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength);
  return Object.fromEntries(
    USER_REGS.map((name, index) => [name, view.getBigUint64(PR_REG_AT + index * 8, true)]),
  );
}

/**
 * An NT_PRSTATUS descriptor, of a thread of that number as debuggers show it; registers that it has no room for are
 * left out, missing ones are 0.
 */
export function writePrstatus(registers: CpuRegisters, pid = 0): Uint8Array {
  const desc = new Uint8Array(PRSTATUS_BYTES);
  const view = new DataView(desc.buffer);
  view.setUint32(PR_PID_AT, pid, true);
  USER_REGS.forEach((name, index) => view.setBigUint64(PR_REG_AT + index * 8, registers[name] ?? 0n, true));
  return desc;
}

/** A QEMU note's descriptor; registers that are missing, and limits and flags of segments, are 0. */
export function writeQemuState(registers: CpuRegisters): Uint8Array {
  const desc = new Uint8Array(QEMU_STATE_BYTES);
  const view = new DataView(desc.buffer);
  view.setUint32(0, 1, true);
  view.setUint32(4, QEMU_STATE_BYTES, true);
  const base = (name: (typeof QEMU_SEGMENTS)[number], value: bigint | undefined): void =>
    view.setBigUint64(QEMU_SEGMENTS_AT + QEMU_SEGMENTS.indexOf(name) * 24 + 16, value ?? 0n, true);
  QEMU_REGS.forEach((name, index) =>
    view.setBigUint64(QEMU_REGS_AT + index * 8, registers[name] ?? 0n, true),
  );
  for (const [index, name] of QEMU_SEGMENTS.entries())
    view.setUint32(QEMU_SEGMENTS_AT + index * 24, Number((registers[name] ?? 0n) & 0xffffn), true);
  base('fs', registers['fs_base']);
  base('gs', registers['gs_base']);
  base('gdtr', registers['gdtr']);
  base('idtr', registers['idtr']);
  for (const index of [0, 2, 3, 4])
    view.setBigUint64(QEMU_CONTROL_AT + index * 8, registers[`cr${index}`] ?? 0n, true);
  return desc;
}

/** Where a QEMU note says that the stack is; `unsaid` in one that does not say it, as Siren's own once did not. */
export function qemuStackPointer(desc: Uint8Array, unsaid: bigint | undefined): bigint | undefined {
  if (desc.length < QEMU_STATE_BYTES) return undefined;
  const said = new DataView(desc.buffer, desc.byteOffset, desc.byteLength).getBigUint64(QEMU_RSP_AT, true);
  return said === 0n ? unsaid : said;
}

/** Segment bases and control registers of a QEMU note; none when it is too short. */
export function readQemuState(desc: Uint8Array): CpuRegisters {
  if (desc.length < QEMU_STATE_BYTES) return {};
  const view = new DataView(desc.buffer, desc.byteOffset, desc.byteLength);
  const base = (name: (typeof QEMU_SEGMENTS)[number]): bigint =>
    view.getBigUint64(QEMU_SEGMENTS_AT + QEMU_SEGMENTS.indexOf(name) * 24 + 16, true);
  const control = (index: number): bigint => view.getBigUint64(QEMU_CONTROL_AT + index * 8, true);
  return {
    fs_base: base('fs'),
    gs_base: base('gs'),
    gdtr: base('gdtr'),
    idtr: base('idtr'),
    cr0: control(0),
    cr2: control(2),
    cr3: control(3),
    cr4: control(4),
  };
}
