import type { AmbulanceReport, ServiceReport } from '../patient/report.ts';
import type { LibraryModel } from '../model/structure.ts';
import { NO_LIBRARY } from '../model/structure.ts';
import type { Injector } from '../fault/injector.ts';
import type { TraceEvent } from '../target/events.ts';
import type { Machine } from './machine.ts';

/** Something in a run that wants to act at a time of its own, or on an event. */
interface Actor {
  /** Next virtual time at which it wants to act. */
  nextTime(): number | undefined;
  /** True when the event makes something due at the end of the step. */
  onEvent(event: TraceEvent): boolean;
  /** Does what is due. */
  fire(now_ns: number): void;
}

/**
 * One machine on its way through a scenario: time passes, triggers fire, the rescue comes. Everything due at an instant
 * is done before anything else at that instant executes: faults first, then the rescue.
 */
export class Run<M extends Machine = Machine> {
  readonly machine: M;
  readonly duration_ns: number;
  readonly events: TraceEvent[];
  readonly reports: AmbulanceReport[] = [];
  /** What the ambulances know of structures. */
  library: LibraryModel = NO_LIBRARY;
  readonly services: ServiceReport[] = [];
  readonly #actors: Actor[] = [];
  /** While the machine runs its listener hears every event; what the rescue does between two steps is heard here. */
  #running = false;
  #due = false;
  #listener: ((event: TraceEvent) => void) | undefined;

  constructor(machine: M, duration_ns: number, events: readonly TraceEvent[]) {
    this.machine = machine;
    this.duration_ns = duration_ns;
    this.events = [...events];
    machine.target.onTrace((event) => {
      this.#listener?.(event);
      this.events.push(event);
      if (!this.#running && this.#hear(event)) this.#due = true;
      return false;
    });
  }

  /** Hears every event as it is told, before anybody acts on it. */
  hear(kinds: ReadonlySet<string>, listener: (event: TraceEvent) => void): void {
    for (const kind of kinds) this.machine.target.want(kind);
    this.#listener = listener;
  }

  /** Faults first: actors act in the order in which they were added. */
  add(actor: Actor): void {
    this.#actors.push(actor);
  }

  /** Brings the injector in: its triggers, and its answer to registrations. */
  drive(injector: Injector): void {
    const { target, hypervisor } = this.machine;
    for (const kind of injector.awaits) target.want(kind);
    hypervisor.onRegister = injector.onRegister;
    this.add(injector);
  }

  get now(): number {
    return this.machine.target.now();
  }

  /**
   * Lets virtual time pass up to `time_ns`, at most to the end of the run; no further than where `enough` says so,
   * which is asked whenever an actor has acted. May be called from inside an actor's `fire`.
   */
  advance(time_ns: number, enough: () => boolean = () => false): void {
    const { target } = this.machine;
    const end = Math.min(time_ns, this.duration_ns);
    const listener = (event: TraceEvent): boolean => this.#hear(event);
    this.#fireDue();
    while (target.now() < end && !enough()) {
      let next = end;
      for (const actor of this.#actors) next = Math.min(next, actor.nextTime() ?? end);
      this.#running = true;
      target.runUntil(Math.max(next, target.now()), listener);
      this.#running = false;
      if (target.now() < end) this.#fire();
      if (this.#due) this.#fireDue();
    }
  }

  #hear(event: TraceEvent): boolean {
    let due = false;
    for (const actor of this.#actors) if (actor.onEvent(event)) due = true;
    return due;
  }

  #fireDue(): void {
    const now = this.now;
    if (now >= this.duration_ns) return;
    if (this.#due || this.#actors.some((actor) => (actor.nextTime() ?? Infinity) <= now)) this.#fire();
  }

  #fire(): void {
    this.#due = false;
    for (const actor of this.#actors) actor.fire(this.now);
  }
}
