import type { Address } from '../../base/address.ts';
import type { Shape, ShapeJob } from './shape.ts';
import { add, fault, giveUp, hexAt, plausible } from './shape.ts';

interface Edge {
  readonly to: Address;
  readonly field: Address;
  readonly member: string;
  /** Index of the element that it leads away from; -1 at the root. */
  readonly from: number;
}

const BATCH = 256;
/** Edges that wait: more than that is no structure. */
const WAITING_LIMIT = 4_194_304;

/**
 * Elements that name those that follow them. From the root on, the nearest first; each once. A way back to an element
 * above is a cycle; two ways to one element are none.
 */
export const graph: Shape = (job) => {
  const { elements, locator, root, space, budget } = job;
  const waiting: Edge[] = [];
  let next = 0;
  let begun = false;
  const seen = new Map<Address, number>();
  return () => {
    if (!begun) {
      begun = true;
      const pointed = locator.program.root_types[root.from];
      // An element at the root itself, or a pointer to the first.
      if (pointed && pointed.kind !== 'pointer')
        waiting.push({ to: root.head, field: NaN, member: '', from: -1 });
      else waiting.push({ to: space.u64(root.head), field: root.head, member: '', from: -1 });
      if (Number.isNaN(waiting[0]?.to)) {
        giveUp(job, 'UNMAPPED', `${root.place} is not mapped`);
        return false;
      }
    }
    for (let count = 0; count < BATCH && next < waiting.length; count++) {
      const edge = waiting[next++] as Edge;
      if (!budget.step()) {
        giveUp(job, 'BUDGET', `${locator.model.name} has no end`);
        return false;
      }
      if (edge.to === 0) continue;
      const before = seen.get(edge.to);
      if (before !== undefined) {
        if (isAbove(job, before, edge.from))
          wrong(job, edge, 'GRAPH_CYCLE', 'it leads back to an element above');
        continue;
      }
      if (!plausible(edge.to) || !space.mapped(edge.to) || !space.mapped(edge.to + locator.bytes - 1)) {
        wrong(job, edge, 'GRAPH_WILD', 'it leads to no mapped memory');
        elements.complete = false;
        continue;
      }
      const index = elements.bases.length;
      seen.set(edge.to, index);
      if (!add(job, edge.to, edge.from, edge.from < 0 ? 1 : elements.depthOf(edge.from) + 1)) return false;
      job.successors(edge.to, (to, field, member) => {
        if (waiting.length < WAITING_LIMIT) waiting.push({ to, field, member, from: index });
      });
    }
    return next < waiting.length;
  };
};

function isAbove({ elements, locator }: ShapeJob, above: number, below: number): boolean {
  let at = below;
  for (let step = 0; at >= 0 && step <= locator.model.limit; step++) {
    if (at === above) return true;
    at = elements.parentOf(at);
  }
  return false;
}

function wrong(job: ShapeJob, edge: Edge, code: string, why: string): void {
  const { elements, space } = job;
  const element = edge.from < 0 ? NaN : (elements.bases[edge.from] as Address);
  fault(job, {
    code,
    address: edge.field,
    bytes: 8,
    element,
    member: edge.member,
    message: `${hexAt(space, edge.field)}: ${why}`,
  });
}
