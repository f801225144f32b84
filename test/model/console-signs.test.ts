import { expect, it } from 'vitest';
import { consoleSign } from '../../src/model/console-signs.ts';
import { GUEST_SIGNS } from '../../src/model/vocabulary.ts';

/** As 6.1 has printed them. */
const LINES: readonly (readonly [string, string, string])[] = [
  [
    '[    5.123456] list_add corruption. next->prev should be prev (ffffffff98568310), but was 0000000000000000. (next=ffff8c6dc1059000).',
    'oops',
    'list_bug',
  ],
  [
    '[    5.123456] list_del corruption. prev->next should be ffff8c6dc2354a90, but was ffff8c6dc2354b90. (prev=ffff8c6dc2354a90)',
    'oops',
    'list_bug',
  ],
  ['[    5.123456] kernel BUG at lib/list_debug.c:30!', 'oops', 'list_bug'],
  ['[    5.123456] kernel BUG at mm/slub.c:419!', 'oops', 'slub_bug'],
  ['[    5.123456] kernel BUG at fs/inode.c:610!', 'oops', 'bug'],
  [
    '[    5.123456] Kernel panic - not syncing: corrupted stack end detected inside scheduler',
    'panic',
    'stack_end',
  ],
  ['[    5.123456] Kernel panic - not syncing: sysrq triggered crash', 'panic', 'request'],
  ['[    5.123456] Kernel panic - not syncing: Attempted to kill init! exitcode=0x0000000b', 'panic', 'oops'],
  ['[   28.000000] watchdog: BUG: soft lockup - CPU#1 stuck for 26s! [nginx:90]', 'stall', 'soft_lockup'],
  ['[   12.000000] NMI watchdog: Watchdog detected hard LOCKUP on cpu 0', 'stall', 'hard_lockup'],
  ['[    5.123456] BUG: kernel NULL pointer dereference, address: 0000000000000008', 'oops', 'null_pointer'],
  ['[    5.123456] BUG: unable to handle page fault for address: ffffc90000a01000', 'oops', 'page_fault'],
  [
    '[    5.123456] general protection fault, probably for non-canonical address 0xdead000000000108: 0000 [#1] PREEMPT SMP NOPTI',
    'oops',
    'general_protection',
  ],
  ['[    5.123456] invalid opcode: 0000 [#1] PREEMPT SMP NOPTI', 'oops', 'invalid_opcode'],
];

it.each(LINES)('%s', (line, kind, sign) => {
  expect(consoleSign(line)).toEqual({ kind, sign });
  expect(GUEST_SIGNS).toHaveProperty(sign);
});

it('says nothing of lines of a healthy kernel, of a process that died by itself, and of a line without end', () => {
  for (const line of [
    '',
    '[    0.000000] Linux version 6.1.0-56-cloud-amd64',
    '[    0.200000] watchdog: Delayed init of the lockup detector failed: -19',
    '[    4.100000] traps: shop[91] general protection fault ip:401000 sp:7ffd error:0 in shop[400000+1000]',
    'list of corruption',
    `${'x'.repeat(5000)} Kernel panic - not syncing`,
  ])
    expect(consoleSign(line)).toBeUndefined();
});
