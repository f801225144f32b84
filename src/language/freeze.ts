/** Freezes plain data to its leaves; what is frozen already, as a shared topology is, is passed over. */
export function freeze<T extends object>(value: T): T {
  Object.freeze(value);
  for (const key in value) {
    const part: unknown = value[key];
    if (typeof part === 'object' && part !== null && !Object.isFrozen(part)) freeze(part);
  }
  return value;
}
