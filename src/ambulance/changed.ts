import type { Address } from '../base/address.ts';
import type { ReadMemory } from '../formats/result.ts';

const PAGE_BYTES = 4096;
/** Read at once where pages lie side by side in the machine, too. */
const RUN_BYTES = 65_536;
/** Made once: where functions are traced there are tens of thousands of changes, one look after each. */
const [NOW, THEN] = [Buffer.alloc(RUN_BYTES), Buffer.alloc(RUN_BYTES)];

/** Memory as it is, past any cache, and as it was when the guest had booted. */
interface ThenAndNow {
  readonly readOnce: ReadMemory;
  readonly booted: ReadMemory | undefined;
}

/** As `firstChanged` of structure/reader.ts; `physicalOf` is -1 where there is nothing. */
export function firstChanged(
  { readOnce, booted }: ThenAndNow,
  physicalOf: (address: Address) => number,
  address: Address,
  length: number,
): Address | undefined {
  if (!booted) return undefined;
  const end = address + length;
  for (let at = address; at < end;) {
    const physical = physicalOf(at);
    if (physical < 0) return NaN;
    const upTo = Math.min(end, at + RUN_BYTES);
    let next = at + PAGE_BYTES - (physical % PAGE_BYTES);
    while (next < upTo && physicalOf(next) === physical + next - at) next += PAGE_BYTES;
    const bytes = Math.min(next, upTo) - at;
    const [is, was] = [NOW.subarray(0, bytes), THEN.subarray(0, bytes)];
    if (!readOnce(physical, is) || !booted(physical, was)) return NaN;
    if (!is.equals(was)) {
      let same = 0;
      while (is[same] === was[same]) same++;
      return at + same;
    }
    at += bytes;
  }
  return end;
}
