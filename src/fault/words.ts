import type { Address } from '../base/address.ts';
import { trueBits } from '../base/fold.ts';
import { bytesOf } from '../place/integer.ts';
import type { Kernel } from '../place/kernel.ts';
import type { BytesPlace } from '../place/place.ts';
import { bytesAt, memberOf } from '../place/typed.ts';
import type { Target } from '../target/target.ts';
import { writePlace } from './write.ts';

/** Address of `a.b.c` in a structure; undefined when BTF has no such member. */
export function memberAddress(kernel: Kernel, place: BytesPlace, path: string): Address | undefined {
  return memberPlace(kernel, place, path)?.address;
}

export function memberPlace(kernel: Kernel, place: BytesPlace, path: string): BytesPlace | undefined {
  let at = place;
  for (const name of path.split('.')) {
    const next = memberOf(kernel, at, name);
    if (!next.ok) return undefined;
    at = next.value;
  }
  return at;
}

/** Stores a 64-bit word at a kernel virtual address; false when it is not mapped. */
export function storeWord(live: Target, kernel: Kernel, address: Address, word: Address | bigint): boolean {
  const place = bytesAt(kernel, address, 8, { text: '' });
  const bits = typeof word === 'bigint' ? word : trueBits(kernel.fold, word);
  return place.ok && writePlace(live, place.value, bytesOf(bits, 8));
}
