/**
 * The one convention of this folder. What opens or parses a whole thing returns a `Result`; what looks a name up in an
 * opened thing returns `undefined` when it is not there. Nothing here throws on what it reads, and every loop over it
 * is bounded.
 */
export type Result<T> = { readonly ok: true; readonly value: T } | Failure;

export interface Failure {
  readonly ok: false;
  readonly code: FailureCode;
  readonly message: string;
  /** Byte in the input where it was noticed. */
  readonly offset: number;
}

/**
 * The first four are also refusal codes of the registry (model/vocabulary.ts). UNREADABLE: the source gave no bytes;
 * LIMIT: sizes beyond what any real kernel publishes; ABSENT: something that is needed is not there; UNSUPPORTED: it is
 * what it is, and cannot be read here; LAYOUT: a kernel's areas lie where they cannot.
 */
export type FailureCode =
  | 'TRUNCATED'
  | 'VERSION'
  | 'SEAL'
  | 'MALFORMED'
  | 'UNREADABLE'
  | 'LIMIT'
  | 'ABSENT'
  | 'UNSUPPORTED'
  | 'LAYOUT';

export function success<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function failure(code: FailureCode, message: string, offset = 0): Failure {
  return { ok: false, code, message, offset };
}

/** Fills `into` from an address; false, and `into` untouched, when any byte is not to be had. */
export type ReadMemory = (address: number, into: Uint8Array) => boolean;
