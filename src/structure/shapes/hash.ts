import type { TypeModel } from '../../model/structure.ts';
import { findMember, resolveType } from '../../model/type-source.ts';
import type { Root } from '../elements.ts';
import { walkBucket } from './hlist.ts';
import { list } from './list.ts';
import type { Shape, ShapeJob } from './shape.ts';
import { giveUp, plausible } from './shape.ts';

const BATCH = 64;
const BUCKETS_LIMIT = 16_777_216;

/**
 * An array of buckets: hlist_heads or list_heads; as many as its type has, or as `length` says where a pointer leads
 * there.
 */
export const hash: Shape = (job) => {
  const { elements, locator, root, space } = job;
  const type = locator.program.root_types[root.from];
  const bucket = bucketOf(type, job);
  const bytes = bucket?.double === true ? 16 : 8;
  const count = root.length ?? (type?.kind === 'array' ? type.count : NaN);
  let index = 0;
  let base = root.head;
  return () => {
    if (index === 0 && type?.kind === 'pointer') base = space.u64(root.head);
    if (!plausible(base) || !(count >= 0 && count <= BUCKETS_LIMIT)) {
      giveUp(job, plausible(base) ? 'WRAP' : 'UNMAPPED', `the buckets of ${root.place} are not to be had`);
      return false;
    }
    for (const end = Math.min(index + BATCH, count); index < end; index++) {
      const head = base + index * bytes;
      if (space.u64(head) === (bucket?.double === true ? head : 0)) continue;
      elements.bucket_numbers.push(index);
      elements.bucket_heads.push(head);
      elements.bucket_starts.push(elements.bases.length);
      if (bucket?.double !== true) walkBucket(job, head, `[${index}]`);
      else walkList(job, { ...root, head, place: `${root.place}[${index}]` });
    }
    return index < count;
  };
};

function walkList(job: ShapeJob, root: Root): void {
  const advance = list({ ...job, root });
  while (advance());
}

/** Where the root has no type, the elements' own links say what they hang in. */
function bucketOf(type: TypeModel | undefined, { locator }: ShapeJob): { double: boolean } | undefined {
  const entry = type?.kind === 'array' ? type.of : type?.kind === 'pointer' ? type.to : locator.link?.type;
  const seen = entry && resolveType(entry, locator.source);
  if (seen === undefined || seen === 'opaque') return undefined;
  const prev = findMember(seen, 'prev', locator.source);
  return { double: prev !== undefined && prev !== 'opaque' };
}
