import type { Address } from '../../base/address.ts';
import type { Kernel } from '../../place/kernel.ts';
import { perCpu } from '../../place/collections/queues.ts';
import type { BytesPlace } from '../../place/place.ts';
import { bytesAt, elementOf, objectAt } from '../../place/typed.ts';
import type { Target } from '../../target/target.ts';
import { locations } from '../../place/place.ts';
import { NO_BYTES, refused } from '../injection.ts';
import type { Effect } from '../injection.ts';
import { memberAddress, memberPlace, storeWord } from '../words.ts';
import { readPlace } from '../write.ts';

/**
 * Takes a timer_list out of its bucket as __hlist_del does, and clears the bucket's bit in pending_map when it was the
 * last; the timer's own links stay, so timer_pending() goes on saying yes.
 */
export function dequeueTimer(live: Target, kernel: Kernel, timer: BytesPlace): Effect {
  const next_at = memberAddress(kernel, timer, 'entry.next');
  const pprev_at = memberAddress(kernel, timer, 'entry.pprev');
  const next = next_at === undefined ? undefined : kernel.u64(next_at);
  const pprev = pprev_at === undefined ? undefined : kernel.u64(pprev_at);
  if (next === undefined || pprev === undefined) return refused(`${timer.text} cannot be read`);
  if (pprev === 0) return { kind: 'later', note: 'it was not pending' };
  const link = bytesAt(kernel, pprev, 8, { text: timer.text });
  if (!link.ok) return refused(`${timer.text}: its pprev leads nowhere`);
  const before = readPlace(live, link.value) ?? NO_BYTES;
  if (!storeWord(live, kernel, pprev, next)) return refused(`${timer.text}: its pprev cannot be written`);
  if (next !== 0) storeWord(live, kernel, next + 8, pprev);
  else clearPending(live, kernel, pprev);
  const after = readPlace(live, link.value) ?? NO_BYTES;
  return {
    kind: 'done',
    place: timer,
    before,
    after,
    watch: locations(link.value),
    note: 'taken off its bucket',
  };
}

/** Clears the bit of the bucket whose head stands at an address, where it is one. */
function clearPending(live: Target, kernel: Kernel, head: Address): void {
  for (let cpu = 0; cpu < kernel.partition.cpus.length; cpu++) {
    const bases = perCpu(kernel, 'timer_bases', cpu, '');
    for (let index = 0; bases.ok && index < 8; index++) {
      const base = baseAt(kernel, bases.value, index);
      const vectors = base && memberPlace(kernel, base, 'vectors');
      const pending = base && memberPlace(kernel, base, 'pending_map');
      if (!vectors || !pending || vectors.address === undefined) break;
      const bucket = (head - vectors.address) / 8;
      if (!(bucket >= 0 && bucket < vectors.bytes / 8)) continue;
      const word = elementOf(kernel, pending, Math.floor(bucket / 64));
      if (!word.ok || word.value.address === undefined) return;
      const bytes = readPlace(live, word.value);
      if (!bytes) return;
      const bits = new DataView(bytes.buffer, bytes.byteOffset, 8).getBigUint64(0, true);
      storeWord(live, kernel, word.value.address, bits & ~(1n << BigInt(bucket % 64)));
      return;
    }
  }
}

function baseAt(kernel: Kernel, first: Address, index: number): BytesPlace | undefined {
  const base = objectAt(kernel, first, 'timer_base', { text: '' });
  if (!base.ok || index === 0) return base.ok ? base.value : undefined;
  const other = objectAt(kernel, first + index * base.value.bytes, 'timer_base', { text: '' });
  return other.ok ? other.value : undefined;
}
