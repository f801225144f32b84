/** Why a path or an expression has no value here and now. */
export type PlaceErrorCode =
  | 'NO_PARTITION' // no such root
  | 'NO_KERNEL' // VMCOREINFO, kallsyms or BTF are missing or cannot be read
  | 'NO_SYMBOL'
  | 'NO_TYPE'
  | 'NO_MEMBER'
  | 'NOT_FOUND' // no element of that name or number
  | 'AMBIGUOUS' // several; `candidates` lists them
  | 'INDEX' // outside the array or collection
  | 'UNMAPPED' // an address on the way leads nowhere
  | 'WALK' // a ring or tree that does not end
  | 'NOT_A_PLACE' // a step that this kind of place does not have
  | 'TYPE' // operands of the wrong dimension
  | 'ARITHMETIC' // division by zero, a shift beyond 64
  | 'LIMIT' // too deep, too many
  | 'NO_EVENT' // what it is asked of has not happened
  | 'UNSUPPORTED'; // this target cannot tell

export interface PlaceError {
  readonly ok: false;
  readonly code: PlaceErrorCode;
  /** One line, without the place. */
  readonly message: string;
  /** How far the walk came, as a spec would write it; '' when it never began. */
  readonly at: string;
  /** For AMBIGUOUS and NOT_FOUND: at most 16 of what there is. */
  readonly candidates?: readonly string[];
}

/** What everything in this folder returns: never an exception. */
export type Outcome<T> = { readonly ok: true; readonly value: T } | PlaceError;

export function found<T>(value: T): Outcome<T> {
  return { ok: true, value };
}

export function lost(
  code: PlaceErrorCode,
  at: string,
  message: string,
  candidates?: readonly string[],
): PlaceError {
  return candidates ? { ok: false, code, message, at, candidates } : { ok: false, code, message, at };
}

/** `web.tasks["x"]: no task of that name; there are "init", "nginx"`. */
export function explain(error: PlaceError): string {
  const where = error.at === '' ? '' : `${error.at}: `;
  const choice = error.candidates?.length ? `; there are ${error.candidates.join(', ')}` : '';
  return `${where}${error.message}${choice}`;
}
