import { consoleSign } from '../../model/console-signs.ts';

/** What a line of the kernel's console gives away, as events of target/events.ts have it. */
export type ConsoleNews =
  | { readonly kind: 'oops'; readonly sign: string; readonly address: string; readonly comm: string }
  | { readonly kind: 'panic'; readonly sign: string }
  | { readonly kind: 'stall'; readonly sign: string; readonly cpu: number };

/** Longest line that is kept while its end is awaited. */
const LINE_LIMIT = 4096;

/**
 * Reads a kernel's console (kernel/panic.c, arch/x86/mm/fault.c, arch/x86/kernel/dumpstack.c, kernel/watchdog.c). A
 * stock kernel has no hypercall: that is all it says of its own end. Guests may print anything; nothing here throws.
 */
export class ConsoleReader {
  #rest = '';
  #begun: { readonly sign: string; readonly address: string } | undefined;

  /** Whole lines, without the kernel's time stamps and the ends' carriage returns. */
  lines(text: string): readonly string[] {
    const lines = (this.#rest + text).split('\n');
    this.#rest = (lines.pop() ?? '').slice(-LINE_LIMIT);
    return lines.map((line) => line.replace(/\r/g, '').replace(/^\[ *\d+\.\d+\](?:\[[^\]]*\])? /, ''));
  }

  /**
   * What a line gives away; mostly nothing. Where an oops is told in several lines, it is one, by the first of them.
   */
  news(line: string): readonly ConsoleNews[] {
    const said = consoleSign(line);
    if (said?.kind === 'panic') return [...this.#finish(''), { kind: 'panic', sign: said.sign }];
    if (said?.kind === 'stall')
      return [{ kind: 'stall', sign: said.sign, cpu: Number(/(?:CPU#|cpu )(\d+)/.exec(line)?.[1] ?? -1) }];
    if (said !== undefined) this.#begun ??= { sign: said.sign, address: '' };
    const address = /\baddress:? (?:0x)?([0-9a-f]{8,16})\b/.exec(line)?.[1];
    if (address !== undefined && this.#begun?.address === '') this.#begun = { ...this.#begun, address };
    const comm = /^CPU: \d+ PID: \d+ Comm: (.{1,15}?) (?:Not tainted|Tainted|Kdump)/.exec(line)?.[1];
    return comm === undefined ? [] : this.#finish(comm);
  }

  #finish(comm: string): readonly ConsoleNews[] {
    const begun = this.#begun;
    if (begun === undefined) return [];
    this.#begun = undefined;
    return [{ kind: 'oops', ...begun, comm }];
  }
}
