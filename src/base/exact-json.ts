/** For JSON.stringify: a bigint becomes `{"$bigint": "18"}`. */
export function bigintsToJson(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? { $bigint: value.toString() } : value;
}

/** For JSON.parse: what `bigintsToJson` made is a bigint again. */
export function bigintsFromJson(_: string, value: unknown): unknown {
  const text = (value as { readonly $bigint?: unknown } | null)?.$bigint;
  return typeof text === 'string' && /^-?\d{1,40}$/.test(text) ? BigInt(text) : value;
}
