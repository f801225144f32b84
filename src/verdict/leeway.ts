import type { Claim } from '../model/scenario.ts';
import type { TwinComparison } from '../record/record.ts';

/** What a bystander's claim lets pass; undefined when it says neither `slack` nor `except`. */
export function leewayOf({ slack_ns = 0, except }: Claim): TwinComparison['leeway'] {
  if (slack_ns === 0 && except.length === 0) return undefined;
  return { slack_ns, except: except.map((path) => path.root).toSorted() };
}

/** Whether a comparison let pass just what the claim does. */
export function sameLeeway(claim: Claim, twin: TwinComparison): boolean {
  const wanted = leewayOf(claim);
  const { leeway } = twin;
  if (wanted === undefined || leeway === undefined) return wanted === leeway;
  return wanted.slack_ns === leeway.slack_ns && wanted.except.join() === leeway.except.join();
}
