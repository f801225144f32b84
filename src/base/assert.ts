/** Raised when Siren itself is wrong. User input never raises it. */
class InternalError extends Error {
  override name = 'InternalError';
}

/** Stops at once when something that Siren guarantees does not hold. */
export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InternalError(message);
}
