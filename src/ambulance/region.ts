import type { Attachment } from './attach.ts';
import type { Subject } from './subject.ts';
import type { Draft } from './draft.ts';

/** What is wrong with the region itself, as findings; addresses by the direct map when the kernel could be opened. */
export function regionDrafts(attachment: Attachment, subject: Subject | undefined): Draft[] {
  return attachment.faults.map(({ code, offset, bytes, message }) => {
    const physical = attachment.region ? attachment.region.physical + offset : -1;
    return {
      structure: 'metadata',
      code,
      place: `metadata.bytes[0x${offset.toString(16)}]`,
      address: directMap(subject, physical),
      physical,
      bytes,
      message,
      space: subject?.space,
      guard: 'free',
      pointer: false,
      torn: false,
      unguarded: false,
      certain: true,
      means: 'metadata_rot',
      link: false,
      sums: false,
      at_rest: false,
    };
  });
}

/** page_offset_base + physical, when that leads back there; NaN otherwise. */
function directMap(subject: Subject | undefined, physical: number): number {
  const base = subject?.symbol('page_offset_base');
  if (!subject || base === undefined || physical < 0) return NaN;
  const address = subject.space.u64(base) + physical;
  return subject.space.physical(address) === physical ? address : NaN;
}
