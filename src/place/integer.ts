/** A little-endian integer of any width. */
export function integerOf(bytes: Uint8Array, signed: boolean): bigint {
  let value = 0n;
  for (let index = bytes.length - 1; index >= 0; index--)
    value = (value << 8n) | BigInt(bytes[index] as number);
  return signed ? BigInt.asIntN(bytes.length * 8, value) : value;
}

/** `bytes` little-endian bytes of a value; what does not fit is cut off. */
export function bytesOf(value: bigint, bytes: number): Uint8Array {
  const into = new Uint8Array(bytes);
  let left = BigInt.asUintN(bytes * 8, value);
  for (let index = 0; index < bytes; index++) {
    into[index] = Number(left & 0xffn);
    left >>= 8n;
  }
  return into;
}
