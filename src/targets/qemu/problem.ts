/** Why a real machine cannot be had, or was lost. */
export type ProblemCode =
  /** A program that is needed is not installed. */
  | 'MISSING_PROGRAM'
  /** No guest was prepared, or it is not whole. */
  | 'NO_GUEST'
  /** The kernel's package cannot be had, or holds no kernel that will do. */
  | 'NO_KERNEL'
  /** The guest asks for what this target cannot give. */
  | 'UNSUPPORTED'
  /** It did not come to its first heartbeat in time. */
  | 'NO_BOOT'
  /** It booted and registered nothing. */
  | 'NOT_REGISTERED'
  /** QEMU ended, or was ended by somebody. */
  | 'QEMU_DIED'
  /** QEMU lives and does not answer, or answers what nobody understands. */
  | 'NO_ANSWER'
  /** QEMU refused a command. */
  | 'REFUSED'
  /** A file could not be read or written. */
  | 'FILES';

/** What went wrong around QEMU, and what to do about it: both are sentences for the user. */
export class QemuProblem extends Error {
  readonly code: ProblemCode;
  readonly mend: string;

  constructor(code: ProblemCode, message: string, mend: string) {
    super(message);
    this.name = 'QemuProblem';
    this.code = code;
    this.mend = mend;
  }
}

/** Runs `make`; a problem is returned, anything else thrown. */
export function problemOf<T>(make: () => T): T | QemuProblem {
  try {
    return make();
  } catch (error) {
    if (error instanceof QemuProblem) return error;
    throw error;
  }
}
