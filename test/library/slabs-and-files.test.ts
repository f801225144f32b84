import { beforeAll, describe, expect, it } from 'vitest';
import { AttendedGuest, MS, verdicts } from '../support/attended-guest.ts';
import { int } from '../support/expressions.ts';
import { action, trigger } from '../support/scenarios.ts';

let guest: AttendedGuest;
beforeAll(() => {
  guest = new AttendedGuest({ describes: ['slabs', 'super_blocks'] });
});

const CHECKED = ['slabs', 'cpu_freelists', 'super_blocks', 'dentries'];

/** What is written where, and what must be said of which structure. */
const ROWS: readonly (readonly [place: string, value: bigint, structure: string, code: string])[] = [
  ['web.slabs["dentry"].size', 4n, 'slabs', 'CACHE_SIZE'],
  ['web.slabs["kmalloc-64"].offset', 64n, 'slabs', 'CACHE_SIZE'],
  ['web.slabs["kmalloc-64"].cpu_slab[0].freelist', 0x4141_4141_4141_4140n, 'cpu_freelists', 'FREELIST_OUTSIDE'],
  ['web.super_blocks["tmpfs"].s_count', 0n, 'super_blocks', 'SB_COUNT'],
  ['web.super_blocks["tmpfs"].s_root', 0x1000n, 'super_blocks', 'SB_ROOT'],
  ['web.super_blocks["tmpfs"].s_root.d_sb', 0x1000n, 'dentries', 'DENTRY_SB'],
  ['web.super_blocks["tmpfs"].s_root.d_parent', 0x1000n, 'dentries', 'DENTRY_PARENT'],
]; // prettier-ignore

describe("the library's validators of slab caches and files", () => {
  it('pass a clean guest', () => {
    const { report } = guest.attendAt(40 * MS + 100_000);
    for (const structure of CHECKED) expect(verdicts(report)[structure]).toBe('intact');
  });

  it.each(ROWS)('%s set to %s', (place, value, structure, code) => {
    const harm = trigger(40 * MS, action('set', place, { to: [int(value)] }), 'x');
    const { report } = guest.attendAt(40 * MS + 1_000, [harm]);
    expect(verdicts(report)[structure]).toBe('corrupt');
    const codes = report.findings.filter((one) => one.structure === structure).map((one) => one.code);
    expect(codes).toContain(code);
  });
});
