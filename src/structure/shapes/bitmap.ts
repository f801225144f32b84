import type { Shape } from './shape.ts';
import { add, giveUp, plausible } from './shape.ts';

const BATCH_WORDS = 256;

/** The bits that are set: an element is the byte that holds one, its `index` the number of the bit. */
export const bitmap: Shape = (job) => {
  const { locator, root, space, elements, budget } = job;
  const type = locator.program.root_types[root.from];
  const held = type?.kind === 'array' ? type.count * locator.bytesOf(type.of) * 8 : undefined;
  const bits = root.length ?? held ?? NaN;
  let base = root.head;
  let at = 0;
  return () => {
    if (at === 0 && type?.kind === 'pointer') base = space.u64(root.head);
    if (!(bits >= 0) || (held !== undefined && bits > held) || !plausible(base - (base & 7))) {
      giveUp(
        job,
        bits >= 0 ? 'INDEX' : 'WRAP',
        `the bits of ${root.place} are not to be had`,
        root.length_at?.address,
      );
      return false;
    }
    for (let words = 0; words < BATCH_WORDS && at < bits; words++) {
      const byte = space.u8(base + at / 8);
      if (Number.isNaN(byte) || !budget.step()) {
        giveUp(
          job,
          Number.isNaN(byte) ? 'UNMAPPED' : 'BUDGET',
          `bit ${at} of ${root.place} cannot be read`,
          base + at / 8,
        );
        return false;
      }
      for (let bit = 0; bit < 8 && at + bit < bits; bit++) {
        if (((byte >>> bit) & 1) === 0) continue;
        elements.numbers.push(at + bit);
        if (!add(job, base + at / 8)) return false;
      }
      at += 8;
    }
    return at < bits;
  };
};
