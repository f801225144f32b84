import type { KernelModel } from '../model/machine.ts';

/** Alarm numbers on the target. */
export const ALARM = { heartbeat: 1, progress: 2, lease: 3 } as const;

/** Five ticks at HZ 250. */
const PROGRESS_FLOOR_NS = 20_000_000;

/**
 * Own time that a vCPU may be given without any sign of progress (Backdoors' progress counters, seen from outside): one
 * heartbeat period, at least five ticks, at most the guest's own watchdog_thresh. A guest with interrupts on takes
 * ticks; one that idles is excused.
 */
export function progressLimit(kernel: KernelModel): number {
  return Math.min(kernel.watchdog_thresh_ns, Math.max(kernel.heartbeat_ns, PROGRESS_FLOOR_NS));
}

/** What the watchdogs keep of one partition. Plain data. */
export interface Watched {
  /** Virtual time of the last heartbeat, or of boot complete; moved on by as long as the partition was parked. */
  last_beat_ns: number;
  heartbeats: number;
  booted: boolean;
  /** Signs that were reported already, in order. */
  readonly signs: string[];
  /** The worst so far. */
  health: 'healthy' | 'failing' | 'failed';
  /** Virtual time of parking, while it is parked. */
  parked_at_ns: number | undefined;
  /** A service has let it go on, and it has not beaten since. */
  on_trial: boolean;
}

export function newWatched(): Watched {
  return {
    last_beat_ns: 0,
    heartbeats: 0,
    booted: false,
    signs: [],
    health: 'healthy',
    parked_at_ns: undefined,
    on_trial: false,
  };
}
