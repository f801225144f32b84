import type { Hypervisor } from '../hypervisor/hypervisor.ts';
import type { SupervisedTarget } from '../target/supervisor.ts';
import type { TraceEvent } from '../target/events.ts';

/**
 * A target that scenarios run on, with what the harness itself asks of it: it tells what happens, and what the record
 * shows.
 */
export interface RunTarget extends SupervisedTarget {
  /**
   * Tells the supervisor, and who listens, what happened while a machine booted that was kept in that state. To be
   * called once, when both are there; absent where they were there from the start.
   */
  begin?(): void;
  /** In which the machine is other than its topology says: sentences for the report. */
  readonly notes?: readonly string[];
  /** Tells of every event from now on, besides the listener of `runUntil`; true asks to stop. */
  onTrace(subscriber: (event: TraceEvent) => boolean): void;
  /** Asks for events of a frequent kind (`run`, `fork`), which are else not even made. */
  want(kind: string): void;
  /** What the partition's console has said so far, by lines. */
  console(partition: string): readonly string[];
  /** When the partition said boot complete; undefined when it never did. */
  bootedAt(partition: string): number | undefined;
  /**
   * When work of `own_ns` that an ambulance begins now is done, and on whose CPU where it borrows one: who lends pays
   * with CPU time.
   */
  rescueEnds(
    ambulance: string,
    patient: string,
    own_ns: number,
  ): { readonly time_ns: number; readonly lender?: { cpu_time: number } };
  /** Sixteen hex digits over the events so far. */
  traceHash(): string;
  /** Sixteen hex digits over a partition's memory; absent where nothing repeats it. */
  memoryHash?(partition: string): string;
  /** Gives everything back: memory, processes, files. */
  release(): void;
}

/** A target with the hypervisor that rules it: what a run drives, whatever it runs on. */
export interface Machine {
  readonly target: RunTarget;
  readonly hypervisor: Hypervisor;
  /** Gives everything back; the machine is not to be used afterwards. */
  release(): void;
}
