/** What a CPU has, by the processor manual's names: `web.cpus[0].rip`. */
export const REGISTERS = [
  'rax', 'rbx', 'rcx', 'rdx', 'rsi', 'rdi', 'rbp', 'rsp', 'r8', 'r9', 'r10', 'r11', 'r12', 'r13', 'r14', 'r15',
  'rip', 'rflags', 'cs', 'cr2', 'cr3', 'gs_base', 'idtr',
] as const; // prettier-ignore
export type RegisterName = (typeof REGISTERS)[number];
