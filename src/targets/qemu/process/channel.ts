import { closeSync, constants, openSync, readSync, writeSync } from 'node:fs';
import { QemuProblem } from '../problem.ts';

/** Monotonic, in nanoseconds; exact for as long as any run lasts. */
export function monotonic_ns(): number {
  return Number(process.hrtime.bigint());
}

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Gives the processor away for so long. Ended by `worker.terminate()`. */
export function sleep_ms(duration_ms: number): void {
  Atomics.wait(cell, 0, 0, duration_ms);
}

/** A way to and from QEMU. What is read is what has come; nothing waits here. */
export interface Channel {
  /** Writes all of it. */
  write(text: string): void;
  /** What has come since the last read; undefined once the other end is gone. */
  read(): string | undefined;
  close(): void;
}

const READ_BYTES = 65_536;
/** QEMU reads what it is sent within milliseconds; a pipe that stays full has nobody at its end. */
const WRITE_LIMIT_MS = 5_000;

/**
 * A pair of FIFOs as QEMU's `-chardev pipe` has them: PATH.in is what it reads, PATH.out what it writes. Opened before
 * QEMU does, so that nothing is missed; until it has written something, an empty pipe is no end.
 */
export class FifoChannel implements Channel {
  readonly #in: number;
  readonly #out: number;
  readonly #buffer: Buffer = Buffer.allocUnsafe(READ_BYTES);
  readonly #alive: () => boolean;

  /** `alive`: whether the process at the other end still runs. */
  constructor(path: string, alive: () => boolean) {
    this.#out = openSync(`${path}.out`, constants.O_RDONLY | constants.O_NONBLOCK);
    // For reading too: else it could not be opened before QEMU has.
    this.#in = openSync(`${path}.in`, constants.O_RDWR | constants.O_NONBLOCK);
    this.#alive = alive;
  }

  write(text: string): void {
    const bytes = Buffer.from(text);
    const end = monotonic_ns() + WRITE_LIMIT_MS * 1e6;
    for (let done = 0; done < bytes.length;) {
      try {
        done += writeSync(this.#in, bytes, done);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
        if (!this.#alive() || monotonic_ns() > end)
          throw new QemuProblem(
            'NO_ANSWER',
            'QEMU reads nothing any more',
            'run it again, with fewer workers',
          );
        sleep_ms(1);
      }
    }
  }

  read(): string | undefined {
    let text = '';
    for (;;) {
      let count: number;
      try {
        count = readSync(this.#out, this.#buffer, 0, READ_BYTES, null);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EAGAIN') return text;
        throw error;
      }
      if (count === 0) return text === '' && !this.#alive() ? undefined : text;
      text += this.#buffer.toString('utf8', 0, count);
      if (count < READ_BYTES) return text;
    }
  }

  close(): void {
    closeSync(this.#in);
    closeSync(this.#out);
  }
}
