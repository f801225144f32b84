import type { Action } from '../model/scenario.ts';
import type { Outcome, PlaceError } from '../place/outcome.ts';
import { explain, lost } from '../place/outcome.ts';
import type { BytesPlace, Place } from '../place/place.ts';
import type { Value } from '../place/value.ts';
import type { World } from '../place/world.ts';
import type { FaultControls, Location, Target } from '../target/target.ts';

/** Everything a verb may use at the moment it fires. */
export interface Injection {
  /** The machine that is broken. */
  readonly live: Target;
  /** Where places are looked up: the fault-free twin at this instant, or the live machine as long as both are alike. */
  readonly world: World;
  readonly action: Action;
  readonly now_ns: number;
  /** The subject of the event that the trigger waited for. */
  readonly event_of?: string;
  readonly hooks: InjectorHooks;
}

/** What only the runner can do. */
export interface InjectorHooks {
  /** Asks the ambulance to attend a partition. False when it does not attend that one. */
  summon(ambulance: string, partition: string, purpose: 'inspection' | 'service'): boolean;
  /** Orders a service. False when there is no ambulance that could make it. */
  service(wanted: WantedService): boolean;
  /** The ambulance does nothing any more. */
  kill(ambulance: string): boolean;
}

/** What `service LPAR …` asks for. */
export interface WantedService {
  readonly partition: string;
  /** Absent: what the validators advise. */
  readonly steps?: readonly Action[];
  /** The ambulance whose event it was ordered at. */
  readonly ambulance?: string;
  /** Where the places of its steps are looked up, on the live machine. */
  readonly world: World;
}

/** What a verb did. */
export interface Done {
  readonly kind: 'done';
  /** What was hit; its text is the place with its indices resolved. */
  readonly place: Place;
  /** The bytes that the verb changed, as they were and as they are. */
  readonly before: Uint8Array;
  readonly after: Uint8Array;
  /** What the guest has to read for the damage to count as activated. */
  readonly watch: readonly Location[];
  /** The damage takes effect by itself, at once: a CPU that stands still. */
  readonly immediate?: true;
  readonly note: string;
  /** Of what is done to one place by way of another: the one that was meant. */
  readonly aim?: BytesPlace;
  /** What the guest was asked to do by itself: how it went is seen later. */
  readonly asked?: Asked;
}

/** A request to the guest's own kernel. Plain data. */
export interface Asked {
  readonly partition: string;
  readonly cpu: number;
  readonly number: number;
  /** Guest-physical: where its number, who began it, and how far it is, stand. */
  readonly number_at: number;
  readonly pid_at: number;
  readonly state_at: number;
}

/** `later`: it cannot be done in this state, but will be as soon as it can: a lock that somebody holds. */
export type Effect = Done | { readonly kind: 'later'; readonly note: string } | Refused;

/** The place could not be found, or the machine did not let it be hit. */
export interface Refused {
  readonly kind: 'refused';
  readonly why: string;
  /** It is this target that cannot do it: elsewhere the same may be done. */
  readonly unsupported?: true;
}

export type Perform = (injection: Injection) => Effect;

export const NO_BYTES: Uint8Array = new Uint8Array(0);

export function refused(why: string): Refused {
  return { kind: 'refused', why };
}

/** For a place or a figure that there is not. */
export function refusedFor(error: PlaceError): Refused {
  const why = explain(error);
  return error.code === 'UNSUPPORTED' ? { ...refused(why), unsupported: true } : refused(why);
}

/** The first value of a clause; undefined when it was not written. */
export function clause(action: Action, word: string): Action['subject'] {
  return action.clauses[word]?.[0];
}

/** One thing that can be done to the machine itself; why not, where the target cannot. */
export function controlOf<K extends keyof FaultControls>(
  live: Target,
  name: K,
): Outcome<Pick<FaultControls, K>> {
  const { controls } = live;
  return controls?.[name] !== undefined
    ? { ok: true, value: controls as Pick<FaultControls, K> }
    : lost('UNSUPPORTED', live.name, live.cannot?.[name] ?? 'this target cannot be broken that way');
}

/** An integer from 0 up to `limit`; undefined for anything else. */
export function smallInteger(value: Value, limit: number): number | undefined {
  if (value.kind === 'size' || value.kind === 'time')
    return value.value >= 0 && value.value <= limit ? value.value : undefined;
  if (value.kind !== 'int' || value.value < 0n || value.value > BigInt(limit)) return undefined;
  return Number(value.value);
}
