/**
 * The hypercall ABI between a simulated guest and whoever answers it: number in rax, arguments in rdi, rsi, rdx, r10,
 * r8; the result comes back in rax (0 or a positive value; negative: -errno).
 */
export const HYPERCALL = {
  /** rdi: logical address of the metadata region, rsi: bytes, rdx: this boot's id. 0, or -1 - index into REFUSALS. */
  register_metadata: 1,
  /** Normal operation begins. */
  boot_complete: 2,
  heartbeat: 3,
  /** The guest tells of its own end. rdi: DISTRESS code, rsi: address of a NUL-terminated message or 0. */
  distress: 4,
  /** Give the rest of the slot away: the CPU halts until its next interrupt. */
  cede: 5,
  /**
   * rdi: guest-virtual address, rsi: bytes (at most 1024): a line for the partition's console, which ends it when it
   * has no end.
   */
  console: 6,
  /** rdi: guest CPU index, rsi: vector. Delivered IPI_LATENCY_NS later. */
  send_ipi: 7,
  /** rdi: guest CPU index, rsi: entry rip, rdx: rsp, r10: cr3, r8: gs_base: starts a secondary CPU. */
  start_cpu: 8,
  /**
   * rdi: device index in the partition, rsi: queue, rdx: guest-physical base of its descriptor table, r10: entries
   * (power of two, at most 256), r8: vector to raise on the CPU that calls. Rings lie behind the table as in a legacy
   * virtqueue: avail, then used, 4 KiB-aligned. Queue 0: a block device's requests (virtio-blk: header {u32 type, u32
   * reserved, u64 sector}, data in sectors of 512 bytes, a status byte), or what a network or console transmits; queue
   * 1: what those receive (nothing ever comes).
   */
  device_setup: 9,
  /** rdi: device index, rsi: queue: new buffers are in the avail ring. */
  device_kick: 10,
  /** rdi: absolute virtual time in ns (0 disarms): the CPU's own timer raises VECTOR.timer then. */
  set_timer: 11,
  /** rdi: which of the partition's shared regions: there may be new messages in its mailbox. */
  mailbox: 12,
} as const;

export const DISTRESS = { oops: 1, panic: 2 } as const;

/** Interrupt vectors of a simulated guest; 0..31 are the processor's exceptions. */
export const VECTOR = {
  divide: 0,
  invalid_opcode: 6,
  double_fault: 8,
  general_protection: 13,
  page_fault: 14,
  timer: 0xec,
  reschedule: 0xfd,
  device_base: 0x30,
  /**
   * The console's magic key, `c`: the kernel panics on purpose. The stimulus `panic` raises it on CPU 0. (The stimulus
   * `exit` is Linux's own way: SIGKILL's bit 8 in task_struct.pending.signal.sig[0], then TIF_SIGPENDING, bit 2, in
   * thread_info.flags.)
   */
  sysrq: 0x2f,
  /** There is a request in the CPU's lkdtm_queue. */
  lkdtm: 0x2e,
} as const;

/** What the simulated kernel's crash points can be asked for, in lkdtm_request.op, and how, in lkdtm_request.mode. */
export const CRASH_POINT = {
  free: 1,
  acquire: 2,
  release: 3,
  loop: 4,
  /** Modes: of a lock, and of a loop. */
  write: 0,
  read: 1,
  irqs_on: 0,
  irqs_off: 1,
} as const;

/** How far the kernel has come with it, in lkdtm_request.state; lkdtm_request.pid is who began it. */
export const CRASH_POINT_STATE = { asked: 0, begun: 1, done: 2 } as const;

const LOGICAL_SHIFT = 2 ** 40;

/**
 * A logical address: guest-physical in bits 0..39, in bits 40..52 whose: 0 the caller, else 1 + the index of a
 * partition (ambulances after the partitions). A guest-physical address is thus a logical one of its own.
 */
export function logicalAddress(whose: number, physical: number): number {
  return whose * LOGICAL_SHIFT + physical;
}

/** The two parts of a logical address. */
export function splitLogical(address: number): { readonly whose: number; readonly physical: number } {
  const whose = Math.floor(address / LOGICAL_SHIFT);
  return { whose, physical: address - whose * LOGICAL_SHIFT };
}

/**
 * Periods of a partition's own time without a heartbeat after which it is lost: for the watchdog as for whoever judges.
 */
export const MISSED_BEATS = 3;
