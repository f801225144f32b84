import type { ReadMemory } from '../../formats/result.ts';
import type { Progress } from '../../target/supervisor.ts';
import type { ProgressWords } from './progress-words.ts';

const UNSEEN: Progress = { stuck_ns: 0, running: true, started: true, ticks: 0 };

interface Seen {
  readonly counts: Uint8Array;
  readonly switches: Uint8Array;
  /** Time that the host had given its thread when it last showed progress, nanoseconds. */
  ran_ns: number;
}

/**
 * Progress of a guest's processors, as a hypervisor can see it from outside: interrupts taken and tasks switched, as
 * words of the guest's memory. Whoever lets the machine run calls `look` now and then; time counts as the host gave it
 * to the processor's thread.
 */
export class ProgressMeter {
  readonly #read: ReadMemory;
  readonly #words: readonly ProgressWords[];
  readonly #ran: (cpu: number) => number;
  readonly #seen: readonly Seen[];
  readonly #scratch: Uint8Array = new Uint8Array(64);
  readonly #one: Uint8Array = new Uint8Array(8);
  readonly #other: Uint8Array = new Uint8Array(8);

  constructor(read: ReadMemory, words: readonly ProgressWords[], ran: (cpu: number) => number) {
    this.#read = read;
    this.#words = words;
    this.#ran = ran;
    this.#seen = words.map((one, cpu) => ({
      counts: new Uint8Array(one.interrupts_bytes),
      switches: new Uint8Array(8),
      ran_ns: ran(cpu),
    }));
    this.look();
  }

  /** Takes note of every processor that has got on since the last look. */
  look(): void {
    this.#words.forEach((words, cpu) => {
      const seen = this.#seen[cpu] as Seen;
      const counts = this.#scratch.subarray(0, seen.counts.length);
      const moved = this.#changed(words.interrupts, counts, seen.counts);
      if (this.#changed(words.switches, this.#one, seen.switches) || moved || this.#idles(words))
        seen.ran_ns = this.#ran(cpu);
    });
  }

  /** `alive`: false once the machine has ended. */
  of(cpu: number, alive: boolean): Progress {
    this.look();
    const [words, seen] = [this.#words[cpu], this.#seen[cpu]];
    if (words === undefined || seen === undefined) return { ...UNSEEN, running: alive };
    const ticks = this.#read(words.ticks, this.#one.subarray(0, 4))
      ? new DataView(this.#one.buffer).getUint32(0, true)
      : 0;
    return { stuck_ns: Math.max(0, this.#ran(cpu) - seen.ran_ns), running: alive, started: true, ticks };
  }

  /** Reads `into`; true, and kept in `known`, when it differs from that. */
  #changed(address: number, into: Uint8Array, known: Uint8Array): boolean {
    if (!this.#read(address, into)) return false;
    for (let index = 0; index < known.length; index++) {
      if (into[index] === known[index]) continue;
      known.set(into);
      return true;
    }
    return false;
  }

  #idles({ current, idle }: ProgressWords): boolean {
    if (!this.#read(current, this.#one) || !this.#read(idle, this.#other)) return false;
    return this.#one.every((byte, index) => byte === this.#other[index]);
  }
}
