import { QemuProblem } from '../problem.ts';
import type { Channel } from './channel.ts';
import { monotonic_ns, sleep_ms } from './channel.ts';

/** Something that QEMU told without being asked: STOP, RESUME, GUEST_PANICKED, SHUTDOWN, RESET … */
export interface QmpEvent {
  readonly name: string;
  readonly data: Readonly<Record<string, unknown>>;
}

const ANSWER_MS = 20_000;
/** A line longer than this is no answer of any command that is used here. */
const LINE_LIMIT = 4 * 1024 * 1024;
/** Looks without a nap in between: most answers come within that time. */
const EAGER_LOOKS = 50;

/**
 * QEMU's monitor (docs/interop/qmp-spec), one command at a time, synchronous: a command returns when its answer is
 * there. Throws a QemuProblem when QEMU refuses (REFUSED), says nothing in time or nothing that can be understood
 * (NO_ANSWER), or is gone (QEMU_DIED).
 */
export class Qmp {
  readonly #channel: Channel;
  /** Why it ended, when it did. */
  readonly #lastWords: () => string;
  readonly #events: QmpEvent[] = [];
  #pending = '';
  #number = 0;

  constructor(channel: Channel, lastWords: () => string) {
    this.#channel = channel;
    this.#lastWords = lastWords;
  }

  /** Waits for the greeting and agrees on nothing but the commands themselves. */
  open(limit_ms: number = ANSWER_MS): void {
    this.#await('greeting', limit_ms, (message) => (message['QMP'] === undefined ? undefined : message));
    this.command('qmp_capabilities');
  }

  /** @returns what the command returned. */
  command(name: string, words?: Readonly<Record<string, unknown>>, limit_ms: number = ANSWER_MS): unknown {
    const id = ++this.#number;
    this.#channel.write(`${JSON.stringify({ execute: name, id, ...(words && { arguments: words }) })}\n`);
    const answer = this.#await(name, limit_ms, (message) => (message['id'] === id ? message : undefined));
    const error = answer['error'] as { desc?: unknown } | undefined;
    if (error !== undefined)
      throw new QemuProblem(
        'REFUSED',
        `QEMU refuses ${name}: ${String(error.desc)}`,
        'see whether this QEMU is at least version 7',
      );
    return answer['return'];
  }

  /** A line of the human monitor; what it printed. */
  human(line: string): string {
    return String(this.command('human-monitor-command', { 'command-line': line }));
  }

  /** What was told since the last time. */
  events(): readonly QmpEvent[] {
    this.#take(() => undefined);
    return this.#events.splice(0);
  }

  #await(
    what: string,
    limit_ms: number,
    pick: (message: Record<string, unknown>) => Record<string, unknown> | undefined,
  ): Record<string, unknown> {
    const end = monotonic_ns() + limit_ms * 1e6;
    for (let looks = 0; ; looks++) {
      const found = this.#take(pick);
      if (found !== undefined) return found;
      if (looks < EAGER_LOOKS) continue;
      if (monotonic_ns() > end)
        throw new QemuProblem(
          'NO_ANSWER',
          `QEMU gave no answer to ${what} for ${limit_ms} ms`,
          'run it again, with fewer workers',
        );
      sleep_ms(0.25);
    }
  }

  /** Reads what has come: events are kept, the first message that `pick` takes is returned. */
  #take(
    pick: (message: Record<string, unknown>) => Record<string, unknown> | undefined,
  ): Record<string, unknown> | undefined {
    const text = this.#channel.read();
    if (text === undefined)
      throw new QemuProblem(
        'QEMU_DIED',
        `QEMU ended${this.#lastWords()}`,
        'run it again; when it ends again, siren doctor',
      );
    this.#pending += text;
    let found: Record<string, unknown> | undefined;
    for (let end = this.#pending.indexOf('\n'); end >= 0; end = this.#pending.indexOf('\n')) {
      const message = this.#parse(this.#pending.slice(0, end));
      this.#pending = this.#pending.slice(end + 1);
      if (typeof message['event'] === 'string')
        this.#events.push({ name: message['event'], data: (message['data'] ?? {}) as QmpEvent['data'] });
      else found ??= pick(message);
    }
    if (this.#pending.length > LINE_LIMIT) throw this.#nonsense(this.#pending);
    return found;
  }

  #parse(line: string): Record<string, unknown> {
    try {
      const message: unknown = JSON.parse(line);
      if (typeof message === 'object' && message !== null) return message as Record<string, unknown>;
    } catch {
      // said below
    }
    throw this.#nonsense(line);
  }

  #nonsense(line: string): QemuProblem {
    return new QemuProblem(
      'NO_ANSWER',
      `QEMU's monitor says what nobody understands: ${line.slice(0, 80)}`,
      'see whether qemu-system-x86_64 is QEMU',
    );
  }
}
