import type { Shape } from './shape.ts';
import { add, fault, giveUp, plausible } from './shape.ts';

/**
 * Entries of an array from `first` up to and without `last`; both are indexes, or counters that are taken modulo
 * `length`.
 */
export const ringBuffer: Shape = (job) => () => {
  const { locator, root, space, budget, elements } = job;
  const type = locator.program.root_types[root.from];
  const length = root.length ?? (type?.kind === 'array' ? type.count : NaN);
  const [first, last] = [root.first ?? NaN, root.last ?? NaN];
  const base = type?.kind === 'pointer' ? space.u64(root.head) : root.head;
  if (!plausible(base) || !space.mapped(base)) {
    giveUp(job, 'UNMAPPED', `${root.place} leads to no mapped memory`);
    return false;
  }
  // One of no length, of which nothing is said to be in use.
  if (length === 0 && first === last) return false;
  if (!(length > 0) || Number.isNaN(first) || Number.isNaN(last)) {
    giveUp(job, length > 0 ? 'UNMAPPED' : 'WRAP', `the bounds of ${root.place} are not to be had`);
    return false;
  }
  const indexes = first < length && last < length;
  const used = indexes ? (last - first + length) % length : last - first;
  if (!(used >= 0 && used <= length)) {
    // An index beyond the ring beside one within is wrong by itself. Of two counters the last is what moved last.
    const astray = first >= length && last < length;
    const at = (astray ? undefined : root.last_at) ?? root.first_at ?? root.last_at ?? root.length_at;
    const away =
      used < 0 ? `behind the first in use, ${first}` : `${used} entries from the first in use, ${first}`;
    const message =
      at !== undefined && at === root.first_at
        ? `${first}: what is in use ends before ${last}, and the ring has ${length}`
        : `${last}: that is ${away}, and the ring has ${length}`;
    fault(job, {
      code: 'RING_BOUNDS',
      address: at?.address ?? root.head,
      bytes: 8,
      number: true,
      element: NaN,
      member: '',
      message,
      ...(at ? { place: at.place } : {}),
    });
    elements.complete = false;
    return false;
  }
  for (let count = 0; count < used; count++) {
    const index = (first + count) % length;
    const entry = base + index * locator.bytes;
    if (!budget.step()) {
      giveUp(job, 'BUDGET', `${locator.model.name} has no end`);
      return false;
    }
    if (!space.mapped(entry)) {
      giveUp(job, 'UNMAPPED', `entry ${index} of ${root.place} is not mapped`, entry);
      return false;
    }
    elements.numbers.push(index);
    if (!add(job, entry)) return false;
  }
  return false;
};
