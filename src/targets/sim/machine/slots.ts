/**
 * A fixed share of a CPU or device: slots [start, start + length) of every round, for ever, whatever the others do with
 * theirs. All times are internal, from power-on, in nanoseconds.
 */
export class Slots {
  readonly start: number;
  readonly length: number;
  readonly round: number;

  constructor(start: number, length: number, round: number) {
    this.start = start;
    this.length = length;
    this.round = round;
  }

  /** The first instant at or after `time` that is in a slot. */
  next(time: number): number {
    const phase = this.phase(time);
    return phase < this.length ? time : time - phase + this.round;
  }

  /** When work of `duration` that begins at `time` is done, if it goes on in own slots only. */
  advance(time: number, duration: number): number {
    const phase = this.phase(time);
    if (phase < this.length) {
      if (duration < this.length - phase) return time + duration;
      duration -= this.length - phase;
    }
    const whole = Math.floor(duration / this.length);
    return time - phase + this.round * (1 + whole) + (duration - whole * this.length);
  }

  /** Nanoseconds in own slots in [0, time). */
  given(time: number): number {
    const shifted = time - this.start;
    const rounds = Math.floor(shifted / this.round);
    return rounds * this.length + Math.min(shifted - rounds * this.round, this.length);
  }

  private phase(time: number): number {
    const shifted = time - this.start;
    return shifted - Math.floor(shifted / this.round) * this.round;
  }
}

/** One who shares: how many slots a round, and how many ways those are divided again. */
export interface Sharer {
  readonly weight: number;
  readonly parts: number;
}

/** Each sharer's slots for each of its parts: contiguous, in the order given, `slice` times weight long. */
export function shareOut(sharers: readonly Sharer[], slice: number): Slots[][] {
  const round = sharers.reduce((sum, sharer) => sum + sharer.weight * slice, 0);
  let start = 0;
  return sharers.map((sharer) => {
    const whole = sharer.weight * slice;
    const part = Math.floor(whole / sharer.parts);
    const slots = Array.from({ length: sharer.parts }, (_, index) => {
      const length = index === sharer.parts - 1 ? whole - part * index : part;
      return new Slots(start + part * index, length, round);
    });
    start += whole;
    return slots;
  });
}
