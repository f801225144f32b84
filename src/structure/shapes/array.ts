import type { Shape } from './shape.ts';
import { add, giveUp, plausible } from './shape.ts';

const BATCH = 1024;

/** Entries side by side: those of an array by its type, or as many as `length` says from where a pointer leads. */
export const array: Shape = (job) => {
  const { locator, root, space } = job;
  const type = locator.program.root_types[root.from];
  const held = type?.kind === 'array' ? type.count : undefined;
  const count = root.length ?? held;
  let base = root.head;
  let index = 0;
  let begun = false;
  return () => {
    if (!begun) {
      begun = true;
      if (type?.kind === 'pointer') base = space.u64(root.head);
      if (type?.kind === 'pointer' && !plausible(base)) {
        giveUp(job, 'UNMAPPED', `${root.place} leads to no mapped memory`);
        return false;
      }
      if (count === undefined || !(count >= 0)) {
        giveUp(job, 'WRAP', `the length of ${root.place} is no number`, root.length_at?.address);
        return false;
      }
      if (held !== undefined && count > held) {
        giveUp(job, 'INDEX', `${count} entries of an array of ${held}`, root.length_at?.address);
        return false;
      }
    }
    const end = Math.min(index + BATCH, count ?? 0);
    for (; index < end; index++) {
      const entry = base + index * locator.bytes;
      if (!space.mapped(entry)) {
        giveUp(job, 'UNMAPPED', `entry ${index} of ${root.place} is not mapped`, entry);
        return false;
      }
      if (!add(job, entry)) return false;
    }
    return index < (count ?? 0);
  };
};
