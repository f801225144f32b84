/** What a line of the kernel's console gives away, as events of target/events.ts have it. */
export type ConsoleNews =
  | { readonly kind: 'oops'; readonly sign: string; readonly address: string; readonly comm: string }
  | { readonly kind: 'panic'; readonly sign: string }
  | { readonly kind: 'stall'; readonly sign: 'soft_lockup' | 'hard_lockup'; readonly cpu: number };

/** Begin a report; what follows says on which CPU and in which task. Order matters: the first that fits. */
const OOPSES: readonly (readonly [pattern: RegExp, sign: string])[] = [
  [/^BUG: kernel NULL pointer dereference, address: ([0-9a-f]+)/, 'null_pointer'],
  [/^BUG: unable to handle page fault for address: ([0-9a-f]+)/, 'page_fault'],
  [/^general protection fault(?:, (?:probably|maybe) for non-canonical address (0x[0-9a-f]+))?/, 'general_protection'],
  [/^kernel BUG at (lib\/list_debug\.c):/, 'list_bug'],
  [/^kernel BUG at (mm\/slub\.c):/, 'slub_bug'],
  [/^kernel BUG at ([^!]+)/, 'bug'],
  [/^(?:invalid opcode): /, 'invalid_opcode'],
  [/^(?:traps: PANIC: )?double fault/, 'double_fault'],
  [/^stack segment: /, 'general_protection'],
  [/^kernel tried to execute NX-protected page .*\(uid/, 'page_fault'],
]; // prettier-ignore

/** What panic() was called with. */
const PANICS: readonly (readonly [pattern: RegExp, sign: string])[] = [
  [/corrupted stack end detected inside scheduler/, 'stack_end'],
  [/sysrq triggered crash/, 'request'],
  [/softlockup: hung tasks/, 'soft_lockup'],
  [/[Hh]ard LOCKUP/, 'hard_lockup'],
  [/double fault/, 'double_fault'],
  [/^Fatal exception/, 'oops'],
];

/** Longest line that is kept while its end is awaited. */
const LINE_LIMIT = 4096;

/**
 * Reads a kernel's console (kernel/panic.c, arch/x86/mm/fault.c, arch/x86/kernel/dumpstack.c, kernel/watchdog.c). A stock kernel has no hypercall:
 * that is all it says of its own end. Guests may print anything; nothing here throws.
 */
export class ConsoleReader {
  #rest = '';
  #begun: { readonly sign: string; readonly address: string } | undefined;
  #oopsed = false;

  /** Whole lines, without the kernel's time stamps and the ends' carriage returns. */
  lines(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-LINE_LIMIT);
    return lines.map((line) => line.replace(/\r/g, '').replace(/^\[ *\d+\.\d+\](?:\[[^\]]*\])? /, ''));
  }

  /** What a line gives away; mostly nothing. */
  news(line: string): readonly ConsoleNews[] {
    for (const [pattern, sign] of OOPSES) {
      const found = pattern.exec(line);
      if (found === null) continue;
      // `invalid opcode` is how a BUG is raised: it was told of already.
      this.#begun ??= { sign, address: found[1] ?? '' };
      return [];
    }
    const comm = /^CPU: \d+ PID: \d+ Comm: (.{1,15}?) (?:Not tainted|Tainted|Kdump)/.exec(line)?.[1];
    if (comm !== undefined) return this.#finish(comm);
    const panic = /^Kernel panic - not syncing: (.*)/.exec(line)?.[1];
    if (panic !== undefined) {
      const oops = this.#finish('');
      const sign = PANICS.find(([pattern]) => pattern.test(panic))?.[1] ?? (this.#oopsed ? 'oops' : 'bug');
      return [...oops, { kind: 'panic', sign }];
    }
    const soft = /BUG: soft lockup - CPU#(\d+) stuck/.exec(line)?.[1];
    if (soft !== undefined) return [{ kind: 'stall', sign: 'soft_lockup', cpu: Number(soft) }];
    const hard = /Watchdog detected hard LOCKUP on cpu (\d+)/.exec(line)?.[1];
    if (hard !== undefined) return [{ kind: 'stall', sign: 'hard_lockup', cpu: Number(hard) }];
    return [];
  }

  #finish(comm: string): readonly ConsoleNews[] {
    const begun = this.#begun;
    if (begun === undefined) return [];
    this.#begun = undefined;
    this.#oopsed = true;
    return [{ kind: 'oops', ...begun, comm }];
  }
}
