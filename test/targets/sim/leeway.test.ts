import { describe, expect, it } from 'vitest';
import { comparePartition } from '../../../src/targets/sim/compare.ts';
import type { Leeway } from '../../../src/targets/sim/leeway.ts';
import type { Output } from '../../../src/targets/sim/machine/devices/outputs.ts';
import type { SimTarget } from '../../../src/targets/sim/sim-target.ts';
import { REG } from '../../../src/targets/sim/step.ts';
import { sharingGuests } from '../../support/sharing-guests.ts';

const MS = 1_000_000;
/** Guest-physical, in a page that nobody uses. */
const SPARE = 0x3f0_0000;
const WINDOW = 64 * 1_048_576;
const base = sharingGuests();
base.target.runUntil(60 * MS);
const SLACK: Leeway = { slack_ns: 10 * MS, except: [] };

type Change = (target: SimTarget) => void;

/** db in two forks that were each changed a little. */
function compared(leeway: Leeway | undefined, one: Change, other: Change = () => undefined): string {
  const [a, b] = [base.fork().target, base.fork().target];
  one(a);
  other(b);
  return comparePartition(a, b, 'db', leeway);
}

const word =
  (value: number, physical = SPARE): Change =>
  (target) => {
    const at = target.partitionNamed('db').machineAddress(physical) as number;
    target.machine_state.memory.write64(at, value);
  };
const now = base.target.machine_state.clock;

describe('slack', () => {
  it('lets pass words that are times in both runs, as far apart as it says', () => {
    expect(compared(SLACK, word(now - 3 * MS), word(now + 4 * MS))).toBe('');
    expect(compared(SLACK, word(now - 6 * MS), word(now + 5 * MS))).toContain(
      'memory at guest-physical 0x3f00000',
    );
    expect(compared(undefined, word(now), word(now + 1))).toContain('memory at guest-physical');
  });

  it('lets pass nothing else: no count, no address of user space, no pointer, no zero', () => {
    for (const [one, other] of [
      [3, 4],
      [0x40_0100, 0x40_0200],
      [0, now],
      [-0x7780_0000_0000, -0x777f_ffff_fff8],
    ] as const)
      expect(compared(SLACK, word(one), word(other)), `${one} ${other}`).toContain('memory at');
  });

  it('lets registers and the time that was used move, and nothing else of a CPU', () => {
    const cpu =
      (change: (cpu: NonNullable<ReturnType<SimTarget['cpuNamed']>>) => void): Change =>
      (target) =>
        change(target.cpuNamed('db', 1) as never);
    const set = (value: number): Change => cpu((one) => one.set(REG.r12, value));
    expect(compared(SLACK, set(now), set(now + 9 * MS))).toBe('');
    expect(compared(SLACK, set(now), set(now + 11 * MS))).toContain('cpu 1 r12');
    expect(compared(SLACK, set(1), set(2))).toContain('cpu 1 r12');
    const used = (ns: number): Change => cpu((one) => (one.cpu_time += ns));
    expect(compared(SLACK, used(5 * MS))).toBe('');
    expect(compared(SLACK, used(11 * MS))).toContain('cpu 1 has used');
    expect(compared(undefined, used(1))).toContain('cpu 1 has used');
    expect(
      compared(
        SLACK,
        cpu((one) => one.stop()),
      ),
    ).toContain('cpu 1: dead');
  });
});

/** db puts out something at a time relative to the end. */
const puts =
  (at_ns: number, text: string, what: Output['what'] = 'frame', device = 'eth0', kind = 0): Change =>
  (target) => {
    const outputs = target.machine_state.outputsOf(target.partitionNamed('db').plan.index);
    outputs?.add(now + at_ns, device, what, kind, Buffer.from(text));
  };
const all =
  (...changes: readonly Change[]): Change =>
  (target) => {
    for (const change of changes) change(target);
  };

describe('outputs under slack', () => {
  it('are the same, in the same order, each within the slack', () => {
    expect(compared(SLACK, puts(-20 * MS, 'a'), puts(-12 * MS, 'a'))).toBe('');
    expect(compared(SLACK, puts(-25 * MS, 'a'), puts(-12 * MS, 'a'))).toMatch(/^output \d+ of eth0: frame/);
    expect(compared(SLACK, puts(-20 * MS, 'a'), puts(-20 * MS, 'b'))).toContain('of eth0');
    const [a, b] = [puts(-20 * MS, 'a'), puts(-19 * MS, 'b')];
    expect(compared(SLACK, all(a, b), all(b, a))).toContain('of eth0');
    expect(compared(undefined, puts(-20 * MS, 'a'), puts(-12 * MS, 'a'))).toMatch(/^output \d+: frame/);
  });

  it('may be missing where the other run put them out in the last of the slack', () => {
    expect(compared(SLACK, puts(-9 * MS, 'late'))).toBe('');
    expect(compared(SLACK, () => undefined, puts(-9 * MS, 'late'))).toBe('');
    expect(compared(SLACK, puts(-11 * MS, 'lost'))).toContain('against none');
    expect(compared({ slack_ns: 0, except: ['web'] }, puts(-1, 'lost'))).toContain('against none');
  });

  it('of two devices, and requests and answers, may change places', () => {
    const [ask, answer] = [1, 2].map((kind) => puts(-20 * MS, 'm', 'message', 'mailbox', kind)) as [
      Change,
      Change,
    ];
    expect(compared(SLACK, all(ask, answer), all(answer, ask))).toBe('');
    expect(compared(undefined, all(ask, answer), all(answer, ask))).toContain('message');
  });
});

describe('except', () => {
  const shared = word(7, WINDOW + 0x2000);
  const ring = word(7, WINDOW + 0x600);

  it('leaves out the memory shared with that partition, and messages to it', () => {
    for (const change of [shared, ring, puts(-30 * MS, 'm', 'message', 'mailbox', 1)]) {
      expect(compared({ slack_ns: 0, except: ['web'] }, change)).toBe('');
      expect(compared(undefined, change)).not.toBe('');
      expect(compared({ slack_ns: 0, except: ['another'] }, change)).not.toBe('');
    }
    expect(compared({ slack_ns: 0, except: ['web'] }, word(7))).toContain('memory at');
  });

  it('is needed for shared memory even with slack, but for the rings, whose messages are compared', () => {
    expect(compared(SLACK, shared)).toContain('memory shared as mailbox at guest-physical 0x4002000');
    expect(compared(SLACK, ring)).toBe('');
  });
});
