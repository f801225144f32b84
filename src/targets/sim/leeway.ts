import type { Output } from './machine/devices/outputs.ts';
import type { SimTarget } from './sim-target.ts';

/**
 * What a comparison of two runs lets pass.
 *
 * `slack_ns`: times may have moved by so much. That is: when something was put out (in one run what the other put out
 * in the last `slack_ns` may still be missing); the time that a CPU is at and has used; and any register or aligned
 * word of eight bytes that in both runs reads as a time of the run, in nanoseconds from power-on.
 *
 * `except`: partitions. Memory shared with one of them, and messages to it, are left out.
 */
export interface Leeway {
  readonly slack_ns: number;
  readonly except: readonly string[];
}

export const NO_LEEWAY: Leeway = { slack_ns: 0, except: [] };

/** Below this a word is more likely an address of user space, or a count, than a time: user space ends at 6 MiB. */
const LEAST_TIME = 0x80_0000;
const TWO_32 = 0x1_0000_0000;

/** Whether two words of memory are times not more than the slack apart. */
export function timesAlike(target: SimTarget, slack_ns: number): (a: number, b: number) => boolean {
  const least = Math.max(LEAST_TIME, target.origin);
  // Timers are armed for what is to come: an hour ahead is the farthest that a guest plans.
  const most = target.machine_state.clock + 3_600_000_000_000;
  return (a, b) => a >= least && b >= least && a <= most && b <= most && Math.abs(a - b) <= slack_ns;
}

export function wordAt(view: DataView, offset: number): number {
  return view.getUint32(offset, true) + view.getInt32(offset + 4, true) * TWO_32;
}

/**
 * Outputs by where they went, messages by their kind, too: requests stay in order, and so do answers, but when times
 * move an answer may come before another request.
 */
export function streams(outputs: readonly Output[], skip: ReadonlySet<string>): Map<string, Output[]> {
  const found = new Map<string, Output[]>();
  for (const output of outputs) {
    if (skip.has(output.device)) continue;
    const key = `${output.device} ${output.what} ${output.what === 'message' ? output.at : ''}`;
    const stream = found.get(key);
    if (stream === undefined) found.set(key, [output]);
    else stream.push(output);
  }
  return found;
}
