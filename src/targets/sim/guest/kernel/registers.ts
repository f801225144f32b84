import { REG } from '../../step.ts';

export const rax: 0 = REG.rax;
export const rbx: 1 = REG.rbx;
export const rcx: 2 = REG.rcx;
export const rdx: 3 = REG.rdx;
export const rsi: 4 = REG.rsi;
export const rdi: 5 = REG.rdi;
export const rbp: 6 = REG.rbp;
export const rsp: 7 = REG.rsp;
export const r8: 8 = REG.r8;
export const r9: 9 = REG.r9;
export const r10: 10 = REG.r10;
export const r11: 11 = REG.r11;
export const r12: 12 = REG.r12;
export const r13: 13 = REG.r13;
export const r14: 14 = REG.r14;
export const r15: 15 = REG.r15;
export const rflags: 17 = REG.rflags;
export const gs: 21 = REG.gs_base;

/** Interrupt flag in rflags. */
export const FLAG_IF = 0x200;
