/**
 * What things take in virtual nanoseconds. A step's own cost stands in the guest's program; translation costs nothing,
 * so that what a TLB holds never changes the time. Magnitudes are those of a 3 GHz x86-64 server.
 */

/** A hypercall, there and back, above the step that makes it. */
export const HYPERCALL_NS = 600;
/** From `send_ipi` to the other CPU's pending bit; also from `start_cpu` to the first step. */
export const IPI_LATENCY_NS = 800;
/** Entering an interrupt or exception handler through the IDT. */
export const EXCEPTION_NS = 120;
/**
 * A step that faults takes its own cost, and this for the exception: a guest that does nothing but fault gets nowhere
 * fast.
 */
export const FAULT_NS = 1_000;
/** Between two powers-on of partitions: firmware starts them one after the other. */
export const POWER_ON_STAGGER_NS = 40_000;
/** A guest that has not said boot complete by then is given up (after power-on). */
export const BOOT_TIMEOUT_NS = 500_000_000;

/**
 * A block request: seek and transfer; plus up to BLOCK_SPREAD_NS drawn by the device's seed and the request's number.
 */
export const BLOCK_NS = 80_000;
export const BLOCK_SPREAD_NS = 20_000;
/** A frame on the wire, 1,500 bytes at 1 Gbit/s. */
export const NETWORK_NS = 12_000;
export const NETWORK_SPREAD_NS = 2_000;
/** A chain of console text. */
export const CONSOLE_NS = 30_000;
