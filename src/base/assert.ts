/** Raised when Siren itself is wrong. User input never raises it. */
export class InternalError extends Error {
  override name = 'InternalError';
}

/** Stops at once when something that Siren guarantees does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}

/** For the default branch of a switch over a closed union. */
export function unreachable(value: never, what = 'value'): never {
  throw new InternalError(`unexpected ${what}: ${JSON.stringify(value)}`);
}
