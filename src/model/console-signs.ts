/** What a line of a Linux console says of its kernel's health, in the words of GUEST_SIGNS (model/vocabulary.ts). */
export interface ConsoleSign {
  readonly kind: 'oops' | 'panic' | 'stall';
  readonly sign: string;
}

/**
 * As 6.1 prints them: lib/list_debug.c, mm/slub.c, kernel/sched/core.c, kernel/watchdog.c, arch/x86/mm/fault.c,
 * arch/x86/kernel/{traps,dumpstack}.c.
 */
const LINES: readonly (readonly [RegExp, ConsoleSign])[] = [
  [/list_(?:add|del) corruption\b/, { kind: 'oops', sign: 'list_bug' }],
  [/corrupted stack end detected/, { kind: 'panic', sign: 'stack_end' }],
  [/Kernel panic - not syncing: sysrq triggered crash/, { kind: 'panic', sign: 'request' }],
  [/Kernel panic - not syncing/, { kind: 'panic', sign: 'oops' }],
  [/watchdog: BUG: soft lockup/, { kind: 'stall', sign: 'soft_lockup' }],
  [/Watchdog detected hard LOCKUP/, { kind: 'stall', sign: 'hard_lockup' }],
  [/kernel BUG at mm\/slub\.c/, { kind: 'oops', sign: 'slub_bug' }],
  [/kernel BUG at lib\/list_debug\.c/, { kind: 'oops', sign: 'list_bug' }],
  [/kernel BUG at /, { kind: 'oops', sign: 'bug' }],
  [/BUG: kernel NULL pointer dereference/, { kind: 'oops', sign: 'null_pointer' }],
  [/BUG: unable to handle page fault/, { kind: 'oops', sign: 'page_fault' }],
  [/general protection fault(?!.*\bin \S+\[)/, { kind: 'oops', sign: 'general_protection' }],
  [/\bdouble fault\b/, { kind: 'oops', sign: 'double_fault' }],
  [/invalid opcode: 0000/, { kind: 'oops', sign: 'invalid_opcode' }],
];

/** The first that fits; undefined for a line that says nothing of the kind. Lines longer than a console's are cut. */
export function consoleSign(line: string): ConsoleSign | undefined {
  const text = line.slice(0, 1024);
  return LINES.find(([pattern]) => pattern.test(text))?.[1];
}
