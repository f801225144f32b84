import type { Shape } from './shape.ts';
import { add, giveUp, plausible } from './shape.ts';

/** The only one: the object at the root, or that the pointer there leads to. */
export const one: Shape = (job) => () => {
  const { locator, root, space } = job;
  const type = locator.program.root_types[root.from];
  let base = root.head;
  if (type?.kind === 'pointer' && locator.of.kind !== 'pointer') {
    base = space.u64(root.head);
    if (base === 0) return false;
    if (!plausible(base)) base = NaN;
  }
  if (base === 0) return false;
  if (space.mapped(base)) add(job, base);
  else giveUp(job, 'UNMAPPED', `${root.place} leads to no mapped memory`);
  return false;
};
