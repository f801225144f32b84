import type { Action, Scenario, Trigger } from '../model/scenario.ts';
import type { Receipt } from '../record/record.ts';
import { holdsTrue } from '../place/evaluate.ts';
import { explain } from '../place/outcome.ts';
import type { Value } from '../place/value.ts';
import type { Measures, World } from '../place/world.ts';
import { worldOf } from '../place/world.ts';
import type { TraceEvent } from '../target/events.ts';
import type { AlteredRegistration, Registration } from '../target/registration.ts';
import type { Target } from '../target/target.ts';
import type { Effect, Injection, InjectorHooks, Perform } from './injection.ts';
import { refused } from './injection.ts';
import { awaitedKinds } from '../place/event-pattern.ts';
import type { Entry } from './receipts.ts';
import { Receipts } from './receipts.ts';
import type { Due, ScheduleState } from './schedule.ts';
import { Schedule } from './schedule.ts';
import { fill, flip, set, smash, zero } from './verbs/bytes.ts';
import { copy } from './verbs/copy.ts';
import { stall, stop } from './verbs/cpu.ts';
import { acquire, free, loop, release, wentAs } from './verbs/crash-point.ts';
import { dma } from './verbs/dma.ts';
import { leak } from './verbs/lock.ts';
import { lose } from './verbs/lose.ts';
import { misregister } from './verbs/misregister.ts';
import { kill, service } from './verbs/rescue.ts';
import { replace } from './verbs/replace.ts';
import { exit, panic, summon } from './verbs/stimuli.ts';

/** How long after it an action that could not be done yet is tried again: doubled each time, up to a millisecond. */
const RETRY_NS = 1_000;
const RETRY_DOUBLINGS = 10;

const PERFORM: ReadonlyMap<string, Perform> = new Map(
  Object.entries({
    set,
    flip,
    zero,
    fill,
    smash,
    leak,
    stop,
    stall,
    lose,
    dma,
    free,
    acquire,
    release,
    loop,
    copy,
    exit,
    panic,
    summon,
    service,
    kill,
    replace,
  }),
);

export interface InjectorOptions {
  readonly scenario: Scenario;
  readonly seed: number;
  /** The machine that is broken. */
  readonly target: Target;
  /**
   * The fault-free machine at an instant: where places are looked up once the live one has been broken. Asked at most
   * once for each firing after the first, and for a trigger of several actions; until then both are alike and the live
   * one serves. Absent, or undefined: the live one serves always.
   */
  readonly twin?: (now_ns: number) => Target | undefined;
  /**
   * Called before a trigger fires, as long as nothing has been done to the machine: the last moment at which it is
   * whole.
   */
  readonly untouched?: () => void;
  /** Called after each thing that is done to it. */
  readonly struck?: () => void;
  readonly measures?: Measures;
  readonly hooks: InjectorHooks;
}

/** An injector in mid-run, as plain data: for forks, and for machines that are written to a file. */
export interface InjectorState {
  readonly schedule: ScheduleState;
  readonly entries: readonly Entry[];
  readonly known: readonly (readonly [string, Value])[];
  readonly diverged: boolean;
}

/**
 * Drives a scenario's triggers. The runner lets the machine run up to `nextTime()`, passes every event to `onEvent`,
 * ends the step when that returns true, and calls `fire(now)` before anything else at that instant executes.
 * Registrations go through `onRegister`. It touches the machine only through Partition.memory, registers and
 * FaultControls.
 */
export class Injector {
  readonly #options: InjectorOptions;
  readonly #schedule: Schedule;
  readonly #receipts: Receipts;
  readonly #world: World;
  /** True once anything was done to the live machine. */
  #diverged: boolean;

  constructor(options: InjectorOptions, state?: InjectorState) {
    const { scenario, seed, target } = options;
    this.#options = options;
    this.#schedule = new Schedule(scenario.triggers, state?.schedule);
    this.#receipts = new Receipts(scenario, Math.min(0, target.now()), state?.entries);
    const world = worldOf(scenario, target, seed, options.measures);
    this.#world = { ...world, known: new Map(state?.known) };
    this.#diverged = state?.diverged ?? false;
  }

  /** Kinds of events that a trigger waits for. */
  get awaits(): ReadonlySet<string> {
    return awaitedKinds(this.#options.scenario.triggers);
  }

  /** What the scenario's `let`s came to where they were first used: a judge goes by the same. */
  get known(): Map<string, Value> {
    return this.#world.known;
  }

  /** Next virtual time at which something is due by the clock. */
  nextTime(): number | undefined {
    return this.#schedule.nextTime();
  }

  /** True when the event makes a trigger due: the step ends, then `fire` is called. */
  onEvent(event: TraceEvent): boolean {
    // Registrations are answered in `onRegister`, while the guest still waits in its hypercall.
    return event.kind !== 'register' && this.#schedule.notice(event);
  }

  /** Fires everything that is due, in the order of the spec. */
  fire(now_ns: number): void {
    for (const due of this.#schedule.take(now_ns)) this.#fireTrigger(due, now_ns);
  }

  /** Answers the hypervisor for a registration: fires what waits for it, and says what reaches the registry instead. */
  readonly onRegister = (registration: Registration): AlteredRegistration | undefined => {
    const { partition, time_ns, address, bytes } = registration;
    const detail = { address, size: bytes };
    if (!this.#schedule.notice({ time_ns, subject: partition, kind: 'register', detail })) return undefined;
    let altered: AlteredRegistration | undefined;
    for (const due of this.#schedule.take(time_ns)) {
      altered = this.#fireTrigger(due, time_ns, registration) ?? altered;
    }
    return altered;
  };

  /** How often the event of a trigger has come so far, as long as it has not fired. */
  occurrences(trigger: number): number {
    return this.#schedule.seen(trigger);
  }

  /** What was done so far, with the first reads of the damage. */
  receipts(): readonly Receipt[] {
    return this.#receipts.list(this.#options.target.controls, (asked) => wentAs(asked, this.#options.target));
  }

  state(): InjectorState {
    return {
      schedule: this.#schedule.state(),
      entries: this.#receipts.entries(),
      known: [...this.#world.known],
      diverged: this.#diverged,
    };
  }

  /** The same injector over other machines: a fork of the live one, its twin. */
  fork(options: Partial<InjectorOptions> = {}): Injector {
    return new Injector({ ...this.#options, ...options }, this.state());
  }

  #fireTrigger(due: Due, now_ns: number, registration?: Registration): AlteredRegistration | undefined {
    if (!this.#diverged) this.#options.untouched?.();
    const trigger = this.#options.scenario.triggers[due.trigger] as Trigger;
    if (trigger.condition && due.action === 0) {
      const condition = holdsTrue(this.#world, trigger.condition);
      if (condition.ok && !condition.value) {
        this.#receipts.drop(due.trigger);
        return undefined;
      }
      if (!condition.ok) {
        trigger.actions.forEach((_, action) =>
          this.#receipts.failed(
            due.trigger,
            action,
            explain(condition),
            condition.code === 'UNSUPPORTED' || undefined,
          ),
        );
        return undefined;
      }
    }
    const world = this.#placesWorld(now_ns, trigger.actions.length > 1);
    let altered: AlteredRegistration | undefined;
    for (let index = due.action; index < trigger.actions.length; index++) {
      const action = trigger.actions[index] as Action;
      const { target: live, hooks } = this.#options;
      const by = trigger.when.kind === 'on' ? { event_of: trigger.when.pattern.subject } : {};
      const injection: Injection = { live, world, action, now_ns, hooks, ...by };
      const effect = this.#perform(injection, registration, (changed) => (altered = changed));
      if (effect.kind === 'later') {
        this.#receipts.failed(due.trigger, index, effect.note);
        const wait_ns = RETRY_NS * 2 ** Math.min(due.tries, RETRY_DOUBLINGS);
        this.#schedule.putOff({ ...due, action: index, time_ns: now_ns + wait_ns, tries: due.tries + 1 });
        break;
      }
      if (effect.kind === 'refused')
        this.#receipts.failed(due.trigger, index, effect.why, effect.unsupported);
      else this.#note(due.trigger, index, now_ns, effect);
    }
    return altered;
  }

  #perform(
    injection: Injection,
    registration: Registration | undefined,
    alter: (changed: AlteredRegistration) => void,
  ): Effect {
    const { verb } = injection.action;
    if (verb === 'misregister') {
      if (!registration) return refused('misregister acts on a registration: `on LPAR.register`');
      const { effect, altered } = misregister(injection, registration);
      if (altered) alter(altered);
      return effect;
    }
    return PERFORM.get(verb)?.(injection) ?? refused(`there is no verb ${verb}`);
  }

  #note(trigger: number, action: number, now_ns: number, effect: Extract<Effect, { kind: 'done' }>): void {
    this.#diverged = true;
    const { controls } = this.#options.target;
    const watches = effect.watch.flatMap((location) => controls?.watch?.(location) ?? []);
    this.#receipts.fired(trigger, action, now_ns, effect, watches);
    this.#options.struck?.();
  }

  /** All actions of one trigger are looked up in one state: that of the twin. */
  #placesWorld(now_ns: number, several: boolean): World {
    const twin = this.#diverged || several ? this.#options.twin?.(now_ns) : undefined;
    return twin ? { ...this.#world, target: twin } : this.#world;
  }
}
