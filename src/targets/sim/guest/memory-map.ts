/**
 * Where the simulated kernel puts things: x86-64 Linux's memory map (Documentation/x86/x86_64/mm.rst), no KASLR. The
 * image is loaded at 4 MiB, so `phys_base` is negative, as a relocated kernel's may be.
 */
export const KERNEL_TEXT = -0x7f00_0000; // 0xffffffff81000000
export const KERNEL_RODATA: number = KERNEL_TEXT + 0x20_0000;
export const KERNEL_DATA: number = KERNEL_TEXT + 0x40_0000;
export const KERNEL_END: number = KERNEL_TEXT + 0x60_0000;
const START_KERNEL_MAP = -0x8000_0000;
const IMAGE_PHYSICAL = 0x40_0000;
export const PHYS_BASE: number = IMAGE_PHYSICAL - (KERNEL_TEXT - START_KERNEL_MAP);
/** First page that the boot allocator hands out. */
export const FREE_PHYSICAL = 0xa0_0000;

export const DIRECT_MAP = -0x7780_0000_0000; // 0xffff888000000000
export const VMALLOC_START = -0x3700_0000_0000; // 0xffffc90000000000
export const VMEMMAP_START = -0x1600_0000_0000; // 0xffffea0000000000
/** Tables for 2,048 pages of vmalloc space are part of the image: 409 stacks with their guard pages. */
export const VMALLOC_TABLES = 4;

export const THREAD_SIZE = 16_384;
export const STACK_END_MAGIC = 0x57ac_6e9d;
/** A stack's pages and the page below them that is never mapped. */
export const STACK_SLOT: number = THREAD_SIZE + 4096;
export const VMALLOC_STACKS: number = Math.floor((VMALLOC_TABLES * 512 * 4096) / STACK_SLOT);

/** A user process: text, data (the shop's book too) and stack under one page table. */
export const USER_TEXT = 0x40_0000;
export const USER_DATA = 0x50_0000;
export const USER_DATA_PAGES = 1;
/**
 * Data of an app that a spec declares: so many bytes at most for each, one app after the other, at other addresses in
 * each process.
 */
export const APP_DATA = 0x1000_0000;
export const APP_DATA_STRIDE = 0x400_0000;
export const USER_STACK_TOP = 0x5f_f000;
export const USER_STACK_PAGES = 1;

/**
 * Pages of one CPU's area: hot variables, run queue, hrtimers, three of timer wheel, an unmapped guard page and the IST
 * stack.
 */
export const PER_CPU_STRIDE = 0x8000;
export const PER_CPU_GUARD_PAGE = 6;

/** linux/poison.h with CONFIG_ILLEGAL_POINTER_VALUE of x86-64; the high halves are alike. */
export const POISON_HIGH = 0xdead_0000;
export const LIST_POISON1_LOW = 0x100;
export const LIST_POISON2_LOW = 0x122;

/** Guest-physical address of a kernel image address. */
export function imagePhysical(address: number): number {
  return address - START_KERNEL_MAP + PHYS_BASE;
}
