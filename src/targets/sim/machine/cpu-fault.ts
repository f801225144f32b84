/** What a step's bad access throws. Each processor has one, reused: no allocation, no stack trace. */
export class CpuFault {
  /** Exception vector; SECOND_LEVEL_FAULT when the hypervisor, not the guest, is to hear of it. */
  vector = 0;
  error_code = 0;
  /** Value for cr2, or the guest-physical address of a second-level fault. */
  address = 0;
}

export const SECOND_LEVEL_FAULT = -1;

/** Bits of a page fault's error code (SDM volume 3, 4.7). */
export const PF = { PROTECTION: 1, WRITE: 2, USER: 4, FETCH: 16 } as const;

/** Exceptions that push an error code (SDM volume 3, table 6-1). */
export function hasErrorCode(vector: number): boolean {
  return vector === 8 || (vector >= 10 && vector <= 14) || vector === 17 || vector === 21;
}
